"""dump: what kubectl printed becomes a Snapshot of the moment it was printed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from watchdog.domain.errors import Misconfigured, WatchdogError
from watchdog.domain.objects import corev1
from watchdog.domain.ref import Ref
from watchdog.kube.dump import snapshot_of_dump
from watchdog.kube.kinds import KINDS, SERVER, STATS

NODE = """
apiVersion: v1
kind: Node
metadata: {name: w-1, uid: n1, creationTimestamp: "2026-11-01T00:00:00Z"}
status:
  conditions:
  - {type: Ready, status: "True", lastHeartbeatTime: "2026-11-20T12:00:00Z"}
"""
POD = """
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  uid: p1
  creationTimestamp: 2026-11-20T11:00:00Z
  deletionTimestamp: "2099-01-01T00:00:00Z"
spec: {nodeName: w-1}
"""


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / name.replace("_", ".")).write_text(text)
    return tmp_path


def listed(*documents: str) -> str:
    """What `kubectl get` prints for several objects."""
    items = "".join("- " + text.strip().replace("\n", "\n  ") + "\n" for text in documents)
    return f"apiVersion: v1\nkind: List\nitems:\n{items}" if items else "kind: List\nitems: []\n"


def test_lists_documents_and_single_objects_are_read(tmp_path: Path) -> None:
    job = '{"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}}'
    found = snapshot_of_dump(
        folder(tmp_path, all_yaml=listed(NODE, POD), more_yml=f"{NODE}\n---\n{POD}", j_json=job)
    )

    assert list(found.all_pods) == [Ref("Pod", "shop", "web")]
    assert list(found.nodes) == ["w-1"]
    assert list(found.jobs) == [Ref("Job", "", "j")]


def test_items_of_a_raw_list_take_its_kind(tmp_path: Path) -> None:
    text = '{"kind": "PodList", "apiVersion": "v1", "items": [{"metadata": {"name": "web"}}]}'
    found = snapshot_of_dump(folder(tmp_path, pods_json=text, nodes_yaml=NODE))

    assert list(found.all_pods) == [Ref("Pod", "", "web")]


def test_now_is_the_newest_moment_that_had_passed(tmp_path: Path) -> None:
    found = snapshot_of_dump(folder(tmp_path, all_yaml=listed(POD, NODE)))

    assert found.taken_at == datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_time_without_quotes_counts_as_well(tmp_path: Path) -> None:
    text = NODE.replace('"2026-11-20T12:00:00Z"', "2026-11-20T12:00:30Z")

    found = snapshot_of_dump(folder(tmp_path, nodes_yaml=text))

    assert found.taken_at == datetime(2026, 11, 20, 12, 0, 30, tzinfo=UTC)


def test_the_renewal_of_a_lease_counts_as_a_heartbeat(tmp_path: Path) -> None:
    lease = """
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: w-1}
spec: {renewTime: "2026-11-20T12:00:09.5+00:00"}
"""
    found = snapshot_of_dump(folder(tmp_path, nodes_yaml=NODE, leases_yaml=lease))

    assert found.taken_at == datetime(2026, 11, 20, 12, 0, 9, 500000, tzinfo=UTC)


def test_kinds_that_the_dump_lacks_are_absent(tmp_path: Path) -> None:
    found = snapshot_of_dump(folder(tmp_path, nodes_yaml=NODE))

    assert {each.reason for each in found.missing.values()} == {"absent"}
    assert set(found.missing) == {*KINDS, SERVER, STATS} - {"nodes"}


def test_an_empty_file_named_after_its_kind_was_read(tmp_path: Path) -> None:
    found = snapshot_of_dump(folder(tmp_path, nodes_yaml=NODE, pods_yaml=listed()))

    assert found.objects["pods"] == ()
    assert "pods" not in found.missing


def test_the_same_kind_of_another_group_is_left_out(tmp_path: Path) -> None:
    service = "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: f}\n"
    found = snapshot_of_dump(folder(tmp_path, nodes_yaml=NODE, services_yaml=service))

    assert found.objects["services"] == ()


def test_normal_events_are_left_out(tmp_path: Path) -> None:
    events = [
        f"apiVersion: v1\nkind: Event\nmetadata: {{name: e{kind}}}\ntype: {kind}\n"
        for kind in ("Normal", "Warning")
    ]
    found = snapshot_of_dump(folder(tmp_path, nodes_yaml=NODE, events_yaml=listed(*events)))

    assert list(found.of("events", corev1.Event)) == [Ref("Event", "", "eWarning")]


def test_what_happened_to_workloads_and_nodes_is_kept_apart_from_the_warnings(
    tmp_path: Path,
) -> None:
    events = [
        f"apiVersion: v1\nkind: Event\nmetadata: {{name: of-{kind.lower()}}}\ntype: Normal\n"
        f"reason: SuccessfulDelete\ninvolvedObject: {{kind: {kind}}}\n"
        for kind in ("StatefulSet", "ReplicaSet", "Node", "Pod")
    ]
    found = snapshot_of_dump(folder(tmp_path, nodes_yaml=NODE, events_yaml=listed(*events)))

    assert [each.name for each in found.objects["happenings"]] == ["of-statefulset", "of-node"]
    assert found.objects["events"] == ()


def test_scale_ups_are_kept_although_events_of_pods_are_not(tmp_path: Path) -> None:
    events = [
        f"apiVersion: v1\nkind: Event\nmetadata: {{name: {reason.lower()}}}\ntype: Normal\n"
        f"reason: {reason}\ninvolvedObject: {{kind: Pod}}\n"
        for reason in ("TriggeredScaleUp", "Scheduled")
    ]
    found = snapshot_of_dump(folder(tmp_path, nodes_yaml=NODE, events_yaml=listed(*events)))

    assert [each.name for each in found.objects["scaleups"]] == ["triggeredscaleup"]


def test_an_object_that_cannot_be_read_makes_its_kind_missing(tmp_path: Path) -> None:
    bad = "apiVersion: v1\nkind: Pod\nmetadata: {name: odd, namespace: shop}\nspec: 7\n"
    found = snapshot_of_dump(folder(tmp_path, nodes_yaml=NODE, all_yaml=listed(POD, bad)))

    assert found.missing["pods"].reason == "malformed"
    assert "shop/odd" in found.missing["pods"].text
    assert not found.has("pods")


def test_the_cluster_is_kube_system_if_the_dump_has_it(tmp_path: Path) -> None:
    system = "apiVersion: v1\nkind: Namespace\nmetadata: {name: kube-system, uid: c0ffee}\n"
    found = snapshot_of_dump(folder(tmp_path, nodes_yaml=NODE, namespaces_yaml=system))

    assert found.cluster == "c0ffee"


def test_else_the_cluster_is_the_same_for_the_same_files(tmp_path: Path) -> None:
    made = folder(tmp_path, nodes_yaml=NODE)
    once, again = (snapshot_of_dump(made).cluster for _ in range(2))
    (tmp_path / "nodes.yaml").write_text(NODE.replace("w-1", "w-2"))

    assert once == again != snapshot_of_dump(made).cluster


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "no *.yaml"),
        ({"nodes_txt": NODE}, "no *.yaml"),
        ({"a_yaml": "a: [1"}, "a.yaml cannot be parsed"),
        ({"a_json": "{"}, "a.json cannot be parsed"),
        ({"a_yaml": "just words"}, "no object with a time"),
        ({"a_yaml": "!!python/object:os.system {}"}, "a.yaml cannot be parsed"),
    ],
)
def test_what_is_no_dump_is_said_in_one_line(
    tmp_path: Path, files: dict[str, str], said: str
) -> None:
    with pytest.raises(Misconfigured) as caught:
        snapshot_of_dump(folder(tmp_path, **files))

    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no folder"):
        snapshot_of_dump(tmp_path / "none")


def test_an_object_of_endless_depth_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "pods.json").write_text("[" * 100_000 + "]" * 100_000)

    with pytest.raises(WatchdogError, match="deep"):
        snapshot_of_dump(tmp_path)
