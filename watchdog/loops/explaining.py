"""The observe loop's side of the model path: whose words are known, and which messages wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.incident import Incident
from watchdog.domain.ports import Clock
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.soul import ClusterFacts
from watchdog.logic.triage.choose import eligible, explained, past, to_ask
from watchdog.logic.triage.cluster_facts import cluster_facts
from watchdog.logic.triage.digest import digest
from watchdog.loops.gate import Gate
from watchdog.store import triages
from watchdog.store.engine import Store
from watchdog.store.holds import Holding


@dataclass(frozen=True, slots=True)
class Chosen:
    """The Incidents to ask about now, the worst first, and those that too many others precede."""

    asked: tuple[Incident, ...]
    left_out: tuple[Incident, ...]
    digests: dict[str, str]  # of the facts of both, by id


class Explaining:
    """Implements `loops.observe_ports.Explainer`. It asks nobody: it says who will be asked about."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        gate: Gate,
        *,
        cluster: str,
        hold: timedelta,
        most: int,
    ) -> None:
        """`cluster` is the display name, `most` the questions of a round, `hold` how long a message
        waits."""
        self._store = store
        self._clock = clock
        self._gate = gate
        self._cluster = cluster
        self._hold = hold
        self._most = most
        self.facts: ClusterFacts | None = None  # of the last look; None before the first one

    def saw(self, snapshot: Snapshot) -> None:
        """Keep what the questions say of the cluster as a whole."""
        self.facts = cluster_facts(snapshot, self._cluster)

    def explained(self, incidents: Sequence[Incident]) -> tuple[Incident, ...]:
        """Return the Incidents, those whose facts a model has explained with its words.

        Raises:
            StoreFailed: what was asked before cannot be read.
        """
        asked = [each.id for each in incidents if eligible(each)]
        before = past(triages.of(self._store, asked)) if asked else {}
        known = {incident for incident, _ in before}
        return tuple(
            explained(each, digest(each), before) if each.id in known else each
            for each in incidents
        )

    def holding(
        self, incidents: Sequence[Incident], *, wait: timedelta | None, at: datetime
    ) -> Holding | None:
        """Return which messages wait, and until when; None when nobody will be asked.

        `wait` is the most that this Run has for it, `at` the moment its messages are worded at.

        Raises:
            StoreFailed: what was asked before cannot be read.
        """
        hold = self._hold if wait is None else min(wait, self._hold)
        chosen = self.choose(incidents) if hold else None
        if chosen is None or not chosen.asked or not self._gate.look().open:
            return None
        return Holding({each.id for each in chosen.asked}, self._clock.now() + hold, at)

    def choose(self, incidents: Sequence[Incident]) -> Chosen:
        """Return whom to ask about among these.

        Raises:
            StoreFailed: what was asked before cannot be read.
        """
        able = [each for each in incidents if eligible(each)]
        digests = {each.id: digest(each) for each in able}
        before = past(triages.of(self._store, list(digests))) if able else {}
        found = to_ask(able, digests, before, self._clock.now())
        return Chosen(found[: self._most], found[self._most :], digests)
