"""`watchdog scan --snapshot`: a folder of dumps, and what a small one is too little for."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.installed import call, refusal


def dump(folder: Path, **kinds: list[Mapping[str, object]]) -> Path:
    """A folder as `kubectl get KIND -A -o json` would fill it."""
    folder.mkdir()
    for kind, items in kinds.items():
        text = json.dumps({"kind": "List", "apiVersion": "v1", "items": items})
        (folder / f"{kind}.json").write_text(text)
    return folder


def node(heartbeat: str) -> Mapping[str, object]:
    ready = {"type": "Ready", "status": "True", "lastHeartbeatTime": heartbeat}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "w-1", "uid": "u-node"},
        "status": {"conditions": [{**ready, "lastTransitionTime": "2026-11-20T00:00:00Z"}]},
    }


def pod(born: str) -> Mapping[str, object]:
    waiting = {"reason": "ImagePullBackOff", "message": 'pulling "web:9": not found'}
    status = {"name": "app", "image": "web:9", "ready": False, "state": {"waiting": waiting}}
    unready = {"type": "Ready", "status": "False", "lastTransitionTime": born}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "uid": "u-pod",
            "creationTimestamp": born,
        },
        "spec": {"nodeName": "w-1", "containers": [{"name": "app", "image": "web:9"}]},
        "status": {"phase": "Pending", "conditions": [unready], "containerStatuses": [status]},
    }


def shop(folder: Path, *, born: str) -> Path:
    """A look at 12:00 at a pod that cannot have its image."""
    workloads: dict[str, list[Mapping[str, object]]] = {
        kind: [] for kind in ("deployments", "replicasets", "statefulsets", "daemonsets")
    }
    return dump(folder, nodes=[node("2026-11-20T12:00:00Z")], pods=[pod(born)], **workloads)


def test_what_has_not_stood_for_its_hold_is_named(tmp_path: Path) -> None:
    folder = shop(tmp_path / "dump", born="2026-11-20T11:59:00Z")

    done = call("scan", "--snapshot", folder, "--check", "image_pull", home=tmp_path)

    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == "Nothing needs a human in dump; 1 below its hold:"
    assert second.startswith("  ImageNotFound: Pod/shop/web: image web:9")


@pytest.mark.parametrize(
    ("family", "found"), [("family:pods", 1), ("family:*", 1), ("family:nodes", 0)]
)
def test_a_family_is_named_as_in_the_jobs_file(tmp_path: Path, family: str, found: int) -> None:
    folder = shop(tmp_path / "dump", born="2026-11-20T11:00:00Z")

    words = ("scan", "--snapshot", folder, "--check", family, "--output", "json")
    done = call(*words, home=tmp_path)

    reasons = [each["reason"] for each in json.loads(done.stdout)["incidents"]]
    assert reasons.count("ImageNotFound") == found


def test_a_family_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    code, error, hint = refusal(call("scan", "--check", "family:pod", home=tmp_path))

    assert (code, error) == (2, "no check is called family:pod")
    assert hint == "did you mean `family:pods`?"


def test_a_check_that_is_switched_off_runs_by_its_name_alone(tmp_path: Path) -> None:
    folder = shop(tmp_path / "dump", born="2026-11-20T11:00:00Z")
    off = {"WATCHDOG_DISABLED_CHECKS": "image_pull"}

    everything, named = (
        json.loads(
            call(
                *("scan", "--snapshot", folder, "--check", name, "--output", "json"),
                home=tmp_path,
                environ=off,
            ).stdout
        )
        for name in ("family:pods", "image_pull")
    )

    assert "image_pull" not in [each["check"] for each in everything["incidents"]]
    assert [each["check"] for each in named["incidents"]] == ["image_pull"]


def test_checks_that_a_dump_is_too_small_for_are_counted_with_what_it_lacks(tmp_path: Path) -> None:
    folder = dump(tmp_path / "dump", pods=[], nodes=[node("2026-11-20T12:00:00Z")])

    words = ("scan", "--snapshot", folder, "--check", "image_pull", "--check", "node_ready")
    done = call(*words, home=tmp_path)

    error, hint = done.stderr.splitlines()
    lacks = "daemonsets, deployments, replicasets, statefulsets"
    assert error == f"error: 1 of 2 checks did not run: the dump has no {lacks}"
    assert hint.startswith("hint: dump these too")


def test_a_dump_that_is_enough_for_the_checks_says_nothing_more(tmp_path: Path) -> None:
    folder = shop(tmp_path / "dump", born="2026-11-20T11:59:00Z")

    done = call("scan", "--snapshot", folder, "--check", "image_pull", home=tmp_path)

    assert done.stderr == ""
