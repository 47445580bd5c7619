"""A cluster with a Prometheus beside it: when it is asked, and what stands without it."""

from dataclasses import replace

import pytest

from tests.builders import NOW, node, snapshot
from tests.clock import FakeClock
from tests.doubles.prometheus import PlayedPrometheus, playing
from tests.loops.scripted import Stage
from watchdog.domain.errors import Transient
from watchdog.domain.objects import statsv1
from watchdog.domain.snapshot import Missing, Snapshot
from watchdog.outside.cluster import WiderCluster
from watchdog.outside.prometheus import Prometheus

NEEDS = ("nodes", "stats")
FULL = {"node": "w-1", "namespace": "shop", "persistentvolumeclaim": "data"}


def stage() -> Stage:
    """A cluster whose kubelets nobody can reach."""
    base = snapshot(node("w-1"), node("w-2"), also=())
    return Stage(FakeClock(NOW), base, missing={"stats": Missing("absent", "no kubelet answers")})


def scraped(*nodes: str) -> PlayedPrometheus:
    return PlayedPrometheus(
        [
            *(("kubelet_node_name", {"node": name, "job": "kubelet"}, 1) for name in nodes),
            ("kubelet_volume_stats_capacity_bytes", FULL, 100),
            ("kubelet_volume_stats_available_bytes", FULL, 3),
        ]
    )


def left(look: Snapshot) -> list[int | None]:
    return [
        volume.available_bytes
        for item in look.of("stats", statsv1.NodeStats).values()
        for pod in item.pods or ()
        for volume in pod.volumes or ()
    ]


async def test_volumes_are_measured_where_no_kubelet_can_be_reached() -> None:
    async with playing(scraped("w-1")) as played:
        look = await WiderCluster(stage(), prometheus=Prometheus(played.url)).snapshot(NEEDS)

    assert left(look) == [3]


async def test_a_look_without_such_needs_asks_prometheus_nothing() -> None:
    async with playing(scraped("w-1")) as played:
        await WiderCluster(stage(), prometheus=Prometheus(played.url)).snapshot(("nodes", "pods"))

    assert played.queries == []


async def test_the_number_of_queries_does_not_grow_with_the_cluster() -> None:
    async with playing(scraped(*(f"w-{n}" for n in range(50)))) as played:
        await WiderCluster(stage(), prometheus=Prometheus(played.url)).snapshot(NEEDS)

    assert len(played.queries) == 6


async def test_a_prometheus_that_fails_is_the_reason_why_nothing_is_known() -> None:
    async with playing(PlayedPrometheus(fault=503)) as played:
        look = await WiderCluster(stage(), prometheus=Prometheus(played.url)).snapshot(NEEDS)

    assert look.missing["stats"].reason == "unavailable"


async def test_a_node_that_prometheus_has_lost_is_not_taken_for_well() -> None:
    async with playing(scraped("w-1", "w-2")) as played:
        cluster = WiderCluster(stage(), prometheus=Prometheus(played.url))
        await cluster.snapshot(NEEDS)
        played.series = [each for each in played.series if each[1]["node"] == "w-2"]
        look = await cluster.snapshot(NEEDS)

    assert look.missing["stats"].reason == "unavailable"
    assert "w-1" in look.missing["stats"].text


async def test_a_cluster_that_cannot_be_read_is_an_error_as_ever() -> None:
    dead = replace(stage(), error=Transient("no answer"))

    with pytest.raises(Transient):
        await WiderCluster(dead, prometheus=Prometheus("http://127.0.0.1:1")).snapshot(NEEDS)


async def test_everything_else_is_asked_of_the_cluster_itself() -> None:
    cluster = WiderCluster(stage(), prometheus=Prometheus("http://127.0.0.1:1"))

    assert cluster.name == "stage"
    assert await cluster.logs([]) == {}
    assert await cluster.events([]) == {}
    assert await cluster.customs([]) == {}
    assert await cluster.specs([]) == {}
    assert await cluster.rights(["stats"]) == ()
    await cluster.close()
