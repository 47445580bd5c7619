"""What is given to a model for a Step: lines of a list, of usage, of revisions, of events."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from watchdog.domain.incident import Incident
from watchdog.domain.objects import appsv1, batchv1, corev1, metav1, podv1, statsv1, storagev1
from watchdog.domain.quantity import in_binary, quantity
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Revision
from watchdog.logic.triage.kinds import Unread
from watchdog.logic.words.prose import span

_LISTED = 50
_TOP = 15
_EVENTS = 20
_REVISIONS = 8


def list_rows(items: Sequence[metav1.Object], now: datetime) -> str:
    """A line for each object: where it is, in what state, how old."""
    if not items:
        return "none"
    return _capped([f"{_path(item.ref)}: {_state(item)}{_age(item, now)}" for item in items])


def top_rows(snapshot: Snapshot, kind: str) -> str | Unread:
    """Who uses most: of nodes, else of pods; by CPU, then by memory."""
    need = "nodemetrics" if kind == "Node" else "podmetrics"
    if not snapshot.has(need):
        missing = snapshot.missing.get(need)
        return Unread(f"usage could not be read: {missing.reason if missing else 'not read'}")
    nodes = snapshot.of("nodemetrics", statsv1.NodeMetrics).values()
    pods = snapshot.of("podmetrics", statsv1.PodMetrics).values()
    used = (
        [(item.ref, *_sums([item.usage])) for item in nodes]
        if kind == "Node"
        else [(item.ref, *_sums([each.usage for each in item.containers or ()])) for item in pods]
    )
    busiest = sorted(used, key=lambda row: (-row[1], -row[2], row[0]))
    lines = [f"{_path(ref)}: {cpu * 1000:.0f}m CPU, {in_binary(ram)}" for ref, cpu, ram in busiest]
    return _capped(lines, _TOP) if lines else "none"


def revision_rows(snapshot: Snapshot, ref: Ref) -> str | Unread:
    """The revisions of a workload, newest first, with their images."""
    workload = snapshot.workloads.get(ref)
    if workload is None:
        return Unread("only a Deployment, StatefulSet or DaemonSet has a rollout history")
    if not workload.revisions:
        return Unread("no revision of it could be read")
    return "\n".join(_revision(each, snapshot.taken_at) for each in workload.revisions[:_REVISIONS])


def event_rows(events: Iterable[corev1.Event], now: datetime) -> str:
    """The newest events of one object, newest first."""
    dated = sorted(
        events, key=lambda each: each.last_at.timestamp() if each.last_at else 0.0, reverse=True
    )
    lines = [
        f"{_ago(each.last_at, now)}{each.type or 'Event'} {each.reason} "
        f"x{each.series.count if each.series else each.count or 1}: {each.message}"
        for each in dated[:_EVENTS]
    ]
    return "\n".join(dict.fromkeys(lines)) or "none"


def incident_rows(incidents: Sequence[Incident], now: datetime) -> str:
    """What watchdog itself has found and what stands, worst first."""
    standing = sorted(
        (each for each in incidents if each.standing), key=lambda each: -each.severity.rank
    )
    lines = [
        f"{each.severity}: {each.title} [{each.check}/{each.reason}] on "
        f"{', '.join(str(ref) for ref in each.subjects)}, since {span(now - each.since)}. "
        f"{each.explanation.text}"
        for each in standing
    ]
    return _capped(lines, 20) if lines else "none stands"


def _capped(lines: Sequence[str], limit: int = _LISTED) -> str:
    more = len(lines) - limit
    rest = [f"… and {more} more"] if more > 0 else []
    return "\n".join([*lines[:limit], *rest])


def _path(ref: Ref) -> str:
    return f"{ref.namespace}/{ref.name}" if ref.namespace else ref.name


def _age(item: metav1.Object, now: datetime) -> str:
    born = item.metadata.creation_timestamp
    return f", {span(now - born)} old" if born else ""


def _ago(at: datetime | None, now: datetime) -> str:
    return f"{span(max(now - at, timedelta()))} ago " if at else ""


def _state(item: metav1.Object) -> str:
    match item:
        case podv1.Pod():
            return _pod(item)
        case corev1.Node():
            return f"{'ready' if item.ready else 'not ready'}{_closed(item)}"
        case corev1.Namespace():
            return item.status.phase or "there"
        case appsv1.Deployment() | appsv1.StatefulSet():
            return f"{item.status.ready_replicas} of {item.spec.replicas} ready"
        case appsv1.DaemonSet():
            daemons = item.status
            return f"{daemons.number_ready} of {daemons.desired_number_scheduled} ready"
        case batchv1.Job(status=ends):
            return f"{ends.active} active, {ends.succeeded} succeeded, {ends.failed} failed"
        case storagev1.PersistentVolumeClaim():
            return item.status.phase
        case _:
            return "there"


def _closed(node: corev1.Node) -> str:
    return ", cordoned" if node.spec.unschedulable else ""


def _pod(pod: podv1.Pod) -> str:
    ready = sum(status.ready for status in pod.statuses)
    waits = [
        status.state.waiting.reason
        for status in pod.statuses
        if status.state.waiting is not None and status.state.waiting.reason
    ]
    words = [
        "deleting" if pod.deleting else pod.status.reason or pod.status.phase,
        f"{ready} of {len(pod.statuses)} containers ready",
        *sorted(set(waits)),
        *([f"{restarts} restarts"] if (restarts := _restarts(pod)) else []),
        *([f"on {pod.node}"] if pod.node else ["on no node"]),
    ]
    return ", ".join(words)


def _restarts(pod: podv1.Pod) -> int:
    return sum(status.restart_count for status in pod.statuses)


def _sums(usages: Sequence[metav1.Quantities | None]) -> tuple[float, float]:
    cpu = sum(quantity((usage or {}).get("cpu", 0)) for usage in usages)
    return cpu, sum(quantity((usage or {}).get("memory", 0)) for usage in usages)


def _revision(revision: Revision, now: datetime) -> str:
    images = ", ".join(each.image for each in revision.template.spec.containers)
    born = f", {_ago(revision.created_at, now).strip()}" if revision.created_at else ""
    return f"revision {revision.number}{born}: {images}; {revision.replicas} pods"
