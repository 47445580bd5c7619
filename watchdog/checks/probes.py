"""Probes that fail: because they ask the wrong thing, too early, or because the app is unwell."""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.evidence import Evidence, Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import symptom
from watchdog.logic.facts import telling_lines
from watchdog.logic.network import callees
from watchdog.logic.pods import probing_cure as cure
from watchdog.logic.pods.probing import Failing, Kind, contradiction, failing, too_early

_MINUTE = timedelta(minutes=1)
_RESTARTS = 3
# What the kubelet puts before the answer of a probe. Source: pkg/kubelet/prober/prober.go
_PREFIX = re.compile(r"^(?:Liveness|Readiness|Startup) probe (?:failed|errored[^:]*): ")


@check(
    family="pods",
    needs=("pods", "deployments", "replicasets", "statefulsets", "daemonsets"),
    optional=("events", "namespaces", "services", "controllerrevisions"),
    reasons=("ReadinessProbeMisconfigured", "LivenessProbeMisconfigured", "AppUnhealthy"),
    params=NoParams,
)
def probes(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A container runs but is not ready, or the kubelet kills it for a probe.

    A probe that asks a port or path nobody serves, or that kills before the app can be up, is
    misconfigured; with the right target the app is unhealthy. A container whose startup probe has
    not passed is left alone until the kubelet kills it for that.
    """
    groups: defaultdict[tuple[str, Ref], list[tuple[Failing, str]]] = defaultdict(list)
    for each in failing(snapshot):
        wrong = contradiction(each) or too_early(each)
        if not wrong:
            groups["AppUnhealthy", each.owner].append((each, ""))
        elif each.kind is Kind.READINESS:
            groups["ReadinessProbeMisconfigured", each.owner].append((each, wrong))
        elif each.status.restart_count >= _RESTARTS:
            groups["LivenessProbeMisconfigured", each.owner].append((each, wrong))
    for (reason, owner), found in sorted(groups.items(), key=lambda item: item[0]):
        group = tuple(each for each, _ in found)
        if reason == "AppUnhealthy":
            yield _unhealthy(snapshot, owner, group)
        else:
            yield _misconfigured(snapshot, reason, owner, group, found[0][1])


def _misconfigured(
    snapshot: Snapshot, reason: str, owner: Ref, group: tuple[Failing, ...], wrong: str
) -> Finding:
    first = group[0]
    name = first.container.name
    effect = (
        "Its Service sends it nothing"
        if first.kind is Kind.READINESS
        else f"The kubelet has restarted it {_times(first.status.restart_count)}"
    )
    return _finding(
        snapshot,
        reason,
        owner,
        group,
        hold=timedelta(0) if first.kind is not Kind.READINESS else 5 * _MINUTE,
        message=f"{owner}: the {first.kind} probe of container {name} cannot succeed: {wrong}",
        why=f"The {first.kind} probe of container {name} cannot succeed: {wrong}. {effect}. "
        f"{symptom.readiness(snapshot, owner)} The app itself shows no fault, and the Service is only "
        "affected. A restart does not help: the probe stays as it is.",
        proposal=cure.mend(snapshot, first),
    )


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _unhealthy(snapshot: Snapshot, owner: Ref, group: tuple[Failing, ...]) -> Finding:
    first = group[0]
    name = first.container.name
    said = symptom.shorten(_PREFIX.sub("", first.said), 150).rstrip(".")
    said = said or f"the {first.kind} probe does not pass"
    lines = telling_lines(first.log)
    words = f" Its log says: {symptom.sentence(lines[-1], 200)}" if first.facts and lines else ""
    # An answer with an error, or none in time, of an app that names nobody: whoever it calls.
    passes_on = not first.facts and ("statuscode: 5" in said or "exceeded" in said)
    return _finding(
        snapshot,
        "AppUnhealthy",
        owner,
        group,
        hold=10 * _MINUTE,
        message=f"{owner}: container {name} runs but fails its {first.kind} probe: {said}",
        why=f"Container {name} runs, and its {first.kind} probe asks a port the pod serves, yet it "
        f"fails: {said}.{words} {symptom.readiness(snapshot, owner)} The probe is right, the app behind "
        "it hangs, errs or waits; its Service without endpoints is a consequence.",
        blames=callees.declared(snapshot, owner)
        if passes_on
        else callees.blamed(snapshot, owner, first.facts),
        proposal=cure.treat(snapshot, first),
    )


def _finding(
    snapshot: Snapshot,
    reason: str,
    owner: Ref,
    group: tuple[Failing, ...],
    *,
    hold: timedelta,
    message: str,
    why: str,
    proposal: Proposal,
    blames: tuple[Ref, ...] = (),
) -> Finding:
    return Finding(
        reason=reason,
        subject=owner,
        affected=symptom.affected(snapshot, (each.pod for each in group), owner),
        severity=snapshot.severity_for(owner),
        message=message,
        why=why,
        since=symptom.first_of(symptom.unready_since(each.pod) for each in group),
        hold=hold,
        blames=blames,
        evidence=_evidence(group),
        proposal=proposal,
        logs=group[0].queries,
    )


def _evidence(group: tuple[Failing, ...]) -> tuple[Evidence, ...]:
    first = group[0]
    probe, served = first.probe, ", ".join(map(str, first.served)) or "none"
    facts = [symptom.fact("event", first.pod.ref, first.said)] if first.said else []
    facts += [
        symptom.fact(
            "spec",
            first.owner,
            f"{first.kind} probe of {first.container.name}: port {probe.port or 'none (command)'}, "
            f"every {probe.period_seconds}s, {probe.failure_threshold} failures; declared ports: "
            f"{served}; image {first.container.image}",
        )
    ]
    facts += [
        symptom.fact(
            "status",
            each.pod.ref,
            f"container {each.container.name} is not ready, "
            f"{symptom.counted(each.status.restart_count, 'restart')}",
            symptom.unready_since(each.pod),
        )
        for each in group[:2]
    ]
    facts += [symptom.fact("log", first.pod.ref, line) for line in telling_lines(first.log, 2)]
    return tuple(facts[:6])
