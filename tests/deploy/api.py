"""Plain requests to the API server with one ServiceAccount's token, so the answer is its own."""

import json
import ssl
import urllib.error
import urllib.request
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
        try:
            with self._open(method, path, body) as answer:
                found: int = answer.status
                return found
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def rules(self, namespace: str) -> list[dict[str, Any]]:
        """The resource rules that hold for this account in a namespace."""
        review = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
        with self._open("POST", review, {"spec": {"namespace": namespace}}) as answer:
            assert answer.status == HTTPStatus.CREATED
            found: list[dict[str, Any]] = json.load(answer)["status"]["resourceRules"]
            return found

    def _open(self, method: str, path: str, body: object) -> Any:
        patch = "application/strategic-merge-patch+json"
        content = patch if method == "PATCH" else "application/json"
        request = urllib.request.Request(
            f"{self.url}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": content},
            method=method,
        )
        trusted = ssl.create_default_context(cafile=str(self.ca))
        return urllib.request.urlopen(request, context=trusted, timeout=SECONDS)
