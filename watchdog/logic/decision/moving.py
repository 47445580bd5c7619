"""Gates about who else is at work: rollouts, Git, autoscalers, drains, reboots, upgrades."""

from collections.abc import Iterator
from datetime import timedelta

from watchdog.domain.objects import argov1, autoscalingv1, corev1, fluxv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import managed_by
from watchdog.logic.decision.case import Case
from watchdog.logic.placement.cordon import cordoned_at
from watchdog.logic.platform.argo import busy
from watchdog.logic.workloads.autoscaling import target_of
from watchdog.logic.workloads.steadiness import under_way, unsafe_strategy

BLOCKED_REVISION = (
    "stuck_revision"  # the cause of a Plan that ends a rollout which waits for one pod
)

# A cordon that is older is forgotten, or a node set apart; nobody drains for so long.
_DRAIN = timedelta(hours=1)
_UPGRADE = timedelta(hours=1)
_LEAVING = (
    "ToBeDeletedByClusterAutoscaler",
    "DeletionCandidateOfClusterAutoscaler",
    "karpenter.sh/disrupted",
    "karpenter.sh/disruption",
    "aws-node-termination-handler/spot-itn",
    "cloud.google.com/impending-node-termination",
)
_FLUX = {
    "kustomize.toolkit.fluxcd.io": ("Kustomization", "kustomizations", fluxv1.Kustomization),
    "helm.toolkit.fluxcd.io": ("HelmRelease", "helmreleases", fluxv1.HelmRelease),
}


def no_rollout(case: Case) -> Iterator[str]:
    """No rollout is in progress or paused, unless it waits for the very pod that is to go."""
    if case.item is not None and case.plan.cause != BLOCKED_REVISION:
        yield from under_way(case.item)


def rolls_safely(case: Case) -> Iterator[str]:
    """Its strategy replaces one pod after the other."""
    if case.item is not None:
        yield from unsafe_strategy(case.item, case.wanted)


def leaves_git_alone(case: Case) -> Iterator[str]:
    """No sync is under way, and none is tried again, of what is managed from Git."""
    item = case.item or case.snapshot.cronjobs.get(case.plan.owner)
    if item is None:
        return
    by = managed_by(item.annotations, item.labels)
    if by == "Argo CD":
        yield from _argo(case.snapshot, item.ref, item.annotations.argo_tracking, item.labels)
    if by == "Flux":
        yield from _flux(case.snapshot, item.labels)


def _argo(snapshot: Snapshot, ref: Ref, tracking: str, labels: dict[str, str]) -> Iterator[str]:
    if not snapshot.has("applications"):
        yield f"{ref} is managed by Argo CD, and whether a sync is under way cannot be seen"
        return
    name = tracking.partition(":")[0] or labels.get("argocd.argoproj.io/instance", "")
    found = [
        app
        for app in snapshot.of("applications", argov1.Application).values()
        if name in (app.name, f"{app.namespace}_{app.name}")
        or any(each.ref == ref for each in app.status.resources or ())
    ]
    if not found:
        yield f"{ref} is managed by Argo CD, but by no Application of this cluster"
    for app in found:
        if busy(app):
            yield f"an operation of {app.ref} is under way"
        elif _heals(app):
            yield f"{app.ref} tries again and again to put right what differs (self-heal)"


def _heals(app: argov1.Application) -> bool:
    state = app.status.operation_state
    order = state.operation.sync if state is not None and state.operation is not None else None
    retried = order is not None and order.self_heal_attempts_count > 0
    policy = app.automated
    heals = policy is not None and policy.self_heal
    return heals and retried and app.status.sync.status == "OutOfSync"


def _flux(snapshot: Snapshot, labels: dict[str, str]) -> Iterator[str]:
    for group, (kind, need, record) in _FLUX.items():
        name = labels.get(f"{group}/name")
        if name is None:
            continue
        ref = Ref(kind, labels.get(f"{group}/namespace", ""), name)
        found = snapshot.of(need, record).get(ref)
        moving = found.condition("Reconciling") if found is not None else None
        if not snapshot.has(need):
            yield f"{ref} manages it, and whether it is being applied cannot be seen"
        elif moving is not None and moving.status == "True":
            yield f"{ref} is being applied"


def scaled_by_nobody(case: Case) -> Iterator[str]:
    """No autoscaler decides how many pods there are."""
    snapshot = case.snapshot
    autoscalers = snapshot.of("horizontalpodautoscalers", autoscalingv1.HorizontalPodAutoscaler)
    scaled = snapshot.of("scaledobjects", autoscalingv1.ScaledObject)
    targets = {ref: target_of(each) for ref, each in autoscalers.items()}
    targets |= {ref: target_of(each) for ref, each in scaled.items()}
    for ref, target in targets.items():
        if target == case.plan.owner:
            yield f"{ref} decides how many pods {target} has"
    refused = snapshot.missing.get("scaledobjects")
    if refused is not None and refused.reason != "absent":
        yield f"whether KEDA scales {case.plan.owner} cannot be seen ({refused.reason})"


def one_step(case: Case) -> Iterator[str]:
    """A scaling goes one pod up or down, and never to zero."""
    for step in case.plan.steps:
        asked = step.replicas or 0
        if asked < 1:
            yield f"{step.target} would be scaled to {asked}"
        elif abs(asked - case.wanted) != 1:
            yield f"{step.target} would go from {case.wanted} to {asked} pods at once"


def quiet_nodes(case: Case) -> Iterator[str]:
    """Nobody drains, reboots or upgrades nodes."""
    nodes = case.snapshot.nodes
    for name, node in sorted(nodes.items()):
        if node.spec.unschedulable and _lately(case.snapshot, node):
            yield f"node {name} was cordoned within the last hour: it may be drained"
        if node.annotations.reboot:
            yield f"node {name} is about to be rebooted"
        if any(taint.key in _LEAVING for taint in node.spec.taints) or node.deleting:
            yield f"node {name} is being removed"
    versions = {node.status.node_info.kubelet_version for node in nodes.values()}
    new = [name for name, node in sorted(nodes.items()) if _came_up(case.snapshot, node)]
    if len(versions) > 1 and new:
        yield f"nodes have different versions and {new[0]} has just come up: an upgrade may go on"


def _lately(snapshot: Snapshot, node: corev1.Node) -> bool:
    since = cordoned_at(node)
    return since is None or snapshot.age(since) < _DRAIN


def _came_up(snapshot: Snapshot, node: corev1.Node) -> bool:
    ready = node.condition("Ready")
    since = ready.last_transition_time if ready is not None and ready.status == "True" else None
    return since is not None and snapshot.age(since) < _UPGRADE
