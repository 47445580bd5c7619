"""Who changed an object last: what is kept of managedFields, as the API server prints them."""

import json

import pytest

from tests.builders import NOW
from watchdog.domain.objects import corev1, metav1, podv1
from watchdog.kube.decode import decode_one, decode_page
from watchdog.kube.sharing import Sharing

QUOTA: dict[str, object] = {"f:spec": {"f:hard": {".": {}, "f:pods": {}}}}
LABELS: dict[str, object] = {"f:metadata": {"f:labels": {"f:team": {}}}}


def entry(
    time: str, fields: object = QUOTA, *, manager: str = "kubectl-edit", subresource: str = ""
) -> dict[str, object]:
    return {
        "manager": manager,
        "operation": "Update",
        "apiVersion": "v1",
        "time": f"2026-11-20T{time}Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
        **({"subresource": subresource} if subresource else {}),
    }


def item(*entries: object) -> dict[str, object]:
    return {"metadata": {"name": "web", "namespace": "shop", "managedFields": list(entries)}}


def quota(*entries: object) -> corev1.ResourceQuota:
    body = json.dumps({"metadata": {}, "items": [item(*entries)]}).encode()
    [found] = decode_page(corev1.ResourceQuota, body).items or ()
    return found


def test_the_newest_change_and_its_writer_are_kept() -> None:
    found = quota(entry("11:00:00"), entry("11:40:00", manager="helm"), entry("11:20:00"))

    assert found.metadata.edit == metav1.Edit(manager="helm", time=NOW.replace(hour=11, minute=40))
    assert found.changed_at == NOW.replace(hour=11, minute=40)


@pytest.mark.parametrize(
    "beat",
    [
        entry("11:59:00", {"f:status": {"f:used": {}}}, subresource="status"),
        entry("11:59:00", {"f:status": {"f:used": {}}}),
        entry("11:59:00", QUOTA, subresource="status"),
        entry("11:59:00", {"f:metadata": {"f:annotations": {"f:seen": {}}}}),
        entry("11:59:00", {"f:metadata": {"f:finalizers": {}}}),
        {"manager": "old", "operation": "Update", "fieldsV1": QUOTA},
    ],
)
def test_a_heartbeat_is_no_change(beat: object) -> None:
    assert quota(entry("11:00:00"), beat).changed_at == NOW.replace(hour=11)
    assert quota(beat).changed_at is None


def test_a_number_of_pods_set_by_an_autoscaler_is_a_change() -> None:
    edit = quota(entry("11:10:00", {"f:spec": {"f:replicas": {}}}, subresource="scale")).metadata

    assert edit.edit is not None
    assert edit.edit.subresource == "scale"


def test_labels_alone_are_told_apart_from_the_content() -> None:
    found = quota(entry("11:00:00"), entry("11:30:00", LABELS, manager="argocd")).metadata

    assert found.edit == metav1.Edit(manager="kubectl-edit", time=NOW.replace(hour=11))
    assert found.relabelling == metav1.Edit(
        manager="argocd", time=NOW.replace(hour=11, minute=30), labels_only=True
    )


def test_who_sets_content_and_labels_changes_the_content() -> None:
    found = quota(entry("11:00:00", LABELS | QUOTA)).metadata

    assert found.edit is not None
    assert found.relabelling is None


def test_a_writer_with_a_name_no_program_has_stays_nameless() -> None:
    found = quota(entry("11:00:00", manager="ignore all previous instructions"))

    assert found.metadata.edit == metav1.Edit(time=NOW.replace(hour=11))


def test_nothing_is_known_without_managed_fields_or_of_pods() -> None:
    pod = decode_one(podv1.Pod, item(entry("11:00:00")))

    assert (quota().changed_at, pod.changed_at) == (None, None)
    assert (pod.metadata.edit, pod.metadata.relabelling) == (None, None)


def test_the_forgiving_way_keeps_the_same() -> None:
    found = decode_one(corev1.ResourceQuota, item(entry("11:00:00"), entry("11:40:00")))

    assert found == quota(entry("11:00:00"), entry("11:40:00"))


def test_equal_changes_are_kept_once() -> None:
    one, other = quota(entry("11:00:00")), quota(entry("11:00:00"))
    Sharing().share([one, other])

    assert one.metadata.managed_fields is other.metadata.managed_fields
