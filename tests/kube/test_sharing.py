"""sharing: equal parts become one object, and no value changes but the token volume."""

import msgspec

from tests.bench.objects import Size, cluster
from watchdog.domain.objects import appsv1, metav1, podv1
from watchdog.kube.sharing import Sharing


def pods(count: int = 10) -> list[podv1.Pod]:
    made = list(cluster(Size(count))["pods"])
    return [msgspec.convert(item, podv1.Pod, strict=False) for item in made]


def shared(count: int = 10) -> list[podv1.Pod]:
    items = pods(count)
    Sharing().share(items)
    return items


def test_replicas_share_their_containers() -> None:
    first, second, *_ = shared()

    assert first.spec.containers is second.spec.containers
    assert first.spec.init_containers is second.spec.init_containers


def test_workloads_do_not_take_over_each_others_containers() -> None:
    images = {pod.spec.containers[0].image for pod in shared()}

    assert len(images) == 2


def test_the_same_image_with_other_settings_keeps_them() -> None:
    items = [
        podv1.Pod(
            metadata=metav1.Metadata(name=value, uid=value),
            spec=podv1.PodSpec(
                containers=(
                    podv1.Container(name="app", image="web:1", env=(podv1.EnvVar(value),)),
                ),
                node_selector={"disk": value},
            ),
        )
        for value in ("a", "b", "a")
    ]

    Sharing().share(items)

    assert [each.spec.containers[0].env[0].name for each in items] == ["a", "b", "a"]
    assert [each.spec.node_selector for each in items] == [{"disk": n} for n in ("a", "b", "a")]


def test_the_token_volume_and_its_mounts_are_gone() -> None:
    [pod] = shared()[:1]
    mounts = [mount.name for mount in pod.spec.containers[0].volume_mounts]

    assert [volume.name for volume in pod.spec.volumes] == ["config", "scratch"]
    assert mounts == ["config", "scratch"]


def test_all_else_stays_as_it_was() -> None:
    def rest(pod: podv1.Pod) -> object:
        fixed = {"volumes": (), "containers": (), "init_containers": ()}
        return (pod.metadata, msgspec.structs.replace(pod.spec, **fixed), pod.status)

    assert [rest(pod) for pod in shared()] == [rest(pod) for pod in pods()]


def test_another_revision_shares_what_did_not_change() -> None:
    old, new = (
        podv1.Container(name="app", image=f"web:{n}", env=(podv1.EnvVar("A", "1"),)) for n in (1, 2)
    )
    items = [
        appsv1.ReplicaSet(
            metadata=metav1.Metadata(name=each.image, uid=each.image),
            spec=appsv1.ReplicaSetSpec(
                template=podv1.PodTemplate(spec=podv1.PodSpec(containers=(each,)))
            ),
        )
        for each in (old, new)
    ]

    Sharing().share(items)

    assert [each.image for each in (old, new)] == ["web:1", "web:2"]
    assert old.env is new.env


def test_a_pod_without_owner_or_containers_is_no_obstacle() -> None:
    bare = podv1.Pod(metadata=metav1.Metadata(name="bare"))

    Sharing().share([bare])

    assert bare == podv1.Pod(metadata=metav1.Metadata(name="bare"))
