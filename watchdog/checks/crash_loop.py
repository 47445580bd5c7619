"""Containers that keep ending, and why: a rollout, a ConfigMap, their spec, the kernel, a dependency."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from pydantic import Field

from watchdog.domain.check import Params, check
from watchdog.domain.evidence import Evidence, LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.pods import config_change, crash
from watchdog.logic.pods.cause import Cause
from watchdog.logic.pods.config_change import Broken
from watchdog.logic.pods.crash_cause import cause_of
from watchdog.logic.pods.crash_kernel import kernel_limit_of_node, starved_nodes
from watchdog.logic.pods.never_ready import NeverReady, evidence, never_ready
from watchdog.logic.pods.unready import unready_for_others
from watchdog.logic.words.prose import stamp


class CrashLoopParams(Params):
    """`checks.crash_loop` in the config file."""

    min_restarts: int = Field(default=2, ge=1, description="restarts of one container")


@check(
    family="pods",
    needs=("pods", "deployments", "replicasets", "statefulsets", "daemonsets"),
    optional=("events", "controllerrevisions", "services", "configmaps", "logs"),
    reasons=(
        "BadRollout",
        "BadConfigChange",
        "ContainerSpecInvalid",
        "ContainerPortConflict",
        "ShmTooSmall",
        "KernelLimitReached",
        "DependencyUnavailable",
        "CrashLoop",
    ),
    params=CrashLoopParams,
)
def crash_loop(snapshot: Snapshot, params: CrashLoopParams) -> Iterator[Finding]:
    """A container waits in CrashLoopBackOff, cannot be started, or ends again and again.

    One Finding per workload, on the most specific proven cause; workloads that hit the same
    kernel limit of one node are one Finding on the Node. OOM kills and probe kills are left to
    their checks; Jobs retry by design. A newest revision that runs without ever being ready is as
    bad a rollout as one that crashes. Pods that crash, or stop being ready, within 15 minutes after
    a ConfigMap they use was changed, under an unchanged template, are a fault of that ConfigMap.
    """
    found = crash.crashes(snapshot, min_restarts=params.min_restarts)
    starved = starved_nodes(found)
    explained = {
        each.pod.ref for owners in starved.values() for group in owners.values() for each in group
    }
    for node, owners in starved.items():
        group = tuple(each for group in owners.values() for each in group)
        yield _finding(
            snapshot,
            subject=Ref("Node", "", node),
            group=group,
            why=kernel_limit_of_node(node, owners),
            severity=snapshot.severity_for(*owners),
        )
    rest = {
        owner: tuple(each for each in group if each.pod.ref not in explained)
        for owner, group in found.items()
    }
    for changed in config_change.broken(snapshot, rest):
        explained |= {each.pod.ref for each in changed.failing}
        yield _bad_config(snapshot, changed)
    for owner, crashes in found.items():
        if group := tuple(each for each in crashes if each.pod.ref not in explained):
            yield _finding(
                snapshot,
                subject=owner,
                group=group,
                why=cause_of(snapshot, owner, group),
                severity=snapshot.severity_for(owner),
            )
    rolled_out = tuple(never_ready(snapshot, found))
    for unready in rolled_out:
        yield _never_ready(snapshot, unready)
    judged = {*found, *(each.workload.ref for each in rolled_out)}
    yield from unready_for_others(snapshot, judged)


def _bad_config(snapshot: Snapshot, found: Broken) -> Finding:
    ref, owners = found.config.ref, tuple(found.owners)
    pods = [each.pod for each in found.failing]
    group = tuple(crash for each in found.failing for crash in each.crashes)
    unready = [each for each in found.failing if not each.crashes]
    edit = found.config.metadata.edit
    by = f" by {edit.manager}" if edit and edit.manager else ""
    others = [each for each in config_change.users(snapshot, ref) if each not in owners]
    healthy = [each for each in others if (item := snapshot.workloads[each]).ready >= item.wanted]
    return Finding(
        reason="BadConfigChange",
        subject=ref,
        affected=(*owners, *(pod.ref for pod in pods), *healthy),
        severity=snapshot.severity_for(*owners),
        message=f"{ref} was changed, and {symptom.listed(map(str, owners))} "
        f"{'has' if len(owners) == 1 else 'have'} failed since then",
        why=f"The pods of {symptom.listed(map(str, owners))} have failed since shortly after {ref} was "
        f"changed{by} at {stamp(found.changed)}, and their template has stayed the same since before "
        f"that. {symptom.readiness(snapshot, owners[0])} No pod that was started with the new content is "
        "well. A restart does not help before the content is mended"
        f"{_next_victims(healthy)}.",
        since=min(each.since for each in found.failing),
        hold=timedelta(minutes=5),
        evidence=(
            symptom.fact("change", ref, f"its content was changed{by}", found.changed),
            *crash.evidence(group, 4),
            *(
                symptom.fact("status", each.pod.ref, "runs and is not ready", each.since)
                for each in unready[:2]
            ),
        ),
        proposal=symptom.advise_on(
            found.config,
            f"Restore the content that {ref} had before {stamp(found.changed)} from Git or a backup. "
            "As the second step restart what reads it only at its start: "
            f"{', '.join(filter(None, map(command.rollout_restart, owners[:3]))) or 'the pods'}.",
            command.kubectl(ref, "get configmap", ref.name, "-o yaml"),
        ),
        logs=_streams(found),
    )


def _next_victims(healthy: Sequence[Ref]) -> str:
    if not healthy:
        return ""
    return f"; {symptom.listed(map(str, healthy))} would get it at the next restart"


def _streams(found: Broken) -> tuple[LogQuery, ...]:
    queries = [query for each in found.failing for crash in each.crashes for query in crash.queries]
    quiet = [
        LogQuery(each.pod.ref, status.name)
        for each in found.failing
        if not each.crashes
        for status in each.pod.status.container_statuses
    ]
    return (*queries, *quiet)[:4]


def _never_ready(snapshot: Snapshot, found: NeverReady) -> Finding:
    ref = found.workload.ref
    serving = (
        f"{symptom.still_serve(found.serving)} "
        if found.serving
        else "Nothing of an earlier revision is left running. "
    )
    return Finding(
        reason="BadRollout",
        subject=ref,
        affected=symptom.affected(snapshot, found.pods, ref),
        severity=snapshot.severity_for(ref),
        message=f"the newest revision of {ref} runs but never becomes ready",
        why=f"Every pod of the newest revision runs and none has been ready since it was rolled out. "
        f"{serving}Changed with it: {'; '.join(found.changes)}. Its Service is only affected. A "
        "restart does not help: the template itself is what fails.",
        since=found.since,
        hold=found.hold,
        evidence=tuple(evidence(snapshot, found)),
        proposal=symptom.advise(
            found.workload,
            "Return to the previous revision, then mend the new one.",
            command.rollout_undo(ref, to_revision=found.previous.number),
        ),
        logs=found.queries,
    )


def _finding(
    snapshot: Snapshot,
    *,
    subject: Ref,
    group: tuple[crash.Crash, ...],
    why: Cause,
    severity: Severity,
) -> Finding:
    pods = {each.pod.ref: each.pod for each in group}
    victims = [owner for owner in snapshot.owners_of(pods.values()) if owner != subject]
    spec = tuple(
        Evidence(kind="spec", ref=subject, text=symptom.shorten(text)) for text in why.spec[:3]
    )
    images = sorted({each.container.image for each in group})
    of_node = subject.kind == "Node"  # which runs no image, and whose sufferers are named
    running = () if of_node else (symptom.fact("spec", subject, f"image {', '.join(images)}"),)
    left = "" if of_node else symptom.readiness(snapshot, subject)
    return Finding(
        reason=why.reason,
        subject=subject,
        affected=(*victims, *(ref for ref in pods if ref != subject)),
        severity=severity,
        message=why.headline,
        why=f"{why.why} {left}".rstrip(),
        since=min(each.since for each in group),
        hold=why.hold,
        blames=why.blames,
        evidence=tuple(dict.fromkeys((*why.logs, *crash.evidence(group), *spec, *running))),
        proposal=why.proposal,
        logs=tuple(query for each in group[:2] for query in each.queries),
    )
