"""What is to be told, and to whom: the rows of the outbox."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from watchdog.domain.severity import Severity


class NotificationKind(StrEnum):
    """Why something is said."""

    OPENED = "opened"
    UPDATED = "updated"
    RESOLVED = "resolved"
    REMINDER = "reminder"
    APPROVAL = "approval"
    REPORT = "report"
    UNKNOWN = "unknown"
    SELF = "self"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A rendered text, the same for every notifier; each adds only its own dress.

    `thread` is the incident id (or the id of a self or unknown notice): messages of one thread are
    one message edited in place where the target can edit. `revision` grows with every message of a
    thread. `quiet` asks for no push and no new post when the thread has a message to edit.
    """

    kind: NotificationKind
    thread: str
    revision: int
    severity: Severity
    title: str
    text: str
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One Message for one target: a row of the outbox."""

    id: int
    target: str  # a notifier's name, or "discord:<channel>[:<thread>]"
    message: Message
    created_at: datetime
    next_try_at: datetime
    tries: int = 0
    delivered_at: datetime | None = None
    failed: str = ""  # the last error; with `abandoned` the final one
    abandoned: bool = False
