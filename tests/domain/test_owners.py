"""topmost_owner: which workload an object belongs to."""

import msgspec

from tests.builders import deployment, pod, replicaset
from watchdog.domain.objects import metav1
from watchdog.domain.owners import topmost_owner
from watchdog.domain.ref import Ref

CART = deployment(Ref("Deployment", "shop", "cart"))
REVISION = replicaset(CART, 1)
POD = Ref("Pod", "shop", "cart-1-x")


def _by_uid(*items: metav1.Object) -> dict[str, metav1.Object]:
    return {item.uid: item for item in items}


def _controlled_by(item: metav1.Object, kind: str, name: str, uid: str) -> metav1.Object:
    owner = metav1.OwnerReference(kind=kind, name=name, uid=uid, controller=True)
    metadata = msgspec.structs.replace(item.metadata, owner_references=(owner,))
    return msgspec.structs.replace(item, metadata=metadata)


def test_a_pod_belongs_to_the_deployment_above_its_replicaset() -> None:
    assert topmost_owner(pod(POD, owner=REVISION), _by_uid(REVISION, CART)) == CART.ref


def test_a_bare_pod_is_its_own_workload() -> None:
    assert topmost_owner(pod(POD), {}) == POD


def test_a_static_pod_is_its_own_workload_and_not_its_nodes() -> None:
    mirrored = _controlled_by(pod(POD), "Node", "w-1", "uid-of-the-node")

    assert topmost_owner(mirrored, {}) == POD


def test_what_an_operators_resource_controls_directly_belongs_to_it() -> None:
    run = _controlled_by(pod(POD), "Workflow", "nightly", "uid-of-the-workflow")

    assert topmost_owner(run, {}) == Ref("Workflow", "shop", "nightly")


def test_a_deployment_below_an_operators_resource_is_the_workload_itself() -> None:
    cart = _controlled_by(CART, "Shop", "main", "uid-of-the-shop")

    assert topmost_owner(pod(POD, owner=REVISION), _by_uid(REVISION, cart)) == CART.ref


def test_objects_that_claim_to_own_each_other_do_not_keep_it_going() -> None:
    first = _controlled_by(CART, "Deployment", "other", "uid-of-other")
    other = deployment(Ref("Deployment", "shop", "other"))
    second = _controlled_by(other, "Deployment", "cart", CART.uid)

    owner = topmost_owner(first, {"uid-of-other": second, CART.uid: first})

    assert owner in (first.ref, second.ref)
