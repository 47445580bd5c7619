"""What is asked of the outside world right before an Attempt: the stop switches, the self-test, the
objects and the calls themselves. What cannot be asked is a no."""

from collections.abc import Callable
from datetime import timedelta

import structlog

from watchdog.domain.plan import Plan
from watchdog.domain.ports import Actuator, Clock
from watchdog.loops.breaking import Breaker

log = structlog.get_logger()

_FRESH = timedelta(minutes=5)  # a passed self-test stands for an Attempt so long
_DAILY = timedelta(hours=24)  # and so long for nothing


class Fences:
    """The gates between a Decision and a call."""

    def __init__(
        self, clock: Clock, actuator: Actuator, breaker: Breaker, *, switch: Callable[[], str]
    ) -> None:
        """`switch` says why the operator's file forbids writes, "" when there is none."""
        self._clock = clock
        self._actuator = actuator
        self._breaker = breaker
        self._switch = switch
        self._passed_at: float | None = None  # monotonic: the time of day may be set back
        self._tested_at: float | None = None

    async def objections(self, plan: Plan) -> tuple[str, ...]:
        """Return everything that speaks against making these calls now; empty: go.

        Raises:
            StoreFailed: that the self-test failed cannot be kept.
        """
        if stopped := await self.stopped():
            return (stopped,)
        return await self._faults(_FRESH) or await self._tried(plan)

    async def patrol(self) -> None:
        """Run the self-test at the start and once a day, so that a hole is known before it matters.

        Raises:
            StoreFailed: that it failed cannot be kept.
        """
        if not self._since(self._tested_at, _DAILY):
            await self._faults(_DAILY)

    async def stopped(self) -> str:
        """Why nothing may be written now. What cannot be read stops. Never raises."""
        try:
            return self._switch() or await self._actuator.stopped()
        except Exception as error:
            log.exception("the stop switch cannot be read")
            return f"the stop switch cannot be read: {type(error).__name__}"

    async def _faults(self, fresh: timedelta) -> tuple[str, ...]:
        if not self._actuator.tested or self._since(self._passed_at, fresh):
            return ()
        self._tested_at, self._passed_at = self._clock.monotonic(), None
        if faults := await self._self_test():
            await self._breaker.trip(f"the self-test failed: {faults[0]}")
            return faults
        self._passed_at = self._tested_at
        return ()

    async def _tried(self, plan: Plan) -> tuple[str, ...]:
        try:
            return await self._actuator.objections(plan)
        except Exception as error:
            log.exception("the last gate broke")
            return (f"the last gate broke: {type(error).__name__}",)

    async def _self_test(self) -> tuple[str, ...]:
        try:
            return await self._actuator.faults()
        except Exception as error:
            log.exception("the self-test broke")
            return (f"it broke: {type(error).__name__}",)

    def _since(self, moment: float | None, span: timedelta) -> bool:
        """Whether something happened, less than `span` ago."""
        return moment is not None and self._clock.monotonic() - moment < span.total_seconds()
