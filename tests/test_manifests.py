"""deploy/ fits together: files, names, ports, secrets, and the code that reads the environment."""

from typing import Any

import pytest
import yaml

from tests.manifests import ROOT, container, documents, pod_spec, read
from watchdog.config.settings import load_settings

KUSTOMIZATIONS = sorted(ROOT.glob("rbac/**/kustomization.yaml")) + sorted(
    ROOT.glob("deploy/**/kustomization.yaml")
)
API_PORT = 8642


def variables() -> dict[str, Any]:
    """The static environment of the container; secrets left out."""
    return {each["name"]: each["value"] for each in container()["env"] if "value" in each}


def secret_keys() -> dict[str, dict[str, Any]]:
    """The reference of each variable that comes from a Secret."""
    return {
        each["name"]: each["valueFrom"]["secretKeyRef"]
        for each in container()["env"]
        if "valueFrom" in each
    }


def ports_of(rules: list[dict[str, Any]]) -> set[tuple[str, int]]:
    """Protocol and port of every rule of a NetworkPolicy."""
    return {(port["protocol"], port["port"]) for rule in rules for port in rule["ports"]}


@pytest.mark.parametrize("path", KUSTOMIZATIONS, ids=lambda path: path.parent.name)
def test_a_kustomization_lists_every_numbered_file_beside_it_in_order(path: Any) -> None:
    listed = read(str(path.relative_to(ROOT))).get("resources", [])

    beside = sorted(file.name for file in path.parent.glob("[0-9][0-9]-*.yaml"))

    assert [name for name in listed if name[0].isdigit()] == beside
    assert all((path.parent / name).exists() for name in listed)


@pytest.mark.parametrize("path", KUSTOMIZATIONS, ids=lambda path: path.parent.name)
def test_no_kustomization_lists_the_example_of_the_secret(path: Any) -> None:
    assert "secret.example.yaml" not in path.read_text(encoding="utf-8")


def test_everything_is_in_the_own_namespace() -> None:
    for name, found in documents("deploy/base").items():
        if found["kind"] != "Namespace":
            assert found["metadata"]["namespace"] == "platform-engineer", name


def test_pod_security_is_enforced_as_restricted() -> None:
    labels = read("deploy/base/00-namespace.yaml")["metadata"]["labels"]

    modes = ("enforce", "audit", "warn")
    assert [labels[f"pod-security.kubernetes.io/{mode}"] for mode in modes] == ["restricted"] * 3


def test_nothing_of_a_kind_that_could_write_is_shipped() -> None:
    kinds = {found["kind"] for found in documents("deploy/base").values()}

    assert kinds == {
        "Namespace",
        "ServiceAccount",
        "PersistentVolumeClaim",
        "NetworkPolicy",
        "Deployment",
        "Service",
    }


def test_the_network_policy_lets_probes_and_metrics_in() -> None:
    ingress = read("deploy/base/30-networkpolicy.yaml")["spec"]["ingress"]

    assert ports_of(ingress) == {("TCP", API_PORT)}
    assert all("from" not in rule for rule in ingress)  # a node cannot be selected by labels


def test_the_network_policy_lets_out_what_watchdog_talks_to() -> None:
    egress = read("deploy/base/30-networkpolicy.yaml")["spec"]["egress"]

    dns = {("UDP", 53), ("TCP", 53)}
    assert ports_of(egress) == dns | {("TCP", port) for port in (443, 6443, 10250, 4000, 9090)}


def test_network_policy_and_service_select_the_pod_of_the_deployment() -> None:
    workload = read("deploy/base/40-deployment.yaml")["spec"]
    labels = workload["template"]["metadata"]["labels"]

    assert workload["selector"]["matchLabels"] == labels
    assert read("deploy/base/50-service.yaml")["spec"]["selector"] == labels
    policy = read("deploy/base/30-networkpolicy.yaml")["spec"]
    assert policy["podSelector"]["matchLabels"] == labels


def test_one_pod_at_a_time_writes_to_the_home() -> None:
    workload = read("deploy/base/40-deployment.yaml")["spec"]

    assert (workload["replicas"], workload["strategy"]) == (1, {"type": "Recreate"})


def test_the_home_is_the_mounted_claim() -> None:
    [claim] = [v["persistentVolumeClaim"] for v in pod_spec()["volumes"] if v["name"] == "home"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container()["volumeMounts"]}

    assert claim["claimName"] == read("deploy/base/20-volume.yaml")["metadata"]["name"]
    assert mounts["home"] == variables()["WATCHDOG_HOME"] == "/opt/data"


