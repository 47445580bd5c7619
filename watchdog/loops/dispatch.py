"""Hands due Jobs over to be run, each due time at most once, and sees that every row has an end."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import structlog

from watchdog.domain.errors import RunCancelled
from watchdog.domain.job import Job, RunState
from watchdog.domain.ports import Clock
from watchdog.logic.timetable.due import Decision
from watchdog.loops.timer import first_of
from watchdog.store import ledger
from watchdog.store.engine import Store

log = structlog.get_logger()

JITTER_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DueJob:
    """A Job whose due time (aware UTC) is claimed in the ledger under `run_id`."""

    job: Job
    run_id: str
    due_at: datetime
    trigger: Literal["schedule", "catch_up"]


Run = Callable[[Sequence[DueJob]], Awaitable[None]]


class Dispatch:
    """Runs batches beside each other and catch-ups one after the other."""

    def __init__(self, *, store: Store, clock: Clock, run: Run, rng: random.Random) -> None:
        """`run` gets Jobs together and ends their ledger rows; `rng` spreads the catch-ups."""
        self.in_flight: set[str] = set()  # names of Jobs that run, or wait to be caught up
        self._store = store
        self._clock = clock
        self._run = run
        self._rng = rng

    async def claim(self, decisions: Iterable[Decision]) -> tuple[DueJob, ...]:
        """Mark due times as running; those that somebody claimed before are left out."""
        found = [
            DueJob(
                job=each.job,
                run_id=run_id(each.job.name, each.due_at),
                due_at=each.due_at,
                trigger=each.trigger,
            )
            for each in decisions
        ]
        return tuple([each for each in found if await asyncio.to_thread(self._claim, each)])

    async def together(self, batch: Sequence[DueJob]) -> None:
        """Run claimed Jobs over one Snapshot, no longer than the longest of their timeouts."""
        names = {each.job.name for each in batch}
        longest = max(each.job.timeout for each in batch)
        self.in_flight |= names
        state, text = RunState.UNKNOWN, "the run left no result"
        try:
            async with asyncio.timeout(longest.total_seconds()):
                await self._run(batch)
        except TimeoutError:
            state, text = RunState.FAILED, f"no result within {longest}"
            log.error("run timed out", jobs=sorted(names))  # noqa: TRY400 - the text says it all
        except RunCancelled as error:
            state, text = RunState.CANCELLED, str(error)
        except asyncio.CancelledError:
            state, text = RunState.CANCELLED, "the watchdog was stopped"
            raise
        except Exception as error:
            state, text = RunState.FAILED, f"{type(error).__name__}: {error}"
            log.exception("run failed", jobs=sorted(names))
        finally:
            self.in_flight -= names
            # not in a thread: a cancelled Run has no await left
            self._end(batch, state, text)

    async def one_by_one(self, decisions: Sequence[Decision], stop: asyncio.Event) -> None:
        """Catch up serially, with a random pause in between; a stop leaves the rest for later."""
        names = {each.job.name for each in decisions}
        self.in_flight |= names
        try:
            for number, decision in enumerate(decisions):
                if number:
                    await self._pause(stop)
                if stop.is_set():
                    return
                if batch := await self.claim([decision]):
                    await self.together(batch)
                self.in_flight.discard(decision.job.name)
        except Exception:
            log.exception("catch-up failed")
        finally:
            self.in_flight -= names

    async def _pause(self, stop: asyncio.Event) -> None:
        seconds = self._rng.uniform(0, JITTER_SECONDS)
        until = self._clock.now() + timedelta(seconds=seconds)
        await first_of(self._clock.sleep_until(until), stop.wait())

    def _claim(self, each: DueJob) -> bool:
        return ledger.claim(
            self._store,
            run_id=each.run_id,
            job=each.job.name,
            trigger=each.trigger,
            due_at=each.due_at,
            now=self._clock.now(),
        )

    def _end(self, batch: Sequence[DueJob], state: RunState, text: str) -> None:
        """End the rows that the Run did not end itself; `finish` leaves the others as they are."""
        now = self._clock.now()
        for each in batch:
            try:
                ledger.finish(self._store, each.run_id, state=state, now=now, text=text)
            except Exception:
                log.exception("run not ended in the ledger", run_id=each.run_id)


def apart(batch: Sequence[DueJob]) -> list[tuple[DueJob, ...]]:
    """Return what runs together: all checks over one Snapshot, each question to a model by itself.

    A slow model holds up no check, and not the next one of the same Job.
    """
    checks = tuple(each for each in batch if not each.job.prompt)
    asking = [(each,) for each in batch if each.job.prompt]
    return [checks, *asking] if checks else [*asking]


def run_id(job: str, due_at: datetime) -> str:
    """Return the id of a due time's Run; it sorts by time within a Job."""
    return f"{job}-{due_at:%Y%m%dT%H%M%S.%fZ}"
