"""Why a restart may help: what pods crash on, or hold, has changed since; or an operator wants one.

A restart cures nothing while its cause stands. What is proved here is that it is gone: by the times
of the objects involved, never by a log alone.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from watchdog.domain.objects import podv1
from watchdog.domain.policy import RestartCause
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.facts import Family
from watchdog.logic.network import hosts
from watchdog.logic.pods import rotation
from watchdog.logic.pods.crash import Crash, crashes
from watchdog.logic.pods.reference import named_by
from watchdog.logic.pods.wedged import alone, ready_siblings, wedged
from watchdog.logic.symptom import first_of, listed, unready_since
from watchdog.logic.workloads.chain import chain, members

_RESTARTS = 2  # as many as make a crash loop
_REACH = (Family.REFUSED, Family.TIMEOUT, Family.NO_SUCH_HOST)
_CONFIGURATION = re.compile(
    r"\b(?:pars(?:e|ing)|unmarshal|syntax error|malformed|unknown (?:key|field|option|directive))\b"
    r"|\b(?:invalid|bad) config|\byaml:|\bjson:|\btoml:",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Why a restart is meant to help: `fact` is one sentence, `pods` those that it is about."""

    name: RestartCause
    fact: str
    pods: tuple[podv1.Pod, ...]


def stale(snapshot: Snapshot, owner: Ref) -> Ground | None:
    """Containers hold a value that was replaced after they were started, and are not Ready since."""
    found = [
        each
        for each in rotation.stale(snapshot)
        if each.holder.owner == owner and _controlled(snapshot, owner, each.holder.pod)
    ]
    if not found:
        return None
    first, pods = found[0], {each.holder.pod.ref: each.holder.pod for each in found}
    return Ground(
        name="stale_config",
        fact=f"{first.change.secret} was written at {_at(first.change.at)}, container "
        f"{first.holder.container} of {first.holder.pod.name} was started at "
        f"{_at(first.holder.started)} and keeps the value it was started with.",
        pods=tuple(pods.values()),
    )


def hung(snapshot: Snapshot, owner: Ref) -> Ground | None:
    """Pods hang while others of the same template are Ready, or while they depend on nobody."""
    pods = wedged(snapshot, owner)
    beside = [each for pod in pods for each in ready_siblings(snapshot, pod)]
    if not pods or not (beside or alone(snapshot, owner, pods)):
        return None
    left = f"; {beside[0].name} of the same template is ready" if beside else ""
    return Ground(
        name="wedged",
        fact=f"For half an hour or more {listed(pod.name for pod in pods)} ran without a crash and "
        f"without being ready{left}.",
        pods=pods,
    )


def reloaded(snapshot: Snapshot, owner: Ref) -> Ground | None:
    """Something that hanging pods were given at their start was changed after they stopped being Ready."""
    pods = wedged(snapshot, owner)
    since = max((at for pod in pods if (at := unready_since(pod)) is not None), default=None)
    change = _changed(snapshot, pods, since) if since is not None else None
    if change is None or since is None:
        return None
    return Ground(
        name="cause_gone",
        fact=f"{change.secret} was changed at {_at(change.at)}, after {pods[0].name} stopped being "
        f"ready at {_at(since)}; what runs was started before that.",
        pods=pods,
    )


def gone(snapshot: Snapshot, owner: Ref) -> Ground | None:
    """What the containers crash on has changed since the last of them ended."""
    group = _crashing(snapshot, owner)
    ends = [crash.end.finished_at if crash.end is not None else None for crash in group]
    known = [end for end in ends if end is not None]
    if not known or len(known) < len(ends):
        return None
    pods, last = tuple({crash.pod.ref: crash.pod for crash in group}.values()), max(known)
    change = _changed(snapshot, pods, last)
    what = f"{change.secret} was changed at {_at(change.at)}" if change else ""
    what = what or _answers_again(snapshot, group, last)
    if not what:
        return None
    return Ground(
        name="cause_gone",
        fact=f"{what}, after the last end of {pods[0].name} at {_at(last)}; its containers wait out "
        "their back-off.",
        pods=pods,
    )


