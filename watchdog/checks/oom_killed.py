"""Containers the kernel kills for memory: at their own limit, or because the node has none left."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.custom import Carried
from watchdog.domain.evidence import Evidence
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1, podv1
from watchdog.domain.quantity import in_binary, quantity
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic import command, symptom

_WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Kill:
    """One container whose last end was an OOM kill within the hour."""

    owner: Ref
    pod: podv1.Pod
    container: podv1.Container
    status: podv1.ContainerStatus
    at: datetime

    @property
    def limit(self) -> float:
        """The memory limit in bytes, its own or that of the pod as a whole; 0.0 without one."""
        return _limit(self.pod.spec, self.container.name)

    @property
    def of_the_pod(self) -> bool:
        """Whether the limit is that of the pod as a whole."""
        return "memory" not in (self.container.resources.limits or {})


@check(
    family="pods",
    needs=("pods", "nodes", "deployments", "replicasets", "statefulsets", "daemonsets"),
    optional=("events", "controllerrevisions"),
    reasons=("MemoryLimitTooLow", "NodeOutOfMemory"),
    params=NoParams,
)
def oom_killed(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A container was OOMKilled within the hour: at its limit again and again, or without a limit.

    A single kill that the pod has outlived is history; a kill below any limit is the node's.
    """
    by_owner: defaultdict[Ref, list[_Kill]] = defaultdict(list)
    by_node: defaultdict[str, list[_Kill]] = defaultdict(list)
    for kill in _kills(snapshot):
        if kill.limit:
            by_owner[kill.owner].append(kill)
        elif kill.pod.node:
            by_node[kill.pod.node].append(kill)
    for owner, kills in sorted(by_owner.items()):
        if _again(kills):
            yield _limit_too_low(snapshot, owner, kills)
    events = _node_events(snapshot)
    for name in sorted({*by_node, *events}):
        if name in snapshot.nodes:
            yield _node_empty(snapshot, name, by_node.get(name, []), events.get(name))


def _kills(snapshot: Snapshot) -> Iterator[_Kill]:
    for owner, pods in snapshot.pods_by_owner.items():
        for pod in pods:
            containers = {
                each.name: each for each in pod.spec.init_containers + pod.spec.containers
            }
            past = symptom.settled(snapshot, pod) or _ended(snapshot, pod)
            for status in () if past else pod.statuses:
                at = status.oom_killed_at
                if at and snapshot.age(at) <= _WINDOW and status.name in containers:
                    yield _Kill(owner, pod, containers[status.name], status, at)


def _ended(snapshot: Snapshot, pod: podv1.Pod) -> bool:
    """Whether a pod is over and done with: only a Job that still fails is told by its dead pods."""
    owner = pod.controller
    job = snapshot.jobs.get(Ref("Job", pod.namespace, owner.name)) if owner else None
    failing = job is not None and job.condition("Complete") is None
    return pod.status.phase == "Succeeded" or (pod.finished and not failing)


def _again(kills: list[_Kill]) -> bool:
    """Two kills or more: one container that was restarted for it, or several that were killed."""
    return len(kills) > 1 or any(
        kill.status.restart_count + (kill.status.state.terminated is not None) >= 2
        for kill in kills
    )


def _limit_too_low(snapshot: Snapshot, owner: Ref, kills: list[_Kill]) -> Finding:
    first = max(kills, key=lambda kill: kill.status.restart_count)
    workload, name = snapshot.workloads.get(owner), first.container.name
    before = _previous_limit(workload, name)
    wanted = in_binary(max(2 * first.limit, before))
    limit = in_binary(first.limit)
    was = f" (the previous revision had {in_binary(before)})" if before > first.limit else ""
    differs = workload is not None and _limit(workload.template.spec, name) not in (0, first.limit)
    odd = " The pod's limit is not that of the template: something changed it." if differs else ""
    whose = "its pod" if first.of_the_pod else f"container {name}"
    return Finding(
        reason="MemoryLimitTooLow",
        subject=owner,
        affected=symptom.affected(snapshot, (kill.pod for kill in kills), owner),
        severity=snapshot.severity_for(owner),
        message=f"{owner}: container {name} is killed at its memory limit of {limit}, "
        f"{symptom.counted(first.status.restart_count, 'restart')}",
        why=f"The kernel kills container {name} whenever it reaches its own limit of {limit}{was}. "
        f"{symptom.readiness(snapshot, owner)}{odd} The node has memory left and is not at fault. A "
        "restart only starts the climb anew.",
        since=symptom.first_of(symptom.unready_since(kill.pod) for kill in kills),
        carried=(Carried(value=limit, key="memory", instead=wanted),),
        evidence=_evidence(kills, workload),
        proposal=symptom.advise(
            workload,
            f"Raise the memory limit of {whose} from {limit} to {wanted}{was}; if it fills that too, "
            "look for a leak.",
            _raise(owner, first, wanted),
        ),
    )


