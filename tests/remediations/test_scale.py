"""scale: a person is asked whether a workload at zero gets one pod again."""

from dataclasses import replace

import msgspec
import pytest

from tests.builders import meta
from tests.remediations.shop import API, Shop, daemon, incident, shop, stateful
from tests.remediations.test_rollout_restart import NEVER, tracked
from watchdog.domain.objects import autoscalingv1, certmanagerv1, metav1
from watchdog.domain.plan import Call, NoPlan, Plan, Step
from watchdog.domain.policy import Bounds, Policy
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.logic.decision.preflight import objections
from watchdog.remediations.scale import scale

BOUNDED = Policy(scale=Bounds(least=1, most=3))


def zero(base: Shop | None = None) -> Shop:
    found = (base or shop()).with_spec(replicas=0)
    found = found.with_status(replicas=0, updated_replicas=0, ready_replicas=0)
    return replace(found, pods=())


def planned(
    found: Shop, *subjects: Ref, policy: Policy = BOUNDED, severity: Severity = Severity.CRITICAL
) -> Plan | NoPlan:
    wanted = incident("ScaledToZero", *(subjects or (found.top.ref,)), severity=severity)
    return scale.plan(wanted, found.look(), policy)


def refused(found: Shop, policy: Policy = BOUNDED) -> str:
    answer = planned(found, policy=policy)
    assert isinstance(answer, NoPlan)
    return "; ".join(answer.reasons)


@pytest.mark.parametrize("base", [shop(), stateful()], ids=lambda each: each.top.KIND)
def test_one_pod_is_asked_for(base: Shop) -> None:
    plan = planned(zero(base))
    ref = base.top.ref

    assert isinstance(plan, Plan)
    assert plan.steps == (
        Step(call=Call.SCALE, target=ref, uid=str(ref), what=f"scale {ref} to 1 pod", replicas=1),
    )
    assert objections(plan, zero(base).look()) == ()


def test_a_person_is_always_asked() -> None:
    assert scale.asks


def test_a_workload_that_nobody_calls_stays_at_zero() -> None:
    assert planned(zero(), severity=Severity.INFO) == NoPlan()


def test_a_workload_that_has_pods_again_is_left_alone() -> None:
    assert planned(shop()) == NoPlan()


def test_a_daemon_set_has_no_number_of_pods() -> None:
    nowhere = daemon().with_status(desired_number_scheduled=0, updated_number_scheduled=0)

    assert refused(nowhere) == "DaemonSet/shop/api cannot be scaled"


def test_several_workloads_at_once_are_for_a_person() -> None:
    found = zero()
    web = msgspec.structs.replace(found.top, metadata=meta(Ref("Deployment", "shop", "web")))

    assert planned(found.and_also(web), API, web.ref) == NoPlan(
        ("2 workloads are hit at once: that is for a person to decide",)
    )


@pytest.mark.parametrize(
    "bounds", [None, Bounds(least=2, most=3), Bounds(least=0, most=0)], ids=["none", "more", "less"]
)
def test_the_operators_bounds_hold(bounds: Bounds | None) -> None:
    assert "bounds for scaling do not take one pod" in refused(zero(), Policy(scale=bounds))


def test_an_autoscaler_is_left_to_decide() -> None:
    item = autoscalingv1.ScaledObject(
        metadata=meta(Ref("ScaledObject", "shop", "api")),
        spec=autoscalingv1.ScaledObjectSpec(scale_target_ref=certmanagerv1.TypedName(name="api")),
    )

    assert "an autoscaler or a schedule decides" in refused(zero().and_also(item))


@pytest.mark.parametrize(
    ("found", "by"),
    [
        (tracked(zero()), "Argo CD"),
        (zero().with_metadata(labels={"kustomize.toolkit.fluxcd.io/name": "shop"}), "Flux"),
        (
            zero().with_metadata(
                owner_references=(
                    metav1.OwnerReference(kind="App", name="x", uid="u", controller=True),
                )
            ),
            "App/x",
        ),
    ],
)
def test_what_somebody_else_writes_is_changed_there(found: Shop, by: str) -> None:
    assert f"{by} decides how many pods {API} has" in refused(found)


def test_the_annotation_never_keeps_the_zero() -> None:
    assert "watchdog/remediate: never" in refused(zero().with_metadata(annotations=NEVER))
