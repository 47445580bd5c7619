"""Plain requests to the API server with one ServiceAccount's token, so the answer is its own."""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

SECONDS = 20


@dataclass(frozen=True, slots=True)
class Account:
    """What one token may do at one API server."""

    url: str
    ca: Path
    token: str

    def status(self, method: str, path: str, body: object = None) -> int:
        """The HTTP status of one request; what else the answer says does not matter."""
        return self.ask(method, path, body)[0]

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """The HTTP status of one request, and the object that came with it."""
        try:
            with self._open(method, path, body, headers or {}) as answer:
                return answer.status, _object(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _object(error.read())

    def rules(self, namespace: str) -> list[dict[str, Any]]:
        """The resource rules that hold for this account in a namespace."""
        review = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
        with self._open("POST", review, {"spec": {"namespace": namespace}}, {}) as answer:
            assert answer.status == HTTPStatus.CREATED
            found: list[dict[str, Any]] = json.load(answer)["status"]["resourceRules"]
            return found

    def _open(self, method: str, path: str, body: object, headers: Mapping[str, str]) -> Any:
        patch = "application/strategic-merge-patch+json"
        content = patch if method == "PATCH" else "application/json"
        request = urllib.request.Request(
            f"{self.url}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": content,
                **headers,
            },
            method=method,
        )
        trusted = ssl.create_default_context(cafile=str(self.ca))
        return urllib.request.urlopen(request, context=trusted, timeout=SECONDS)


def _object(text: bytes) -> dict[str, Any]:
    """A JSON object; what is none (a proxy's page, an empty answer) counts as text of one."""
    try:
        found = json.loads(text)
    except ValueError:
        found = text.decode(errors="replace")
    return found if isinstance(found, dict) else {"message": str(found)}
