"""credentials: what is wrong with them is one line, with the file, and a hint."""

import json
from pathlib import Path

import pytest

from tests.kube.faulty import kubeconfig
from watchdog.domain.errors import Misconfigured
from watchdog.kube.credentials import from_kubeconfig, from_service_account

SERVICE = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "6443"}


async def complaint(path: Path, context: str = "") -> Misconfigured:
    with pytest.raises(Misconfigured) as caught:
        await from_kubeconfig(path, context)
    assert "\n" not in str(caught.value)
    assert caught.value.hint
    return caught.value


async def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert str(tmp_path / "none") in str(await complaint(tmp_path / "none"))


@pytest.mark.parametrize(
    "text", ["", "[]", "just words", "clusters: [", "{}", "a: \x00", '{"contexts": [{}]}']
)
async def test_a_file_that_is_no_kubeconfig_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(text)

    assert str(path) in str(await complaint(path))


async def test_a_folder_is_no_kubeconfig(tmp_path: Path) -> None:
    assert "directory" in str(await complaint(tmp_path)).lower()


async def test_an_unknown_context_comes_with_the_known_ones(tmp_path: Path) -> None:
    error = await complaint(kubeconfig(tmp_path, "http://127.0.0.1:1"), "prod")

    assert "prod" in str(error)
    assert "test" in error.hint


async def test_a_kubeconfig_without_current_context_asks_for_one(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path, "http://127.0.0.1:1")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"current-context": ""}))

    assert "--context" in (await complaint(path)).hint


async def test_a_damaged_certificate_authority_is_named(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path, "https://127.0.0.1:1")
    config = json.loads(path.read_text())
    config["clusters"][0]["cluster"]["certificate-authority-data"] = "bm90aGluZw=="
    path.write_text(json.dumps(config))

    assert "certificate" in str(await complaint(path))


async def test_a_credential_plugin_that_fails_is_named(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path, "https://127.0.0.1:1")
    config = json.loads(path.read_text())
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-plugin"}
    config["users"][0]["user"] = {"exec": plugin}
    path.write_text(json.dumps(config))

    assert "no-such-plugin" in str(await complaint(path))


async def test_the_token_of_a_credential_plugin_is_used(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path, "https://127.0.0.1:1")
    version = "client.authentication.k8s.io/v1"
    answer = {"kind": "ExecCredential", "apiVersion": version, "status": {"token": "fresh"}}
    config = json.loads(path.read_text())
    plugin = {"apiVersion": version, "command": "echo", "args": [json.dumps(answer)]}
    config["users"][0]["user"] = {"exec": plugin}
    path.write_text(json.dumps(config))

    credential = await from_kubeconfig(path, "")
    await credential.api.close()

    assert credential.api.configuration.api_key == {"BearerToken": "Bearer fresh"}


async def test_the_name_is_that_of_the_context(tmp_path: Path) -> None:
    credential = await from_kubeconfig(kubeconfig(tmp_path, "http://127.0.0.1:1"), "")
    await credential.api.close()

    assert credential.name == "test"


async def test_an_empty_service_account_token_says_what_to_mount(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.touch()

    with pytest.raises(Misconfigured) as caught:
        await from_service_account(str(token), str(tmp_path / "ca.crt"), environ=SERVICE)

    assert "--kubeconfig" in caught.value.hint
