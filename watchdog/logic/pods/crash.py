"""Which containers crash, since when, and what their last ends have in common."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.evidence import Evidence, LogQuery
from watchdog.domain.objects import corev1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Revision, Workload
from watchdog.logic.facts import Fact, Family, facts, telling_lines
from watchdog.logic.symptom import FRESH, counted

_NEVER_STARTED = frozenset({"RunContainerError", "CreateContainerError", "StartError"})
# The kubelet refuses the container's own settings; what it does not find is told by pod_config.
_REFUSED = "CreateContainerConfigError"
_ABSENT = re.compile(r"\bnot found\b|couldn't find key")
_HOOKS = frozenset({"PostStartHookError", "PreStopHookError"})
PROBE_ENDS = (0, 137, 143)  # what SIGTERM or SIGKILL of the kubelet leaves behind
# 10+20+40+80+160 s: what the kubelet has waited when it says "back-off 5m0s" (its ceiling).
_FULL_BACKOFF = timedelta(seconds=310)
# Crashes this soon after a template's birth belong to the template, later ones to something else.
OF_THE_REVISION = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """One container that keeps ending."""

    pod: podv1.Pod
    status: podv1.ContainerStatus
    since: datetime
    facts: tuple[Fact, ...]
    lines: tuple[str, ...]

    @property
    def end(self) -> podv1.Terminated | None:
        """Its newest known end."""
        return self.status.state.terminated or self.status.last_state.terminated

    @property
    def container(self) -> podv1.Container:
        """Its part of the pod's spec."""
        spec = self.pod.spec
        for container in spec.containers + spec.init_containers:
            if container.name == self.status.name:
                return container
        return podv1.Container(name=self.status.name)

    @property
    def queries(self) -> tuple[LogQuery, ...]:
        """The streams that may tell why: the run before the last restart first."""
        return (
            LogQuery(self.pod.ref, self.status.name, previous=True),
            LogQuery(self.pod.ref, self.status.name),
        )

    def fact(self, *families: Family) -> Fact | None:
        """The first fact of one of these families."""
        for fact in self.facts:
            if fact.family in families:
                return fact
        return None

    @property
    def refused(self) -> str:
        """Why the kubelet does not even create the container as it is specified; "" if it does."""
        waits = self.status.state.waiting
        return waits.message if waits is not None and _refused(waits) else ""

    @property
    def never_started(self) -> bool:
        """The runtime could not even start the command."""
        waits = self.status.state.waiting
        ended = self.end
        return (waits is not None and waits.reason in _NEVER_STARTED) or (
            ended is not None and ended.reason in _NEVER_STARTED
        )


def crashes(snapshot: Snapshot, *, min_restarts: int) -> dict[Ref, tuple[Crash, ...]]:
    """Return the crashing containers of each workload, in Ref order; Jobs retry by design."""
    found: defaultdict[Ref, list[Crash]] = defaultdict(list)
    for owner, pods in snapshot.pods_by_owner.items():
        if owner.kind in ("Job", "CronJob"):
            continue
        for pod in pods:
            if not pod.finished:
                found[owner] += _of_pod(snapshot, pod, min_restarts)
    return {owner: tuple(group) for owner, group in found.items() if group}


def _of_pod(snapshot: Snapshot, pod: podv1.Pod, min_restarts: int) -> Iterator[Crash]:
    ending = [status for status in pod.statuses if _keeps_ending(status, pod, min_restarts)]
    events = snapshot.events_of(pod) if ending else ()
    for status in ending:
        killed = any(
            _of_a_killing_probe(snapshot, event) and about(event, status.name) for event in events
        )
        if not _for_others(status, killed=killed):
            texts = [
                snapshot.log(LogQuery(pod.ref, status.name, previous)) for previous in (True, False)
            ]
            word = _runtime_word(status)
            yield Crash(
                pod=pod,
                status=status,
                since=_since(snapshot, pod, status),
                facts=facts("\n".join((word, *texts))),
                lines=telling_lines(word or texts[0] or texts[1]),
            )


def _runtime_word(status: podv1.ContainerStatus) -> str:
    """What the runtime says of a command it could not start, or what the program left as its end.

    Both stand in the status; a command that was never started has no log.
    """
    waits, ended = status.state.waiting, status.state.terminated or status.last_state.terminated
    if waits is not None and waits.message and (waits.reason in _NEVER_STARTED or _refused(waits)):
        return waits.message
    return ended.message if ended is not None else ""


def _of_a_killing_probe(snapshot: Snapshot, event: corev1.Event) -> bool:
    """Whether the kubelet says lately that a liveness or startup probe fails: it kills for these.

    The Killing event itself is a Normal one, which the Snapshot leaves out.
    """
    fresh = event.last_at is not None and snapshot.age(event.last_at) <= FRESH
    killing = event.message.startswith(("Liveness", "Startup"))
    return fresh and killing and event.reason == "Unhealthy"


def about(event: corev1.Event, container: str) -> bool:
    """Whether an event of a pod is about this container of it, or about none in particular."""
    path = event.involved_object.field_path
    return not path or path.endswith(f"{{{container}}}")


def _keeps_ending(status: podv1.ContainerStatus, pod: podv1.Pod, min_restarts: int) -> bool:
    waits, ended = status.state.waiting, status.last_state.terminated
    if waits is not None:
        if waits.reason in _NEVER_STARTED or _refused(waits):
            return True
        backs_off = waits.reason == "CrashLoopBackOff" or waits.reason in _HOOKS
        return backs_off and status.restart_count >= min_restarts
    failing = ended is not None and ended.exit_code != 0
    between = status.state.terminated is not None and status.state.terminated.exit_code != 0
    return (failing or between) and status.restart_count >= 3 and not pod.ready and not status.ready


