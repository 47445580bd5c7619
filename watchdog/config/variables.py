"""The environment as a layer of the configuration: which variable stands for which key."""

import os
import re
from collections.abc import Mapping

KeyPath = tuple[str, ...]  # of a key: ("llm", "model") is llm.model

PREFIX = "WATCHDOG_"
PLAIN_NAMES: Mapping[str, KeyPath] = {
    "OPENAI_BASE_URL": ("llm", "base_url"),
    "OPENAI_API_KEY": ("llm", "api_key"),
    "DISCORD_BOT_TOKEN": ("discord", "bot_token"),
    "DISCORD_HOME_CHANNEL": ("discord", "home_channel"),
    "DISCORD_ALLOWED_USERS": ("discord", "allowed_users"),
    "DISCORD_WEBHOOK_URL": ("discord", "webhook_url"),
    "KUBECONFIG": ("kubeconfig",),
}
# Not ours, though they look like it. Kubernetes announces a Service named "watchdog" to every pod
# of its namespace, systemd its own watchdog timer; the test-suite has its switches.
_FOREIGN = re.compile(
    r"WATCHDOG_(?:TEST_\w+|USEC|PID"
    r"|(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)\w*)?))"
)


def process_environment() -> Mapping[str, str]:
    """A copy of this process's environment."""
    return dict(os.environ)  # noqa: TID251 -- the one reader; all else takes it as an argument


def variables(environ: Mapping[str, str]) -> dict[KeyPath, str]:
    """Return the name of the variable that sets each key, for those that are set and not empty.

    WATCHDOG_LLM__MODEL is llm.model. Where a plain name (OPENAI_BASE_URL) and a WATCHDOG_ one set
    the same key, the WATCHDOG_ one is meant. WATCHDOG_HOME is not among them: see `find_home`.
    """
    plain = {path: name for name, path in PLAIN_NAMES.items() if environ.get(name)}
    own = {
        tuple(name.removeprefix(PREFIX).lower().split("__")): name
        for name, text in sorted(environ.items())
        if text and name.startswith(PREFIX) and name != "WATCHDOG_HOME"
    }
    return plain | {path: name for path, name in own.items() if not _FOREIGN.fullmatch(name)}


def variable_name(path: KeyPath) -> str:
    """The WATCHDOG_ variable of a key."""
    return PREFIX + "__".join(path).upper()
