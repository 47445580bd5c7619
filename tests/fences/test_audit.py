"""`watchdog rbac audit` and `doctor` with the token of the overlay `act`."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.installed import call
from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubelet import Kubelet
from tests.deploy.conftest import ACCOUNT, NAMESPACE
from tests.fences.conftest import Fenced
from watchdog.app.manifests.names import CANARY_NAMESPACE


@pytest.fixture(scope="module")
def kubeconfig(control_plane: ControlPlane, fenced: Fenced) -> Path:
    """To be the fenced account."""
    token = control_plane.token(NAMESPACE, ACCOUNT)
    return control_plane.user_kubeconfig("fenced", token=token)


def audited(kubeconfig: Path, home: Path) -> tuple[int, dict[str, list[str]]]:
    """The exit code, and the texts by state."""
    asked = ("--kubeconfig", kubeconfig, "rbac", "audit", "--output", "json")
    done = call(*asked, home=home)
    lines: list[dict[str, Any]] = json.loads(done.stdout)
    states = ("ok", "note", "fault")
    return done.returncode, {
        state: [each["text"] for each in lines if each["state"] == state] for state in states
    }


def test_the_shipped_identity_holds_what_is_declared_and_nothing_else(
    kubeconfig: Path, fenced: Fenced, tmp_path: Path
) -> None:
    code, found = audited(kubeconfig, tmp_path)

    assert (code, found["fault"], found["note"]) == (0, [], [])
    [acts] = [text for text in found["ok"] if text.startswith("may act in ")]
    assert {"default", fenced.bound.namespace} <= set(acts.removeprefix("may act in ").split(", "))
    assert "denied: get, create on pods/exec" in found["ok"]


def test_a_right_too_much_and_one_too_few_are_faults(
    control_plane: ControlPlane, kubeconfig: Path, fenced: Fenced, tmp_path: Path
) -> None:
    where = ("--namespace", fenced.other.namespace)
    account = f"--serviceaccount={NAMESPACE}:{ACCOUNT}"
    control_plane.kubectl("create", "role", "wide", "--verb=get", "--resource=secrets", *where)
    control_plane.kubectl("create", "rolebinding", "wide", "--role=wide", account, *where)
    drop = '[{"op": "remove", "path": "/rules/1"}]'
    role = ("clusterrole", "platform-engineer-reader")
    before = control_plane.kubectl("get", *role, "--output", "json")
    control_plane.kubectl("patch", *role, "--type=json", f"--patch={drop}")

    code, found = audited(kubeconfig, tmp_path)

    control_plane.kubectl("replace", "-f", "-", input=_unversioned(before))
    control_plane.kubectl("delete", "rolebinding/wide", "role/wide", *where)
    assert code == 1
    assert set(found["fault"]) == {
        f"wider than declared: get secrets in {fenced.other.namespace}",
        "not granted: get nodes/stats",
        "not granted: get pods/log",
    }


def _unversioned(text: str) -> str:
    found = json.loads(text)
    del found["metadata"]["resourceVersion"]
    return json.dumps(found)


def test_an_administrator_is_told_what_is_too_much(
    control_plane: ControlPlane, fenced: Fenced, tmp_path: Path
) -> None:
    code, found = audited(control_plane.kubeconfig, tmp_path)

    assert code == 1
    assert "granted, and nothing asks for it: get secrets" in found["fault"]
    assert "wider than declared: * *.* everywhere" in found["fault"]


def test_doctor_shows_what_is_denied(kubeconfig: Path, tmp_path: Path) -> None:
    done = call("--kubeconfig", kubeconfig, "doctor", home=tmp_path)

    assert "rights denied, as they should be: secrets, " in done.stdout


def test_the_canary_is_no_fault_of_the_cluster(
    control_plane: ControlPlane, fenced: Fenced, kubelet: Kubelet, tmp_path: Path
) -> None:
    where = ("--namespace", CANARY_NAMESPACE)

    asked = ("--kubeconfig", control_plane.kubeconfig, "scan", "--output", "json", *where)
    done = call(*asked, home=tmp_path)

    assert json.loads(done.stdout)["incidents"] == [], done.stderr
