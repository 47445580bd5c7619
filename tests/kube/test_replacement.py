"""replacement: which pod would come back, and which of its differences matter. Pure."""

from typing import Any

import pytest

from watchdog.kube.fields import at
from watchdog.kube.replacement import Models, changes, choose, replacement

Json = dict[str, Any]
NONE = Models({}, {})


def pod(uid: str = "p", *, owner: str = "rs", ready: str = "True", **spec: Any) -> Json:
    """A pod of one container that started at nine."""
    reference = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": owner}
    return {
        "metadata": {
            "uid": uid,
            "creationTimestamp": "2026-11-21T08:59:00Z",
            "labels": {"app": "web", "pod-template-hash": "1", "other": "x"},
            "ownerReferences": [{**reference, "controller": True, "blockOwnerDeletion": True}],
        },
        "spec": {"containers": [{"name": "app", "image": "x:1"}], **spec},
        "status": {
            "containerStatuses": [{"state": {"running": {"startedAt": "2026-11-21T09:00:00Z"}}}],
            "conditions": [
                {"type": "Initialized", "status": "True"},
                {"type": "Ready", "status": ready, "lastTransitionTime": "2026-11-21T09:00:00Z"},
            ],
        },
    }


def owner(**spec: Any) -> Json:
    template = {
        "metadata": {"labels": {"app": "web"}, "annotations": {"a": "b"}},
        "spec": {"containers": [{"name": "app", "image": "x:1"}], "futureField": 7},
    }
    return {"spec": {"template": template, **spec}}


def differences(before: Json, after: Json, proof: Json | None = None) -> list[str]:
    """What is said when admission turns one pod spec into another."""
    prefix, suffix = "something that admits pods changes ", " of a new one"
    found = changes({"spec": before}, {"spec": after}, {"spec": proof} if proof else {})
    return [each.removeprefix(prefix).removesuffix(suffix) for each in found]


def test_the_next_pod_has_every_field_of_the_template_and_what_its_controller_adds() -> None:
    made = replacement("web", owner(), choose([pod()], owners=["rs"], leaving=[]))

    assert made == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": "web-",
            "labels": {"app": "web", "pod-template-hash": "1"},
            "annotations": {"a": "b"},
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "ReplicaSet",
                    "name": "web-1",
                    "uid": "rs",
                    "controller": True,
                }
            ],
        },
        "spec": {"containers": [{"name": "app", "image": "x:1"}], "futureField": 7},
    }


def test_without_any_pod_the_template_alone_is_used() -> None:
    made = replacement("web", owner(), NONE)

    assert made["metadata"] == {
        "generateName": "web-",
        "labels": {"app": "web"},
        "annotations": {"a": "b"},
    }


def test_a_claim_of_a_statefulset_is_lent_from_a_pod_that_has_it() -> None:
    lent = {"name": "data", "persistentVolumeClaim": {"claimName": "data-web-4"}}
    claims = [{"metadata": {"name": "data"}}, {"metadata": {"name": "logs"}}]
    models = Models(pod(volumes=[lent]), {})

    spec = at(replacement("web", owner(volumeClaimTemplates=claims), models), "spec")

    made = {"name": "logs", "persistentVolumeClaim": {"claimName": "logs-web-0"}}
    assert spec["volumes"] == [lent, made]


def test_the_newest_pod_that_works_and_stays_is_the_proof() -> None:
    older, newer = pod("older"), pod("newer")
    newer["metadata"]["creationTimestamp"] = "2026-11-21T09:30:00Z"

    models = choose([pod("goes"), newer, older], owners=["rs"], leaving=["goes"])

    assert models.proof is newer


@pytest.mark.parametrize(
    ("change", "proves"),
    [
        ({"status": "True"}, True),
        ({"status": "False"}, False),
        ({"status": "False", "lastTransitionTime": "2026-11-21T09:20:00Z"}, True),
        ({"status": "False", "lastTransitionTime": None}, False),
    ],
    ids=["ready", "never ready", "ready once", "time unknown"],
)
def test_a_pod_proves_something_once_it_was_ready(change: Json, proves: bool) -> None:
    one = pod()
    one["status"]["conditions"][1] |= change

    models = choose([one], owners=["rs"], leaving=[])

    assert (models.proof is one) is proves


