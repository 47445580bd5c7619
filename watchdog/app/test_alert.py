"""The command `test-alert`: a marked message through the same outbox as every other."""

import asyncio
from collections.abc import Mapping, Sequence

from watchdog.domain.notification import Notification, NotificationKind
from watchdog.domain.ports import Clock
from watchdog.domain.severity import Severity
from watchdog.logic.words.render import notice
from watchdog.loops.notify import Notify
from watchdog.store import outbox
from watchdog.store.engine import Store
from watchdog.web.door import Command


def trial_command(store: Store, notify: Notify, targets: Sequence[str], clock: Clock) -> Command:
    """Return the command; its result has one line for each target."""

    async def send(_args: Mapping[str, object]) -> object:
        now = clock.now()
        message = notice(
            NotificationKind.SELF,
            f"test-{now:%Y%m%dT%H%M%S}",
            int(now.timestamp()),
            severity=Severity.INFO,
            title="TEST: watchdog can reach you",
            lines=["Sent by watchdog test-alert. Nothing is wrong."],
        )
        rows = await asyncio.to_thread(
            outbox.enqueue, store, [(target, message) for target in targets], now
        )
        await notify.deliver([row.id for row in rows])
        return await asyncio.to_thread(_lines, store, [row.id for row in rows])

    return send


def _lines(store: Store, ids: Sequence[int]) -> list[dict[str, object]]:
    return [_line(store, row) for row in outbox.reread(store, ids)]


def _line(store: Store, row: Notification) -> dict[str, object]:
    if row.delivered_at is not None:
        receipt = outbox.receipt(store, row.target, row.message.thread)
        return {"target": row.target, "delivered": True, "receipt": receipt}
    error, _, hint = row.failed.partition(" (hint: ")  # as the loop joins them
    named = error.lower().startswith(row.target.partition(":")[0])
    return {
        "target": row.target,
        "delivered": False,
        "receipt": "",
        "error": error if named else f"{row.target}: {error or 'no answer yet'}",
        "hint": hint.removesuffix(")"),
    }
