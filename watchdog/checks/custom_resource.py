"""Custom resources that do not get on, and definitions that do not know what is applied."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from watchdog.domain.check import Params, check
from watchdog.domain.custom import CustomKind
from watchdog.domain.evidence import Evidence, LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.objects import customv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic import command, symptom
from watchdog.logic.network.unanswered import unanswered
from watchdog.logic.platform import flux
from watchdog.logic.workloads import stalled, writers
from watchdog.logic.workloads.schema import Mismatch, mismatches

_KIND = r"^[a-z0-9][-a-z0-9.]*/v[a-z0-9]+/[a-z0-9]+$"


class CustomResourceParams(Params):
    """`checks.custom_resource` in the config file."""

    kinds: tuple[Annotated[str, Field(pattern=_KIND)], ...] = Field(
        default=(),
        description="kinds to judge besides those that own workloads, as group/version/plural",
    )


def _kinds(snapshot: Snapshot, params: CustomResourceParams) -> Iterator[CustomKind]:
    yield from writers.kinds(snapshot)
    for name in params.kinds:
        api_version, _, plural = name.rpartition("/")
        yield CustomKind(api_version, plural)


@check(
    family="workloads",
    needs=("customresourcedefinitions", "deployments", "statefulsets", "daemonsets", "pods"),
    optional=(
        "events",
        "applications",
        *flux.NEEDS,
        "services",
        "ingresses",
        "persistentvolumeclaims",
        "roles",
        "clusterroles",
        "rolebindings",
        "clusterrolebindings",
    ),
    reasons=("CustomResourceStalled", "CRDSchemaMismatch"),
    params=CustomResourceParams,
    customs=_kinds,
)
def custom_resource(snapshot: Snapshot, params: CustomResourceParams) -> Iterator[Finding]:
    """A custom resource is not Ready, not looked at, or without anything made of it for long.

    Judged are kinds that own workloads or claims, and those of the setting; what the identity may
    not read is left out. A Finding about what it has made explains it. And a definition refuses
    fields or values that Argo CD, Flux or an operator applies.
    """
    yield from _stalled(snapshot, params)
    groups: defaultdict[Ref, list[Mismatch]] = defaultdict(list)
    for each in mismatches(snapshot):
        groups[each.definition].append(each)
    for definition, found in sorted(groups.items()):
        yield _mismatch(definition, found)


def _stalled(snapshot: Snapshot, params: CustomResourceParams) -> Iterator[Finding]:
    children = writers.children(snapshot)
    seen: dict[Ref, customv1.CustomResource] = {}
    for kind in _kinds(snapshot, params):
        seen |= snapshot.of(str(kind), customv1.CustomResource)
    for ref, item in sorted(seen.items()):
        own = children.get(item.uid, ())
        sign = stalled.sign(snapshot, item, childless=not own)
        if sign is not None and not _at_zero(snapshot, own):
            yield _finding(snapshot, ref, item, sign, own)


def _at_zero(snapshot: Snapshot, own: Sequence[Ref]) -> bool:
    """Whether all its workloads want no pod: scaled away, or a revision that another one followed."""
    made = [snapshot.workloads[ref] for ref in own if ref in snapshot.workloads]
    return bool(made) and not any(workload.wanted for workload in made)


def _finding(
    snapshot: Snapshot,
    ref: Ref,
    item: customv1.CustomResource,
    sign: stalled.Sign,
    own: Sequence[Ref],
) -> Finding:
    controller = stalled.controller_of(snapshot, item.group, item.kind)
    # Who writes a condition works: only what is left alone can be for want of a setting.
    lost = stalled.lost_variables(controller) if controller and sign.idle else ()
    who = str(controller.ref) if controller else "its controller"
    says = symptom.sentence(sign.condition.message, 500) if sign.condition else ""
    change = f" {who} lost {symptom.listed(lost)} with its newest revision." if lost else ""
    named = ref._replace(kind=f"{ref.kind}.{item.group}")
    return Finding(
        reason="CustomResourceStalled",
        subject=ref,
        affected=tuple(dict.fromkeys((*own, *(snapshot.owners.get(each, each) for each in own)))),
        severity=Severity.WARNING,
        message=f"{ref} does not get on: {sign.text}",
        why=f"{ref}: {sign.text}{f', and says: {says}' if says else '.'} Nothing more specific was found "
        f"about what it has made ({symptom.listed(map(str, own)) or 'nothing'}).{change} Deleting it "
        "does not help, and may delete what it has made.",
        since=sign.since,
        hold=stalled.HOLD,
        sightings=2,
        shared=f"{who} of {item.kind}" if sign.idle and controller else "",
        blames=(
            *((controller.ref,) if controller else ()),
            *unanswered(snapshot, says, item.namespace),
        ),
        evidence=tuple(_evidence(snapshot, item, sign, controller, lost)),
        proposal=symptom.advise_on(
            item,
            f"Give {who} back {symptom.listed(lost)}: it works off no {item.kind} without."
            if lost
            else f"Read the log of {who}, and correct {ref} or what it names as that says."
            if sign.condition
            else f"Read the log of {who}: it should have taken up {ref}.",
            *_commands(named, controller, undo=bool(lost)),
        ),
        logs=_logs(snapshot, controller),
    )


def _commands(named: Ref, controller: Workload | None, *, undo: bool) -> tuple[str, ...]:
    if controller is None:
        return (command.describe(named),)
    if undo:
        return (command.rollout_undo(controller.ref),)
    return (command.logs(controller.ref), command.describe(named))


def _logs(snapshot: Snapshot, controller: Workload | None) -> tuple[LogQuery, ...]:
    pods = snapshot.pods_by_owner.get(controller.ref, ()) if controller else ()
    return tuple(LogQuery(pod.ref, pod.spec.containers[0].name) for pod in pods[:1])


def _evidence(
    snapshot: Snapshot,
    item: customv1.CustomResource,
    sign: stalled.Sign,
    controller: Workload | None,
    lost: Sequence[str],
) -> Iterator[Evidence]:
    if sign.condition is not None:
        yield symptom.said(item.ref, sign.condition)
    else:
        yield symptom.fact("status", item.ref, sign.text, sign.since)
    if controller is not None and lost:
        at = controller.current.created_at if controller.current else None
        text = f"the newest revision does not set {symptom.listed(lost)} any more"
        yield symptom.fact("change", controller.ref, text, at)
    for query in _logs(snapshot, controller):
        if lines := snapshot.log(query).strip().splitlines():
            yield symptom.fact("log", query.pod, lines[-1])


def _mismatch(definition: Ref, found: Sequence[Mismatch]) -> Finding:
    first = found[0]
    appliers = tuple(dict.fromkeys(each.applier for each in found))
    names = symptom.listed(map(str, appliers))
    hidden = (each.applier for each in found if each.alone)
    refused = (each.refused for each in found if each.refused is not None)
    return Finding(
        reason="CRDSchemaMismatch",
        subject=definition,
        affected=tuple(dict.fromkeys((*hidden, *refused))),
        severity=Severity.WARNING,
        message=f"{definition} does not know what {names} applies: {first.what}",
        why=f"The installed definition {definition.name} refuses what {names} applies: {first.what}. "
        "The manifests are written for another version of it, or a field is misspelt. What was applied "
        "before goes on; nothing newer arrives until both agree. A restart of the operator does not "
        "help.",
        since=symptom.first_of(each.since for each in found),
        hold=timedelta(minutes=15),
        sightings=2,
        evidence=tuple(
            symptom.fact("status", each.refused or each.applier, each.text, each.since)
            for each in found[:4]
        ),
        proposal=symptom.advise(
            None,
            f"Install the version of {definition.name} that the manifests are written for, before what "
            "uses it (Helm does not update definitions in crds/), or correct the field in the manifests.",
            command.describe(definition),
        ),
    )
