"""Restarts a workload by the annotation restartedAt on its template, as `kubectl rollout restart` does."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from watchdog.domain.incident import Incident
from watchdog.domain.plan import Call, Grant, NoPlan, Plan, Step
from watchdog.domain.policy import Policy
from watchdog.domain.ref import Ref
from watchdog.domain.remediation import remediation
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic.decision.planning import held_back, one_workload, plan, too_many
from watchdog.logic.decision.preflight import OPTIONAL, STARTING
from watchdog.logic.pods import restart_cause
from watchdog.logic.pods.config_change import template_since
from watchdog.logic.pods.one_pod import kept_elsewhere
from watchdog.logic.pods.restart_cause import Ground
from watchdog.logic.pods.wedged import has_been_healthy, ready_siblings
from watchdog.logic.workloads.chain import Top, top_of
from watchdog.logic.workloads.steadiness import under_way, unsafe_strategy

_SETTLED = timedelta(hours=24)  # a younger template is a suspect itself
_DEFAULTS = (
    "wedged",
    "stale_config",
    "cause_gone",
)  # the others are named by an operator or not at all
# What may prove that a restart helps, the surest first.
_PROVERS: Mapping[str, tuple[Callable[[Snapshot, Ref], Ground | None], ...]] = {
    "StaleSecretEnv": (restart_cause.stale,),
    "AppUnhealthy": (restart_cause.reloaded, restart_cause.hung),
    "CrashLoop": (restart_cause.gone, restart_cause.misread),
    "DependencyUnavailable": (restart_cause.gone,),
    "BadConfigChange": (restart_cause.misread,),
    "MemoryLimitTooLow": (restart_cause.killed,),
    "MissingSecret": (restart_cause.lacking,),
}


@remediation(
    name="RolloutRestart",
    fixes=tuple(_PROVERS),
    grants=(
        Grant("patch", "deployments", "apps"),
        Grant("patch", "statefulsets", "apps"),
        Grant("patch", "daemonsets", "apps"),
        Grant("create", "pods"),
    ),
    needs=STARTING,
    optional=OPTIONAL,
)
def rollout_restart(incident: Incident, snapshot: Snapshot, policy: Policy) -> Plan | NoPlan:
    """Restart a workload whose pods hang, hold an old value, or crash on what is mended by now.

    Never while the cause stands, of a revision that never was healthy, with a rollout under way or a
    strategy that does not roll, nor where one eviction is enough; a single replica only where the
    policy accepts the gap.
    """
    workload = one_workload(incident, snapshot)
    if workload is None:
        return NoPlan(too_many(incident, snapshot))
    found = [prove(snapshot, workload.ref) for prove in _PROVERS[incident.reason]]
    grounds = [ground for ground in found if ground is not None]
    ground = next((each for each in grounds if each.name in policy.restart_causes), None)
    if ground is None:
        return NoPlan(tuple(_switched_off(grounds)))
    if against := tuple(_against(snapshot, workload, ground, policy)):
        return NoPlan(against)
    return _plan(workload, ground)


def _switched_off(grounds: list[Ground]) -> Iterator[str]:
    for ground in grounds:
        if ground.name in _DEFAULTS:
            yield f"the policy allows no restart for {ground.name} (restart_causes)"


def _against(
    snapshot: Snapshot, workload: Workload, ground: Ground, policy: Policy
) -> Iterator[str]:
    item = top_of(snapshot, workload)
    yield from held_back(snapshot, item, *ground.pods)
    if workload.wanted < 2 and not policy.accept_gap:
        yield f"{workload.ref} has {workload.wanted} replicas: a restart may be a gap (accept_gap)"
    yield from _unfit(snapshot, workload, item, ground)
    yield from _one_is_enough(snapshot, workload, ground, policy)


def _unfit(snapshot: Snapshot, workload: Workload, item: Top, ground: Ground) -> Iterator[str]:
    yield from under_way(item)
    yield from unsafe_strategy(item, workload.wanted)
    if item.controller is not None:
        above = f"{item.controller.kind}/{item.controller.name}"
        yield f"{workload.ref} is written by {above}, whose operator may take a restart back"
    if not has_been_healthy(snapshot, workload):
        yield f"the newest revision of {workload.ref} has never been healthy"
    since = template_since(snapshot, workload.ref)
    young = since is None or snapshot.age(since) < _SETTLED
    if ground.name == "wedged" and young:
        yield f"the template of {workload.ref} may have changed within a day: it is suspect itself"


def _one_is_enough(
    snapshot: Snapshot, workload: Workload, ground: Ground, policy: Policy
) -> Iterator[str]:
    """One pod of several is better evicted: always when it hangs, else where a restart may be undone."""
    alone = len(ground.pods) == 1 and bool(ready_siblings(snapshot, ground.pods[0]))
    if not alone or "EvictPod" not in policy.enabled:
        return
    by = kept_elsewhere(snapshot, workload.ref)
    if ground.name == "wedged":
        yield f"only {ground.pods[0].name} hangs: evicting it is enough"
    elif ground.name == "stale_config" and by:
        yield f"{by} may take a restart back: evicting {ground.pods[0].name} is enough"


def _plan(workload: Workload, ground: Ground) -> Plan:
    ref, count = workload.ref, workload.wanted
    step = Step(call=Call.RESTART, target=ref, uid=workload.uid, what=f"restart {ref}")
    gap = f"{ref} may be away until its new pod is ready."
    risk = gap if count < 2 else f"All {count} pods of {ref} are replaced, one after the other."
    return plan(
        workload, (step,), name="RolloutRestart", cause=ground.name, reason=ground.fact, risk=risk
    )
