"""The installed `watchdog doctor` about the models behind the real proxy."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.cli.installed import call
from tests.doubles import upstream as does
from tests.doubles.upstream import Upstream
from tests.kube.faulty import kubeconfig
from tests.litellm.proxy import Proxy, backend

Doctor = Callable[..., Coroutine[Any, Any, dict[str, list[str]]]]


@pytest.fixture
def doctor(proxy: Proxy, behind: Upstream, tmp_path: Path) -> Doctor:
    """What it says, by state; its cluster is not there, which is no matter of the models."""
    nowhere = kubeconfig(tmp_path, "http://127.0.0.1:9")

    async def said(*options: str, key: str = "sk-good", chain: str) -> dict[str, list[str]]:
        model, _, fallbacks = chain.partition(",")
        environ = {
            "OPENAI_BASE_URL": proxy.url,
            "OPENAI_API_KEY": key,
            "WATCHDOG_LLM__MODEL": model,
            "WATCHDOG_LLM__FALLBACKS": fallbacks,
        }
        command: tuple[str | Path, ...] = ("--kubeconfig", nowhere, "doctor", *options)
        done = await asyncio.to_thread(call, *command, home=tmp_path / "home", environ=environ)
        assert behind.url.removesuffix("/v1") not in done.stdout + done.stderr
        assert key not in done.stdout + done.stderr
        lines = [line for line in done.stdout.splitlines() if line[:6].strip()]
        return {
            state: [line[6:] for line in lines if line.startswith(f"{state} ")]
            for state in ("ok", "note", "fault")
        }

    return said


async def test_every_model_of_the_chain_is_asked_for_a_word(
    behind: Upstream, doctor: Doctor
) -> None:
    lines = await doctor(chain="first,second")

    assert behind.asked == [backend("first"), backend("second")]
    assert [text.split(" in ")[0] for text in lines["ok"] if text.startswith("model ")] == [
        "model first answers",
        "model second answers",
    ]


async def test_another_model_that_the_proxy_puts_in_its_place_is_told(
    behind: Upstream, doctor: Doctor
) -> None:
    behind.script(backend("guarded"), does.error(401, "invalid_api_key"))

    lines = await doctor(chain="guarded")

    assert any(text.endswith(", served by spare") for text in lines["ok"])


async def test_a_model_that_the_proxy_does_not_have_is_a_fault(doctor: Doctor) -> None:
    faults = (await doctor(chain="nonesuch,second"))["fault"]

    assert "the proxy has no model nonesuch" in faults
    assert any(text.startswith("model nonesuch does not answer: ") for text in faults)


async def test_a_key_that_the_proxy_refuses_is_a_fault_of_its_own(doctor: Doctor) -> None:
    faults = (await doctor(chain="first", key="sk-forged-key-0123456789"))["fault"]

    assert any("answers 401 token_not_found_in_db" in text for text in faults)


async def test_a_first_model_made_to_fail_proves_the_next(behind: Upstream, doctor: Doctor) -> None:
    lines = await doctor("--force-failover", chain="first,second")

    assert any(text.startswith("when first fails, second answers") for text in lines["ok"])
    assert behind.asked == [backend("first"), backend("second"), backend("second")]
