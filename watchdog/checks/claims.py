"""Claims that get no volume, or have lost it."""

from collections.abc import Iterator
from datetime import timedelta
from difflib import get_close_matches

from watchdog.domain.check import NoParams, check
from watchdog.domain.custom import Carried
from watchdog.domain.evidence import Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.objects import podv1, storagev1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.placement.binding import users
from watchdog.logic.placement.provisioner import provisioners
from watchdog.logic.placement.unbound import Unbound, template_of, unprovisioned
from watchdog.logic.workloads.classes import carried, is_default, make_default

_HOLD = timedelta(minutes=5)


@check(
    family="storage",
    needs=("persistentvolumeclaims", "persistentvolumes", "storageclasses", "pods"),
    optional=("events", "statefulsets", "deployments", "replicasets", "daemonsets"),
    reasons=("StorageClassMissing", "ClaimPending", "VolumeLost"),
    params=NoParams,
)
def claims(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A claim stays Pending or is Lost, or a volume is Failed.

    A class that binds at the first consumer waits for ever without one, which is by design; with
    one it is a fault once the scheduler has chosen a node and nothing was provisioned.
    """
    for claim in snapshot.claims.values():
        if claim.deleting:
            continue
        if claim.status.phase == "Lost":
            yield _lost(snapshot, claim)
        elif claim.status.phase == "Pending":
            yield from _pending(snapshot, claim)
    for volume in snapshot.volumes.values():
        if volume.status.phase == "Failed" and not volume.deleting:
            yield _failed(snapshot, volume)


def _pending(snapshot: Snapshot, claim: storagev1.PersistentVolumeClaim) -> Iterator[Finding]:
    name = claim.spec.storage_class_name
    waiting = Unbound.of(snapshot, claim)
    if name is None:
        # With a default class the control plane fills it in within seconds.
        if not any(is_default(item) for item in snapshot.storage_classes.values()):
            fact = "it names no StorageClass and there is no default"
            yield _class_missing(snapshot, waiting, fact)
    elif name and waiting.known is None and not waiting.static:
        yield _class_missing(snapshot, waiting, f"StorageClass {name} does not exist")
    elif fact := unprovisioned(snapshot, waiting):
        yield _claim_pending(snapshot, waiting, fact)


def _class_missing(snapshot: Snapshot, waiting: Unbound, fact: str) -> Finding:
    claim = waiting.claim
    existing = [
        f"{name} (default)" if is_default(item) else name
        for name, item in snapshot.storage_classes.items()
    ]
    writer = template_of(snapshot, waiting)
    subject = writer or claim.ref
    close = get_close_matches(waiting.class_name, snapshot.storage_classes, n=1)
    near = f" A class with a similar name is {close[0]}." if close else ""
    where = (
        f"the volumeClaimTemplates of {writer} (they cannot change: delete it with --cascade=orphan, "
        "create it anew, and remove the claims that are unbound)"
        if writer
        else f"the claim (a claim's class cannot change: save its manifest, remove and recreate it; "
        f"{claim.name} is unbound and holds no data)"
    )
    return _finding(
        snapshot,
        waiting,
        reason="StorageClassMissing",
        subject=subject,
        shared=f"storage class {waiting.class_name}" if waiting.class_name else "default class",
        message=f"{claim.ref} gets no volume: {fact}",
        why=f"{claim.ref} stays Pending because {fact}. Existing classes: "
        f"{symptom.listed(existing) or 'none'}.",
        proposal=symptom.advise(
            None,
            (
                f"Create StorageClass {waiting.class_name}"
                if waiting.class_name
                else "Make a class the default one (claims that name none get it by themselves)"
            )
            + f", or name an existing class in {where}.{near}",
            "" if waiting.class_name else make_default(snapshot),
            "kubectl get storageclass",
            command.describe(claim.ref),
        ),
        carried=carried(snapshot, waiting.class_name, close),
    )


def _claim_pending(snapshot: Snapshot, waiting: Unbound, fact: str) -> Finding:
    claim, known = waiting.claim, waiting.known
    who = f"provisioner {known.provisioner}" if known else "the volumes at hand"
    return _finding(
        snapshot,
        waiting,
        reason="ClaimPending",
        subject=claim.ref,
        shared="",
        message=f"{claim.ref} gets no volume: {fact}",
        why=f"{claim.ref} of StorageClass {waiting.class_name or '(none)'} stays Pending: {fact}.",
        blames=provisioners(snapshot, known.provisioner) if known else (),
        proposal=_take_over(waiting.left)
        if waiting.left
        else Proposal(
            f"Look at {who}: its pods and log, its capacity, or provide a volume of class "
            f"{waiting.class_name or '(none)'} by hand. The claim then binds by itself.",
            (command.describe(claim.ref), "kubectl get pv"),
        ),
    )


def _take_over(left: storagev1.PersistentVolume) -> Proposal:
    """Only what still says which claim it was is taken away; its name stays, and so does the data."""
    steps = [{"op": "remove", "path": "/spec/claimRef/uid"}]
    return Proposal(
        f"If the data of {left.ref} is the one that is wanted, let the new claim of the same name have "
        "it: without the uid of the earlier claim it binds to this one by itself.",
        (command.patch(left.ref, steps, kind="json"), command.describe(left.ref)),
    )


def _finding(
    snapshot: Snapshot,
    waiting: Unbound,
    *,
    reason: str,
    subject: Ref,
    shared: str,
    message: str,
    why: str,
    proposal: Proposal,
    carried: tuple[Carried, ...] = (),
    blames: tuple[Ref, ...] = (),
) -> Finding:
    claim, owners = waiting.claim, snapshot.owners_of(waiting.pods)
    facts = [
        symptom.fact(
            "status",
            claim.ref,
            f"phase Pending, storageClassName {claim.spec.storage_class_name or 'unset'}",
            claim.metadata.creation_timestamp,
        )
    ]
    if waiting.event is not None:
        event = waiting.event
        facts.append(
            symptom.fact("event", claim.ref, f"{event.reason}: {event.message}", event.last_at)
        )
    users = symptom.listed(map(str, owners))
    if users:
        facts.append(symptom.fact("spec", claim.ref, f"mounted by {users}"))
    return Finding(
        reason=reason,
        subject=subject,
        affected=_affected(snapshot, waiting.pods, claim.ref, subject),
        severity=snapshot.severity_for(*owners),
        message=message,
        why=f"{why} {f'{users} cannot start without it. ' if users else ''}Neither pod nor node is at "
        "fault, and a restart does not help.",
        since=waiting.since,
        hold=_HOLD,
        shared=shared,
        carried=carried,
        blames=blames,
        evidence=tuple(facts),
        proposal=proposal,
    )


def _lost(snapshot: Snapshot, claim: storagev1.PersistentVolumeClaim) -> Finding:
    pods = users(snapshot, claim.ref)
    events = [each for each in snapshot.events_of(claim) if each.reason == "ClaimLost"]
    since = symptom.first_of(each.first_at for each in events)
    volume = claim.spec.volume_name
    return Finding(
        reason="VolumeLost",
        subject=claim.ref,
        affected=_affected(snapshot, pods, claim.ref, claim.ref),
        severity=Severity.CRITICAL,
        message=f"{claim.ref} has lost its volume {volume}",
        why=f"{claim.ref} was bound to PersistentVolume {volume}, which "
        f"{'is bound to another claim' if volume in snapshot.volumes else 'does not exist any more'}. "
        "Its data is at risk: do not delete the claim before the storage behind it has been looked "
        "at. A restart does not help.",
        since=since,
        hold=_HOLD,
        sightings=2,
        evidence=(
            symptom.fact("status", claim.ref, f"phase Lost, volumeName {volume}"),
            *(symptom.fact("event", claim.ref, e.message, e.last_at) for e in events[:2]),
        ),
        proposal=Proposal(
            f"Restore PersistentVolume {volume} from its manifest (same name and volume handle, "
            "claimRef to this claim), or restore the data from a backup into a new claim.",
            (command.describe(claim.ref), "kubectl get pv"),
        ),
    )


def _failed(snapshot: Snapshot, volume: storagev1.PersistentVolume) -> Finding:
    owner = volume.spec.claim_ref
    claim = owner.ref._replace(kind="PersistentVolumeClaim") if owner else None
    bound = claim if claim in snapshot.claims else None
    subject = bound or volume.ref
    pods = users(snapshot, bound) if bound else ()
    said = symptom.shorten(volume.status.message or volume.status.reason or "no message")
    return Finding(
        reason="VolumeLost",
        subject=subject,
        affected=_affected(snapshot, pods, volume.ref, subject),
        severity=Severity.CRITICAL,
        message=f"{volume.ref} has failed: {said}",
        why=f"{volume.ref} is in phase Failed: {said}. Its storage was neither given back nor can it "
        "be bound again; the data may still be there. A restart does not help.",
        since=volume.status.last_phase_transition_time,
        hold=_HOLD,
        sightings=2,
        evidence=(
            symptom.fact(
                "status",
                volume.ref,
                f"phase Failed: {said}",
                volume.status.last_phase_transition_time,
            ),
        ),
        proposal=Proposal(
            "Save what is needed, then let the storage's driver finish: read its log, free the "
            "backing volume, and remove the PersistentVolume when it is empty.",
            (command.describe(volume.ref),),
        ),
    )


def _affected(
    snapshot: Snapshot, pods: tuple[podv1.Pod, ...], storage: Ref, subject: Ref
) -> tuple[Ref, ...]:
    refs = (*symptom.affected(snapshot, pods, subject), storage)
    return tuple(ref for ref in dict.fromkeys(refs) if ref != subject)
