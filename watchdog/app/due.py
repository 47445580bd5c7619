"""The Runs of one moment of the schedule: requests made of due Jobs, and carried out together."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import structlog

from watchdog.app.requests import Targets, job_request
from watchdog.domain.check import Check
from watchdog.domain.errors import Usage
from watchdog.domain.job import Job, Mode, RunState
from watchdog.domain.ports import Clock
from watchdog.domain.run import RunRequest
from watchdog.loops.dispatch import DueJob
from watchdog.loops.observe import Observer
from watchdog.store import ledger
from watchdog.store.engine import Store

if TYPE_CHECKING:
    from watchdog.loops.prompting import Prompter

log = structlog.get_logger()


class DueRuns:
    """Carries out what the scheduler finds due."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        observer: Observer,
        checks: Sequence[Check],
        targets: Targets,
        mode: Mode,
        prompter: Callable[[], "Prompter | None"],
        saved: Callable[[], None],
    ) -> None:
        """`prompter` runs the Jobs that ask a model, `saved` hears that Incidents were."""
        self._store = store
        self._clock = clock
        self._observer = observer
        self._checks = checks
        self._targets = targets
        self._mode = mode
        self._prompter = prompter
        self._saved = saved

    async def run(self, due: Sequence[DueJob]) -> None:
        """Run the Jobs of one moment over one Snapshot.

        Raises:
            StoreFailed: the records cannot be read or written.
        """
        requests = []
        for each in due:
            try:
                requests.append(self._request(each))
            except Usage as error:  # a job this version cannot run must not stop the others
                await self._cannot(each.job, each.run_id, str(error))
        for request in requests:
            if request.asks is not None:
                await self._prompt(request.asks, request)
        if checking := [request for request in requests if request.asks is None]:
            await self._observer.run(checking)
            self._saved()

    async def _prompt(self, job: Job, request: RunRequest) -> None:
        prompter = self._prompter()
        if prompter is None:
            await self._cannot(job, request.run_id, "it asks a model, and none is set up")
        else:
            await prompter.run(job, request)

    async def _cannot(self, job: Job, run_id: str, text: str) -> None:
        log.warning("job cannot run", job=job.name, error=text)
        end = partial(ledger.finish, state=RunState.FAILED, now=self._clock.now(), text=text)
        await asyncio.to_thread(end, self._store, run_id)

    def _request(self, due: DueJob) -> RunRequest:
        return job_request(
            due.job,
            trigger=due.trigger,
            checks=self._checks,
            targets=self._targets,
            mode=self._mode,
            now=due.due_at,
            named=due.run_id,
        )
