"""What the planners share: whose fault an Incident is, and a Plan with all that binds it."""

from collections.abc import Iterator

from watchdog.domain.incident import Incident
from watchdog.domain.objects import metav1, podv1
from watchdog.domain.plan import Call, Plan, Step
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic.decision.case import withheld
from watchdog.logic.workloads.chain import Top

# For readers of the Plan and of its message.
EVICTION = "One pod ends with its grace period and is made anew; nothing else is touched."


def workloads(incident: Incident, snapshot: Snapshot) -> tuple[Ref, ...]:
    """The workloads an Incident is about: its subjects, or those that suffer from what is none."""
    known = snapshot.workloads
    own = tuple(ref for ref in incident.subjects if ref in known)
    return own or tuple(ref for ref in incident.affected if ref in known)


def one_workload(incident: Incident, snapshot: Snapshot) -> Workload | None:
    """The one workload that an Incident is about; None when there are none or several."""
    found = workloads(incident, snapshot)
    return snapshot.workloads[found[0]] if len(found) == 1 else None


def too_many(incident: Incident, snapshot: Snapshot) -> tuple[str, ...]:
    """Say that several workloads are hit at once: that has a common cause, or is no small thing."""
    count = len(workloads(incident, snapshot))
    return (
        (f"{count} workloads are hit at once: that is for a person to decide",) if count > 1 else ()
    )


def plan(
    workload: Workload, steps: tuple[Step, ...], *, name: str, cause: str, reason: str, risk: str
) -> Plan:
    """A Plan on a workload's behalf, bound to its generation and revision of now."""
    return Plan(
        remediation=name,
        cause=cause,
        owner=workload.ref,
        steps=steps,
        reason=reason,
        risk=risk,
        generation=workload.generation,
        revision=workload.current.name if workload.current else "",
        labels=workload.labels,
    )


def eviction(pod: podv1.Pod) -> Step:
    """The Step that evicts this very pod."""
    return Step(call=Call.EVICT, target=pod.ref, uid=pod.uid, what=f"evict pod {pod.name}")


def held_back(snapshot: Snapshot, top: Top, *links: metav1.Object) -> Iterator[str]:
    """Say what forbids any Plan on a workload: it is going, or somebody has said never."""
    if top.deleting:
        yield f"{top.ref} is being deleted"
    yield from withheld(snapshot, top, *links)
