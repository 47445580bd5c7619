"""Evicts one pod that is alone in its fault: its owner makes it anew from a template that is right."""

from collections.abc import Callable, Iterator, Mapping

from watchdog.domain.incident import Incident
from watchdog.domain.plan import Grant, NoPlan, Plan
from watchdog.domain.policy import Policy
from watchdog.domain.remediation import remediation
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.decision.planning import EVICTION, eviction, held_back, plan
from watchdog.logic.decision.preflight import EVICTING, OPTIONAL
from watchdog.logic.pods.one_pod import (
    Suspect,
    changed_by_hand,
    hanging,
    holding_old,
    left_behind,
    without_sandbox,
    without_volume,
)
from watchdog.logic.pods.wedged import was_ready
from watchdog.logic.workloads.chain import Chain, chain, members

_FINDERS: Mapping[str, Callable[[Snapshot, Incident], Iterator[Suspect]]] = {
    "SandboxFailed": without_sandbox,
    "MountFailed": without_volume,
    "PodDrift": changed_by_hand,
    "StatefulSetStuckRevision": left_behind,
    "AppUnhealthy": hanging,
    "StaleSecretEnv": holding_old,
}


@remediation(
    name="EvictPod",
    fixes=tuple(_FINDERS),
    grants=(Grant("create", "pods/eviction"), Grant("create", "pods")),
    needs=EVICTING,
    optional=OPTIONAL,
)
def evict_pod(incident: Incident, snapshot: Snapshot, _policy: Policy) -> Plan | NoPlan:
    """Evict the one pod that hangs, cannot start on its node, or is not what its template says.

    Only with a controller above it, while another replica is Ready or when it never was; of several
    such pods none, for then it is no matter of one pod. The eviction respects disruption budgets.
    """
    suspects = tuple(_FINDERS[incident.reason](snapshot, incident))
    if not suspects:
        return NoPlan()
    if len(suspects) > 1:
        return NoPlan((f"{len(suspects)} pods are hit at once: it is no matter of one pod",))
    [suspect] = suspects
    held = chain(snapshot, suspect.pod)
    if held is None:
        return NoPlan((f"{suspect.pod.ref} has no controller that would make it anew",))
    if against := tuple(_against(snapshot, held)):
        return NoPlan(against)
    return plan(
        snapshot.workloads[held.top.ref],
        (eviction(suspect.pod),),
        name="EvictPod",
        cause=suspect.cause,
        reason=suspect.fact,
        risk=EVICTION,
    )


def _against(snapshot: Snapshot, held: Chain) -> Iterator[str]:
    yield from held_back(snapshot, held.top, *held.links)
    others = [each.pod for each in members(snapshot, held.top.ref) if each.pod.ref != held.pod.ref]
    if was_ready(held.pod) and not any(pod.ready for pod in others):
        yield f"no other pod of {held.top.ref} is ready"
