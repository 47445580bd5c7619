"""chain: whose pod a pod is, when whoever writes it may claim anything."""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest

from tests.builders import meta, snapshot
from tests.remediations.shop import HASH, Shop, daemon, shop, stateful
from watchdog.domain.objects import metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.logic.workloads.chain import chain, members, takes, top_of


def held(found: Shop) -> bool:
    return chain(found.look(), found.pods[0]) is not None


def reference(item: metav1.Object, **fields: object) -> metav1.OwnerReference:
    made = metav1.OwnerReference(kind=item.KIND, name=item.name, uid=item.uid, controller=True)
    return msgspec.structs.replace(made, **fields)


def claiming(found: Shop, *references: metav1.OwnerReference) -> Shop:
    metadata = msgspec.structs.replace(found.pods[0].metadata, owner_references=references)
    return found.changed(0, metadata=metadata)


@pytest.mark.parametrize("found", [shop(), stateful(), daemon()], ids=lambda each: each.top.KIND)
def test_a_pod_belongs_to_the_workload_that_made_it(found: Shop) -> None:
    own = chain(found.look(), found.pods[0])

    assert own is not None
    assert own.top == found.top
    middle = (found.direct,) if found.direct is not None else ()
    assert own.links == (found.pods[0], *middle, found.top)


@pytest.mark.parametrize(
    "wrong",
    [
        {"uid": "another"},
        {"uid": ""},
        {"name": "other"},
        {"kind": "StatefulSet"},
        {"controller": None},
    ],
    ids=str,
)
def test_a_reference_that_is_wrong_anywhere_is_none(wrong: dict[str, object]) -> None:
    found = shop()
    assert found.direct is not None

    assert held(claiming(found, reference(found.direct)))
    assert not held(claiming(found, reference(found.direct, **wrong)))


def test_a_bare_pod_and_one_that_mirrors_a_file_have_no_controller() -> None:
    found = shop()
    node = metav1.OwnerReference(kind="Node", name="w-1", uid="Node/w-1", controller=True)

    assert not held(claiming(found))
    assert not held(claiming(found, node))


def test_a_pod_that_claims_a_deployment_itself_is_none_of_its() -> None:
    found = shop()

    assert chain(found.look(), claiming(found, reference(found.top)).pods[0]) is not None
    assert not held(
        claiming(found, reference(found.top)).changed(
            0, metadata=meta(found.pods[0].ref, owner=found.top, labels={"app": "x"})
        )
    )


def relabelled(labels: dict[str, str]) -> Callable[[Shop], Shop]:
    def change(found: Shop) -> Shop:
        metadata = msgspec.structs.replace(found.pods[0].metadata, labels=labels)
        return found.changed(0, metadata=metadata)

    return change


def without_owner(found: Shop) -> Shop:
    assert found.direct is not None
    metadata = msgspec.structs.replace(found.direct.metadata, owner_references=())
    return replace(found, direct=msgspec.structs.replace(found.direct, metadata=metadata))


def unlabelled(found: Shop) -> Shop:
    assert found.direct is not None
    metadata = msgspec.structs.replace(found.direct.metadata, labels={"app": "other"})
    return replace(found, direct=msgspec.structs.replace(found.direct, metadata=metadata))


def of_another_selector(found: Shop) -> Shop:
    return found.with_spec(selector=metav1.LabelSelector(match_labels={"app": "other"}))


def selecting_nothing(found: Shop) -> Shop:
    return found.with_spec(selector=metav1.LabelSelector())


def hash_only(found: Shop) -> Shop:
    """A ReplicaSet whose own selector is wider than the Deployment's."""
    assert found.direct is not None
    selector = metav1.LabelSelector(match_labels={"pod-template-hash": "7d9f"})
    spec = msgspec.structs.replace(found.direct.spec, selector=selector)
    made = replace(found, direct=msgspec.structs.replace(found.direct, spec=spec))
    return relabelled({"pod-template-hash": "7d9f"})(made)


@pytest.mark.parametrize(
    "change",
    [
        relabelled({}),
        relabelled({"app": "api"}),
        relabelled({**HASH, "pod-template-hash": "other"}),
        without_owner,
        unlabelled,
        of_another_selector,
        selecting_nothing,
        hash_only,
    ],
)
def test_a_link_counts_only_while_the_selector_above_takes_what_is_below(
    change: Callable[[Shop], Shop],
) -> None:
    assert not held(change(shop()))


def test_an_empty_selector_takes_nothing() -> None:
    assert not takes(metav1.LabelSelector(), {"app": "api"})
    exists = metav1.LabelRequirement(key="app", operator="Exists")
    assert takes(metav1.LabelSelector(match_expressions=(exists,)), {"app": "api"})


def test_the_members_of_a_workload_have_not_ended_and_are_truly_its() -> None:
    found = shop()
    ended = podv1.PodStatus(phase="Failed")
    strange = relabelled({"app": "other"})(found.changed(1, status=ended))

    assert [each.pod for each in members(strange.look(), found.top.ref)] == [found.pods[2]]
    assert members(found.look(), Ref("Deployment", "shop", "none")) == ()


def test_a_workload_of_another_snapshot_is_not_found() -> None:
    found = shop()
    workload = found.look().workloads[found.top.ref]

    assert top_of(found.look(), workload) == found.top
    with pytest.raises(KeyError):
        top_of(snapshot(), workload)
