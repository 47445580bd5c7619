"""Runs under way: each has a row in the ledger and an end there, and a person may end it early.

A Run is ended while the cluster is read, or before it is judged; what is being saved is saved whole.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

import structlog

from watchdog.domain.errors import RunCancelled, Usage
from watchdog.domain.job import RunState
from watchdog.domain.ports import Clock
from watchdog.domain.run import RunRequest
from watchdog.logic.words.run_view import line_json
from watchdog.store import ledger, records
from watchdog.store.engine import Store

log = structlog.get_logger()

Command = Callable[[Mapping[str, object]], Awaitable[object]]

PATIENCE = 20.0  # seconds in which a cancelled Run has to stop


@dataclass
class Batch:
    """The Runs of one look at the cluster."""

    requests: Sequence[RunRequest]
    scope: asyncio.Timeout
    reading: bool = True
    cancelled: dict[str, str] = field(default_factory=dict)  # id of the Run -> by whom
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def goes_on(self, run_id: str) -> bool:
        """Whether nobody has cancelled this Run."""
        return run_id not in self.cancelled

    def seen(self) -> None:
        """The cluster is read: from here on a Run is done whole, or left out."""
        self.reading = False

    def cancel(self, run_id: str, by: str) -> None:
        """End this Run; the reading ends with the last of its Runs."""
        self.cancelled[run_id] = by
        if self.reading and not self.scope.expired() and self.empty:
            self.scope.reschedule(0)

    @property
    def empty(self) -> bool:
        """Whether all of its Runs are cancelled."""
        return all(each.run_id in self.cancelled for each in self.requests)


class RunsUnderWay:
    """All Runs under way in this process."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Nothing is under way yet."""
        self._store = store
        self._clock = clock
        self._under_way: dict[str, Batch] = {}

    def find(self, run_id: str) -> Batch | None:
        """The batch that a Run belongs to; None when it is not under way here."""
        return self._under_way.get(run_id)

    @asynccontextmanager
    async def begin(self, requests: Sequence[RunRequest]) -> AsyncIterator[Batch]:
        """Hold these Runs as one batch: record those a person asked for, and the end of each that saves nothing.

        Raises:
            RunCancelled: all of them were cancelled.
        """
        batch = Batch(requests, asyncio.timeout(None))
        by_hand = [each for each in requests if each.trigger == "manual"]
        await asyncio.to_thread(self._claim, by_hand)
        self._under_way |= {each.run_id: batch for each in requests}
        state, text = RunState.UNKNOWN, "the run left no result"
        try:
            async with batch.scope:
                yield batch
        except TimeoutError as error:
            state, text = RunState.FAILED, "no result in time"
            if batch.scope.expired():
                raise RunCancelled(f"the run was cancelled by {_who(batch)}") from error
            raise
        except asyncio.CancelledError:
            state, text = RunState.CANCELLED, "the watchdog was stopped"
            raise
        except Exception as error:
            state, text = RunState.FAILED, f"{type(error).__name__}: {error}"
            raise
        finally:
            # not in a thread: a cancelled Run has no await left
            self._end(batch, by_hand, state, text)

    def _claim(self, by_hand: Sequence[RunRequest]) -> None:
        for each in by_hand:
            now = self._clock.now()
            ledger.claim(
                self._store,
                run_id=each.run_id,
                job=each.job,
                trigger=each.trigger,
                due_at=now,
                now=now,
            )

    def _end(self, batch: Batch, by_hand: Sequence[RunRequest], state: RunState, text: str) -> None:
        """End the rows of Runs that saved nothing; one that has ended keeps its end."""
        now = self._clock.now()
        ends = {each.run_id: (state, text) for each in by_hand}
        for run_id, by in batch.cancelled.items():
            ends[run_id] = (RunState.CANCELLED, f"cancelled by {by}")
        for run_id, (how, why) in ends.items():
            try:
                ledger.finish(self._store, run_id, state=how, now=now, text=why)
            except Exception:
                log.exception("run not ended in the ledger", run_id=run_id)
        for each in batch.requests:
            self._under_way.pop(each.run_id, None)
        batch.ended.set()


def cancel_command(store: Store, under_way: RunsUnderWay) -> Command:
    """The command `runs.cancel {id, by}`: end a Run under way; gives its line once it has ended."""

    async def cancel(args: Mapping[str, object]) -> object:
        wanted, by = str(args.get("id") or ""), str(args.get("by") or "somebody")
        found = await asyncio.to_thread(partial(records.find, store, wanted, under_way=True))
        run_id = found.line.entry.run_id
        batch = under_way.find(run_id)
        if batch is None:
            raise _over(run_id, found.line.entry.state)
        batch.cancel(run_id, by)
        log.info("run cancelled", run_id=run_id, by=by)
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await batch.ended.wait()
        after = (await asyncio.to_thread(records.find, store, run_id)).line
        if after.entry.state is not RunState.CANCELLED:
            raise _over(run_id, after.entry.state)
        return line_json(after)

    return cancel


def _over(run_id: str, state: RunState) -> Usage:
    if state is RunState.RUNNING:
        hint = "it ends by itself; one that was cut short is marked when the daemon starts"
        return Usage(f"run {run_id} cannot be cancelled now", hint=hint)
    hint = "only a run under way can be cancelled: watchdog runs list --verdict running"
    return Usage(f"run {run_id} has ended: {state.value}", hint=hint)


def _who(batch: Batch) -> str:
    return ", ".join(dict.fromkeys(batch.cancelled.values()))
