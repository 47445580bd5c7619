"""Starts and stops the real LiteLLM proxy in front of the scripted upstream."""

import http.client
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cluster.control_plane import free_ports

READY_TRIES = 600  # of 0.1 s each: an import of 300 MB on a busy machine
MASTER = "sk-the-master-key-of-the-proxy-under-test"  # the proxy refuses to start without one
KEYS = Path(__file__).with_name("keys.py")
NAMES = ("first", "second", "guarded", "narrow", "spare", "free")
PRICE_IN, PRICE_OUT = 0.000001, 0.000002  # US dollars a token


@dataclass
class Proxy:
    """One proxy process; `start` and `stop` may be called again and again."""

    command: Path
    folder: Path
    port: int
    config: dict[str, Any]
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        """The base URL, as llm.base_url takes it."""
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> None:
        """Return when it answers.

        Raises:
            OSError: it did not come up; the text names its log file.
        """
        shutil.copy(KEYS, self.folder)
        (self.folder / "config.yaml").write_text(json.dumps(self.config))
        # env -i: a key, a database or a proxy of the developer's machine would change its answers.
        # setpriv: a killed test session leaves none behind.
        clean = ("setpriv", "--pdeathsig", "KILL", "env", "-i", f"HOME={self.folder}")
        local = ("LITELLM_LOCAL_MODEL_COST_MAP=True", str(self.command))
        where = ("--config", "config.yaml", "--host", "127.0.0.1", "--port", str(self.port))
        log = self.folder / "litellm.log"
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                (*clean, *local, *where),
                cwd=self.folder,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait(self._process, log)

    def stop(self) -> None:
        """Kill it and what it started; nobody waits for a graceful end."""
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _wait(self, process: subprocess.Popen[bytes], log: Path) -> None:
        for _ in range(READY_TRIES):
            if self._alive():
                return
            try:
                process.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                continue
            break
        raise OSError(f"the LiteLLM proxy did not come up; its last lines are in {log}")

    def _alive(self) -> bool:
        """Its `/health` would pay for a completion on every model; this one asks nobody."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health/liveliness")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@contextmanager
def running(command: Path, folder: Path, config: dict[str, Any]) -> Iterator[Proxy]:
    """A proxy with this configuration, until the end of the block.

    Raises:
        OSError: it did not come up; the text names its log file.
    """
    [port] = free_ports(1)
    made = Proxy(command, folder, port, config)
    try:
        made.start()
        yield made
    finally:
        made.stop()


def deterministic(upstream: str) -> dict[str, Any]:
    """No retries, no cooldown, short timeouts; keys are judged by `keys.py`.

    `guarded` falls back to `spare`, and a prompt too long for `narrow` goes there as well; nobody
    stands in for the other models. `free` is a model without a price, as local ones are.
    """
    once = {"max_retries": 0, "timeout": 2}
    return {
        "model_list": [
            *(_model(name, upstream, **_priced(), **once) for name in NAMES if name != "free"),
            _model("free", upstream, **once),
        ],
        "router_settings": {"num_retries": 0, "disable_cooldowns": True},
        "litellm_settings": {
            "num_retries": 0,
            "request_timeout": 5,
            "fallbacks": [{"guarded": ["spare"]}],
            "context_window_fallbacks": [{"narrow": ["spare"]}],
            "drop_params": True,
            "telemetry": False,
            "enable_post_custom_auth_checks": True,  # of the models a key may use
        },
        "general_settings": {
            "master_key": MASTER,
            "custom_auth": "keys.judge",
            "custom_auth_run_common_checks": True,  # of budgets and rates
        },
    }


def as_shipped(upstream: str) -> dict[str, Any]:
    """What somebody gets who names models and a fallback and sets nothing else: no database."""
    return {
        "model_list": [_model(name, upstream, **_priced()) for name in ("guarded", "spare")],
        "litellm_settings": {"fallbacks": [{"guarded": ["spare"]}], "telemetry": False},
        "general_settings": {"master_key": MASTER},
    }


def _model(name: str, upstream: str, **more: object) -> dict[str, Any]:
    reached = {"model": f"openai/{backend(name)}", "api_base": upstream, "api_key": "sk-upstream"}
    return {"model_name": name, "litellm_params": {**reached, **more}}


def _priced() -> dict[str, float]:
    return {"input_cost_per_token": PRICE_IN, "output_cost_per_token": PRICE_OUT}


def backend(name: str) -> str:
    """The name under which the server behind the proxy knows a model of the proxy."""
    return f"served-{name}"
