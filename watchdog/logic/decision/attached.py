"""Gates about what holds pods where they are: nodes that do not answer, volumes, disruption budgets."""

from collections.abc import Iterator

from watchdog.domain.objects import appsv1, podv1, policyv1
from watchdog.domain.plan import Call
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.decision.case import Case
from watchdog.logic.labels import selects
from watchdog.logic.placement.replacement import held_once, unmovable, users

_BUDGETS = "poddisruptionbudgets"


def nodes_answer(case: Case) -> Iterator[str]:
    """Every node that a pod has to leave is Ready, and no pod of the workload is still leaving."""
    for name in sorted({pod.node for pod in case.ending if pod.node}):
        node = case.snapshot.nodes.get(name)
        if node is None or not node.ready:
            yield f"node {name} is not Ready: a pod on it does not end"
    for pod in case.pods:
        if pod.deleting:
            yield f"{pod.ref} has not ended yet"


def volumes_follow(case: Case) -> Iterator[str]:
    """No volume lies on one node, and none for one node at a time is needed on two."""
    yield from unmovable(case.snapshot, case.ending)
    ending = {pod.ref for pod in case.ending}
    surges = case.call is Call.RESTART and isinstance(case.item, appsv1.Deployment)
    for claim in held_once(case.snapshot, case.ending):
        others = [pod for pod in users(case.snapshot, claim) if pod.ref not in ending]
        if surges or others or _shared(case.ending, claim):
            yield f"{claim} can be used on one node only, and would be needed on two"


def _shared(pods: tuple[podv1.Pod, ...], claim: Ref) -> bool:
    return sum(claim in pod.claims for pod in pods) > 1


def budgets_allow(case: Case) -> Iterator[str]:
    """At most one disruption budget takes the pod, and it allows a disruption now.

    A pod that was never started is evicted whatever they say.
    """
    for pod in case.ending:
        if pod.status.phase != "Pending":
            yield from _budgets(case.snapshot, pod)


def _budgets(snapshot: Snapshot, pod: podv1.Pod) -> Iterator[str]:
    found = [
        budget
        for budget in snapshot.of(_BUDGETS, policyv1.PodDisruptionBudget).values()
        if budget.namespace == pod.namespace and selects(budget.spec.selector, pod.labels)
    ]
    if len(found) > 1:
        names = ", ".join(budget.name for budget in found)
        yield f"{len(found)} disruption budgets take {pod.ref} ({names}): no eviction is possible"
    for budget in found:
        if budget.status.observed_generation < budget.metadata.generation:
            yield f"{budget.ref} has not been counted since its last change"
        elif budget.status.disruptions_allowed < 1:
            yield f"{budget.ref} allows no disruption of {pod.ref}"