def test_a_pod_whose_container_crashes_proves_nothing() -> None:
    one = pod(ready="False")
    one["status"]["conditions"][1]["lastTransitionTime"] = "2026-11-21T09:20:00Z"
    one["status"]["containerStatuses"] = [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]

    assert choose([one], owners=["rs"], leaving=[]).proof == {}


@pytest.mark.parametrize("change", [{"deletionTimestamp": "now"}, {"ownerReferences": []}])
def test_a_pod_that_leaves_or_is_not_ours_proves_nothing(change: Json) -> None:
    one = pod()
    one["metadata"] |= change

    assert choose([one], owners=["rs"], leaving=[]).proof == {}


def test_a_pod_without_conditions_proves_nothing() -> None:
    one = pod()
    one["status"] = {}

    assert choose([one], owners=["rs"], leaving=[]).proof == {}


CONTAINER: Json = {"name": "app", "image": "x:1"}
TOKEN = "kube-api-access-abcde"


@pytest.mark.parametrize(
    "after",
    [
        {"containers": [{**CONTAINER, "volumeMounts": [{"name": TOKEN}]}]},
        {"containers": [CONTAINER], "volumes": [{"name": TOKEN}]},
        {"containers": [{**CONTAINER, "resources": {}}]},
        {"containers": [CONTAINER], "priority": 0, "serviceAccountName": "default"},
        {"containers": [CONTAINER], "tolerations": [{"key": "node.kubernetes.io/not-ready"}]},
    ],
    ids=["mount", "volume", "resources", "fields", "tolerations"],
)
def test_what_the_api_server_adds_to_every_pod_is_no_difference(after: Json) -> None:
    assert differences({"containers": [CONTAINER]}, after) == []


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ({"containers": [{**CONTAINER, "image": "evil:1"}]}, ["image of container app"]),
        (
            {"containers": [CONTAINER, {"name": "mesh", "image": "m:1"}]},
            ["image of container mesh", "name of container mesh"],
        ),
        ({"containers": [CONTAINER], "volumes": [{"name": "ca"}]}, ["volume ca"]),
        ({"containers": [CONTAINER], "tolerations": [{"key": "gpu"}]}, ["tolerations"]),
        ({"containers": [CONTAINER], "nodeSelector": {"a": "b"}}, ["nodeSelector"]),
        ({"containers": [CONTAINER], "priorityClassName": "low"}, ["priorityClassName"]),
    ],
    ids=["image", "sidecar", "volume", "tolerations", "node", "priority"],
)
def test_what_somebody_else_changes_is_said_unless_a_pod_that_works_has_it(
    after: Json, said: list[str]
) -> None:
    before = {"containers": [CONTAINER]}

    assert differences(before, after) == said
    assert differences(before, after, after) == []


def test_a_toleration_that_is_taken_away_is_a_difference() -> None:
    before = {"containers": [CONTAINER], "tolerations": [{"key": "gpu"}]}

    assert differences(before, {"containers": [CONTAINER]}) == ["tolerations"]


def test_a_request_that_a_limit_stands_for_is_no_difference() -> None:
    limits = {"limits": {"cpu": "1"}}
    before = {"containers": [{**CONTAINER, "resources": limits}]}
    after = {"containers": [{**CONTAINER, "resources": {**limits, "requests": {"cpu": "1"}}}]}

    assert differences(before, after) == []


def test_a_container_that_working_pods_have_and_a_new_one_would_not_is_missed() -> None:
    before = {"containers": [CONTAINER]}
    proof = {"containers": [CONTAINER, {"name": "mesh", "image": "m:1"}]}

    assert differences(before, before, proof) == [
        "a new pod would lack container mesh, which the running ones have"
    ]


def test_a_label_that_is_changed_takes_the_pod_from_its_service() -> None:
    sent = {"metadata": {"labels": {"app": "web"}}}
    answered = {"metadata": {"labels": {"app": "quarantine"}}}

    assert list(changes(sent, answered, {})) == [
        "something that admits pods changes the labels of a new one"
    ]
