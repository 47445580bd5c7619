"""Containers that keep ending, and why: a bad rollout, their own spec, the kernel, a dependency."""

from collections.abc import Iterator

from pydantic import Field

from watchdog.domain.check import Params, check
from watchdog.domain.evidence import Evidence
from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.pods import cause, crash
from watchdog.logic.pods.never_ready import NeverReady, evidence, never_ready


class CrashLoopParams(Params):
    """`checks.crash_loop` in the config file."""

    min_restarts: int = Field(default=2, ge=1, description="restarts of one container")


@check(
    family="pods",
    needs=("pods", "deployments", "replicasets", "statefulsets", "daemonsets"),
    optional=("events", "controllerrevisions", "services"),
    reasons=(
        "BadRollout",
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
    bad a rollout as one that crashes.
    """
    found = crash.crashes(snapshot, min_restarts=params.min_restarts)
    starved = cause.starved_nodes(found)
    explained = {
        each.pod.ref for owners in starved.values() for group in owners.values() for each in group
    }
    for node, owners in starved.items():
        group = tuple(each for group in owners.values() for each in group)
        yield _finding(
            snapshot,
            subject=Ref("Node", "", node),
            group=group,
            why=cause.kernel_limit_of_node(node, owners),
            severity=snapshot.impact(*owners),
        )
    for owner, crashes in found.items():
        if group := tuple(each for each in crashes if each.pod.ref not in explained):
            yield _finding(
                snapshot,
                subject=owner,
                group=group,
                why=cause.cause_of(snapshot, owner, group),
                severity=snapshot.impact(owner),
            )
    for unready in never_ready(snapshot, found):
        yield _never_ready(snapshot, unready)


def _never_ready(snapshot: Snapshot, found: NeverReady) -> Finding:
    ref = found.workload.ref
    serving = (
        f"{found.serving} pod(s) of an earlier revision still serve. "
        if found.serving
        else "Nothing of an earlier revision is left running. "
    )
    return Finding(
        reason="BadRollout",
        subject=ref,
        affected=symptom.sufferers(snapshot, found.pods, ref),
        severity=snapshot.impact(ref),
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
            command.rollout_undo(ref),
        ),
        logs=found.queries,
    )


def _finding(
    snapshot: Snapshot,
    *,
    subject: Ref,
    group: tuple[crash.Crash, ...],
    why: cause.Cause,
    severity: Severity,
) -> Finding:
    pods = {each.pod.ref: each.pod for each in group}
    victims = [owner for owner in snapshot.owners_of(pods.values()) if owner != subject]
    spec = tuple(Evidence(kind="spec", ref=subject, text=text[:300]) for text in why.spec[:3])
    images = sorted({each.container.image for each in group})
    running = Evidence(kind="spec", ref=subject, text=f"image {', '.join(images)[:300]}")
    left = symptom.impact(snapshot, subject) if subject.kind != "Node" else ""
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
        evidence=(*crash.evidence(group), *spec, running),
        proposal=why.proposal,
        logs=tuple(query for each in group[:2] for query in each.queries),
    )
