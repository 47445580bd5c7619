"""What the last look at the cluster showed, for pages and API: nodes, checks, what is missing.

Kept in memory only: after a restart the first Run fills it. Incidents and runs are in the store.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from watchdog.domain.check import Check
from watchdog.domain.cluster_wrapper import ClusterWrapper
from watchdog.domain.errors import WatchdogError
from watchdog.domain.ports import Clock, Cluster
from watchdog.domain.run import RunResult, Unknown
from watchdog.domain.snapshot import Missing, Snapshot
from watchdog.web.health import Health

_PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable")


@dataclass(frozen=True, slots=True)
class NodeLine:
    """One node of the cluster picture; `notes` say what is not as it should be."""

    name: str
    ready: bool
    notes: tuple[str, ...]
    pods: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """One check: whether it can run, why not, and when it last looked (aware UTC)."""

    id: str
    family: str
    doc: str
    active: bool
    why: str  # why it is not active; "" when it is
    looked_at: datetime | None
    unknown: str  # what it could not see the last time; "" when it saw everything


class Board:
    """Written by the observe loop after every look, read by the web apps; one event loop for all."""

    def __init__(self, checks: Iterable[Check], *, disabled: Collection[str] = ()) -> None:
        """Start without having seen anything."""
        self._checks = tuple(checks)
        self._disabled = frozenset(disabled)
        self._missing: dict[str, Missing] = {}
        self._looks: dict[str, tuple[datetime, str]] = {}
        self.nodes: tuple[NodeLine, ...] = ()
        self.looked_at: datetime | None = None
        self.trouble = ""  # why the last look failed altogether; "" when it did not

    def saw(self, snapshot: Snapshot) -> None:
        """Note what a Snapshot shows of nodes and of what cannot be read."""
        self.looked_at = snapshot.taken_at
        self.trouble = ""
        for need in snapshot.objects:
            self._missing.pop(need, None)
        self._missing |= snapshot.missing
        if snapshot.has("nodes"):
            self.nodes = node_lines(snapshot)

    def failed(self, text: str) -> None:
        """Note that the cluster could not be read at all."""
        self.trouble = text

    def ran(self, checks: Iterable[str], result: RunResult) -> None:
        """Note which checks a Run asked, and what they could not see."""
        blind = {each.check: _text(each) for each in result.unknown}
        for check in checks:
            self._looks[check] = (result.finished_at, blind.get(check, ""))

    @property
    def unreadable(self) -> Mapping[str, Missing]:
        """Kinds that should be readable and were not; an API that is not installed is no fault."""
        return {need: why for need, why in self._missing.items() if why.reason != "absent"}

    def checks(self) -> tuple[CheckLine, ...]:
        """Every check there is, in order of family and id."""
        ordered = sorted(self._checks, key=lambda check: (check.family, check.id))
        return tuple(self._line(check) for check in ordered)

    def _line(self, check: Check) -> CheckLine:
        why = ""
        if check.id in self._disabled:
            why = "disabled in the configuration"
        elif blind := [need for need in check.needs if need in self._missing]:
            why = "; ".join(f"{self._missing[need].reason}: {need}" for need in blind)
        looked_at, unknown = self._looks.get(check.id, (None, ""))
        return CheckLine(
            id=check.id,
            family=check.family,
            doc=check.doc.strip().partition("\n")[0],
            active=not why,
            why=why,
            looked_at=looked_at,
            unknown=unknown,
        )


def node_lines(snapshot: Snapshot) -> tuple[NodeLine, ...]:
    """The nodes of a Snapshot by name, with the number of their unfinished pods."""
    pods = [pod.node for pod in snapshot.all_pods.values() if not pod.finished]
    lines = []
    for name, node in snapshot.nodes.items():
        notes = [] if node.ready else ["not ready"]
        for kind in _PRESSURES:
            condition = node.condition(kind)
            if condition is not None and condition.status == "True":
                notes.append(kind)
        if node.spec.unschedulable:
            notes.append("cordoned")
        lines.append(NodeLine(name, node.ready, tuple(notes), pods.count(name)))
    return tuple(lines)


def _text(unknown: Unknown) -> str:
    return f"{unknown.need}: {unknown.reason}"


class WatchedCluster(ClusterWrapper):
    """A Cluster that passes everything on, and tells Board and Health what came of each look."""

    def __init__(self, cluster: Cluster, *, board: Board, health: Health, clock: Clock) -> None:
        """Stand in front of `cluster`."""
        super().__init__(cluster)
        self._board = board
        self._health = health
        self._clock = clock

    async def snapshot(self, needs: Collection[str]) -> Snapshot:
        """Look, and note what was seen, or that nothing was."""
        try:
            snapshot = await super().snapshot(needs)
        except WatchdogError as error:
            self._health.failed("kubernetes")
            self._board.failed(str(error))
            raise
        self._health.succeeded("kubernetes", at=self._clock.now())
        self._board.saw(snapshot)
        return snapshot
