"""Why the containers of one workload crash: the most specific cause that its crashes prove."""

from dataclasses import replace
from datetime import timedelta

from watchdog.domain.evidence import Proposal
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.facts import Family
from watchdog.logic.pods.cause import Case, Cause, looks
from watchdog.logic.pods.crash import Crash, bad_revision, changes
from watchdog.logic.pods.crash_dependency import dependency
from watchdog.logic.pods.crash_kernel import kernel_limit
from watchdog.logic.pods.crash_spec import port_conflict, shm_full, spec_invalid

# What one crash can prove, the most specific first.
_PROVING = (port_conflict, shm_full, spec_invalid, kernel_limit, dependency)


def cause_of(snapshot: Snapshot, owner: Ref, group: tuple[Crash, ...]) -> Cause:
    """Return the most specific proven cause of one workload's crashes."""
    case = Case(snapshot=snapshot, owner=owner, group=group)
    found = _bad_rollout(case) or _proven(case) or _unknown(case)
    advice = symptom.advise(case.workload, found.proposal.text, *found.proposal.commands)
    return replace(found, proposal=advice)


def _proven(case: Case) -> Cause | None:
    answers = (prove(case, crash) for prove in _PROVING for crash in case.group)
    return next((cause for cause in answers if cause), None)


def _bad_rollout(case: Case) -> Cause | None:
    workload = case.workload
    previous = bad_revision(case.snapshot, workload, case.group)
    if workload is None or previous is None:
        return None
    differs = changes(previous.template.spec, workload.template.spec)
    return Cause(
        reason="BadRollout",
        hold=timedelta(minutes=5),
        headline=f"the newest revision of {case.owner} crashes{case.exits}",
        why="Every pod of the newest revision has crashed since it was rolled out. "
        f"{_serving(case)}Changed with it: {'; '.join(differs)}. {case.said}"
        "A restart does not help: the template itself is what fails.",
        proposal=Proposal(
            f"Return to the previous revision, then mend the new one.{_doubt(case)}",
            # By number: a second undo, of another incident, would bring the bad one back.
            (command.rollout_undo(case.owner, to_revision=previous.number),),
        ),
        spec=differs,
    )


def _serving(case: Case) -> str:
    crashing = {crash.pod.ref for crash in case.group}
    pods = case.snapshot.pods_by_owner.get(case.owner, ())
    left = sum(pod.ready and pod.ref not in crashing for pod in pods)
    if left:
        return f"{symptom.still_serve(left)} "
    return "Nothing of an earlier revision is left running. "


def _doubt(case: Case) -> str:
    if any(crash.fact(Family.INCOMPATIBLE) for crash in case.group):
        return " The log says the stored format is incompatible: going back may not help."
    return ""


def _unknown(case: Case) -> Cause:
    crash = case.group[0]
    image = crash.container.image
    crashing = len({each.pod.ref for each in case.group})
    return Cause(
        reason="CrashLoop",
        hold=timedelta(minutes=5),
        headline=f"{case.owner} keeps crashing{case.exits}",
        why=f"{symptom.counted(crashing, 'pod')} of image {image} {symptom.verb(crashing, 'end')} again "
        f"and again. {case.said}"
        "No change of the template, no memory limit and no probe explains it, so the fault is "
        "inside the program or its input; a restart will not help.",
        proposal=Proposal(
            f"Report the log below to the developer of {image}, or move to a version without the "
            "fault (kubectl set image).",
            looks(case.owner, crash),
        ),
        blames=_full_claims(case.group),
    )


def _full_claims(group: tuple[Crash, ...]) -> tuple[Ref, ...]:
    """The claims in whose folders a crashing container found no space."""
    found: list[Ref] = []
    for crash in group:
        fact = crash.fact(Family.NO_SPACE)
        sources = {
            volume.name: volume.persistent_volume_claim.claim_name
            for volume in crash.pod.spec.volumes
            if volume.persistent_volume_claim is not None
        }
        found += [
            Ref("PersistentVolumeClaim", crash.pod.namespace, sources[mount.name])
            for mount in crash.container.volume_mounts
            if fact is not None and mount.name in sources
            if f"{fact.name}/".startswith(f"{mount.mount_path.rstrip('/')}/")
        ]
    return tuple(dict.fromkeys(found))