def misread(snapshot: Snapshot, owner: Ref) -> Ground | None:
    """The containers end on reading their configuration, as their last words say."""
    group = _crashing(snapshot, owner)
    if not any(_CONFIGURATION.search(line) for crash in group for line in crash.lines):
        return None
    pods = tuple({crash.pod.ref: crash.pod for crash in group}.values())
    return _of(pods, "config_parse", "ends on reading its configuration")


def killed(snapshot: Snapshot, owner: Ref) -> Ground | None:
    """Containers were killed at their memory limit."""
    pods = tuple(
        each.pod for each in members(snapshot, owner) if not each.pod.ready and _oom(each.pod)
    )
    return _of(pods, "oom", "was killed for memory")


def lacking(snapshot: Snapshot, owner: Ref) -> Ground | None:
    """Containers wait for a Secret that was not there."""
    pods = tuple(
        each.pod
        for each in members(snapshot, owner)
        if any(
            status.state.waiting is not None
            and status.state.waiting.reason == "CreateContainerConfigError"
            for status in each.pod.statuses
        )
    )
    return _of(pods, "missing_secret", "waits for a Secret")


def _of(pods: tuple[podv1.Pod, ...], name: RestartCause, what: str) -> Ground | None:
    if not pods:
        return None
    return Ground(name=name, fact=f"{pods[0].name} {what}.", pods=pods)


def _crashing(snapshot: Snapshot, owner: Ref) -> tuple[Crash, ...]:
    found = crashes(snapshot, min_restarts=_RESTARTS).get(owner, ())
    return tuple(crash for crash in found if _controlled(snapshot, owner, crash.pod))


def _controlled(snapshot: Snapshot, owner: Ref, pod: podv1.Pod) -> bool:
    held = chain(snapshot, pod)
    return held is not None and held.top.ref == owner


def _changed(
    snapshot: Snapshot, pods: Iterable[podv1.Pod], after: datetime
) -> rotation.Change | None:
    """The first change after a moment of an object that all these pods name.

    What is written anew from time to time proves nothing: its content may be the same.
    """
    named = [{each.ref for each in named_by(pod.spec, pod.namespace)} for pod in pods]
    common = set.intersection(*named) if named else set()
    written: Mapping[Ref, rotation.Change] = rotation.changes(snapshot)
    found = [written[ref] for ref in sorted(common) if ref in written]
    since = [each for each in found if each.every is None and each.at > after]
    return min(since, key=lambda each: each.at, default=None)


def _answers_again(snapshot: Snapshot, group: tuple[Crash, ...], last: datetime) -> str:
    """Say that whom the containers did not reach is ready again since; "" unless all of them name one."""
    services = [_unreached(snapshot, crash) for crash in group]
    back = [
        (at, service)
        for service in services
        if service is not None and (at := _ready_since(snapshot, service)) is not None and at > last
    ]
    if not back or len(back) < len(services):
        return ""
    at, service = max(back)
    return f"{service} is ready again since {_at(at)}"


def _unreached(snapshot: Snapshot, crash: Crash) -> Ref | None:
    fact = crash.fact(*_REACH)
    if fact is None or not fact.name:
        return None
    return hosts.service_of(snapshot, fact.name, crash.pod.namespace)


def _ready_since(snapshot: Snapshot, service: Ref) -> datetime | None:
    """Since when a Service has had a ready pod without a break; None when it has none."""
    pods = snapshot.pods_by_service.get(service, ())
    return first_of(unready_since(pod) for pod in pods if pod.ready)


def _oom(pod: podv1.Pod) -> bool:
    return any(
        end is not None and end.reason == "OOMKilled"
        for status in pod.statuses
        for end in (status.state.terminated, status.last_state.terminated)
    )


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
