"""Messages as plain lines on a stream: what people see when nothing else is configured."""

from typing import Literal, TextIO

from pydantic import BaseModel, ConfigDict

from watchdog.domain.errors import Transient
from watchdog.domain.notification import Notification
from watchdog.logic.words.prose import stamp


class ConsoleParams(BaseModel):
    """`notifiers: [{type: console}]` in the config file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    type: Literal["console"] = "console"


class Console:
    """One block per message. `stream` is stdout under `serve`, stderr under `run`."""

    name = "console"

    def __init__(self, stream: TextIO) -> None:
        """Write to `stream`, which stays open."""
        self._stream = stream

    async def send(self, notification: Notification, receipt: str) -> str:
        """Print one block; nothing can be edited, so the receipt is empty.

        Raises:
            Transient: the stream does not take it.
        """
        encoding = self._stream.encoding or "utf-8"
        block = _block(notification).encode(encoding, "replace").decode(encoding)
        try:
            self._stream.write(block)
            self._stream.flush()
        except (OSError, ValueError) as error:  # ValueError: the stream is closed
            raise Transient(f"console: {error}") from error
        return ""

    async def close(self) -> None:
        """Nothing is held open."""


def make(params: ConsoleParams, *, stream: TextIO) -> Console:
    """Return the notifier that `params` describe."""
    return Console(stream)


def _block(notification: Notification) -> str:
    """Title, then the text indented; what stood in a code block one step deeper."""
    message = notification.message
    lines = [f"[{stamp(notification.created_at)}] {message.title}"]
    inside = False
    for line in message.text.split("\n"):
        if line == "```":
            inside = not inside
        else:
            lines.append(f"{'    ' if inside else '  '}{line}")
    return "\n".join(lines) + "\n\n"
