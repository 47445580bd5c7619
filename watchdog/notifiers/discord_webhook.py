"""Messages to a Discord webhook: one post per thread, edited in place, over plain aiohttp.

Not discord.py: its webhook repeats a POST after 5xx by itself, and webhooks know no nonce, so a lost
answer would be a second message; it takes the address of the API from a global; and it adds 0.27 CPU
seconds and 9 MB to each `run`. The outbox retries, one try at a time.
Source: https://docs.discord.com/developers/resources/webhook
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

import aiohttp
import msgspec
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from watchdog.domain.errors import Absent, Forbidden, Misconfigured, Permanent, Transient
from watchdog.domain.notification import Message, Notification, NotificationKind
from watchdog.domain.severity import Severity
from watchdog.logic.words.markdown import markdown

DEFAULT_API = "https://discord.com/api/v10"
NEW_WEBHOOK = "create a webhook (channel settings, Integrations) and set DISCORD_WEBHOOK_URL"

SUPPRESS_NOTIFICATIONS = 1 << 12
UNKNOWN_CHANNEL = 10003
UNKNOWN_MESSAGE = 10008
CLOUDFLARE_SECONDS = 60.0  # a ban of the address: asking sooner makes it longer

_LIMITS = aiohttp.ClientTimeout(total=25, sock_connect=10)
_URL = re.compile(r"(https?://[^/\s]+(?:/[^/\s]+)*?)/webhooks/(\d+)/([\w-]+)/?(?:\?.*)?\Z")
_MARKS = {Severity.CRITICAL: "🔴", Severity.WARNING: "🟠", Severity.INFO: "🔵"}


class Throttled(Transient):
    """Discord said when to come back: not before `retry_after` seconds."""

    def __init__(self, text: str, *, retry_after: float) -> None:
        """Keep the wait, in seconds."""
        super().__init__(text)
        self.retry_after = retry_after


class DiscordWebhookParams(BaseModel):
    """`notifiers: [{type: discord}]`; address and token come from the section `discord`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    type: Literal["discord"] = "discord"
    webhook_url: SecretStr = Field(description="the webhook's address, token included")
    api_url: str = Field(default=DEFAULT_API, description="REST address, for a proxy")


class _Body(msgspec.Struct, frozen=True):
    """What is read of any answer."""

    id: str = ""
    code: int = 0
    message: str = ""
    retry_after: float = 0


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: _Body

    @property
    def good(self) -> bool:
        return self.status == HTTPStatus.OK and self.body.id != ""


