"""happened: which events are told of a fault."""

from datetime import timedelta

import msgspec
import pytest

from tests.builders import (
    HOUR,
    MINUTE,
    ago,
    deployment,
    event,
    meta,
    node,
    pod,
    replicaset,
    snapshot,
    template,
)
from tests.logic.incident.test_reconcile import CART, finding
from tests.logic.pods.test_related_objects import autoscaler
from watchdog.domain.evidence import Evidence
from watchdog.domain.finding import Finding
from watchdog.domain.objects import appsv1, corev1, metav1, storagev1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.pods.related_events import events_around

POD, HPA = Ref("Pod", "shop", "cart-1"), Ref("HorizontalPodAutoscaler", "shop", "cart")
OWNER = deployment(CART, pod_template=template())
MADE = replicaset(OWNER, 1, age=24 * HOUR)
CART_POD = pod(POD, owner=MADE)
FAULT = finding(affected=(POD,))


def look(*items: metav1.Object) -> Snapshot:
    return snapshot(OWNER, MADE, CART_POD, node("w-1"), *items)


def normal(
    about: metav1.Object, reason: str, *, age: timedelta = MINUTE, uid: str = ""
) -> corev1.Happening:
    told = event(about, reason, f"{reason} of {about.name}", age=age)
    involved = msgspec.structs.replace(told.involved_object, uid=uid or about.uid)
    told = msgspec.structs.replace(told, type="Normal", involved_object=involved)
    return corev1.Happening(**{name: getattr(told, name) for name in told.__struct_fields__})


def texts(seen: Snapshot, *, fault: Finding = FAULT) -> list[str]:
    return [each.text for each in events_around(seen, fault)]


def test_warnings_about_what_is_affected_are_told_newest_first() -> None:
    old = event(CART_POD, "FailedMount", "no such share", age=5 * MINUTE, count=7)
    new = event(OWNER, "ReplicaSetCreateError", "quota")

    assert texts(look(old, new)) == [
        "ReplicaSetCreateError: quota",
        "FailedMount: no such share (7 times)",
    ]


def test_of_one_reason_the_newest_is_told() -> None:
    ten = [event(CART_POD, "Failed", f"try {n}", age=n * MINUTE) for n in (2, 1, 3)]

    assert texts(look(*ten)) == ["Failed: try 1"]


def test_of_two_pods_with_one_reason_the_newest_is_told() -> None:
    other = pod(Ref("Pod", "shop", "cart-2"), owner=MADE)
    older, newer = event(CART_POD, "Failed", "older", age=HOUR), event(other, "Failed", "newer")

    assert texts(look(other, older, newer)) == ["Failed: newer"]


def test_a_long_event_ends_with_a_whole_word_and_a_sign_that_more_was_said() -> None:
    [text] = texts(look(event(CART_POD, "FailedMount", "mounting " * 50, count=7)))

    assert text.endswith(" mounting… (7 times)")


def test_no_more_than_three_events_are_told() -> None:
    many = [event(CART_POD, f"Reason{n}", f"text {n}", age=n * MINUTE) for n in range(5)]

    assert texts(look(*many)) == [f"Reason{n}: text {n}" for n in range(3)]


@pytest.mark.parametrize(
    "said",
    [
        event(CART_POD, "Failed", "long ago", age=3 * HOUR),
        event(CART_POD, "BackOff", "Back-off restarting failed container"),
        event(CART_POD, "Failed", "exit code 1"),
        event(pod(Ref("Pod", "shop", "till-1")), "Failed", "another's"),
        event(pod(POD), "Failed", "its predecessor's"),
    ],
    ids=["old", "echo", "repeated", "other", "replaced"],
)
def test_what_is_old_known_or_of_others_is_not(said: corev1.Event) -> None:
    if said.message == "its predecessor's":
        other = msgspec.structs.replace(said.involved_object, uid="before")
        said = msgspec.structs.replace(said, involved_object=other)

    assert texts(look(said)) == []


def test_an_event_without_a_time_is_not() -> None:
    said = event(CART_POD, "Failed", "sometime")
    bare = msgspec.structs.replace(
        said,
        last_timestamp=None,
        metadata=msgspec.structs.replace(said.metadata, creation_timestamp=None),
    )

    assert texts(look(bare)) == []


def test_a_series_says_how_often() -> None:
    series = corev1.EventSeries(count=4, last_observed_time=ago(MINUTE))
    said = msgspec.structs.replace(event(CART_POD, "Failed", "again"), series=series)

    assert texts(look(said)) == ["Failed: again (4 times)"]


