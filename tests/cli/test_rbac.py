"""`watchdog rbac render`: the manifests of its identity, from the installed command."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.installed import call, refusal


def rendered(home: Path, *arguments: str, **environ: str) -> dict[tuple[str, str], Any]:
    """What is printed, by kind and name; of bindings in several namespaces the last."""
    done = call("rbac", "render", *arguments, home=home, environ=environ)
    assert (done.returncode, done.stderr) == (0, "")
    found = list(yaml.safe_load_all(done.stdout))
    return {(each["kind"], each["metadata"]["name"]): each for each in found}


def test_without_more_it_prints_what_reading_takes(tmp_path: Path) -> None:
    assert list(rendered(tmp_path)) == [
        ("ClusterRole", "platform-engineer-reader"),
        ("ClusterRoleBinding", "platform-engineer-reader"),
    ]


def test_a_disabled_check_takes_no_right(tmp_path: Path) -> None:
    def resources(**environ: str) -> set[str]:
        role = rendered(tmp_path, **environ)["ClusterRole", "platform-engineer-reader"]
        return {name for rule in role["rules"] for name in rule["resources"]}

    gone = resources() - resources(WATCHDOG_DISABLED_CHECKS="routes")

    assert gone == {"gatewayclasses", "gateways", "httproutes"}


def test_what_is_not_enabled_takes_no_right(tmp_path: Path) -> None:
    found = rendered(tmp_path, "--act", WATCHDOG_REMEDIATION__ENABLED="EvictPod")

    rules = found["ClusterRole", "platform-engineer-actor"]["rules"]
    assert {name for rule in rules for name in rule["resources"]} == {"pods", "pods/eviction"}
    assert {verb for rule in rules for verb in rule["verbs"]} == {"create"}


def test_the_policies_know_the_namespaces_that_the_operator_protects(tmp_path: Path) -> None:
    protected = '["vault", "prod-*"]'
    found = rendered(tmp_path, "--act", WATCHDOG_REMEDIATION__PROTECTED_NAMESPACES=protected)

    for policy in ("watchdog-restart-only", "watchdog-pods"):
        rules = found["ValidatingAdmissionPolicy", policy]["spec"]["validations"]
        [text] = [
            each["expression"] for each in rules if "request.namespace in" in each["expression"]
        ]
        assert "  'vault'\n]" in text
        assert "request.namespace.matches('^prod-.*$')" in text


def test_the_policy_knows_the_most_replicas_that_the_operator_sets(tmp_path: Path) -> None:
    bounds = {"WATCHDOG_REMEDIATION__SCALE__LEAST": "1", "WATCHDOG_REMEDIATION__SCALE__MOST": "4"}

    found = rendered(tmp_path, "--act", "--component", "scale", **bounds)

    spec = found["ValidatingAdmissionPolicy", "watchdog-scale"]["spec"]
    assert "replicas stay between 1 and 4" in {each["message"] for each in spec["validations"]}


def test_acting_comes_with_its_fences(tmp_path: Path) -> None:
    found = rendered(tmp_path, "--act")

    assert ("ClusterRole", "platform-engineer-actor") in found
    assert ("ValidatingAdmissionPolicy", "watchdog-nothing-else") in found
    assert ("ResourceQuota", "canary") in found


def test_each_namespace_that_is_named_gets_a_binding(tmp_path: Path) -> None:
    done = call("rbac", "render", "--act", "--namespaces", "shop,pay", home=tmp_path)

    bound = [
        each["metadata"]["namespace"]
        for each in yaml.safe_load_all(done.stdout)
        if each["kind"] == "RoleBinding" and each["roleRef"]["name"] == "platform-engineer-actor"
    ]
    assert bound == ["platform-engineer-canary", "shop", "pay"]


def test_a_component_is_printed_merged(tmp_path: Path) -> None:
    found = rendered(tmp_path, "--act", "--component", "scale", "--component", "jobs")

    rules = found["ClusterRole", "platform-engineer-actor"]["rules"]
    assert {"deployments/scale", "jobs"} <= {name for rule in rules for name in rule["resources"]}
    conditions = found["ValidatingAdmissionPolicy", "watchdog-nothing-else"]["spec"]
    names = [each["name"] for each in conditions["matchConditions"]]
    assert names == ["ours", "not-jobs", "not-scale"]


def test_a_component_of_reading_needs_no_act(tmp_path: Path) -> None:
    found = rendered(tmp_path, "--component", "configmaps")

    assert ("ClusterRole", "platform-engineer-configmaps") in found


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (("--component", "scal"), "no component scal", "there are "),
        (("--component", "scale"), "component scale adds to what acting takes", "add --act"),
        (("--namespaces", "shop"), "--namespaces is for the actor", "add --act"),
        (("--act", "--namespaces", "Shop"), "Shop is no name of a namespace", "lower case"),
    ],
)
def test_what_makes_no_sense_is_refused(
    arguments: tuple[str, ...], error: str, hint: str, tmp_path: Path
) -> None:
    code, said, advice = refusal(call("rbac", "render", *arguments, home=tmp_path))

    assert (code, said) == (2, error)
    assert hint in advice


def test_the_folder_is_written_with_its_kustomizations(tmp_path: Path) -> None:
    folder = tmp_path / "rbac"

    done = call("rbac", "render", "--folder", folder, home=tmp_path)

    assert (done.returncode, done.stdout) == (0, "")
    written = {str(path.relative_to(folder)) for path in folder.rglob("*.yaml")}
    assert {"10-reader.yaml", "act/10-actor.yaml", "components/scale/10-scale.yaml"} <= written
    assert done.stderr == f"{len(written)} files written below {folder}\n"


def test_writing_the_folder_again_changes_no_file(tmp_path: Path) -> None:
    folder = tmp_path / "rbac"
    call("rbac", "render", "--folder", folder, home=tmp_path)

    again = call("rbac", "render", "--folder", folder, home=tmp_path)

    assert again.stderr == f"0 files written below {folder}\n"


def test_a_folder_that_cannot_be_written_is_a_fault_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    code, said, _ = refusal(call("rbac", "render", "--folder", tmp_path / "file/x", home=tmp_path))

    assert (code, "file" in said) == (3, True)