class DiscordWebhook:
    """Implements `domain.ports.Notifier`. A receipt is `<message>`, or `<message>:<thread>`."""

    name = "discord"

    def __init__(self, base: str) -> None:
        """Talk to the webhook at `base`, which ends in `/webhooks/<id>/<token>`."""
        self._base = base
        self._session: aiohttp.ClientSession | None = None
        self._dead: Permanent | None = None

    async def send(self, notification: Notification, receipt: str) -> str:
        """Post, or edit the thread's message: for what is quiet and for what is over.

        A target `discord:<channel>:<thread>` posts into that thread; a webhook cannot choose
        another channel than its own. A thread or a message that is gone costs a new post.

        Raises:
            Throttled: rate limited; carries the wait.
            Transient: no answer in time, connection lost, 5xx.
            Permanent: the webhook is gone (no further call is made), or the text is refused.
        """
        if self._dead is not None:
            raise self._dead
        message = notification.message
        content = {"content": _content(message), "allowed_mentions": {"parse": []}}
        if receipt and (message.quiet or message.kind is NotificationKind.RESOLVED):
            post, _, thread = receipt.partition(":")
            answer = await self._call("PATCH", f"/messages/{post}", _query(thread), content)
            if answer.good:
                return receipt
            if answer.body.code not in (UNKNOWN_MESSAGE, UNKNOWN_CHANNEL):
                raise self._refusal(answer)
        return await self._post(content, _thread(notification.target), quiet=message.quiet)

    async def close(self) -> None:
        """Close the connection."""
        if self._session is not None:
            await self._session.close()

    async def _post(self, content: Mapping[str, object], thread: str, *, quiet: bool) -> str:
        body = {**content, "flags": SUPPRESS_NOTIFICATIONS} if quiet else content
        answer = await self._call("POST", "", {"wait": "true", **_query(thread)}, body)
        if thread and answer.body.code == UNKNOWN_CHANNEL:
            thread = ""
            answer = await self._call("POST", "", {"wait": "true"}, body)
        if not answer.good:
            raise self._refusal(answer)
        return f"{answer.body.id}:{thread}" if thread else answer.body.id

    async def _call(
        self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, object]
    ) -> _Answer:
        """One request, never repeated. Errors never carry the address: the token is in it."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=_LIMITS, trust_env=True, headers={"User-Agent": "kube-watchdog"}
            )
        url = f"{self._base}{path}"
        try:
            async with self._session.request(
                method, url, params=query, json=body, allow_redirects=False
            ) as reply:
                answer = _Answer(reply.status, _decode(await reply.read()))
                headers = reply.headers
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Transient(f"Discord cannot be reached: {_reason(error)}") from error
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise Throttled("discord: rate limited", retry_after=_wait(answer, headers))
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Transient(f"discord: {method}: HTTP {answer.status}")
        return answer

    def _refusal(self, answer: _Answer) -> Permanent:
        status, body = answer.status, answer.body
        text = f"discord: HTTP {status} {body.code} {body.message}".rstrip()
        match status:
            case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
                self._dead = Forbidden(text, hint=NEW_WEBHOOK)
                return self._dead
            case HTTPStatus.NOT_FOUND:
                self._dead = Absent(text, hint=NEW_WEBHOOK)
                return self._dead
            case _:
                return Permanent(
                    text, hint="discord.api_url must be Discord's own, or a proxy to it"
                )


def make(params: DiscordWebhookParams) -> DiscordWebhook:
    """Return the notifier for a webhook; an `api_url` of its own replaces the address's host.

    Raises:
        Misconfigured: the address is not one of a webhook.
    """
    found = _URL.match(params.webhook_url.get_secret_value().strip())
    if found is None:
        raise Misconfigured(
            "DISCORD_WEBHOOK_URL (discord.webhook_url) is not the address of a webhook",
            hint="copy it whole: https://discord.com/api/webhooks/<id>/<token>",
        )
    own, webhook, token = found.groups()
    api = own if params.api_url in ("", DEFAULT_API) else params.api_url.rstrip("/")
    return DiscordWebhook(f"{api}/webhooks/{webhook}/{token}")


def _content(message: Message) -> str:
    over = message.kind is NotificationKind.RESOLVED
    mark = "🟢" if over else _MARKS[message.severity]
    return markdown(f"{mark} {message.title}", message.text)


def _thread(target: str) -> str:
    """The thread of `discord:<channel>:<thread>`."""
    parts = target.split(":")
    return parts[2] if len(parts) > 2 and parts[2].isdecimal() else ""


def _query(thread: str) -> dict[str, str]:
    return {"thread_id": thread} if thread else {}


def _decode(raw: bytes) -> _Body:
    """A proxy may answer in HTML: then nothing is known but the status."""
    try:
        return msgspec.json.decode(raw, type=_Body)
    except msgspec.MsgspecError:
        return _Body()


def _reason(error: Exception) -> str:
    """Why no answer came, in words of our own: the client's name the address."""
    match error:
        case TimeoutError():
            return "no answer in time"
        case aiohttp.ClientConnectorDNSError():
            return "its name is not found"
        case aiohttp.ClientSSLError() | aiohttp.ClientConnectorCertificateError():
            return "its certificate is not trusted, or it speaks no TLS"
        case aiohttp.ServerDisconnectedError():
            return "it closed the connection"
        case aiohttp.ClientOSError(errno=int(number)) if number > 0:
            return os.strerror(number)
        case _:
            return type(error).__name__


def _wait(answer: _Answer, headers: Mapping[str, str]) -> float:
    given = headers.get("Retry-After", "")
    wait = max(answer.body.retry_after, float(given) if given.isdecimal() else 0.0)
    # Discord's own limiter answers through its proxy; without Via it is Cloudflare's ban.
    return wait if "Via" in headers else max(wait, CLOUDFLARE_SECONDS)
