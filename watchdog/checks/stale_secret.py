"""Pods that run with the old value of a Secret or ConfigMap that was changed, and are refused."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.pods import rotation
from watchdog.logic.pods.rotation import Change, Stale
from watchdog.logic.words.prose import stamp

_HOLD = timedelta(minutes=10)
_QUOTED = 2


@check(
    family="pods",
    needs=("pods", "deployments", "replicasets", "statefulsets", "daemonsets"),
    optional=("externalsecrets", "certificates", "configmaps"),
    reasons=("StaleSecretEnv",),
    params=NoParams,
)
def stale_secret(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A container was started before its Secret or ConfigMap was replaced, and is refused since.

    Proved by the times of the ExternalSecret or Certificate that writes the Secret, or of the change
    of the ConfigMap, confirmed by a refused login in the container's log, and taken back when one
    with the new value is refused, too.
    """
    groups: defaultdict[tuple[Ref, Ref], list[Stale]] = defaultdict(list)
    for each in rotation.stale(snapshot):
        if snapshot.age(each.since) >= _HOLD:
            groups[each.change.secret, each.holder.owner].append(each)
    for (_, owner), group in sorted(groups.items()):
        # The host reads logs only for Findings: the first look suspects, the second one judges.
        confirmed = [
            each for each in group if rotation.complaint(snapshot, each.holder, each.change)
        ]
        refused = any(
            rotation.complaint(snapshot, fresh, group[0].change)
            for fresh in group[0].fresh
            if not fresh.pod.ready
        )
        if not snapshot.log_texts or (confirmed and not refused):
            yield _finding(snapshot, owner, confirmed or group)


def _written(change: Change) -> str:
    if change.by == change.secret:
        return f"{change.secret} was changed"
    return f"{change.by} wrote {change.secret}"


def _finding(snapshot: Snapshot, owner: Ref, group: list[Stale]) -> Finding:
    change = group[0].change
    pods = {each.holder.pod.ref: each.holder.pod for each in group}
    fresh = tuple(dict.fromkeys(each.pod.ref.name for each in group[0].fresh if each.pod.ready))
    restart = command.rollout_restart(owner)
    since = min(each.since for each in group)
    wrong = [each for each in group[0].fresh if not each.pod.ready]
    said = [rotation.complaint(snapshot, each.holder, change) for each in group]
    quoted = f" It says: {symptom.sentence(said[0], 400)}" if said[0] else ""
    peers = (
        f" {symptom.listed(fresh)}, started after that, {'is' if len(fresh) == 1 else 'are'} ready: "
        "the new value works."
        if fresh
        else ""
    )
    return Finding(
        reason="StaleSecretEnv",
        subject=owner,
        affected=symptom.affected(snapshot, pods.values(), owner),
        severity=snapshot.severity_for(owner),
        message=f"{owner} runs with an old value of {change.secret} and its login is refused",
        why=f"{_written(change)} at {stamp(change.at)}; {symptom.listed(ref.name for ref in pods)} "
        f"{'was' if len(pods) == 1 else 'were'} started before that, and a running container keeps the "
        f"value it was started with. {symptom.readiness(snapshot, owner)}{quoted} It has not been "
        f"ready since {stamp(since)}.{peers} Neither the server that refuses it nor the "
        f"{change.secret.kind} is at fault.",
        since=since,
        hold=_HOLD,
        shared=f"{change.secret.kind} {change.secret.namespace}/{change.secret.name}",
        evidence=(
            symptom.fact("change", change.by, _written(change), change.at),
            *(
                symptom.fact(
                    "status",
                    each.holder.pod.ref,
                    f"container {each.holder.container} was started with {change.secret}",
                    each.holder.started,
                )
                for each in group[:_QUOTED]
            ),
            *(
                symptom.fact("log", each.holder.pod.ref, line)
                for each, line in zip(group, said, strict=True)
                if line
            ),
        ),
        proposal=symptom.advise(
            snapshot.workloads.get(owner),
            f"Restart {owner}: its new pods get the value of today."
            if restart
            else f"Replace the pods of {owner}: new ones get the value of today.",
            restart or command.describe(owner),
        ),
        logs=tuple(each.query for each in (*(each.holder for each in group), *wrong))[:4],
    )
