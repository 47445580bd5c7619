"""`watchdog scan`: one look, in four forms, from a cluster or from dumps, and no trace of it."""

import json
from collections.abc import Sequence
from pathlib import Path

import jsonschema
import yaml

from tests.cli.installed import call, refusal
from tests.cli.support import BAD, GOOD, Watchdog, schema
from tests.cluster.control_plane import ControlPlane
from tests.doubles.front import Front

DUMPED = (
    "nodes", "namespaces", "pods", "events",
    "deployments", "replicasets", "statefulsets", "daemonsets", "jobs", "cronjobs",
)  # fmt: skip


def dump(plane: ControlPlane, folder: Path, kinds: Sequence[str] = DUMPED) -> Path:
    """A folder as people make it with `kubectl get -A -o yaml`."""
    folder.mkdir()
    for kind in kinds:
        text = plane.kubectl("get", kind, "--all-namespaces", "--output", "yaml")
        (folder / f"{kind}.yaml").write_text(text)
    return folder


async def test_a_healthy_cluster_needs_nobody(watchdog: Watchdog) -> None:
    done = await watchdog.call("scan")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Nothing needs a human in test.\n"


async def test_the_table_shows_the_cause_and_below_it_the_whole_command(
    watchdog: Watchdog, rollout: str
) -> None:
    watchdog.environ["COLUMNS"] = "80"

    done = await watchdog.call("scan")

    assert (done.returncode, done.stderr) == (1, "")
    header, row = done.stdout.splitlines()[:2]
    assert header.split() == ["SEVERITY", "REASON", "SUBJECT", "CAUSE"]
    assert row.split()[:2] == ["warning", "ImageNotFound"]
    assert f"\n  kubectl -n {rollout} rollout undo deployment/web\n" in done.stdout


async def test_a_namespace_that_does_not_exist_is_refused(watchdog: Watchdog) -> None:
    done = await watchdog.call("scan", "--namespace", "kube-sistem")

    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "error: there is no namespace kube-sistem"
    assert "kube-system" in done.stderr


async def test_what_nothing_is_called_leads_to_where_the_names_are(watchdog: Watchdog) -> None:
    namespace = await watchdog.call("scan", "--namespace", "shop-of-nobody")
    check = await watchdog.call("scan", "--check", "nosuch")

    assert "hint: see: kubectl get namespaces\n" in namespace.stderr
    assert "hint: `watchdog doctor` lists the checks\n" in check.stderr


async def test_json_is_the_contract_without_ids(watchdog: Watchdog, rollout: str) -> None:
    done = await watchdog.call("scan", "--output", "json")

    found = json.loads(done.stdout)
    jsonschema.validate(found, schema())
    [incident] = found["incidents"]
    assert (done.returncode, found["verdict"]) == (1, "alert")
    assert (incident["id"], incident["status"]) == (None, "open")


async def test_yaml_is_the_same_object(watchdog: Watchdog, rollout: str) -> None:
    done = await watchdog.call("scan", "--output", "yaml")

    found = yaml.safe_load(done.stdout)
    jsonschema.validate(found, schema())
    assert found["incidents"][0]["subjects"][0]["name"] == "web"


async def test_sarif_names_rule_level_and_object(watchdog: Watchdog, rollout: str) -> None:
    done = await watchdog.call("scan", "--output", "sarif")

    found = json.loads(done.stdout)
    [run] = found["runs"]
    [result] = run["results"]
    assert found["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["ImageNotFound"]
    assert (result["ruleId"], result["level"]) == ("ImageNotFound", "warning")
    [place] = result["locations"]
    [where] = place["logicalLocations"]
    assert where["fullyQualifiedName"] == f"Deployment/{rollout}/web"


async def test_a_namespace_shows_what_is_in_it(watchdog: Watchdog, rollout: str) -> None:
    inside = await watchdog.call("scan", "--namespace", "default", "--namespace", rollout)
    outside = await watchdog.call("scan", "--namespace", "default")

    assert (inside.returncode, outside.returncode) == (1, 0)


async def test_a_check_alone_sees_its_own_faults_only(watchdog: Watchdog, rollout: str) -> None:
    pulls = await watchdog.call("scan", "--check", "image_pull")
    nodes = await watchdog.call("scan", "--check", "node_ready")

    assert (pulls.returncode, nodes.returncode) == (1, 0)


async def test_an_unknown_check_is_a_usage_error(watchdog: Watchdog) -> None:
    code, error, hint = refusal(await watchdog.call("scan", "--check", "image_pul"))

    assert (code, error) == (2, "no check is called image_pul")
    assert "image_pull" in hint


async def test_nothing_is_written_anywhere(watchdog: Watchdog, rollout: str) -> None:
    await watchdog.call("scan")

    assert not watchdog.home.exists()


async def test_the_cluster_is_only_read(watchdog: Watchdog, front: Front, rollout: str) -> None:
    await watchdog.call("scan")

    assert front.written == []


async def test_dumps_of_kubectl_say_the_same_as_the_cluster(
    control_plane: ControlPlane, watchdog: Watchdog, rollout: str, tmp_path: Path
) -> None:
    folder = dump(control_plane, tmp_path / "dump")

    done = call("scan", "--snapshot", folder, "--output", "json", home=watchdog.home)

    found = json.loads(done.stdout)
    jsonschema.validate(found, schema())
    [incident] = found["incidents"]
    assert (done.returncode, done.stderr, found["verdict"]) == (1, "", "alert")
    assert incident["subjects"] == [{"kind": "Deployment", "namespace": rollout, "name": "web"}]
    assert BAD in incident["title"]
    assert GOOD in incident["proposal"]["text"]


async def test_kinds_that_a_dump_lacks_are_absent(
    control_plane: ControlPlane, watchdog: Watchdog, rollout: str, tmp_path: Path
) -> None:
    folder = dump(control_plane, tmp_path / "dump", ("pods", "replicasets", "deployments"))

    done = call("scan", "--snapshot", folder, "--output", "json", home=watchdog.home)

    found = json.loads(done.stdout)
    assert {each["reason"] for each in found["unknown"]} == {"absent"}
    assert "nodes" in {each["need"] for each in found["unknown"]}


def test_a_snapshot_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    code, error, _ = refusal(call("scan", "--snapshot", tmp_path / "gone", home=tmp_path))

    assert (code, error) == (3, f"no folder {tmp_path / 'gone'}")


def test_a_broken_dump_is_refused_by_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "dump"
    folder.mkdir()
    (folder / "pods.yaml").write_text("items: [")

    code, error, _ = refusal(call("scan", "--snapshot", folder, home=tmp_path))

    assert code == 3
    assert "pods.yaml" in error
