"""Workloads that are broken by what somebody else writes into them."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.evidence import Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.objects import metav1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.pods.actors import Actor, actors
from watchdog.logic.pods.mutating import Squeezed, squeezed
from watchdog.logic.workloads import rbac

_HOLD = timedelta(minutes=5)
_NAME = "kubernetes.io/metadata.name"  # the label every namespace has, with its own name


@check(
    family="admission",
    needs=(
        "mutatingwebhookconfigurations",
        "namespaces",
        "pods",
        "replicasets",
        "deployments",
        "statefulsets",
        "daemonsets",
    ),
    optional=("controllerrevisions", "limitranges", "jobs", "cronjobs", *rbac.NEEDS),
    reasons=("WebhookMutatesResources", "ExternalActorMutates"),
    params=NoParams,
)
def mutation(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A webhook rewrites all new pods of a workload, or a program its template, and it fails by that.

    Exactly one mutating webhook must have been asked about pods whose resources differ from their
    template. Defaults of a LimitRange and what an autoscaler of resources sets are no mutation. A
    Job must be allowed to write the workload and have run when the failing revision came; it names
    the workload, or is the only scheduled one with such a right. What runs all the time must name
    the workload and have signed its newest edit.
    """
    groups: defaultdict[Ref, list[Squeezed]] = defaultdict(list)
    for each in squeezed(snapshot):
        groups[each.mutator.configuration.ref].append(each)
    for subject, group in sorted(groups.items()):
        yield _webhook(snapshot, subject, group)
    for actor in actors(snapshot):
        yield _actor(snapshot, actor)


def _webhook(snapshot: Snapshot, subject: Ref, group: list[Squeezed]) -> Finding:
    first = group[0]
    owners = tuple(each.owner for each in group)
    names, what = symptom.listed(map(str, owners)), symptom.listed(map(str, first.differences))
    pods = tuple(pod for each in group for pod in each.pods)
    webhook, configuration = first.mutator.webhook, first.mutator.configuration
    return Finding(
        reason="WebhookMutatesResources",
        subject=subject,
        affected=symptom.affected(snapshot, pods, subject),
        severity=snapshot.severity_for(*owners),
        message=f"{subject} rewrites the resources of {names}: {what}",
        why=f"Every new pod of {names} differs from its template: {what}. Webhook {webhook.name} of "
        f"{subject} is the only one that was asked about these pods, and the template itself is as it "
        f"was meant. {symptom.readiness(snapshot, first.owner)} The workload is not at fault; each new "
        "pod is rewritten again.",
        since=symptom.first_of(symptom.unready_since(pod) for pod in pods),
        hold=_HOLD,
        evidence=(
            *(
                symptom.fact("spec", pod.ref, f"differs from its template: {what}")
                for pod in pods[:2]
            ),
            symptom.fact(
                "spec",
                subject,
                f"webhook {webhook.name} takes new pods of namespace {first.owner.namespace}",
                configuration.metadata.creation_timestamp,
            ),
        ),
        proposal=_narrow(group),
    )


def _narrow(group: list[Squeezed]) -> Proposal:
    """Leave out the namespaces of the victims, by a label that no namespace can lack."""
    configuration = group[0].mutator.configuration
    spaces = sorted({each.owner.namespace for each in group})
    steps = []
    for index in sorted({each.mutator.index for each in group}):
        given = configuration.webhooks[index].namespace_selector or metav1.LabelSelector()
        rules = [
            {"key": each.key, "operator": each.operator}
            | ({"values": list(each.values)} if each.values else {})
            for each in given.match_expressions or ()
        ]
        value = {
            "matchExpressions": [*rules, {"key": _NAME, "operator": "NotIn", "values": spaces}]
        } | ({"matchLabels": given.match_labels} if given.match_labels else {})
        path = f"/webhooks/{index}/namespaceSelector"
        steps.append({"op": "add", "path": path, "value": value})
    return symptom.advise_on(
        configuration,
        f"Keep the webhook away from namespace {symptom.listed(spaces)}, or correct what it writes; "
        "then delete the pods, as those that exist keep what it wrote.",
        command.patch(configuration.ref, steps, kind="json"),
    )


def _actor(snapshot: Snapshot, each: Actor) -> Finding:
    writer, victim = each.writer, each.victim.ref
    subject, what = writer.subject, symptom.listed(each.changes)
    link = (
        f"names {victim.name} in its command"
        if each.named
        else "is the only scheduled run at that moment with a right to such objects"
    )
    made = each.victim.current.created_at if each.victim.current else None
    return Finding(
        reason="ExternalActorMutates",
        subject=subject,
        affected=symptom.affected(snapshot, each.pods, subject),
        severity=snapshot.severity_for(victim),
        message=f"{subject} changes {victim}, which has failed since then: {what}",
        why=f"{victim} was changed ({what}) while {writer.ran} ran, and its pods have failed since "
        f"then. {writer.ran} {link} and may write it as {writer.account}. "
        f"{symptom.readiness(snapshot, victim)} {victim} itself is not at fault; what is mended in it is "
        f"undone by {'the next run' if writer.began else 'the next round'}.",
        since=symptom.first_of(symptom.unready_since(pod) for pod in each.pods),
        hold=_HOLD,
        evidence=(
            *(symptom.fact("change", victim, text, made) for text in each.changes[:3]),
            symptom.fact("spec", writer.ran, f"{link}; as {writer.account} it may write {victim}"),
            symptom.fact("status", writer.ran, "ran when it was changed", writer.began),
        ),
        proposal=symptom.advise(
            each.victim,
            f"Stop {subject} first, then return {victim} to its previous revision.",
            _stop(subject),
            command.rollout_undo(victim),
        ),
    )


def _stop(subject: Ref) -> str:
    """Stop what writes; "" for a Job, which ends by itself, and a DaemonSet, which nothing stops."""
    if subject.kind == "CronJob":
        return command.patch(subject, {"spec": {"suspend": True}})
    return command.scale(subject, 0) if subject.kind in ("Deployment", "StatefulSet") else ""
