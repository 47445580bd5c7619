"""Everything that speaks against a Plan in a Snapshot: the table of what is checked before which call.

Source: safety.md §6 and §7. What a Snapshot cannot show (the answer of a webhook, the right to make
the call) is tried live by whoever makes the call.
"""

from collections.abc import Callable, Iterator

from watchdog.domain.plan import Call, Plan
from watchdog.domain.snapshot import BASE_NEEDS, Snapshot
from watchdog.logic.decision import attached, identity, moving, startable
from watchdog.logic.decision.case import Case

Gate = Callable[[Case], Iterator[str]]

_ALL = (Call.RESTART, Call.EVICT, Call.DELETE, Call.SCALE)
_REPLACING = (Call.RESTART, Call.EVICT, Call.SCALE)
_ENDING = (Call.RESTART, Call.EVICT)

# What each kind of call must be able to see. A remediation declares these as its needs.
STARTING = (
    "resourcequotas",
    "limitranges",
    "priorityclasses",
    "services",
    "endpointslices",
    "mutatingwebhookconfigurations",
    "validatingwebhookconfigurations",
    "persistentvolumeclaims",
    "persistentvolumes",
)
EVICTING = (*STARTING, "poddisruptionbudgets")
SCALING = (*STARTING, "horizontalpodautoscalers")
# What is looked at where it is there and may be read.
OPTIONAL = (
    "configmaps",
    "serviceaccounts",
    "controllerrevisions",
    "applications",
    "kustomizations",
    "helmreleases",
    "scaledobjects",
)
_NEEDS = {Call.RESTART: STARTING, Call.EVICT: EVICTING, Call.SCALE: SCALING, Call.DELETE: ()}

_GATES: tuple[tuple[Gate, tuple[Call, ...]], ...] = (
    (identity.owner_stands, _ALL),
    (identity.targets_stand, _ALL),
    (identity.spares, (Call.RESTART,)),
    (moving.quiet_nodes, _ALL),
    (moving.no_rollout, _ALL),
    (moving.rolls_safely, (Call.RESTART,)),
    (moving.leaves_git_alone, (Call.RESTART, Call.SCALE)),
    (moving.scaled_by_nobody, (Call.SCALE,)),
    (moving.one_step, (Call.SCALE,)),
    (startable.finds_a_node, _REPLACING),
    (startable.finds_its_objects, _REPLACING),
    (startable.is_not_refused, _REPLACING),
    (startable.has_headroom, _REPLACING),
    (startable.is_admitted, _REPLACING),
    (startable.comes_as_it_is, _REPLACING),
    (startable.keeps_its_rank, _REPLACING),
    (attached.nodes_answer, _ENDING),
    (attached.volumes_follow, _ENDING),
    (attached.budgets_allow, (Call.EVICT,)),
)
_OF_PODS: tuple[Gate, ...] = (identity.only_debris,)
_OF_JOBS: tuple[Gate, ...] = (identity.only_leftovers, moving.leaves_git_alone)


def objections(plan: Plan, snapshot: Snapshot) -> tuple[str, ...]:
    """Return everything that speaks against it, each once, in the order of the table.

    A Plan without Steps, with Steps of several sorts, or about what could not be read is refused
    without looking further: nothing may be concluded from what was not seen.
    """
    calls = {(step.call, step.target.kind == "Job") for step in plan.steps}
    if len(calls) != 1:
        return ("its steps are not all of one kind",)
    [(call, of_jobs)] = calls
    missing = [need for need in (*BASE_NEEDS, *_NEEDS[call]) if not snapshot.has(need)]
    if missing:
        return (f"{', '.join(missing)} could not be read completely",)
    case = Case(plan=plan, snapshot=snapshot)
    gates = [gate for gate, calls_of in _GATES if call in calls_of]
    if call is Call.DELETE:
        gates += _OF_JOBS if of_jobs else _OF_PODS
    return tuple(dict.fromkeys(text for gate in gates for text in gate(case)))
