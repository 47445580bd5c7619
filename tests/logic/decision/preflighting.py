"""Plans on the shop, and what the pre-flight says of them."""

import msgspec

from tests.builders import meta
from tests.remediations.shop import (
    DAY,
    Shop,
)
from watchdog.domain.objects import (
    batchv1,
    corev1,
    metav1,
)
from watchdog.domain.plan import Call, Plan, Step
from watchdog.domain.ref import Ref
from watchdog.logic.decision.preflight import objections

FIRST = Ref("Pod", "shop", "api-1")


def plan(
    call: Call, found: Shop, target: Ref | None = None, *, cause: str = "wedged", replicas: int = 0
) -> Plan:
    """A Plan on the shop's workload; of a pod where `target` says so."""
    ref = target or found.top.ref
    uid = {each.ref: each.uid for each in (found.top, *found.pods)}.get(ref, str(ref))
    step = Step(call=call, target=ref, uid=uid, what="", replicas=replicas or None)
    return Plan(
        remediation="",
        cause=cause,
        owner=found.top.ref,
        steps=(step,),
        reason="",
        risk="",
        generation=1,
    )


def restart(found: Shop, *, missing: tuple[str, ...] = ()) -> tuple[str, ...]:
    return objections(plan(Call.RESTART, found), found.look(missing=missing))


def evict(found: Shop, *, missing: tuple[str, ...] = (), cause: str = "wedged") -> tuple[str, ...]:
    wanted = plan(Call.EVICT, found, found.pods[0].ref, cause=cause)
    return objections(wanted, found.look(missing=missing))


def scale(found: Shop, replicas: int) -> tuple[str, ...]:
    return objections(plan(Call.SCALE, found, replicas=replicas), found.look())


def one(found: tuple[str, ...], text: str) -> bool:
    """Whether there is just one objection, and it says this."""
    assert len(found) == 1, found
    assert text in found[0], found
    return True


def labelled(item: metav1.Object, **fields: object) -> metav1.Metadata:
    return msgspec.structs.replace(item.metadata, **fields)  # type: ignore[return-value]


NIGHTLY = batchv1.CronJob(metadata=meta(Ref("CronJob", "shop", "nightly"), age=30 * DAY))


def room(
    hard: metav1.Quantities, used: metav1.Quantities, *, namespace: str = "shop"
) -> corev1.ResourceQuota:
    return corev1.ResourceQuota(
        metadata=meta(Ref("ResourceQuota", namespace, "team")),
        spec=corev1.QuotaSpec(hard=hard),
        status=corev1.QuotaStatus(hard=hard, used=used),
    )
