"""Whether a model may be asked now: the day's budget and the breaker, read from the records."""

from dataclasses import dataclass
from datetime import timedelta, tzinfo

from watchdog.domain.model import Call
from watchdog.domain.ports import Clock
from watchdog.logic.triage.breaker import breaker, of_way
from watchdog.logic.triage.budget import Limits, day_start, spent
from watchdog.store import calls
from watchdog.store.engine import Store

_LOOKED_AT = timedelta(days=2)  # of questions: the longest pause between two is an hour


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What the records say. `spent` and `shut` are reasons to ask nobody, "" when there is none."""

    calls: tuple[Call, ...]  # that say how this path stands, newest first
    spent: str
    shut: str
    trying: bool  # one question only: the way was shut a moment ago

    @property
    def open(self) -> bool:
        """Whether somebody may be asked."""
        return not self.spent and not self.shut


class Gate:
    """One path to the models (an address, a key, a chain) and what it may cost a day."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        limits: Limits,
        zone: tzinfo,
        path: str,
        models: tuple[str, ...],
    ) -> None:
        """`path` is the digest under which its questions are kept, `models` the common chain, `zone`
        says when a day starts."""
        self._store = store
        self._clock = clock
        self._limits = limits
        self._zone = zone
        self.path = path
        self.models = models

    def look(self) -> Passage:
        """Read the records; in a thread.

        Raises:
            StoreFailed: they cannot be read.
        """
        now = self._clock.now()
        midnight = day_start(now, self._zone)
        found = calls.since(self._store, min(midnight, now - _LOOKED_AT))
        own = of_way([each.call for each in found if each.path == self.path], self.models)
        state = breaker(own, now)
        today = [each.call for each in found if each.call.at >= midnight]
        return Passage(
            calls=own, spent=spent(today, self._limits), shut=state.shut, trying=state.trying
        )

    def today(self) -> str:
        """The day of the budget, for a notice that is given once."""
        return f"{day_start(self._clock.now(), self._zone):%Y-%m-%d}"
