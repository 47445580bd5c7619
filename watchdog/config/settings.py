"""The settings: config.yaml under the environment, validated once at start, then frozen."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from watchdog.config import sections
from watchdog.config.file import read_config
from watchdog.config.home import find_home
from watchdog.config.layers import Layers
from watchdog.config.problems import wrong_value
from watchdog.config.refusals import (
    Params,
    refuse_bad_checks,
    refuse_bad_notifiers,
    refuse_open_doors,
)
from watchdog.config.remediation import RemediationSettings, item_paths
from watchdog.config.sections import Section, key_paths, setting
from watchdog.config.values import Duration, FromJson, Words, Zone
from watchdog.config.variables import variables
from watchdog.domain.errors import Misconfigured


class Settings(Section):
    """Everything an operator can set."""

    home: Path = setting(Path(), "the home directory; set by --home or WATCHDOG_HOME only")
    mode: Literal["observe", "suggest", "act"] = setting(
        "suggest", "observe: tell; suggest: tell and propose; act: also do what the policy allows"
    )
    timezone: Zone = setting("UTC", "IANA zone of schedules; unset: TZ, else UTC")
    kubeconfig: str = setting(
        "", "kubeconfig files, separated by colons; --kubeconfig is stronger; empty: ~/.kube/config"
    )
    remind_after: Duration = setting(
        timedelta(hours=24), "a standing incident is told again after this time"
    )
    storm_limit: int = setting(
        10, "more new incidents than this in 5 minutes become one summary per namespace", ge=1
    )
    overdue_after: Duration = setting(
        timedelta(minutes=10), "an undelivered message of this age makes /readyz fail"
    )
    retention: Duration = setting(
        timedelta(days=90), "runs, resolved incidents and delivered messages are kept this long"
    )
    exchanges_limit_mb: int = setting(
        256, "megabytes of kept questions to models and their answers; the oldest go first", ge=1
    )
    store: sections.StoreSettings = Field(default_factory=sections.StoreSettings)
    llm: sections.LlmSettings = Field(default_factory=sections.LlmSettings)
    discord: sections.DiscordSettings = Field(default_factory=sections.DiscordSettings)
    heartbeat: sections.HeartbeatSettings = Field(default_factory=sections.HeartbeatSettings)
    prometheus: sections.PrometheusSettings = Field(default_factory=sections.PrometheusSettings)
    tls_probe: sections.TlsProbeSettings = Field(default_factory=sections.TlsProbeSettings)
    http: sections.HttpSettings = Field(default_factory=sections.HttpSettings)
    dashboard: sections.DashboardSettings = Field(default_factory=sections.DashboardSettings)
    api: sections.ApiSettings = Field(default_factory=sections.ApiSettings)
    dns: sections.DnsSettings = Field(default_factory=sections.DnsSettings)
    actor: sections.ActorSettings = Field(default_factory=sections.ActorSettings)
    log: sections.LogSettings = Field(default_factory=sections.LogSettings)
    remediation: RemediationSettings = Field(default_factory=RemediationSettings)
    notifiers: Annotated[tuple[dict[str, object], ...], FromJson] = setting(
        (), "where to tell: a list of {type: console | discord | jsonl, ...}; empty: what is set up"
    )
    disabled_checks: Words = setting((), "ids of checks that are never run")
    checks: dict[str, Annotated[dict[str, object], FromJson]] = setting({}, "settings per check id")


def load_settings(
    *,
    config: Path | None,
    home: Path | None,
    environ: Mapping[str, str],
    check_params: Params | None = None,
    notifier_params: Params | None = None,
) -> Settings:
    """Read config.yaml of the home directory (or `config`) and lay the environment over it.

    `check_params` and `notifier_params` are the plugins' own models by check id and by notifier
    type; without them `checks` and `notifiers` are only checked for their shape. Nothing is
    created or written.

    Raises:
        Misconfigured: names the file and line or the variable, the key, and what is expected.
    """
    place = find_home(home, environ)
    file = read_config(config or place / "config.yaml", required=config is not None)
    layers = Layers(file, variables(environ))
    settings = _validated(layers, place, environ)
    refuse_open_doors(settings.http, settings.dashboard)
    if check_params is not None:
        refuse_bad_checks(settings.checks, settings.disabled_checks, check_params, layers)
    if notifier_params is not None:
        refuse_bad_notifiers(settings.notifiers, notifier_params, layers)
    return settings


def _validated(layers: Layers, home: Path, environ: Mapping[str, str]) -> Settings:
    tree = layers.merged(environ)
    if "home" in tree:
        raise Misconfigured(
            f"{layers.origin(('home',))}: the file is found in the home, it cannot move it",
            hint="use --home or WATCHDOG_HOME",
        )
    zone = environ.get("TZ", "").removeprefix(":")
    if zone and "timezone" not in tree:
        tree["timezone"] = zone
        layers.variables["timezone",] = "TZ"
    try:
        return Settings.model_validate({**tree, "home": home})
    except ValidationError as error:
        known = (*key_paths(Settings), *item_paths(("remediation",)))
        raise wrong_value(error, layers, known=known) from error
