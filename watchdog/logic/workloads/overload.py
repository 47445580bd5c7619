"""What is said of Jobs that nobody owns and that overload others."""

from collections.abc import Iterator
from datetime import timedelta

from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.workloads import jobs
from watchdog.logic.workloads.hog import Hog, hogs
from watchdog.logic.workloads.rogue import Rogue, rogues

_ROGUE = timedelta(minutes=5)


def overloads(snapshot: Snapshot) -> Iterator[Finding]:
    """One Finding per Job and workload that it calls, and one per Job and node that it fills."""
    for rogue in rogues(snapshot):
        yield _overload(snapshot, rogue)
    for hog in hogs(snapshot):
        yield _crowding(snapshot, hog)


def _overload(snapshot: Snapshot, rogue: Rogue) -> Finding:
    item, victim = rogue.job, rogue.victim
    started = item.status.start_time
    began = f"{started:%Y-%m-%d %H:%M} UTC" if started else "before that"
    what = "has been OOMKilled again and again" if rogue.killed else "has failed its probes"
    workers = jobs.pods_of(snapshot, item)
    return Finding(
        reason="RogueJob",
        subject=item.ref,
        affected=(victim, *(pod.ref for pod in rogue.pods), *(pod.ref for pod in workers)),
        severity=snapshot.severity_for(victim),
        message=f"{item.ref} overloads {victim}, which {what} since it started",
        why=f"{victim} {what} since {rogue.onset:%Y-%m-%d %H:%M} UTC; {item.ref}, which calls "
        f"{rogue.service} and belongs to nobody, has run since {began}. The limits of "
        f"{victim} were enough before, and restarting it does not help while the Job runs.",
        since=rogue.onset,
        hold=timedelta(0) if rogue.again else _ROGUE,
        evidence=(
            symptom.fact("status", item.ref, f"active {item.status.active}, no owner", started),
            symptom.fact("spec", item.ref, f"names {rogue.service}"),
            *(symptom.fact("status", pod.ref, what, rogue.onset) for pod in rogue.pods[:3]),
        ),
        proposal=symptom.advise(
            None,
            f"Ask who started {item.ref}; suspend it (its pods end, it can be resumed), and delete it "
            "once nobody needs it.",
            command.patch(item.ref, {"spec": {"suspend": True}}),
        ),
    )


def _crowding(snapshot: Snapshot, hog: Hog) -> Finding:
    item, node, what = hog.job, hog.node, "CPU" if hog.resource == "cpu" else "memory"
    started = item.status.start_time
    owners = snapshot.owners_of(hog.pods)
    names = symptom.listed(map(str, owners))
    workers = (pod for pod in jobs.pods_of(snapshot, item) if pod.node == node.name)
    return Finding(
        reason="RogueJob",
        subject=item.ref,
        # The node is full because of it, unless the node is in other trouble, too.
        affected=(
            *owners,
            *(pod.ref for pod in hog.pods),
            *((node.ref,) if _only_full(node) else ()),
            *(pod.ref for pod in workers),
        ),
        severity=snapshot.severity_for(*owners),
        message=f"{item.ref} fills node {node.name}, and {names} there cannot work since",
        why=f"{item.ref}, which belongs to nobody, takes {hog.share:.0%} of the {what} of node "
        f"{node.name}, which has none left. {names} {'is' if len(owners) == 1 else 'are'} not ready "
        "there since it runs, and only there; moving or restarting what suffers does not help while "
        "the Job runs.",
        since=hog.onset,
        hold=_ROGUE,
        evidence=(
            symptom.fact("metric", item.ref, f"{hog.share:.0%} of the {what} of {node.name}"),
            symptom.fact("status", item.ref, f"active {item.status.active}, no owner", started),
            *(symptom.fact("status", pod.ref, "not ready", hog.onset) for pod in hog.pods[:3]),
        ),
        proposal=symptom.advise(
            None,
            f"Ask who started {item.ref}; suspend it (its pods end, it can be resumed), and start it anew "
            "with limits, or delete it once nobody needs it.",
            command.patch(item.ref, {"spec": {"suspend": True}}),
        ),
    )


def _only_full(node: corev1.Node) -> bool:
    fine = ("Ready", "MemoryPressure")
    return not any(
        each.status == "True" for each in node.status.conditions if each.type not in fine
    )
