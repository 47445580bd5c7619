"""Messages as JSON lines in a file, for scripts and archives."""

import asyncio
import json
import os
from datetime import UTC
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from watchdog.domain.errors import Permanent, Transient
from watchdog.domain.notification import Notification


class JsonlParams(BaseModel):
    """`notifiers: [{type: jsonl, path: ...}]` in the config file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    type: Literal["jsonl"] = "jsonl"
    path: Path = Field(
        default=Path("notifications.jsonl"), description="the file, relative to the home directory"
    )


class Jsonl:
    """Appends one object per message. The file is opened for each, so it may be rotated away."""

    name = "jsonl"

    def __init__(self, path: Path) -> None:
        """Append to `path`; it and its directory are made when missing."""
        self._path = path

    async def send(self, notification: Notification, receipt: str) -> str:
        """Append one line; lines are never edited, so the receipt is empty.

        Raises:
            Transient: no space, or the disk failed.
            Permanent: this user may not write there.
        """
        line = json.dumps(_object(notification), ensure_ascii=False)
        try:
            await asyncio.to_thread(self._append, line)
        except (PermissionError, IsADirectoryError, NotADirectoryError, FileExistsError) as error:
            raise Permanent(
                f"jsonl: {self._path}: {error.strerror}",
                hint="give this user a file to write to: notifiers, type jsonl, path",
            ) from error
        except OSError as error:
            raise Transient(f"jsonl: {self._path}: {error.strerror}") from error
        return ""

    async def close(self) -> None:
        """Nothing is held open."""

    def _append(self, line: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a+b") as file:
            torn = file.tell() > 0 and _last_byte(file.fileno(), file.tell()) != b"\n"
            # A line that a full disk cut in two stays alone: the next one starts afresh.
            file.write(b"\n" * torn + line.encode("utf-8", "replace") + b"\n")


def make(params: JsonlParams, *, home: Path) -> Jsonl:
    """Return the notifier that `params` describe; a relative path is taken from `home`."""
    return Jsonl(home / params.path)


def _last_byte(file: int, size: int) -> bytes:
    return os.pread(file, 1, size - 1)


def _object(notification: Notification) -> dict[str, object]:
    message = notification.message
    return {
        "time": notification.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "kind": message.kind.value,
        "incident": message.thread,
        "revision": message.revision,
        "severity": message.severity.value,
        "title": message.title,
        "text": message.text,
    }
