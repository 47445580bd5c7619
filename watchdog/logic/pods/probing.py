"""Failing probes: whether the probe is wrong or the app, by the spec, the kubelet and the log."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from watchdog.domain.evidence import LogQuery
from watchdog.domain.objects import podv1, probev1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.facts import Fact, Family, facts
from watchdog.logic.pods.crash import PROBE_ENDS, about
from watchdog.logic.symptom import FRESH, settled

_GRACE = timedelta(seconds=45)  # terminationGracePeriod and the time to stop
_WRONG_PATH = re.compile(r"statuscode: (?:401|403|404|405)\b")
# What Go's HTTP client says of a port that speaks plain HTTP, and of one that answers in TLS.
_PLAIN = re.compile(r"server gave HTTP response to HTTPS|first record does not look like a TLS")
_TLS = re.compile(r"malformed HTTP response \"\\x1[56]\\x03|HTTP request to an HTTPS server")
_NO_PROGRAM = re.compile(
    r"exec: \"?(?P<name>[\w./-]+)\"?: (?:stat \S+: )?(?:executable file not found|no such file)"
    r"|executable file not found|no such file"
)
_WRONG_TARGET = re.compile(r"malformed HTTP")
_LISTENS = re.compile(
    r"(?:listening|listen|serving|started|running) (?:on|at)\b[^\n]{0,60}?[:\s](\d{2,5})\b",
    re.IGNORECASE,
)
_NETWORK = (Family.REFUSED, Family.TIMEOUT, Family.NO_SUCH_HOST, Family.AUTH_FAILED)


class Kind(StrEnum):
    """Which probe fails."""

    READINESS = "readiness"
    LIVENESS = "liveness"
    STARTUP = "startup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """One container whose probe fails now; `said` is the kubelet's newest word, "" if none."""

    owner: Ref
    pod: podv1.Pod
    container: podv1.Container
    status: podv1.ContainerStatus
    kind: Kind
    probe: probev1.Probe
    said: str
    log: str

    @property
    def queries(self) -> tuple[LogQuery, ...]:
        name, ref = self.container.name, self.pod.ref
        return (LogQuery(ref, name), LogQuery(ref, name, previous=True))

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What the app's log says about the network."""
        return tuple(fact for fact in facts(self.log) if fact.family in _NETWORK)

    @property
    def port(self) -> int | str | None:
        """The probed port; a name is resolved, and stays a name when no port has it."""
        wanted = self.probe.port
        if isinstance(wanted, str) and wanted.isdigit():
            return int(wanted)
        for port in self.container.ports:
            if wanted and port.name == wanted:
                return port.container_port
        return wanted

    @property
    def served(self) -> tuple[int, ...]:
        """The ports the containers of the pod declare; they share one network."""
        spec = self.pod.spec
        return tuple(sorted({p.container_port for c in spec.serving for p in c.ports}))

    @property
    def listens(self) -> tuple[int, ...]:
        """The ports the app says in its log that it listens on."""
        return tuple(sorted({int(port) for port in _LISTENS.findall(self.log)}))


def failing(snapshot: Snapshot) -> Iterator[Failing]:
    """Yield the containers that are unready, or were killed, by a probe of theirs."""
    for owner, pods in snapshot.pods_by_owner.items():
        for pod in pods if owner.kind not in ("Job", "CronJob") else ():
            if pod.finished or settled(snapshot, pod):
                continue
            yield from _of_pod(snapshot, owner, pod)


def _of_pod(snapshot: Snapshot, owner: Ref, pod: podv1.Pod) -> Iterator[Failing]:
    containers = {each.name: each for each in pod.spec.serving}
    for status in pod.statuses:
        container = containers.get(status.name)
        found = _which(snapshot, pod, container, status) if container else None
        if container is not None and found is not None:
            kind, probe = found
            queries = (LogQuery(pod.ref, status.name, previous) for previous in (True, False))
            yield Failing(
                owner=owner,
                pod=pod,
                container=container,
                status=status,
                kind=kind,
                probe=probe,
                said=_said(snapshot, pod, container, kind),
                log="\n".join(filter(None, (snapshot.log(each) for each in queries))),
            )


