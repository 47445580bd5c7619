"""inhibit: which Finding explains which, and which stand beside each other."""

from dataclasses import replace

from tests.builders import HOUR, NOW
from tests.logic.test_reconcile import opened
from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.logic.group import Seen
from watchdog.logic.inhibit import inhibit

CART = Ref("Deployment", "shop", "cart")
WEB = Ref("Deployment", "shop", "web")
POD = Ref("Pod", "shop", "cart-1")
NODE = Ref("Node", "", "w-1")


def seen(reason: str, subject: Ref = CART, *affected: Ref, blames: tuple[Ref, ...] = ()) -> Seen:
    finding = Finding(
        reason=reason,
        subject=subject,
        affected=affected,
        blames=blames,
        severity=Severity.WARNING,
        message=reason,
        since=NOW - HOUR,
    )
    return Seen(check=reason.lower(), finding=finding)


def hidden(*findings: Seen, owners: dict[Ref, Ref] | None = None) -> list[str]:
    return [each.inhibited_by for each in inhibit(findings, owners or {})]


def test_a_lost_node_explains_missing_replicas_of_what_ran_on_it() -> None:
    node = seen("NodeNotReady", NODE, POD)
    short = seen("ReplicasUnavailable", CART)

    assert hidden(node, short, owners={POD: CART}) == ["", "NodeNotReady of Node/w-1"]


def test_a_nodes_kernel_limit_explains_the_replicas_it_costs() -> None:
    limit = seen("KernelLimitReached", NODE, POD)

    assert hidden(limit, seen("ReplicasUnavailable"), owners={POD: CART})[1]


def test_a_lost_node_does_not_explain_a_crash_elsewhere() -> None:
    assert hidden(seen("NodeNotReady", NODE, CART), seen("CrashLoop", CART)) == ["", ""]


def test_what_is_said_of_another_object_is_not_explained() -> None:
    assert hidden(seen("ImageNotFound", WEB), seen("RolloutStuck", CART)) == ["", ""]


def test_any_cause_beats_a_stuck_rollout() -> None:
    assert hidden(seen("ImageNotFound"), seen("RolloutStuck")) == [
        "",
        "ImageNotFound of Deployment/shop/cart",
    ]


def test_a_specific_cause_of_the_template_beats_a_bad_rollout() -> None:
    assert hidden(
        seen("MissingConfigKey", Ref("Secret", "shop", "s"), CART), seen("BadRollout")
    ) == [
        "",
        "MissingConfigKey of Secret/shop/s",
    ]


def test_two_strong_reasons_on_one_object_are_two() -> None:
    assert hidden(seen("MemoryLimitTooLow"), seen("ContainerSpecInvalid")) == ["", ""]


def test_weak_reasons_do_not_hide_each_other_both_ways() -> None:
    assert hidden(seen("RolloutStuck"), seen("ReplicasUnavailable")) == [
        "",
        "RolloutStuck of Deployment/shop/cart",
    ]


def test_a_crash_explains_the_replicas_that_are_short() -> None:
    assert hidden(seen("CrashLoop"), seen("ReplicasUnavailable")) == [
        "",
        "CrashLoop of Deployment/shop/cart",
    ]


def test_a_missing_storage_class_explains_the_pending_pod() -> None:
    claim = Ref("PersistentVolumeClaim", "shop", "d")

    assert hidden(seen("StorageClassMissing", claim, CART), seen("RequestTooLarge"))[1]


def test_a_callee_at_fault_explains_its_caller() -> None:
    caller = seen("DependencyUnavailable", WEB, blames=(CART,))

    assert hidden(seen("BadRollout", CART), caller) == ["", "BadRollout of Deployment/shop/cart"]


def test_an_open_incident_of_a_check_that_did_not_look_explains_too() -> None:
    [known] = opened()
    node = replace(known, reason="NodeNotReady", subjects=(NODE,), affected=(CART,))

    [short] = inhibit([seen("ReplicasUnavailable")], {}, [node])

    assert short.inhibited_by == "NodeNotReady of Node/w-1"
