"""Pods that cannot start because a ConfigMap, a Secret, a key or a claim is not there."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches

from watchdog.domain.check import NoParams, check
from watchdog.domain.evidence import Evidence, Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.pods.reference import Absent, absent, missing_claim, named_by

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Gap:
    """One object that is not there, or lacks keys, and every pod that waits for it."""

    ref: Ref
    items: tuple[Absent, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(sorted({item.key for item in self.items if item.key}))

    @property
    def pods(self) -> tuple[podv1.Pod, ...]:
        return tuple({item.pod.ref: item.pod for item in self.items}.values())

    @property
    def label(self) -> str:
        """`Secret ghost-mail`, or with the key that it lacks."""
        lacks = f" (key {symptom.listed(self.keys)})" if self.keys else ""
        return f"{self.ref.kind} {self.ref.name}{lacks}"


@check(
    family="pods",
    needs=("pods", "deployments", "replicasets", "statefulsets", "daemonsets"),
    optional=("events", "configmaps", "persistentvolumeclaims", "controllerrevisions"),
    reasons=("MissingConfigMap", "MissingSecret", "MissingConfigKey", "MissingClaim"),
    params=NoParams,
)
def pod_config(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """The kubelet or the scheduler misses an object that stands in the pod's spec, not optional.

    The missing object is the subject: several workloads may wait for it. A claim is one unless the
    newest revision has changed its name. No object's content is read.
    """
    groups: defaultdict[tuple[Ref, bool], list[Absent]] = defaultdict(list)
    claims: defaultdict[Ref, list[Absent]] = defaultdict(list)
    for pod in snapshot.pods.values():
        for item in absent(snapshot, pod):
            groups[item.named.ref, bool(item.key)].append(item)
        for item in missing_claim(snapshot, pod):
            claims[item.named.ref].append(item)
    for (ref, _), items in sorted(groups.items()):
        yield _config(snapshot, _Gap(ref, tuple(items)))
    for ref, items in sorted(claims.items()):
        yield from _claim(snapshot, _Gap(ref, tuple(items)))


def _config(snapshot: Snapshot, gap: _Gap) -> Finding:
    owners = snapshot.owners_of(gap.pods)
    ref, where = gap.ref, gap.items[0].named.where
    reason = "MissingConfigKey" if gap.keys else f"Missing{ref.kind}"
    what = f"has no key {symptom.listed(gap.keys)}" if gap.keys else "does not exist"
    return Finding(
        reason=reason,
        subject=ref,
        affected=symptom.affected(snapshot, gap.pods, ref),
        severity=snapshot.severity_for(*owners),
        message=f"{ref} {what}; {symptom.listed(map(str, owners))} cannot start",
        why=f"{ref.kind} {ref.name} in namespace {ref.namespace} {what}, and {where} of "
        f"{owners[0]} needs it. {symptom.readiness(snapshot, owners[0])} The kubelet tries again all "
        "the time: image and node are fine, and a restart does not help.",
        since=symptom.first_of(symptom.unready_since(pod) for pod in gap.pods),
        hold=2 * _MINUTE,
        evidence=_evidence(snapshot, gap),
        proposal=_restore(snapshot, gap, owners[0]),
    )


def _claim(snapshot: Snapshot, gap: _Gap) -> Iterator[Finding]:
    """One Finding on the claim; for each workload that has just changed the name, one on it."""
    owners = snapshot.owners_of(gap.pods)
    changed = tuple(owner for owner in owners if _newly_named(snapshot, owner, gap))
    subjects = changed or (gap.ref,)
    name = gap.ref.name
    for subject in subjects:
        renamed = " Its newest revision has changed the claim's name." if changed else ""
        yield Finding(
            reason="MissingClaim",
            subject=subject,
            affected=symptom.affected(snapshot, gap.pods, subject),
            severity=snapshot.severity_for(*owners),
            message=f"{symptom.listed(map(str, owners))}: PersistentVolumeClaim {name} does not exist",
            why=f"{gap.items[0].named.where} of {owners[0]} uses PersistentVolumeClaim {name}, which "
            f"does not exist in namespace {gap.ref.namespace}, so no pod can be scheduled.{renamed} "
            f"{symptom.readiness(snapshot, owners[0])} It is not a lack of room on the nodes. A new, "
            "empty claim of that name would start the pod without its old content.",
            since=symptom.first_of(symptom.unready_since(pod) for pod in gap.pods),
            hold=5 * _MINUTE,
            evidence=_evidence(snapshot, gap),
            proposal=_restore(snapshot, gap, owners[0]),
        )


def _newly_named(snapshot: Snapshot, owner: Ref, gap: _Gap) -> bool:
    """Whether the revision before did not ask for what is missing."""
    workload = snapshot.workloads.get(owner)
    if workload is None or workload.previous is None:
        return False
    earlier = [
        each
        for each in named_by(workload.previous.template.spec, owner.namespace)
        if each.ref == gap.ref
    ]
    return not earlier or bool(gap.keys and not any(each.key in gap.keys for each in earlier))


def _restore(snapshot: Snapshot, gap: _Gap, owner: Ref) -> Proposal:
    workload, ref = snapshot.workloads.get(owner), gap.ref
    what = f"key {symptom.listed(gap.keys)} of {ref.kind} {ref.name}" if gap.keys else gap.label
    restore = f"restore {what} in namespace {ref.namespace} from Git or a backup"
    hint = _hint(snapshot, gap)
    if _newly_named(snapshot, owner, gap):
        return symptom.advise(
            workload,
            f"The newest revision of {owner} introduced this reference: return to the previous one, "
            f"or {restore} (kubectl apply -f <manifest>).{hint}",
            command.rollout_undo(owner),
        )
    resource = {"ConfigMap": "configmaps", "Secret": "secrets"}.get(ref.kind, "pvc")
    read = command.describe(ref) if gap.keys else command.listed(ref, resource)
    return symptom.advise(
        workload,
        f"{restore[0].upper()}{restore[1:]} (kubectl apply -f <manifest>), or correct the name in "
        f"{gap.items[0].named.where} of {owner}. The pods then start by themselves.{hint}",
        read,
    )


def _hint(snapshot: Snapshot, gap: _Gap) -> str:
    """Name what stands close to the missing name: an existing object, or a key others use."""
    if gap.keys:
        others = {
            each.key
            for pod in snapshot.pods.values()
            for each in named_by(pod.spec, pod.namespace)
            if each.ref == gap.ref and each.key and each.key not in gap.keys
        }
        keys = f"{'key' if len(others) == 1 else 'keys'} {symptom.listed(sorted(others))}"
        return f" Other pods use its {keys}." if others else ""
    existing = (*snapshot.of("configmaps", corev1.ConfigMap), *snapshot.claims)
    present = [
        ref.name
        for ref in existing
        if (ref.kind, ref.namespace) == (gap.ref.kind, gap.ref.namespace)
    ]
    close = get_close_matches(gap.ref.name, present, n=1)
    return f" A {gap.ref.kind} with a similar name exists: {close[0]}." if close else ""


def _evidence(snapshot: Snapshot, gap: _Gap) -> tuple[Evidence, ...]:
    facts = [
        symptom.fact("event", item.pod.ref, item.said, item.at)
        if item.at
        else symptom.fact("status", item.pod.ref, item.said, symptom.unready_since(item.pod))
        for item in {item.pod.ref: item for item in gap.items}.values()
    ][:2]
    users = {
        str(snapshot.owners[ref])
        for ref, pod in snapshot.pods.items()
        if any(each.ref == gap.ref for each in named_by(pod.spec, pod.namespace))
    }
    where = symptom.listed(sorted({item.named.where for item in gap.items}))
    facts.append(symptom.fact("spec", gap.ref, f"named in {where}, not optional"))
    facts.append(symptom.fact("spec", gap.ref, f"used by {symptom.listed(sorted(users))}"))
    return tuple(facts)
