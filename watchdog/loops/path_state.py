"""What people are told of the way to the models: that it is broken, or that the budget is spent."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog

from watchdog.domain.model import Call, CallOutcome
from watchdog.domain.notification import Notification, NotificationKind
from watchdog.domain.ports import Clock
from watchdog.domain.severity import Severity
from watchdog.logic.incident.own_faults import MODEL_PATH_DOWN, model_path_down
from watchdog.logic.triage.breaker import down
from watchdog.logic.words.render import notice
from watchdog.loops.own_state import OwnState
from watchdog.store import outbox
from watchdog.store.engine import Store

log = structlog.get_logger()

ONCE_IN = timedelta(days=1)


class PathState:
    """Tells of the path once a day at most; the next good answer ends it."""

    def __init__(
        self, store: Store, clock: Clock, own: OwnState, *, namespace: str, models: Sequence[str]
    ) -> None:
        """`models` is the chain, `namespace` the own one."""
        self._store = store
        self._clock = clock
        self._own = own
        self._namespace = namespace
        self._models = tuple(models)
        self._warned: dict[str, str] = {}  # a warning and the day it was last logged

    async def judge(self, calls: Sequence[Call]) -> tuple[Notification, ...]:
        """Say what has changed, by the questions over this path, newest first.

        Raises:
            StoreFailed: nothing was said.
        """
        if fault := down(calls):
            return await self.is_down(fault)
        if calls and calls[0].outcome is CallOutcome.ANSWERED:
            return await self._own.is_over(MODEL_PATH_DOWN)
        return ()

    async def is_down(self, fault: str) -> tuple[Notification, ...]:
        """Say at once that it is broken: a job waits for its answer.

        Raises:
            StoreFailed: nothing was said.
        """
        finding = model_path_down(
            self._namespace, error=fault, models=self._models, now=self._clock.now()
        )
        return await self._own.stands(finding, once_in=ONCE_IN)

    async def spent(self, day: str, why: str) -> tuple[Notification, ...]:
        """Say once a day that nobody is asked any more, because of a limit.

        Raises:
            StoreFailed: nothing was said.
        """
        return await asyncio.to_thread(self._tell_spent, day, why)

    def warn(self, call: Call, day: str) -> None:
        """Log once a day each model that was passed over for a reason a person has to mend."""
        for text in call.warnings:
            if self._warned.get(text) != day:
                self._warned[text] = day
                log.warning("model passed over", warning=text)

    def _tell_spent(self, day: str, why: str) -> tuple[Notification, ...]:
        thread = f"llm-budget-{day}"
        now = self._clock.now()
        if outbox.has_thread(self._store, thread):
            return ()
        message = notice(
            NotificationKind.SELF,
            thread,
            int(now.timestamp()),
            severity=Severity.INFO,
            title="the budget for models is spent",
            lines=[
                f"{why}.",
                "Until it is there again explanations are made by rules. Detection goes on.",
            ],
        )
        told = [(target, message) for target in self._own.targets]
        return outbox.enqueue(self._store, told, now)
