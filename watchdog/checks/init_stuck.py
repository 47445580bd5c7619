"""Init containers that wait for ever, and the name they wait for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.evidence import LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.objects import podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.facts import Family, facts, telling_lines
from watchdog.logic.network import hosts

_HOLD = timedelta(minutes=10)
_NETWORK = (Family.NO_SUCH_HOST, Family.REFUSED, Family.TIMEOUT)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """One init container that has not ended, and the Services it may wait for."""

    pod: podv1.Pod
    container: podv1.Container
    started: datetime | None
    services: tuple[Ref, ...]


@check(
    family="pods",
    needs=("pods", "deployments", "replicasets", "statefulsets", "daemonsets"),
    optional=("services", "namespaces", "controllerrevisions"),
    reasons=("InitDependencyMissing",),
    params=NoParams,
)
def init_stuck(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """An init container still runs while the others wait for its end.

    The hosts in its command, variables and log are looked up among the Services. Sidecars (restart
    policy Always) run by design; an init container that fails belongs to crash_loop.
    """
    for owner, pods in snapshot.pods_by_owner.items():
        found = [waiting for pod in pods if (waiting := _waiting(snapshot, pod)) is not None]
        if found and owner.kind not in ("Job", "CronJob"):
            yield _finding(snapshot, owner, found)


def _waiting(snapshot: Snapshot, pod: podv1.Pod) -> _Waiting | None:
    containers = {each.name: each for each in pod.spec.init_containers}
    held = any(
        status.state.waiting and status.state.waiting.reason == "PodInitializing"
        for status in pod.status.container_statuses
    )
    for status in pod.status.init_container_statuses if held and not pod.finished else ():
        container = containers.get(status.name)
        if container and container.restart_policy != "Always" and status.state.running:
            names = _names(snapshot, pod, container)
            services = [hosts.service_of(snapshot, name, pod.namespace) for name in names]
            known = tuple(dict.fromkeys(service for service in services if service))
            return _Waiting(pod, container, status.state.running.started_at, known)
    return None


def _names(snapshot: Snapshot, pod: podv1.Pod, container: podv1.Container) -> tuple[str, ...]:
    words = " ".join((*container.command, *container.args))
    # A variable counts only if the command uses it or there is nothing else to go by.
    values = [
        each.value
        for each in container.env
        if f"${each.name}" in words or f"${{{each.name}}}" in words or f"$({each.name})" in words
    ]
    log = snapshot.log(LogQuery(pod.ref, container.name))
    said = tuple(
        fact.name.split(":")[0] for fact in facts(log) if fact.family in _NETWORK and fact.name
    )
    found = (*said, *hosts.hosts(words), *(name for value in values for name in _of(value)))
    return tuple(dict.fromkeys(found))


def _of(value: str) -> tuple[str, ...]:
    """The hosts of a variable: in a URL or pair, else the whole value."""
    return hosts.hosts(value) or ((value.lower(),) if value and " " not in value else ())


def _finding(snapshot: Snapshot, owner: Ref, found: list[_Waiting]) -> Finding:
    first = found[0]
    name, workload = first.container.name, snapshot.workloads.get(owner)
    listed = snapshot.has("services")
    absent = [each for each in first.services if listed and not hosts.exists(snapshot, each)]
    waits = absent or list(first.services)
    if absent:
        what = f"Service {absent[0].name} (namespace {absent[0].namespace}), which does not exist"
    elif waits:
        what = f"{symptom.listed(str(each) for each in waits)}, which exists but does not answer"
    else:
        what = "something that does not come; no Service is named in its command"
    log = snapshot.log(LogQuery(first.pod.ref, name))
    command_line = symptom.shorten(" ".join((*first.container.command, *first.container.args)), 200)
    facts_ = [
        symptom.fact("status", first.pod.ref, f"init container {name} still runs", first.started),
        symptom.fact("spec", owner, f"init container {name} runs: {command_line or 'its image'}"),
        *(symptom.fact("spec", each, "no Service of this name exists") for each in absent[:2]),
        *(symptom.fact("log", first.pod.ref, line) for line in telling_lines(log, 2)),
    ]
    introduced = (
        workload is not None
        and workload.previous is not None
        and (
            workload.previous.template.spec.init_containers
            != workload.template.spec.init_containers
        )
    )
    text = (
        f"Return to the previous revision, whose init containers were different, or create {waits[0]}."
        if introduced and waits
        else f"Create {waits[0]} or correct the name in init container {name}."
        if absent
        else f"Bring up what init container {name} waits for ({what}); the pod then goes on."
    )
    pods = tuple(each.pod for each in found)
    return Finding(
        reason="InitDependencyMissing",
        subject=owner,
        affected=symptom.affected(snapshot, pods, owner),
        severity=snapshot.severity_for(owner),
        message=f"{owner}: init container {name} waits for {what}",
        why=f"Init container {name} of {symptom.counted(len(pods), 'pod')} waits for {what}. The "
        f"containers after it have not been started: the app is not at fault. "
        f"{symptom.readiness(snapshot, owner)} A restart does not help: it would wait again.",
        since=symptom.first_of(each.started for each in found),
        hold=_HOLD,
        blames=tuple(ref for each in waits for ref in hosts.behind(snapshot, each)),
        evidence=tuple(facts_[:6]),
        proposal=symptom.advise(
            workload,
            text,
            command.rollout_undo(owner) if introduced else command.logs(first.pod.ref, name),
        ),
        logs=(LogQuery(first.pod.ref, name),),
    )
