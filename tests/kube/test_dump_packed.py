"""dump: packed files, and dumps for which every built-in kind was asked."""

import gzip
from pathlib import Path

import pytest

from watchdog.domain.errors import Misconfigured
from watchdog.kube.dump import complete, snapshot_of_dump

NODE = b"""{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Node",
"metadata": {"name": "w-1", "uid": "n1", "creationTimestamp": "2026-11-01T00:00:00Z"}}]}"""


def test_a_packed_file_is_read_as_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "cluster.json.gz").write_bytes(gzip.compress(NODE))

    assert [node.name for node in snapshot_of_dump(tmp_path).objects["nodes"]] == ["w-1"]


def test_a_packed_file_with_the_name_of_a_kind_says_that_it_was_read(tmp_path: Path) -> None:
    (tmp_path / "all.json").write_bytes(NODE)
    (tmp_path / "pods.json.gz").write_bytes(gzip.compress(b'{"kind": "List", "items": []}'))

    assert snapshot_of_dump(tmp_path).objects["pods"] == ()


@pytest.mark.parametrize("body", [NODE, gzip.compress(NODE)[:60], b""])
def test_a_file_that_is_not_wholly_packed_is_named(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "cluster.json.gz").write_bytes(body)

    with pytest.raises(Misconfigured, match=r"cluster\.json\.gz"):
        snapshot_of_dump(tmp_path)


def test_of_a_complete_dump_built_in_kinds_without_an_object_are_empty(tmp_path: Path) -> None:
    (tmp_path / "all.json").write_bytes(NODE)
    dump = snapshot_of_dump(tmp_path)

    look = complete(dump)

    assert not dump.has("pods")
    assert (look.objects["pods"], look.objects["nodes"]) == ((), dump.objects["nodes"])
    assert look.missing["nodemetrics"].reason == "absent"
