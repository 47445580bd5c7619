"""The operator's files that are refused now, told as one Incident until every one is right."""

from collections.abc import Collection, Sequence

from watchdog.domain.errors import Misconfigured
from watchdog.domain.ports import Clock
from watchdog.logic.incident.own_faults import CONFIG_INVALID, config_invalid
from watchdog.loops.own_state import OwnState

JOBS = "jobs.json"
SOULS = "the souls and prompts"


class OwnConfig:
    """Joins what is heard of each source; says nothing twice."""

    def __init__(
        self, own: OwnState, clock: Clock, namespace: str, sources: Collection[str] = (JOBS, SOULS)
    ) -> None:
        """`sources` are those that will be heard of; the Incident ends when all are right."""
        self._own = own
        self._clock = clock
        self._namespace = namespace
        self._sources = frozenset(sources)
        self._faults: dict[str, tuple[tuple[str, str], ...]] = {}

    async def heard(self, source: str, faults: Sequence[Misconfigured]) -> None:
        """One source was read; without `faults` it is right.

        Raises:
            StoreFailed: it cannot be kept.
        """
        told = tuple((str(fault), fault.hint) for fault in faults)
        if self._faults.get(source) == told:
            return
        self._faults[source] = told
        wrong = {each: found for each, found in sorted(self._faults.items()) if found}
        if not wrong and self._faults.keys() == self._sources:
            await self._own.is_over(CONFIG_INVALID)
        elif wrong:
            every = [fault for found in wrong.values() for fault in found]
            finding = config_invalid(
                self._namespace,
                what=" and ".join(wrong),
                error="; ".join(error for error, _ in every),
                hint=every[0][1],
                now=self._clock.now(),
            )
            await self._own.stands(finding)
