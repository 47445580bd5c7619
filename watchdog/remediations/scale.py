"""Asks whether a workload at zero, whose callers wait, gets a pod again."""

from collections.abc import Iterator

from watchdog.domain.incident import Incident
from watchdog.domain.plan import Call, Grant, NoPlan, Plan, Step
from watchdog.domain.policy import Policy
from watchdog.domain.remediation import remediation
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic.decision.planning import held_back, one_workload, plan, too_many
from watchdog.logic.decision.preflight import OPTIONAL, SCALING
from watchdog.logic.network.scaling import by_design
from watchdog.logic.pods.one_pod import kept_elsewhere
from watchdog.logic.workloads.chain import top_of


@remediation(
    name="Scale",
    fixes=("ScaledToZero",),
    grants=(
        Grant("get", "deployments/scale", "apps"),
        Grant("patch", "deployments/scale", "apps"),
        Grant("get", "statefulsets/scale", "apps"),
        Grant("patch", "statefulsets/scale", "apps"),
        Grant("create", "pods"),
    ),
    needs=SCALING,
    optional=OPTIONAL,
    asks=True,
)
def scale(incident: Incident, snapshot: Snapshot, policy: Policy) -> Plan | NoPlan:
    """Scale a Deployment or StatefulSet that somebody set to zero up to one pod; a person is asked.

    Only while somebody calls it, within the operator's bounds, where neither an autoscaler nor Git
    decides how many pods there are. Never to zero, never by more than one.
    """
    workload = one_workload(incident, snapshot)
    if workload is None or workload.wanted or incident.severity is Severity.INFO:
        return NoPlan(too_many(incident, snapshot))
    if against := tuple(_against(snapshot, workload, policy)):
        return NoPlan(against)
    ref = workload.ref
    step = Step(
        call=Call.SCALE, target=ref, uid=workload.uid, what=f"scale {ref} to 1 pod", replicas=1
    )
    return plan(
        workload,
        (step,),
        name="Scale",
        cause="scaled_to_zero",
        reason=f"{ref} was set to 0 by somebody, and is still called.",
        risk=f"A pod of {ref} starts that somebody may have stopped on purpose.",
    )


def _against(snapshot: Snapshot, workload: Workload, policy: Policy) -> Iterator[str]:
    yield from held_back(snapshot, top_of(snapshot, workload))
    if workload.ref.kind not in ("Deployment", "StatefulSet"):
        yield f"{workload.ref} cannot be scaled"
    bounds = policy.scale
    if bounds is None or not bounds.least <= 1 <= bounds.most:
        yield "the policy's bounds for scaling do not take one pod (scale)"
    if by_design(snapshot, workload):
        yield f"an autoscaler or a schedule decides how many pods {workload.ref} has"
    if by := workload.gitops or kept_elsewhere(snapshot, workload.ref):
        yield f"{by} decides how many pods {workload.ref} has: change it there"