def _raise(owner: Ref, kill: _Kill, wanted: str) -> str:
    if owner.kind not in ("Deployment", "StatefulSet", "DaemonSet", "CronJob"):
        return command.describe(owner)
    if kill.of_the_pod:
        return command.patch_pod_spec(owner, {"resources": {"limits": {"memory": wanted}}})
    return command.set_memory_limit(owner, kill.container.name, wanted)


def _previous_limit(workload: Workload | None, container: str) -> float:
    if workload is None or workload.previous is None:
        return 0.0
    return _limit(workload.previous.template.spec, container)


def _limit(spec: podv1.PodSpec, container: str) -> float:
    for each in spec.init_containers + spec.containers:
        if each.name == container and "memory" in (each.resources.limits or {}):
            return quantity((each.resources.limits or {})["memory"])
    return quantity((spec.resources.limits or {}).get("memory", 0))


def _evidence(kills: list[_Kill], workload: Workload | None = None) -> tuple[Evidence, ...]:
    facts = [
        symptom.fact(
            "status",
            kill.pod.ref,
            f"container {kill.container.name} OOMKilled, "
            f"{symptom.counted(kill.status.restart_count, 'restart')}, image {kill.container.image}",
            kill.at,
        )
        for kill in kills[:3]
    ]
    for kill in kills[:1]:
        shown = in_binary(kill.limit) if kill.limit else "none"
        facts.append(
            symptom.fact("spec", kill.owner, f"memory limit of {kill.container.name}: {shown}")
        )
        before = _previous_limit(workload, kill.container.name)
        if before and before != kill.limit and workload and workload.current:
            text = f"memory limit changed from {in_binary(before)} to {shown}"
            facts.append(symptom.fact("change", kill.owner, text, workload.current.created_at))
    return tuple(facts)


def _node_events(snapshot: Snapshot) -> dict[str, corev1.Event]:
    """The newest fresh out-of-memory event of each node; a kill inside a cgroup is a container's."""
    found: dict[str, corev1.Event] = {}
    for event in snapshot.of("events", corev1.Event).values():
        about = event.involved_object
        fresh = event.last_at is not None and snapshot.age(event.last_at) <= symptom.FRESH
        own = event.reason in ("SystemOOM", "OOMKilling") and not event.message.startswith("Memory")
        if about.kind == "Node" and fresh and own:
            known = found.get(about.name)
            if known is None or (known.last_at and event.last_at and known.last_at < event.last_at):
                found[about.name] = event
    return found


def _node_empty(
    snapshot: Snapshot, name: str, kills: list[_Kill], event: corev1.Event | None
) -> Finding:
    subject = Ref("Node", "", name)
    pods = tuple(kill.pod for kill in kills)
    said = symptom.shorten(event.message, 150) if event else "a container without limit was killed"
    facts = _evidence(kills)
    if event is not None:
        facts = (
            symptom.fact("event", subject, f"{event.reason}: {event.message}", event.last_at),
            *facts,
        )
    moments = [kill.at for kill in kills] + ([event.first_at] if event else [])
    return Finding(
        reason="NodeOutOfMemory",
        subject=subject,
        affected=symptom.affected(snapshot, pods, subject),
        severity=Severity.WARNING,
        message=f"node {name} ran out of memory: {said}",
        why=f"The kernel of node {name} killed processes below any limit of their own: {said}. "
        f"{symptom.listed(str(kill.owner) for kill in kills) or 'What was killed'} is a victim, not "
        "the cause. Restarting it does not give the node more memory.",
        since=symptom.first_of(moments),
        evidence=facts,
        proposal=symptom.advise(
            None,
            f"Find what fills {name} (kubectl top pods), give pods without memory limit a request and "
            "a limit, or move one away.",
            command.kubectl(Ref("Node", "", name), "describe node", name),
            "kubectl top pods -A --sort-by=memory",
        ),
    )
