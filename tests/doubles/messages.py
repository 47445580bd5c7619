"""Rows of the outbox as notifiers get them."""

from tests.builders import NOW
from watchdog.domain.notification import Message, Notification, NotificationKind
from watchdog.domain.severity import Severity

OPENED = NotificationKind.OPENED
UPDATED = NotificationKind.UPDATED
RESOLVED = NotificationKind.RESOLVED
REMINDER = NotificationKind.REMINDER


def message(
    kind: NotificationKind = OPENED,
    *,
    thread: str = "1a2b3c4d-1",
    text: str = "Where: Deployment/shop/api\n```\nkubectl get pods\n```",
    quiet: bool = False,
    severity: Severity = Severity.CRITICAL,
) -> Message:
    return Message(
        kind=kind,
        thread=thread,
        revision=1,
        severity=severity,
        title=f"CRITICAL: {kind.value} api",
        text=text,
        quiet=quiet,
    )


def row(said: Message | None = None, *, target: str = "discord", number: int = 1) -> Notification:
    return Notification(
        id=number, target=target, message=said or message(), created_at=NOW, next_try_at=NOW
    )
