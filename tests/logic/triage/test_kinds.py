"""kinds: what a model may name, and what it is told about what it may not or cannot."""

import pytest

from tests.builders import NOW, deployment, node, pod, snapshot
from watchdog.domain.objects import corev1, metav1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.triage.kinds import Unread, all_of, kind_of, one_of

WEB = Ref("Deployment", "shop", "web")
SHOP = corev1.Namespace(metadata=metav1.Metadata(name="shop"))


@pytest.mark.parametrize("written", ["Pod", "pod", "pods", "po", " PODS "])
def test_a_kind_is_known_under_the_names_people_give_it(written: str) -> None:
    assert kind_of(written) == "Pod"


@pytest.mark.parametrize("written", ["Secret", "secrets", "ConfigMap", "cm", "", "Pods/log"])
def test_what_must_not_be_read_is_no_kind(written: str) -> None:
    found = kind_of(written)

    assert isinstance(found, Unread)
    assert "Secret" not in found.text
    assert "ConfigMap" not in found.text


def test_objects_are_listed_by_namespace() -> None:
    look = snapshot(SHOP, deployment(WEB), deployment(Ref("Deployment", "blog", "web")))

    found = all_of(look, "Deployment", "shop")

    assert isinstance(found, list)
    assert [item.ref for item in found] == [WEB]


def test_a_kind_that_could_not_be_read_is_unknown_and_not_empty() -> None:
    found = all_of(snapshot(missing=["services"]), "Service")

    assert isinstance(found, Unread)
    assert "forbidden" in found.text
    assert "unknown" in found.text


def test_a_kind_nobody_read_is_unknown() -> None:
    found = all_of(Snapshot(cluster="c0ffee", taken_at=NOW), "Pod")

    assert found == Unread("pods could not be read: not read. Whether there are any is unknown.")


def test_a_namespace_that_is_not_there_is_said_so() -> None:
    found = all_of(snapshot(SHOP), "Pod", "shpo")

    assert isinstance(found, Unread)
    assert found.text.startswith("there is no namespace shpo")


def test_a_namespace_is_taken_as_it_is_when_namespaces_could_not_be_read() -> None:
    assert all_of(snapshot(missing=["namespaces"]), "Pod", "shop") == []


def test_an_object_is_found_by_its_name_alone() -> None:
    found = one_of(snapshot(deployment(WEB)), "Deployment", "", "web")

    assert isinstance(found, metav1.Object)
    assert found.ref == WEB


def test_a_name_in_two_namespaces_asks_which() -> None:
    look = snapshot(deployment(WEB), deployment(Ref("Deployment", "blog", "web")))

    assert one_of(look, "Deployment", "", "web") == Unread(
        "web is in several namespaces: blog/web, shop/web"
    )


def test_a_name_that_is_part_of_others_is_told_them() -> None:
    look = snapshot(SHOP, pod(Ref("Pod", "shop", "web-1")))

    assert one_of(look, "Pod", "shop", "web") == Unread("there is no Pod web; there is shop/web-1")


def test_a_node_is_named_without_a_namespace() -> None:
    assert one_of(snapshot(node("w-1")), "Node", "", "w-") == Unread(
        "there is no Node w-; there is w-1"
    )


def test_a_name_like_no_other_gets_the_way_to_the_names() -> None:
    assert one_of(snapshot(SHOP), "Pod", "", "api") == Unread(
        "there is no Pod api: list Pod gives the names"
    )


def test_the_reason_a_kind_is_unread_is_given_for_one_object_too() -> None:
    assert isinstance(one_of(snapshot(missing=["pods"]), "Pod", "shop", "web-1"), Unread)