def _which(
    snapshot: Snapshot, pod: podv1.Pod, container: podv1.Container, status: podv1.ContainerStatus
) -> tuple[Kind, probev1.Probe] | None:
    end = status.last_state.terminated or status.state.terminated
    killed = end is not None and end.exit_code in PROBE_ENDS and end.reason != "OOMKilled"
    for kind, probe in (
        (Kind.STARTUP, container.startup_probe),
        (Kind.LIVENESS, container.liveness_probe),
    ):
        # A kill leaves no mark in the status: the kubelet's event has to say which probe failed.
        if probe and killed and not status.ready and _said(snapshot, pod, container, kind):
            return kind, probe
    starting = container.startup_probe is not None and status.started is not True
    running = status.state.running is not None
    if running and not status.ready and not starting and container.readiness_probe is not None:
        return Kind.READINESS, container.readiness_probe
    return None


def _said(snapshot: Snapshot, pod: podv1.Pod, container: podv1.Container, kind: Kind) -> str:
    for event in snapshot.events_of(pod):
        ours = about(event, container.name)
        fresh = event.last_at is not None and snapshot.age(event.last_at) <= FRESH
        probe = event.message.lower().startswith(f"{kind} probe")
        if event.reason == "Unhealthy" and ours and fresh and probe:
            return event.message
    return ""


def contradiction(each: Failing) -> str:
    """Say why the probe cannot pass whatever the app does; "" when its target is right."""
    port, said = each.port, each.said
    answered = "statuscode" in said
    if isinstance(port, str):
        return f"it asks port {port}, a name that no port of the container has"
    if scheme := spoken(said):
        return f"it asks {'HTTP' if scheme == 'HTTPS' else 'HTTPS'} of a port that speaks {scheme}"
    if missing := _NO_PROGRAM.search(said):
        program = f" {missing['name']}" if missing["name"] else ""
        return f"it runs a command{program} that is not in the container"
    if _WRONG_TARGET.search(said):
        return "it asks in a way that the container cannot answer"
    if port is not None and not answered:
        if (
            each.served
            and port not in each.served
            and (not each.listens or port not in each.listens)
        ):
            return f"it asks port {port}, but the pod declares {_join(each.served)}"
        if each.listens and port not in each.listens and "refused" in said:
            return f"it asks port {port}, but the app says it listens on {_join(each.listens)}"
    if _WRONG_PATH.search(said) and not was_ready(each):
        path = each.probe.http_get.path if each.probe.http_get else ""
        return f"it asks for {path or '/'}, which the app answers with {said.rsplit(' ', 1)[-1]}"
    return ""


def spoken(said: str) -> str:
    """The scheme that the probed port speaks, where the kubelet asked for the other; else ""."""
    if _PLAIN.search(said):
        return "HTTP"
    return "HTTPS" if _TLS.search(said) else ""


def too_early(each: Failing) -> str:
    """Say that a liveness or startup probe kills before the app is up; "" when it does not."""
    end = each.status.last_state.terminated
    if each.kind is Kind.READINESS or end is None or not (end.started_at and end.finished_at):
        return ""
    lived, budget = end.finished_at - end.started_at, timedelta(seconds=each.probe.budget_seconds)
    late = timedelta(seconds=each.probe.period_seconds + each.probe.timeout_seconds)
    if lived > budget + late + _GRACE or "statuscode: 5" in each.said or each.facts:
        return ""
    return (
        f"it gives the app {int(budget.total_seconds())} seconds to start and kills it before it was "
        "ever ready"
    )


def was_ready(each: Failing) -> bool:
    """Whether the container has been ready since it was started."""
    ready, running = each.pod.condition("Ready"), each.status.state.running
    turned = ready.last_transition_time if ready else None
    started = running.started_at if running else None
    return bool(turned and started and turned - started > timedelta(seconds=30))


def _join(ports: tuple[int, ...]) -> str:
    return ", ".join(map(str, ports))
