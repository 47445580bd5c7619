"""What has changed, or forbids it, since a Plan was made. Reads only; every "no" is a sentence.

Source: safety.md section 6, "Always".
"""

from collections.abc import Iterator

from watchdog.domain.plan import Call, Plan, Step
from watchdog.domain.ref import Ref
from watchdog.kube.live import Live, Sight, broken_links

NEVER = "watchdog/remediate"
_MIRROR = "kubernetes.io/config.mirror"

Chain = tuple[tuple[Ref, Live], ...]


async def changes(plan: Plan, sight: Sight) -> tuple[str, ...]:
    """Every objection that the objects themselves raise, each once.

    Raises:
        Transient, Forbidden, Permanent, Malformed: something cannot be read.
    """
    found: list[str] = []
    for namespace in plan.namespaces:
        ref = Ref("Namespace", "", namespace)
        found += _unwelcome(ref, await sight.of(ref))
    found += _owner(plan, await sight.of(plan.owner))
    for step in plan.steps:
        chain = await sight.chain(step.target)
        found += target_objections(step, await sight.of(step.target))
        found += _above(plan, step, chain)
    return tuple(dict.fromkeys(found))


def _unwelcome(ref: Ref, live: Live | None) -> Iterator[str]:
    """What forbids a write to or below any object."""
    if live is None:
        yield f"{ref} is gone"
        return
    if live.metadata.deletion_timestamp:
        yield f"{ref} is being deleted"
    if live.annotations.get(NEVER, "").strip().lower() == "never":
        yield f"{ref} has the annotation {NEVER}: never"


def _owner(plan: Plan, owner: Live | None) -> Iterator[str]:
    yield from _unwelcome(plan.owner, owner)
    if owner is None:
        return
    generation, observed = owner.metadata.generation, owner.status.observed_generation
    if generation != plan.generation:
        yield f"{plan.owner} was changed meanwhile"
    if observed is not None and observed < generation:
        yield f"the controller has not yet seen the last change of {plan.owner}"
    if owner.spec.paused:
        yield f"{plan.owner} is paused"


def target_objections(step: Step, live: Live | None) -> Iterator[str]:
    """What its own state says against this call."""
    yield from _unwelcome(step.target, live)
    if live is None:
        return
    if live.metadata.uid != step.uid:
        yield f"{step.target} is another object of the same name now"
    if step.call is Call.DELETE:
        yield from _undeletable(step, live)
    if step.call is Call.EVICT:
        yield from _unevictable(step, live)
    if step.call is Call.SCALE:
        yield from _unscalable(step, live)


def _undeletable(step: Step, live: Live) -> Iterator[str]:
    """Why this is no debris: only what has failed for good, and will be missed by nobody."""
    owner = live.controller
    kind = owner.kind if owner else "none"
    if step.target.kind == "Pod":
        if live.status.phase != "Failed":
            yield f"{step.target} has not failed: its phase is {live.status.phase or 'unknown'}"
        if kind != "ReplicaSet":
            yield f"{step.target} is no pod of a ReplicaSet (controller: {kind})"
    else:
        if not live.holds("Failed"):
            yield f"{step.target} has not failed"
        if kind != "CronJob":
            yield f"{step.target} was not started by a CronJob (controller: {kind})"
    if live.metadata.finalizers:
        yield f"{step.target} has finalizers"


def _unevictable(step: Step, live: Live) -> Iterator[str]:
    owner = live.controller
    if owner is None:
        yield f"{step.target} has no controller that would replace it"
    elif owner.kind in ("Node", "Job") or _MIRROR in live.annotations:
        yield f"{step.target} belongs to a {owner.kind}, which does not replace it"


def _unscalable(step: Step, live: Live) -> Iterator[str]:
    now = 1 if live.spec.replicas is None else live.spec.replicas
    if not step.replicas or abs(step.replicas - now) != 1:
        yield f"{step.target} has {now} replicas, and {step.replicas} is not one step from there"


def _above(plan: Plan, step: Step, chain: Chain) -> Iterator[str]:
    """Whether the owner of the Plan really is at the top, by uid and by selector."""
    if not chain:
        return  # the target itself is gone, and said to be
    yield from broken_links(chain)
    top, _ = chain[-1]
    if top != plan.owner:
        yield f"{step.target} does not belong to {plan.owner} (any more)"
    for ref, live in chain[1:]:
        yield from _unwelcome(ref, live)
