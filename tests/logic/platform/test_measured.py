"""measured: whose numbers count, which node they are about, and what is unknown without them."""

from dataclasses import replace
from math import inf, nan

from msgspec import structs

from tests.builders import NOW, node, snapshot
from watchdog.domain.measure import Answers, Sample
from watchdog.domain.objects import corev1, measuredv1, metav1, statsv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Missing, Snapshot
from watchdog.logic.platform.measured import (
    CERTIFICATES,
    NEEDS,
    QUERIES,
    STATS,
    USAGE,
    Coverage,
    coverage,
    with_measures,
)

TTL = "kubelet_certificate_manager_client_ttl_seconds"
DOWN = Missing("timeout", "Prometheus does not answer in time")
EMPTY: Answers = dict.fromkeys(QUERIES, ())
CLAIM = corev1.ObjectReference(namespace="shop", name="data")


def sample(name: str, value: float, **labels: str) -> Sample:
    return Sample(name, labels, value)


def volume(node: str = "w-1", *, free: float = 20.0, name: str = "data") -> tuple[Sample, ...]:
    numbers = {"capacity_bytes": 100.0, "available_bytes": free, "inodes": 10.0, "odd": 1.0}
    labels = {"node": node, "namespace": "shop", "persistentvolumeclaim": name}
    return tuple(
        Sample(f"kubelet_volume_stats_{each}", labels, value) for each, value in numbers.items()
    )


def kubelet(node: str = "w-1") -> Sample:
    return sample("kubelet_node_name", 1.0, node=node)


def own(name: str = "w-1", *, free: int = 50, disk: int | None = None) -> statsv1.NodeStats:
    volumes = (
        statsv1.ClaimVolume(name="d", pvc_ref=CLAIM, capacity_bytes=100, available_bytes=free),
    )
    fs = None if disk is None else statsv1.Filesystem(capacity_bytes=disk)
    return statsv1.NodeStats(
        metadata=metav1.Metadata(name=name),
        node=statsv1.NodeSummary(fs=fs),
        pods=(statsv1.PodStats(volumes=volumes), statsv1.PodStats()),
    )


def seen(*kubelets: statsv1.NodeStats, **missing: str) -> Snapshot:
    """Two Ready nodes; `kubelets` answered unless `missing` says why not, and no metrics API is here."""
    w1 = node("w-1")
    addresses = (
        corev1.NodeAddress(type="InternalIP", address="10.0.0.1"),
        corev1.NodeAddress(type="ExternalIP", address="203.0.113.1"),
    )
    w1 = structs.replace(w1, status=structs.replace(w1.status, addresses=addresses))
    base = snapshot(w1, node("w-2"))
    reasons = {USAGE: "absent", **missing}
    return replace(
        base,
        objects={**{k: v for k, v in base.objects.items() if k not in reasons}, STATS: kubelets}
        if STATS not in missing
        else {k: v for k, v in base.objects.items() if k not in reasons},
        missing={need: Missing(why, f"cannot read {need}") for need, why in reasons.items()},
    )


def measured(
    look: Snapshot, answers: Answers | Missing, *, before: Coverage | None = None
) -> Snapshot:
    return with_measures(look, NEEDS, answers, before or {})


def volumes(look: Snapshot) -> dict[str, list[int | None]]:
    """What is left in each volume, by node."""
    return {
        ref.name: [each.available_bytes for pod in item.pods or () for each in pod.volumes or ()]
        for ref, item in look.of(STATS, statsv1.NodeStats).items()
    }


def test_prometheus_comes_before_the_kubelet() -> None:
    answers = {**EMPTY, "volumes": volume(free=3)}

    assert volumes(measured(seen(own(free=50)), answers)) == {"w-1": [3]}


def test_what_prometheus_does_not_have_stays_as_the_kubelet_said() -> None:
    answers = {**EMPTY, "volumes": volume("w-2", free=3, name="other")}

    assert volumes(measured(seen(own(free=50)), answers)) == {"w-1": [50], "w-2": [3]}


def test_kubelets_that_cannot_be_reached_are_measured_by_prometheus_alone() -> None:
    answers = {**EMPTY, "kubelets": (kubelet(),), "volumes": volume(free=3)}

    found = measured(seen(stats="absent"), answers)

    assert volumes(found) == {"w-1": [3]}
    assert STATS not in found.missing


def test_a_prometheus_without_figures_of_kubelets_changes_no_reason() -> None:
    found = measured(seen(stats="absent"), EMPTY)

    assert found.missing[STATS].reason == "absent"
    assert "Prometheus does not have all kubelets" in found.missing[STATS].text


def test_half_of_the_kubelets_is_not_enough_when_the_others_were_lost() -> None:
    half = {**EMPTY, "kubelets": (kubelet("w-1"),)}
    whole = {**EMPTY, "kubelets": (kubelet("w-1"), kubelet("w-2"))}

    assert measured(seen(stats="timeout"), half).missing[STATS].reason == "timeout"
    assert measured(seen(stats="timeout"), whole).has(STATS)


def test_a_node_that_prometheus_lost_is_unknown_unless_its_kubelet_answers() -> None:
    before = {STATS: frozenset({"w-1", "gone"})}
    answers = {**EMPTY, "kubelets": (kubelet("w-2"),)}

    lost = measured(seen(own("w-2")), answers, before=before)

    assert lost.missing[STATS] == Missing(
        "unavailable", "Prometheus has no figures any more of w-1"
    )
    assert measured(seen(own("w-1"), own("w-2")), answers, before=before).has(STATS)


