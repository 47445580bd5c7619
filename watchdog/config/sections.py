"""The sections of config.yaml: every key with its meaning, default, and when it is read.

`reload` of a field is "start" (a change needs a restart) or "live"; docs/reference.md prints it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from watchdog.config.binds import Bind
from watchdog.config.values import (
    Address,
    Duration,
    Id,
    Ids,
    Prices,
    SecretUrl,
    SocketUrl,
    StoreUrl,
    WebUrl,
    Words,
)

SESSION_SECRET_CHARACTERS = 32


def setting(default: object, description: str, **limits: Any) -> Any:
    """Declare one key. Everything is read at start: a secret or an address needs a restart anyway."""
    return Field(
        default=default, description=description, json_schema_extra={"reload": "start"}, **limits
    )


class Section(BaseModel):
    """Base of every section: unknown keys are errors, values do not change."""

    # Numbers are not taken for text: YAML reads the password 0123 as 83.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def key_paths(model: type[BaseModel], under: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The paths of all sections and keys of a model, in order."""
    paths: list[tuple[str, ...]] = []
    for name, declared in model.model_fields.items():
        paths.append((*under, name))
        if isinstance(declared.annotation, type) and issubclass(declared.annotation, Section):
            paths += key_paths(declared.annotation, (*under, name))
    return paths


class StoreSettings(Section):
    """`store`: where incidents, runs and the outbox are kept."""

    url: StoreUrl = setting(
        "", "sqlite:///<file> or postgresql://<host>/<name>; empty: state.db in the home directory"
    )


class LlmSettings(Section):
    """`llm`: the OpenAI-compatible proxy that words explanations. Detection never needs it."""

    base_url: WebUrl = setting("", "URL of the proxy, /v1 included; empty: no LLM, rules explain")
    api_key: SecretStr = setting(SecretStr(""), "key for the proxy")
    model: str = setting("", "model to ask; there is no default")
    fallbacks: Words = setting((), "models to ask in this order when the first does not answer")
    daily_budget_usd: float | None = setting(
        None, "US dollars a day; when spent, rules explain; unset: no limit", ge=0
    )
    daily_budget_tokens: int | None = setting(
        None, "tokens a day; when spent, rules explain; unset: no limit", ge=0
    )
    deadline: Duration = setting(
        timedelta(seconds=60), "one question in all: retries, fallbacks; a message waits no longer"
    )
    read_timeout: Duration = setting(
        timedelta(seconds=60), "one request; 5m where the first one has to load a local model"
    )
    max_triages: int = setting(
        5, "questions a round, the worst incidents first; the others keep the rules' words", ge=1
    )
    context_tokens: int = setting(
        8192,
        "what the smallest of the models can read; longer evidence is cut to fit, and a conversation "
        "loses its oldest readings",
        ge=4096,
    )
    prices: Prices = setting(
        {}, "US dollars for a million tokens in and out, by model, where the proxy names no cost"
    )

    @property
    def chain(self) -> tuple[str, ...]:
        """The models in the order in which they are asked, each once."""
        return self.chain_for("", ())

    def chain_for(self, model: str, fallbacks: Sequence[str]) -> tuple[str, ...]:
        """The models of one question: the one it names first, then its own fallbacks; the common
        ones where it names none."""
        others = fallbacks or (self.fallbacks if not model else ())
        return tuple(dict.fromkeys(name for name in (model or self.model, *others) if name))

    @property
    def usable(self) -> bool:
        """Whether there is somebody to ask; else rules explain."""
        return bool(self.base_url and self.model)


