"""What a job's question is told of other jobs: how their last Run ended, and what it found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.incident import Incident
from watchdog.domain.job import LedgerEntry, RunState
from watchdog.logic.words.prose import span

FINISHED = (RunState.OK, RunState.ALERT, RunState.UNKNOWN, RunState.FAILED)
_STALE = 2  # periods
_LISTED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The last finished Run of one job, None where there is none; `period` None for a one-shot."""

    job: str
    period: timedelta | None
    last: LedgerEntry | None = None
    record: Mapping[str, object] | None = None
    found: Sequence[Incident] = ()  # what stood after it

    @property
    def well(self) -> bool:
        """Whether it ran to its end and found nothing."""
        return self.last is not None and self.last.state is RunState.OK


def context(before: Sequence[Before], now: datetime) -> str:
    """The lines for the model; content that is older than two periods is left out."""
    return "\n".join(_of(each, now) for each in before)


def _of(before: Before, now: datetime) -> str:
    last = before.last
    if last is None:
        return f"Job {before.job}: has not run to an end yet."
    age = now - (last.finished_at or last.due_at)
    head = f"Job {before.job}, {span(age)} ago: {last.state.value}"
    if before.period is not None and age > _STALE * before.period:
        return f"{head}. Stale: what it found is left out."
    answer = str((before.record or {}).get("answer") or "")
    lines = [
        *([f"A model's opinion then: {answer}"] if answer else []),
        *(
            f"- {each.severity}: {each.title} [{each.check}/{each.reason}] {each.subjects[0]}"
            for each in before.found[:_LISTED]
        ),
    ]
    return "\n".join([f"{head}.{'' if lines else ' Nothing was found.'}", *lines])