def test_a_node_that_prometheus_still_has_is_not_lost() -> None:
    answers = {**EMPTY, "kubelets": (kubelet("w-1"),), "volumes": volume(free=3)}

    found = measured(seen(stats="absent"), answers, before={STATS: frozenset({"w-1"})})

    assert volumes(found) == {"w-1": [3]}


def test_without_prometheus_the_kubelets_word_stands() -> None:
    look = seen(own(free=50))

    found = measured(look, DOWN)

    assert volumes(found) == {"w-1": [50]}
    assert STATS not in found.missing


def test_without_any_source_the_reason_is_that_of_prometheus() -> None:
    found = measured(seen(stats="absent"), DOWN)

    assert found.missing[STATS].reason == "timeout"
    assert "cannot read stats" in found.missing[STATS].text
    assert found.missing[USAGE].reason == "timeout"
    assert found.missing[CERTIFICATES] == DOWN


def test_a_need_that_nobody_has_is_not_measured() -> None:
    look = seen(stats="absent")

    assert with_measures(look, (), DOWN, {}) == look


def test_a_need_that_was_not_asked_of_the_cluster_has_no_objects_without_prometheus() -> None:
    found = measured(snapshot(also=()), DOWN)

    assert found.objects[STATS] == ()


def test_a_node_is_found_by_name_address_and_port_but_not_that_of_another_cluster() -> None:
    answers = {
        **EMPTY,
        "kubelets": (
            sample("kubelet_node_name", 1, instance="10.0.0.1:10250"),
            sample("kubelet_node_name", 1, kubernetes_io_hostname="w-2", instance="x:1"),
            sample("kubelet_node_name", 1, node="elsewhere", instance="10.0.0.1:10250"),
            sample("kubelet_node_name", 1, instance="203.0.113.1:10250"),
            sample("kubelet_node_name", 1),
        ),
        "volumes": volume("elsewhere"),
    }
    look = seen(stats="absent")

    assert coverage(look, answers)[STATS] == {"w-1", "w-2"}
    assert volumes(measured(look, answers)) == {"w-1": [], "w-2": []}


def test_the_disk_of_a_node_is_the_one_its_kubelet_writes_to() -> None:
    def disk(mountpoint: str, size: float) -> Sample:
        return sample(
            "node_filesystem_size_bytes", size, instance="w-1:9100", mountpoint=mountpoint
        )

    answers = {
        **EMPTY,
        "kubelets": (kubelet(),),
        "disks": (disk("/var/lib", 7), disk("/", 5), sample("node_filesystem_odd", 1)),
    }

    def size(look: Snapshot) -> int | None:
        [item] = measured(look, answers).of(STATS, statsv1.NodeStats).values()
        return item.node.fs.capacity_bytes if item.node.fs else None

    assert size(seen(stats="absent")) == 7
    assert size(seen(own(disk=9))) == 9


def test_a_number_that_is_none_is_left_out() -> None:
    answers = {**EMPTY, "volumes": volume(free=nan)}

    assert volumes(measured(seen(), answers)) == {"w-1": [None]}


USED: Answers = {
    **EMPTY,
    "cpu": (sample("", 3.5, instance="w-1:9100"), sample("", 1.0, instance="w-2:9100")),
    "memory": (sample("", 2048.0, instance="w-1:9100"), sample("", 1.0, instance="nobody")),
}


def test_usage_is_measured_where_there_is_no_metrics_api() -> None:
    [found] = measured(seen(), USED).of(USAGE, statsv1.NodeMetrics).values()

    assert (found.name, found.usage) == ("w-1", {"cpu": 3.5, "memory": 2048.0})
    assert found.timestamp == NOW


def test_the_metrics_api_comes_before_prometheus() -> None:
    sampled = statsv1.NodeMetrics(metadata=metav1.Metadata(name="w-1"), usage={"cpu": "1"})
    look = seen()
    look = replace(look, objects={**look.objects, USAGE: (sampled,)}, missing={})

    assert measured(look, USED).objects[USAGE] == (sampled,)


def test_usage_that_nobody_exports_stays_as_it_was() -> None:
    assert measured(seen(), EMPTY).missing[USAGE].reason == "absent"


def test_what_is_left_of_a_kubelets_certificate_is_told_with_its_lifetime() -> None:
    answers = {
        **EMPTY,
        "kubelets": (kubelet(), sample(TTL, 3600.0, node="w-1"), sample(TTL, inf, node="w-2")),
        "lifetimes": (sample("", 86400.0, node="w-1"),),
    }
    found = measured(seen(), answers).of(CERTIFICATES, measuredv1.KubeletCertificate)

    [item] = found.values()
    assert item.ref == Ref("KubeletCertificate", "", "w-1")
    assert item.ends_at is not None
    assert (item.ends_at - NOW).total_seconds() == 3600
    assert item.longest_seconds == 86400


def test_a_lifetime_that_is_not_known_is_zero() -> None:
    ttl = sample(TTL, 3600.0, node="w-1")
    endless = {**EMPTY, "kubelets": (ttl,), "lifetimes": (sample("", inf, node="w-1"),)}

    for answers in (endless, {**EMPTY, "kubelets": (ttl,)}):
        [item] = measured(seen(), answers).of(CERTIFICATES, measuredv1.KubeletCertificate).values()
        assert item.longest_seconds == 0