class DiscordSettings(Section):
    """`discord`: a bot, or a webhook alone, or neither (then the console is told)."""

    bot_token: SecretStr = setting(SecretStr(""), "token of the bot")
    home_channel: Id = setting("", "id of the channel, or of the user for direct messages")
    allowed_users: Ids = setting((), "ids of the users who may acknowledge, approve and silence")
    webhook_url: SecretUrl = setting(SecretStr(""), "URL of a channel's webhook")
    api_url: WebUrl = setting("https://discord.com/api/v10", "REST address, for a proxy")
    gateway_url: SocketUrl = setting("", "gateway address, for a proxy; empty: Discord names it")

    @field_validator("home_channel")
    @classmethod
    def _an_id(cls, channel: str) -> str:
        if channel and not channel.isdecimal():
            raise ValueError("expected the id of a channel or user (digits), not a name or link")
        return channel


class HeartbeatSettings(Section):
    """`heartbeat`: the dead-man ping to a monitor outside the cluster."""

    url: SecretUrl = setting(
        SecretStr(""), "healthchecks-style ping URL; its path is the credential"
    )


class PrometheusSettings(Section):
    """`prometheus`: an optional source for volumes, disks and usage, before kubelets and metrics API."""

    url: WebUrl = setting(
        "",
        "address of the Prometheus of this cluster, below which /api/v1 is served; empty: not used",
    )


class TlsProbeSettings(Section):
    """`tls_probe`: whether the hosts of Ingresses are dialled for the dates of what they serve."""

    enabled: bool = setting(
        False, "dial one host of each TLS Secret that an Ingress names; needs a way to them"
    )
    address: str = setting(
        "",
        "HOST or HOST:PORT of the ingress controller; empty: the address in each Ingress' status",
        pattern=r"^[-.:_a-zA-Z0-9\[\]]*$",
    )


class HttpSettings(Section):
    """`http`: what to listen on."""

    api_bind: Address = setting(
        Bind("127.0.0.1", 8642),
        "health, metrics and API; without api.token health and metrics only",
    )
    dashboard_bind: Address = setting(
        Bind("127.0.0.1", 9119), "web page; other than loopback it needs the dashboard credentials"
    )


class DashboardSettings(Section):
    """`dashboard`: credentials of the web page."""

    username: str = setting("", "user name for the web page")
    password: SecretStr = setting(SecretStr(""), "password for the web page")
    session_secret: SecretStr = setting(SecretStr(""), "signs the session; 32 characters or more")

    @field_validator("session_secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr) -> SecretStr:
        if 0 < len(secret.get_secret_value()) < SESSION_SECRET_CHARACTERS:
            raise ValueError(f"expected {SESSION_SECRET_CHARACTERS} characters or more")
        return secret


class ApiSettings(Section):
    """`api`: credential of the HTTP API."""

    token: SecretStr = setting(SecretStr(""), "bearer token for /api/v1")


class DnsSettings(Section):
    """`dns`: the configuration of the cluster's DNS, which is read where that is granted."""

    config_map: str = setting(
        "kube-system/coredns",
        "NAMESPACE/NAME of the ConfigMap with the Corefile; imports are looked up in NAME-custom",
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?/[a-z0-9]([-.a-z0-9]*[a-z0-9])?$",
    )
    key: str = setting("Corefile", "its key with the Corefile", pattern=r"^[-._a-zA-Z0-9]+$")


class ActorSettings(Section):
    """`actor`: in whose name this program writes, and what keeps two of them from both writing."""

    service_account: str = setting(
        "",
        "in a cluster: another ServiceAccount of our namespace, alone in whose name anything is "
        "written; its tokens live for 10 minutes; empty: our own identity",
    )
    lease: str = setting(
        "",
        "Lease of the namespace platform-engineer without which nothing is written: of all watchdogs "
        "that name it, one acts; empty: none",
        pattern=r"^([a-z0-9]([-.a-z0-9]*[a-z0-9])?)?$",
    )


class LogSettings(Section):
    """`log`: what goes to stderr."""

    level: Literal["debug", "info", "warning", "error"] = setting("info", "least severe line")
    format: Literal["auto", "json", "text"] = setting(
        "auto", "auto: text on a terminal, JSON elsewhere"
    )
