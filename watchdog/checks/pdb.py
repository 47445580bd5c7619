"""Disruption budgets that stop a drain under way."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1, podv1, policyv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.labels import selects
from watchdog.logic.placement.cordon import cordoned_at

_HOLD = timedelta(minutes=30)
_ONE = {"spec": {"minAvailable": None, "maxUnavailable": 1}}  # a budget may have only one of them
_STAYS = ("DaemonSet", "Node")  # what a drain leaves on the node: daemons and static pods


@check(
    family="workloads",
    needs=("poddisruptionbudgets", "nodes", "pods"),
    optional=("deployments", "replicasets", "statefulsets", "daemonsets", "jobs", "cronjobs"),
    reasons=("PDBBlocksDrain",),
    params=NoParams,
)
def pdb(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """All that is left on a cordoned node are pods whose budget allows no disruption.

    A budget at zero is a design and no fault, and so is a cordon: only where everything that may
    leave has left does the budget stop a drain.
    """
    budgets = snapshot.of("poddisruptionbudgets", policyv1.PodDisruptionBudget)
    held: defaultdict[Ref, list[podv1.Pod]] = defaultdict(list)
    for node in snapshot.nodes.values():
        if node.spec.unschedulable and node.ready:
            for budget, pods in _left(snapshot, node, budgets.values()).items():
                held[budget] += pods
    for ref, pods in held.items():
        yield _finding(snapshot, budgets[ref], pods)


def _left(
    snapshot: Snapshot, node: corev1.Node, budgets: Collection[policyv1.PodDisruptionBudget]
) -> dict[Ref, list[podv1.Pod]]:
    """The pods that are left on a node by the budget that holds them; empty if any is free."""
    found: defaultdict[Ref, list[podv1.Pod]] = defaultdict(list)
    for pod in snapshot.pods.values():
        owner = pod.controller
        if pod.node != node.name or pod.finished or owner is None or owner.kind in _STAYS:
            continue
        holding = [budget.ref for budget in budgets if _holds(budget, pod)]
        if not holding:
            return {}
        found[holding[0]].append(pod)
    return found


def _holds(budget: policyv1.PodDisruptionBudget, pod: podv1.Pod) -> bool:
    return (
        budget.namespace == pod.namespace
        and selects(budget.spec.selector, pod.labels)
        and budget.status.disruptions_allowed == 0
        and budget.status.observed_generation >= budget.metadata.generation
    )


def _finding(
    snapshot: Snapshot, budget: policyv1.PodDisruptionBudget, pods: list[podv1.Pod]
) -> Finding:
    status = budget.status
    nodes = sorted({pod.node for pod in pods})
    where, owners = symptom.listed(nodes), symptom.listed(map(str, snapshot.owners_of(pods)))
    ill = status.current_healthy < status.desired_healthy
    figures = f"{status.current_healthy} of {status.expected_pods} pods healthy, {status.desired_healthy} wanted"
    return Finding(
        reason="PDBBlocksDrain",
        subject=budget.ref,
        affected=symptom.affected(snapshot, pods, budget.ref),
        severity=Severity.WARNING,
        message=f"{budget.ref} keeps {where} from being drained",
        why=f"Node {where} is cordoned, and all that is left to move there is "
        f"{symptom.counted(len(pods), 'pod')} of {owners}, whose {budget.ref} allows no disruption ({figures}). "
        + (
            "The budget is right: too few of its pods are healthy. Mend those first."
            if ill
            else "As long as it is so, each eviction is refused, however long the drain waits."
        ),
        since=symptom.first_of(cordoned_at(snapshot.nodes[name]) for name in nodes),
        hold=_HOLD,
        sightings=2,
        evidence=(
            symptom.fact("status", budget.ref, f"disruptionsAllowed 0: {figures}"),
            *(symptom.fact("status", pod.ref, f"still on {pod.node}") for pod in pods[:4]),
        ),
        proposal=symptom.advise_on(
            budget,
            f"Bring the pods of {owners} back to health."
            if ill
            else f"Give {owners} one replica more than the budget keeps, or let the budget allow one "
            "disruption (maxUnavailable 1) while the node is drained, and set it back afterwards. Do "
            "not delete the pods by force.",
            "" if ill else command.patch(budget.ref, _ONE, kind="merge"),
            command.describe(budget.ref),
            command.kubectl(budget.ref, "get pods -o wide"),
        ),
    )
