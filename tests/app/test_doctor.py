"""doctor: what is said of custom resources; the rest is tested through the command."""

from tests.builders import meta, snapshot
from tests.customs import DBS, custom
from tests.doubles.prometheus import PlayedPrometheus, playing
from watchdog.app.doctor import custom_lines, measure_lines, prometheus_lines
from watchdog.app.lines import State
from watchdog.domain.objects import appsv1, storagev1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Missing


def test_a_kind_that_may_not_be_listed_is_a_note_with_a_hint() -> None:
    [line] = custom_lines({DBS: Missing("forbidden", "cannot list it")})

    assert line.state is State.NOTE
    assert line.text == f"custom resources {DBS} are not judged: forbidden"
    assert "grant get and list" in line.hint


def test_a_kind_that_was_listed_needs_no_line() -> None:
    assert list(custom_lines({DBS: (custom(),)})) == []


async def test_a_prometheus_that_knows_the_kubelets_is_well_and_what_it_lacks_is_said() -> None:
    async with playing(PlayedPrometheus([("kubelet_node_name", {"node": "w-1"}, 1)])) as played:
        [line] = await prometheus_lines(played.url)

    assert line.state is State.OK
    assert line.text.startswith("Prometheus answers with kubelets; without volumes")


async def test_a_prometheus_that_knows_no_kubelet_is_a_note() -> None:
    async with playing(PlayedPrometheus()) as played:
        [line] = await prometheus_lines(played.url)

    assert (line.state, "scrape the kubelets" in line.hint) == (State.NOTE, True)


async def test_a_prometheus_that_does_not_answer_is_a_fault_with_what_is_read_instead() -> None:
    [line] = await prometheus_lines("http://127.0.0.1:1")

    assert line.state is State.FAULT
    assert line.text.startswith("prometheus.url: Prometheus cannot be reached")
    assert "kubelets and metrics API are read instead" in line.hint


async def test_no_prometheus_is_no_line() -> None:
    assert await prometheus_lines("") == []


def test_claims_that_nobody_can_measure_are_one_note() -> None:
    folder = storagev1.PersistentVolume(
        metadata=meta(Ref("PersistentVolume", "", "pv-1")),
        spec=storagev1.VolumeSpec(host_path=storagev1.NodeFolder(path="/opt/data")),
    )
    claim = storagev1.PersistentVolumeClaim(
        metadata=meta(Ref("PersistentVolumeClaim", "shop", "data")),
        spec=appsv1.ClaimSpec(volume_name="pv-1"),
    )

    [line] = measure_lines(snapshot(folder, claim))

    assert line.text == "1 claims are not measurable: shop/data"
    assert list(measure_lines(snapshot(claim))) == []