def _refused(waits: podv1.Waiting) -> bool:
    return waits.reason == _REFUSED and bool(waits.message) and not _ABSENT.search(waits.message)


def _for_others(status: podv1.ContainerStatus, *, killed: bool) -> bool:
    """OOM kills and probe kills have checks of their own."""
    ended = status.state.terminated or status.last_state.terminated
    if ended is None:
        return False
    return ended.reason == "OOMKilled" or (killed and ended.exit_code in PROBE_ENDS)


def _since(snapshot: Snapshot, pod: podv1.Pod, status: podv1.ContainerStatus) -> datetime:
    ready = pod.condition("Ready")
    born = pod.metadata.creation_timestamp or snapshot.taken_at
    since = (ready.last_transition_time if ready else None) or born
    ended, waits = status.last_state.terminated, status.state.waiting
    # A container that gets ready between two crashes moves that condition; the back-off does not.
    if waits and "back-off 5m" in waits.message and ended and ended.finished_at:
        since = min(since, max(born, ended.finished_at - _FULL_BACKOFF))
    return since


def bad_revision(
    snapshot: Snapshot, workload: Workload | None, group: tuple[Crash, ...]
) -> Revision | None:
    """Return the healthy revision before, when the newest one is what crashes; else None.

    All pods of the newest revision fail alike, from its beginning, and an older template differs.
    """
    if workload is None or workload.current is None or workload.previous is None:
        return None
    current, previous = workload.current, workload.previous
    if previous.template.spec == current.template.spec or current.created_at is None:
        return None
    newest = [
        pod
        for pod in snapshot.pods_by_owner.get(workload.ref, ())
        if is_of(pod, current) and not pod.finished
    ]
    crashing = {crash.pod.ref for crash in group}
    of_template = {pod.ref for pod in newest}
    if not newest or not of_template <= crashing or crashing - of_template:
        return None
    began = min(crash.since for crash in group)
    return previous if began - current.created_at <= OF_THE_REVISION else None


def is_of(pod: podv1.Pod, revision: Revision) -> bool:
    """Whether a pod was made from this revision."""
    owner = pod.controller
    if owner is not None and owner.kind == "ReplicaSet":
        return owner.name == revision.name
    # A StatefulSet's pods carry the revision's whole name, a DaemonSet's only its hash.
    mark = pod.labels.get("controller-revision-hash", "")
    return bool(mark) and (revision.name == mark or revision.name.endswith(f"-{mark}"))


def changes(before: podv1.PodSpec, after: podv1.PodSpec) -> tuple[str, ...]:
    """Say how the containers differ between two templates; values only of images and resources."""
    said: list[str] = []
    old = {container.name: container for container in before.init_containers + before.containers}
    for container in after.init_containers + after.containers:
        was = old.pop(container.name, None)
        if was is None:
            said.append(f"container {container.name} is new")
            continue
        if was.image != container.image:
            said.append(f"image of {container.name}: {was.image} -> {container.image}")
        said += [
            f"{field} of {container.name} changed"
            for field in ("command", "args", "env_from", "ports")
            if getattr(was, field) != getattr(container, field)
        ]
        said += [*_variables(was, container), *_resources(was, container)]
        said += [
            f"{field} of {container.name} changed"
            for field in ("liveness_probe", "readiness_probe", "startup_probe", "security_context")
            if getattr(was, field) != getattr(container, field)
        ]
    said += [f"container {name} is gone" for name in old]
    if before.volumes != after.volumes:
        said.append("volumes changed")
    return tuple(said) or ("the pod template changed",)


def _variables(was: podv1.Container, container: podv1.Container) -> Iterator[str]:
    """Which variables came, went or changed; a value may be a secret."""
    before = {each.name: each for each in was.env}
    after = {each.name: each for each in container.env}
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            how = "is new" if name not in before else "changed" if name in after else "is gone"
            yield f"variable {name} of {container.name} {how}"


def _resources(was: podv1.Container, container: podv1.Container) -> Iterator[str]:
    for part in ("limits", "requests"):
        before, after = getattr(was.resources, part) or {}, getattr(container.resources, part) or {}
        for name in sorted({*before, *after}):
            old, new = before.get(name, "none"), after.get(name, "none")
            if old != new:
                yield f"{name} {part[:-1]} of {container.name}: {old} -> {new}"


def evidence(group: tuple[Crash, ...], limit: int = 6) -> tuple[Evidence, ...]:
    """The last ends of the first crashes and the telling lines of their logs, each line once."""
    found: list[Evidence] = []
    told: set[str] = set()
    for crash in group[:2]:
        if end := crash.end:
            found.append(
                Evidence(
                    kind="status",
                    ref=crash.pod.ref,
                    at=end.finished_at,
                    text=f"container {crash.status.name} ended with exit code {end.exit_code}"
                    f" ({end.reason or 'no reason'}), "
                    f"{counted(crash.status.restart_count, 'restart')}",
                )
            )
        found += [
            Evidence(kind="log", ref=crash.pod.ref, text=f"{crash.status.name}: {line}")
            for line in crash.lines
            if line not in told
        ]
        told.update(crash.lines)
    return tuple(found[:limit])
