"""writers: who stands above an object, as far as nothing built in explains it."""

import pytest

from tests.builders import HOUR, deployment, pod, replicaset, snapshot
from tests.customs import API, DBS, MAIN, WRITER, made_by
from watchdog.domain.custom import Writer
from watchdog.domain.ref import Ref
from watchdog.logic.workloads.writers import children, is_custom, kinds, writers

CART = Ref("Deployment", "shop", "cart")
POD = Ref("Pod", "shop", "main-0")


@pytest.mark.parametrize(
    ("api_version", "custom"),
    [
        ("v1", False),
        ("apps/v1", False),
        ("batch/v1", False),
        ("snapshot.storage.k8s.io/v1", False),
        ("jobset.x-k8s.io/v1alpha2", True),
        ("db.example.com/v1", True),
    ],
)
def test_an_api_is_custom_by_its_group(api_version: str, custom: bool) -> None:
    assert is_custom(api_version) is custom


def test_a_deployment_is_written_by_the_custom_resource_that_controls_it() -> None:
    assert writers(snapshot(made_by(deployment(CART)))) == {CART: WRITER}


def test_what_controls_pods_directly_stands_for_itself() -> None:
    found = writers(snapshot(made_by(pod(POD))))

    assert found == {POD: WRITER, MAIN: WRITER}


def test_what_a_deployment_controls_has_no_writer_of_its_own() -> None:
    owner = deployment(CART)
    current = replicaset(owner, 1)

    assert writers(snapshot(owner, current, pod(POD, owner=current))) == {}


def test_the_kinds_are_named_once() -> None:
    other = made_by(deployment(Ref("Deployment", "shop", "other")), Ref("Db", "shop", "other"))

    assert kinds(snapshot(made_by(deployment(CART)), other, made_by(pod(POD)))) == (DBS,)


def test_a_mirror_pod_of_a_node_has_no_writer() -> None:
    mirror = made_by(pod(POD, age=HOUR), Ref("Node", "", "w-1"), api_version="v1")

    assert writers(snapshot(mirror)) == {}


def test_children_are_found_by_the_uid_of_their_owner() -> None:
    seen = snapshot(
        made_by(deployment(CART)), made_by(pod(POD)), deployment(Ref("Deployment", "a", "b"))
    )

    assert children(seen) == {str(MAIN): (CART, POD)}


def test_built_in_owners_have_no_children_here() -> None:
    owner = deployment(CART)

    assert children(snapshot(owner, replicaset(owner, 1))) == {}


def test_a_writer_knows_its_group_and_kind() -> None:
    assert (WRITER.group, WRITER.kind, str(WRITER.kind)) == ("db.example.com", DBS, f"{API}/Db")
    assert Writer("v1", CART).group == ""
