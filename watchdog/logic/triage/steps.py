"""From a Step of the model to what it is given, or to the one read that it takes.

Every name is looked up in this look at the cluster first: nothing a model makes up reaches the API.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from watchdog.domain.asking import Step, Tool
from watchdog.domain.evidence import LogQuery
from watchdog.domain.incident import Incident
from watchdog.domain.objects import metav1
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.soul import Toolbox
from watchdog.logic.triage.kinds import Unread, all_of, kind_of, one_of
from watchdog.logic.triage.rows import incident_rows, list_rows, revision_rows, top_rows
from watchdog.logic.triage.slim import slim


@dataclass(frozen=True, slots=True)
class EventsOf:
    """A read of the events of one object."""

    item: metav1.Object


Wanted = str | Unread | LogQuery | EventsOf


def canonical(step: Step) -> str:
    """What is asked for, in words that are the same for the same."""
    kind = kind_of(step.kind)
    words = (
        step.tool,
        kind if isinstance(kind, str) else step.kind.strip(),
        "/".join(part for part in (step.namespace, step.name) if part),
        step.container,
        "previous" if step.previous else "",
    )
    return " ".join(word for word in words if word)


def wanted(step: Step, snapshot: Snapshot, incidents: Sequence[Incident], tools: Toolbox) -> Wanted:
    """The text to give at once, a read to make, or why there is nothing to give."""
    if step.tool not in tools.allowed:
        why = tools.refused.get(step.tool, "there is no such tool")
        return Unread(f"{step.tool}: {why}; there are {', '.join(sorted(tools.allowed))}, answer")
    if step.tool == Tool.INCIDENTS:
        return incident_rows(incidents, snapshot.taken_at)
    return _LOOKS[Tool(step.tool)](step, snapshot)


def _got(step: Step, snapshot: Snapshot) -> str | Unread:
    found = _one(step, snapshot)
    return found if isinstance(found, Unread) else slim(found)


def _events(step: Step, snapshot: Snapshot) -> EventsOf | Unread:
    found = _one(step, snapshot)
    return found if isinstance(found, Unread) else EventsOf(found)


def _listed(step: Step, snapshot: Snapshot) -> str | Unread:
    kind = kind_of(step.kind)
    if isinstance(kind, Unread):
        return kind
    items = all_of(snapshot, kind, step.namespace)
    return items if isinstance(items, Unread) else list_rows(items, snapshot.taken_at)


def _top(step: Step, snapshot: Snapshot) -> str | Unread:
    kind = kind_of(step.kind or step.name)
    if kind not in ("Node", "Pod"):
        return Unread("top is of nodes or of pods: give the kind")
    return top_rows(snapshot, str(kind))


def _history(step: Step, snapshot: Snapshot) -> str | Unread:
    found = _one(step, snapshot, default="Deployment")
    return found if isinstance(found, Unread) else revision_rows(snapshot, found.ref)


def _one(step: Step, snapshot: Snapshot, default: str = "") -> metav1.Object | Unread:
    kind = kind_of(step.kind or default)
    if isinstance(kind, Unread):
        return kind
    return one_of(snapshot, kind, step.namespace, step.name)


def _log(step: Step, snapshot: Snapshot) -> LogQuery | Unread:
    found = one_of(snapshot, "Pod", step.namespace, step.name)
    if isinstance(found, Unread):
        return found
    spec = snapshot.all_pods[found.ref].spec
    names = [each.name for each in (*spec.containers, *spec.init_containers)]
    container = step.container or names[0]
    if container not in names:
        return Unread(f"{found.name} has no container {container}: it has {', '.join(names)}")
    return LogQuery(found.ref, container, step.previous)


_LOOKS: Mapping[Tool, Callable[[Step, Snapshot], Wanted]] = {
    Tool.LIST: _listed,
    Tool.GET: _got,
    Tool.LOGS: _log,
    Tool.EVENTS: _events,
    Tool.TOP: _top,
    Tool.ROLLOUT_HISTORY: _history,
}
