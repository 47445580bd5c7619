"""A finished Run: for whoever asked for it, and as the row that is kept of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from watchdog.domain.notification import Notification, NotificationKind
from watchdog.domain.run import RunRequest, RunResult, Told
from watchdog.domain.snapshot import Snapshot
from watchdog.store.incidents import RunRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A finished Run and the rows of the outbox it caused."""

    result: RunResult
    notifications: tuple[Notification, ...]


def told(ran: Ran, delivered: Mapping[int, bool]) -> RunResult:
    """The result with what was said, and whether it arrived; a reminder is an update."""
    return replace(
        ran.result,
        told=tuple(
            Told(
                incident=row.message.thread,
                kind=NotificationKind.UPDATED
                if row.message.kind is NotificationKind.REMINDER
                else row.message.kind,
                target=row.target,
                delivered=delivered.get(row.id, False),
                text=f"{row.message.title}\n{row.message.text}",
            )
            for row in ran.notifications
        ),
    )


def run_row(
    request: RunRequest,
    snapshot: Snapshot,
    result: RunResult,
    record: Mapping[str, object],
) -> RunRow:
    """Return the row of a Run; `record` is what people may read of it later."""
    return RunRow(
        run_id=request.run_id,
        job=request.job,
        trigger=request.trigger,
        cluster=snapshot.cluster,
        started_at=result.started_at,
        finished_at=result.finished_at,
        state=result.verdict.run_state,
        verdict=result.verdict.value,
        result=record,
    )