def test_only_the_home_and_tmp_can_be_written() -> None:
    mounts = {mount["mountPath"] for mount in container()["volumeMounts"]}

    assert container()["securityContext"]["readOnlyRootFilesystem"] is True
    assert mounts == {"/opt/data", "/tmp"}
    assert variables()["HOME"] in mounts


def test_probes_and_service_reach_the_port_the_api_is_bound_to() -> None:
    [port] = container()["ports"]
    [exposed] = read("deploy/base/50-service.yaml")["spec"]["ports"]
    probes = [container()[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness")]

    assert variables()["WATCHDOG_HTTP__API_BIND"] == f"0.0.0.0:{API_PORT}"
    assert (port["containerPort"], exposed["port"]) == (API_PORT, API_PORT)
    assert {exposed["targetPort"], *(probe["port"] for probe in probes)} == {port["name"]}


def test_liveness_asks_for_the_loops_and_readiness_for_the_cluster() -> None:
    asked = {
        kind: container()[f"{kind}Probe"]["httpGet"]["path"]
        for kind in ("startup", "readiness", "liveness")
    }

    assert asked == {"startup": "/healthz", "readiness": "/readyz", "liveness": "/healthz"}


def test_the_settings_accept_the_environment_of_the_container() -> None:
    settings = load_settings(config=None, home=None, environ=variables())

    assert str(settings.home) == "/opt/data"
    assert (settings.http.api_bind.loopback, settings.http.dashboard_bind.loopback) == (False, True)


def test_every_secret_is_optional_and_from_the_one_existing_secret() -> None:
    for name, reference in secret_keys().items():
        assert reference == {"name": "watchdog", "key": name, "optional": True}


def test_the_settings_know_every_variable_that_comes_from_the_secret() -> None:
    values = {
        "OPENAI_BASE_URL": "http://litellm.litellm:4000/v1",
        "DISCORD_HOME_CHANNEL": "1",
        "DISCORD_ALLOWED_USERS": "1,2",
        "DISCORD_WEBHOOK_URL": "https://discord.com/api/webhooks/1/x",
        "WATCHDOG_HEARTBEAT__URL": "https://ping.example.com/x",
        "WATCHDOG_STORE__URL": "postgresql://watchdog@db/watchdog",
    }
    filled = {name: values.get(name, "x" * 32) for name in secret_keys()}

    load_settings(config=None, home=None, environ=variables() | filled)  # an unknown key raises


def test_the_example_shows_every_key_of_the_secret_and_no_value() -> None:
    example = read("deploy/secret.example.yaml")

    assert example["metadata"]["name"] == "watchdog"
    assert set(example["stringData"]) == set(secret_keys())
    assert all(
        text.startswith("<") and text.endswith(">") for text in example["stringData"].values()
    )


def test_the_image_has_a_tag_that_means_one_build_and_resolves_nowhere() -> None:
    name, _, tag = container()["image"].rpartition(":")

    assert name.startswith("registry.invalid/")
    assert tag.count("-") == 1


@pytest.mark.parametrize("mode", ["observe", "act"])
def test_an_overlay_sets_its_mode_and_names_the_image_to_replace(mode: str) -> None:
    overlay = read(f"deploy/overlays/{mode}/kustomization.yaml")

    [patch] = [yaml.safe_load(each["patch"]) for each in overlay["patches"]]
    [patched] = patch["spec"]["template"]["spec"]["containers"]
    assert patched["env"] == [{"name": "WATCHDOG_MODE", "value": mode}]
    assert container()["image"].startswith(f"{overlay['images'][0]['name']}:")


def test_the_account_of_the_pod_is_the_one_that_may_read() -> None:
    [subject] = read("rbac/20-reader-binding.yaml")["subjects"]
    account = read("deploy/base/10-serviceaccount.yaml")["metadata"]

    assert (subject["namespace"], subject["name"]) == (account["namespace"], account["name"])
    assert pod_spec()["serviceAccountName"] == account["name"]


def test_the_token_goes_to_this_pod_alone() -> None:
    assert pod_spec()["automountServiceAccountToken"] is True
    assert read("deploy/base/10-serviceaccount.yaml")["automountServiceAccountToken"] is False