def test_without_an_onset_the_last_half_hour_counts() -> None:
    recent, old = (event(CART_POD, f"R{age}", f"m{age}", age=age * MINUTE) for age in (20, 40))

    assert texts(look(recent, old), fault=finding(since=None, affected=(POD,))) == ["R20: m20"]


def test_a_claim_and_a_node_of_affected_pods_speak_too() -> None:
    ref = Ref("PersistentVolumeClaim", "shop", "data")
    claim = storagev1.PersistentVolumeClaim(metadata=meta(ref))
    said = event(claim, "ProvisioningFailed", "no disk"), event(node("w-1"), "Rebooted", "boot")

    assert set(texts(look(claim, *said), fault=finding(affected=(POD, ref)))) == {
        "ProvisioningFailed: no disk",
        "Rebooted: boot",
    }


def test_telling_normal_events_are_told() -> None:
    scaled = autoscaler("cart")
    said = normal(scaled, "SuccessfulRescale"), normal(OWNER, "Pulled")

    assert texts(look(scaled, *said)) == ["SuccessfulRescale: SuccessfulRescale of cart"]


def test_an_autoscaler_of_another_workload_is_not_heard() -> None:
    other = autoscaler("till")

    assert texts(look(other, normal(other, "SuccessfulRescale"))) == []


def test_normal_events_of_a_replaced_object_are_not() -> None:
    assert texts(look(normal(OWNER, "ScalingReplicaSet", uid="before"))) == []


def test_scalings_and_what_nodes_do_are_told() -> None:
    scaling = normal(OWNER, "ScalingReplicaSet", age=2 * MINUTE)
    lost = normal(node("w-1"), "NodeNotReady", uid="w-1")
    other = normal(node("w-2"), "NodeNotReady")

    assert texts(look(scaling, lost, other)) == [
        "NodeNotReady: NodeNotReady of w-1",
        "ScalingReplicaSet: ScalingReplicaSet of cart",
    ]


def test_a_stateful_and_a_daemon_set_speak_for_themselves() -> None:
    items = [
        kind(metadata=meta(Ref(kind.KIND, "shop", "db")))
        for kind in (appsv1.StatefulSet, appsv1.DaemonSet)
    ]

    for item in items:
        said = event(item, "FailedCreate", "refused")
        assert texts(look(item, said), fault=finding(item.ref)) == ["FailedCreate: refused"]


def test_what_the_finding_says_is_not_said_again() -> None:
    said = Evidence(kind="event", ref=POD, text="Failed: no such share")
    fault = finding(affected=(POD,), evidence=(said,))

    assert texts(look(event(CART_POD, "Failed", "no such share")), fault=fault) == []


@pytest.mark.parametrize(
    "message",
    [
        "Error: cannot find key smtp-password in Secret shop/mail",
        'Failed to pull image "cart:2": rpc error: code = NotFound desc = failed to pull and unpack '
        'image "cart:2": failed to resolve reference: not found',
        "Failed to pull image: failed to unpack image cart:2: which is " + 70 * "so ",
        80 * "so " + ": " + 80 * "no ",
    ],
)
def test_what_the_finding_says_in_another_wrapping_is_not_said_again(message: str) -> None:
    wrapped = message.partition(": ")[2]
    begins = message if message.startswith("so") else wrapped
    text = f"container cart waits: {wrapped[-70:] if 'rpc' in wrapped else begins[:80]}"
    said = Evidence(kind="status", ref=POD, text=text)

    assert texts(look(event(CART_POD, "Failed", message)), fault=finding(evidence=(said,))) == []


def test_the_steps_of_a_rollout_are_not_told() -> None:
    fresh = replicaset(OWNER, 2, age=10 * MINUTE)
    scaling = normal(OWNER, "ScalingReplicaSet", age=2 * MINUTE)

    assert texts(snapshot(OWNER, fresh, scaling)) == []


def test_a_scaling_that_the_finding_tells_is_not_told_again() -> None:
    scaling = normal(OWNER, "ScalingReplicaSet")
    said = Evidence(kind="change", ref=CART, at=ago(MINUTE), text="2 replicas before")

    assert texts(look(scaling), fault=finding(evidence=(said,))) == []


def test_a_scaling_of_a_deployment_without_revisions_is_told() -> None:
    scaling = normal(OWNER, "ScalingReplicaSet")

    assert texts(snapshot(OWNER, scaling), fault=finding()) == [
        "ScalingReplicaSet: ScalingReplicaSet of cart"
    ]
