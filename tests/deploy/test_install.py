"""`kubectl apply -k deploy/overlays/observe` on a real control plane."""

import json
import shutil

import pytest

from tests.cluster.control_plane import ControlPlane, KubectlFailed
from tests.cluster.kubelet import Kubelet
from tests.deploy.conftest import NAMESPACE, OVERLAY, Installed
from tests.manifests import ROOT

WHERE = ("--namespace", NAMESPACE)


def test_the_overlay_is_accepted_without_a_warning(installed: Installed) -> None:
    kinds = [line.split("/")[0] for line in installed.applied.splitlines()]

    assert kinds == [
        "namespace",
        "serviceaccount",
        "clusterrole.rbac.authorization.k8s.io",
        "clusterrolebinding.rbac.authorization.k8s.io",
        "service",
        "persistentvolumeclaim",
        "deployment.apps",
        "networkpolicy.networking.k8s.io",
    ]


def test_applying_it_again_changes_nothing(
    control_plane: ControlPlane, installed: Installed
) -> None:
    again = control_plane.kubectl("apply", "--warnings-as-errors", "-k", str(OVERLAY))

    assert all(line.endswith(" unchanged") for line in again.splitlines())


def test_pod_security_refuses_a_pod_that_is_less_strict(
    control_plane: ControlPlane, installed: Installed
) -> None:
    with pytest.raises(KubectlFailed, match='violates PodSecurity "restricted:latest"'):
        control_plane.kubectl("run", "careless", "--image=registry.invalid/x", *WHERE)


def test_the_pod_of_the_deployment_is_admitted_and_becomes_ready(
    control_plane: ControlPlane, installed: Installed, kubelet: Kubelet
) -> None:
    control_plane.kubectl("rollout", "status", "deployment/watchdog", *WHERE, "--timeout=60s")

    pods = json.loads(control_plane.kubectl("get", "pods", *WHERE, "--output", "json"))["items"]
    [pod] = pods
    assert pod["status"]["phase"] == "Running"
    assert pod["spec"]["serviceAccountName"] == "platform-engineer"


def test_the_overlay_sets_the_mode_and_keeps_the_rest_of_the_environment(
    control_plane: ControlPlane, installed: Installed
) -> None:
    found = control_plane.get("deployment", NAMESPACE, "watchdog")

    [container] = found["spec"]["template"]["spec"]["containers"]
    values = {each["name"]: each.get("value") for each in container["env"]}
    assert values["WATCHDOG_MODE"] == "observe"
    assert values["WATCHDOG_HOME"] == "/opt/data"


def test_the_pull_secret_is_one_component_away(control_plane: ControlPlane) -> None:
    deploy = control_plane.folder / "deploy"
    shutil.copytree(ROOT / "deploy", deploy)
    shutil.copytree(ROOT / "rbac", control_plane.folder / "rbac")
    overlay = deploy / "overlays" / "observe" / "kustomization.yaml"
    overlay.write_text(f"{overlay.read_text()}components: [../../components/pull-secret]\n")

    rendered = control_plane.kubectl("kustomize", str(overlay.parent))

    assert "imagePullSecrets:\n      - name: gitea-registry" in rendered
