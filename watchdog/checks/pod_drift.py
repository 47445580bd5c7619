"""Pods somebody has changed by hand, so that they are no longer what their owner made."""

from collections.abc import Iterator
from datetime import timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.finding import Finding
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.pods.drift import Drifted, drifted, mutators, template_of

_HOLD = timedelta(minutes=10)


@check(
    family="pods",
    needs=("pods", "replicasets", "deployments", "statefulsets", "daemonsets"),
    optional=(
        "controllerrevisions",
        "limitranges",
        "mutatingwebhookconfigurations",
        "namespaces",
    ),
    reasons=("PodDrift",),
    params=NoParams,
)
def pod_drift(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A pod of the current template has another image, command, variable or resources, and fails by it.

    Its siblings must be as the template says; with none, no webhook may have been asked about it:
    else the change comes with every new pod and is told by mutation.
    """
    found = drifted(snapshot)
    changed = {each.pod.ref for each in found}
    for each in found:
        siblings = tuple(
            pod
            for pod in snapshot.pods_by_owner[each.owner]
            if pod.ref != each.pod.ref and pod.controller == each.pod.controller
        )
        true = [pod for pod in siblings if pod.ref not in changed]
        alone = not siblings and not mutators(snapshot, each.pod)
        if each.harmful and (any(pod.ready for pod in true) or alone):
            yield _finding(snapshot, each)


def _finding(snapshot: Snapshot, each: Drifted) -> Finding:
    pod, what = each.pod, symptom.listed(map(str, each.harmful))
    template = template_of(snapshot, pod)
    images = {
        container.name: container.image
        for container in (template.spec.containers if template else ())
    }
    kept = symptom.listed(f"{name} {image}" for name, image in sorted(images.items()))
    return Finding(
        reason="PodDrift",
        subject=pod.ref,
        affected=symptom.affected(snapshot, (pod,), pod.ref),
        severity=snapshot.severity_for(each.owner),
        message=f"{pod.ref} is not what {each.owner} made it: {what}",
        why=f"{pod.ref} differs from the template of {each.owner} ({what}), and that is what it fails "
        f"on. {symptom.readiness(snapshot, each.owner)} The template is right: {kept}. Nothing has to "
        "change in it; only this pod has to go.",
        since=symptom.unready_since(pod),
        hold=_HOLD,
        evidence=tuple(
            symptom.fact("spec", pod.ref, str(difference)) for difference in each.differences[:5]
        ),
        proposal=symptom.advise(
            None,
            f"Delete the pod: {each.owner} makes it anew from its template. Find out who changed it.",
            command.delete(pod.ref),
        ),
    )
