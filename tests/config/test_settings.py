"""The settings: which layer wins, what plugins' own models refuse, and that every key is told."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from watchdog.config.refusals import Params
from watchdog.config.sections import Section
from watchdog.config.settings import Settings, load_settings
from watchdog.domain.errors import Misconfigured


class CrashParams(BaseModel):
    model_config = ConfigDict(extra="forbid")
    min_restarts: int = 2


class FileParams(BaseModel):
    model_config = ConfigDict(extra="forbid")
    path: str


CHECKS: Params = {"crash_loop": CrashParams, "oom": CrashParams}
NOTIFIERS: Params = {"jsonl": FileParams}


def load(
    home: Path,
    text: str = "",
    environ: Mapping[str, str] | None = None,
    *,
    checks: Params | None = None,
    notifiers: Params | None = None,
) -> Settings:
    if text:
        (home / "config.yaml").write_text(text, encoding="utf-8")
    return load_settings(
        config=None,
        home=home,
        environ=environ or {},
        check_params=checks,
        notifier_params=notifiers,
    )


def test_without_file_and_environment_the_defaults_hold(tmp_path: Path) -> None:
    settings = load(tmp_path)

    assert (settings.home, settings.mode, settings.timezone) == (tmp_path, "suggest", "UTC")
    assert (settings.remind_after, settings.storm_limit) == (timedelta(hours=24), 10)
    assert settings.http.api_bind.port == 8642


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    settings = load(tmp_path, "mode: observe", {"WATCHDOG_MODE": "act"})

    assert settings.mode == "act"


def test_an_empty_variable_is_as_if_it_were_unset(tmp_path: Path) -> None:
    assert load(tmp_path, "mode: observe", {"WATCHDOG_MODE": ""}).mode == "observe"


def test_a_key_without_a_value_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    assert load(tmp_path, "llm:\n  model:\nmode:\n").mode == "suggest"


def test_the_plain_names_set_their_keys(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        environ={
            "OPENAI_BASE_URL": "http://proxy:4000/v1/",
            "OPENAI_API_KEY": "sk-1",
            "DISCORD_BOT_TOKEN": "bot",
            "DISCORD_HOME_CHANNEL": "123",
            "DISCORD_ALLOWED_USERS": "1, 2",
            "DISCORD_WEBHOOK_URL": "https://discord.com/api/webhooks/1/x",
            "KUBECONFIG": "/a:/b",
        },
    )

    assert settings.llm.base_url == "http://proxy:4000/v1"
    assert settings.llm.api_key.get_secret_value() == "sk-1"
    assert settings.discord.bot_token.get_secret_value() == "bot"
    assert settings.discord.home_channel == "123"
    assert settings.discord.allowed_users == ("1", "2")
    assert settings.discord.webhook_url.get_secret_value().endswith("/1/x")
    assert settings.kubeconfig == "/a:/b"


def test_our_own_name_wins_over_the_plain_one(tmp_path: Path) -> None:
    environ = {"OPENAI_BASE_URL": "http://plain", "WATCHDOG_LLM__BASE_URL": "http://own"}

    assert load(tmp_path, environ=environ).llm.base_url == "http://own"


@pytest.mark.parametrize("text", ["a,b", " a , b ,", '["a", "b"]'])
def test_fallbacks_are_comma_separated_or_json(text: str, tmp_path: Path) -> None:
    settings = load(tmp_path, environ={"WATCHDOG_LLM__FALLBACKS": text})

    assert settings.llm.fallbacks == ("a", "b")


@pytest.mark.parametrize(
    ("file", "environ"),
    [
        ("llm:\n  prices:\n    small: [0.1, 2]\n", {}),
        ("", {"WATCHDOG_LLM__PRICES": '{"small": [0.1, 2]}'}),
    ],
    ids=["file", "environment"],
)
def test_prices_are_a_pair_for_each_model(
    file: str, environ: dict[str, str], tmp_path: Path
) -> None:
    assert load(tmp_path, file, environ).llm.prices == {"small": (0.1, 2.0)}


@pytest.mark.parametrize("pair", ["[1]", "[1, -2]", "1", "[.inf, 1]"])
def test_a_price_that_is_none_is_refused(pair: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"llm\.prices"):
        load(tmp_path, f"llm:\n  prices:\n    small: {pair}\n")


def test_the_chain_has_each_model_once_and_the_chosen_one_first(tmp_path: Path) -> None:
    environ = {"WATCHDOG_LLM__MODEL": "small", "WATCHDOG_LLM__FALLBACKS": "big,small,big"}

    assert load(tmp_path, environ=environ).llm.chain == ("small", "big")


@pytest.mark.parametrize(
    ("environ", "usable"),
    [
        ({}, False),
        ({"WATCHDOG_LLM__MODEL": "small"}, False),
        ({"OPENAI_BASE_URL": "http://proxy"}, False),
        ({"WATCHDOG_LLM__MODEL": "small", "OPENAI_BASE_URL": "http://proxy"}, True),
    ],
)
def test_a_model_is_asked_only_with_an_address_and_a_name(
    environ: dict[str, str], usable: bool, tmp_path: Path
) -> None:
    assert load(tmp_path, environ=environ).llm.usable is usable


def test_ids_may_be_numbers_in_the_file(tmp_path: Path) -> None:
    settings = load(tmp_path, "discord: {home_channel: 123456789012345678, allowed_users: [42]}")

    assert settings.discord.home_channel == "123456789012345678"
    assert settings.discord.allowed_users == ("42",)


def test_a_secret_must_be_quoted_where_yaml_sees_a_number(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"`dashboard\.password`: expected text; quote it"):
        load(tmp_path, "dashboard: {password: 0123}")


@pytest.mark.parametrize(
    ("text", "environ", "zone"),
    [
        ("", {}, "UTC"),
        ("", {"TZ": "Europe/Berlin"}, "Europe/Berlin"),
        ("", {"TZ": ":Europe/Berlin"}, "Europe/Berlin"),
        ("timezone: Asia/Tokyo", {"TZ": "Europe/Berlin"}, "Asia/Tokyo"),
        ("timezone: Asia/Tokyo", {"WATCHDOG_TIMEZONE": "Europe/Rome"}, "Europe/Rome"),
    ],
)
def test_the_zone_is_ours_else_tz_else_utc(
    text: str, environ: Mapping[str, str], zone: str, tmp_path: Path
) -> None:
    assert load(tmp_path, text, environ).timezone == zone


@pytest.mark.parametrize(
    "name",
    [
        "WATCHDOG_SERVICE_HOST",
        "WATCHDOG_SERVICE_PORT_HTTP",
        "WATCHDOG_PORT",
        "WATCHDOG_PORT_8642_TCP_ADDR",
        "WATCHDOG_WEB_SERVICE_HOST",
        "WATCHDOG_USEC",
        "WATCHDOG_PID",
    ],
)
def test_variables_of_kubernetes_and_systemd_are_not_ours(name: str, tmp_path: Path) -> None:
    assert load(tmp_path, environ={name: "1"}) == load(tmp_path)


def test_every_further_problem_is_counted(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"\(and 2 more\)$"):
        load(tmp_path, "mode: loud\nstorm_limit: x\nretention: 1\n")


def test_a_section_and_a_key_in_it_cannot_both_be_variables(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="`llm` is set as a whole by another variable"):
        load(tmp_path, environ={"WATCHDOG_LLM": "x", "WATCHDOG_LLM__MODEL": "y"})


def test_the_settings_of_a_check_come_from_both_layers(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        "checks: {oom: {min_restarts: 4}}",
        {"WATCHDOG_CHECKS__CRASH_LOOP__MIN_RESTARTS": "3", "WATCHDOG_DISABLED_CHECKS": "oom"},
        checks=CHECKS,
    )

    assert settings.checks == {"oom": {"min_restarts": 4}, "crash_loop": {"min_restarts": "3"}}
    assert settings.disabled_checks == ("oom",)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            "checks: {crash_loop: {min_restart: 3}}",
            "config.yaml:1: `checks.crash_loop.min_restart`: unknown key",
        ),
        (
            "checks:\n  oom:\n    min_restarts: few",
            "config.yaml:3: `checks.oom.min_restarts`: expected a whole number",
        ),
        ("checks: {oom: 3}", "config.yaml:1: `checks.oom`: expected a section"),
        ("checks: {oops: {}}", "config.yaml:1: `checks.oops`: there is no check 'oops'"),
    ],
)
def test_a_check_refuses_what_its_own_model_refuses(text: str, error: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as refused:
        load(tmp_path, text, checks=CHECKS)

    assert str(refused.value).startswith(f"{tmp_path}/{error}")


def test_a_misspelt_key_of_a_check_gets_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as refused:
        load(tmp_path, "checks: {oom: {min_restart: 3}}", checks=CHECKS)

    assert refused.value.hint == "did you mean `checks.oom.min_restarts`?"


def test_notifiers_are_a_list_or_json_in_the_environment(tmp_path: Path) -> None:
    entries = [{"type": "jsonl", "path": "out.jsonl"}]

    settings = load(
        tmp_path, environ={"WATCHDOG_NOTIFIERS": json.dumps(entries)}, notifiers=NOTIFIERS
    )

    assert list(settings.notifiers) == entries


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("notifiers:\n- {type: jsnl}", "config.yaml:2: `notifiers.0`: there is no type"),
        ("notifiers:\n- {path: x}", "config.yaml:2: `notifiers.0`: there is no type"),
        ("notifiers: [{type: jsonl}]", "config.yaml:1: `notifiers.0.path`: is required"),
        (
            "notifiers: [{type: jsonl, path: x, pth: y}]",
            "config.yaml:1: `notifiers.0.pth`: unknown",
        ),
        ("notifiers: jsonl", "config.yaml:1: `notifiers`: expected a JSON array"),
    ],
)
def test_a_notifier_refuses_what_its_own_model_refuses(
    text: str, error: str, tmp_path: Path
) -> None:
    with pytest.raises(Misconfigured) as refused:
        load(tmp_path, text, notifiers=NOTIFIERS)

    assert str(refused.value).startswith(f"{tmp_path}/{error}")


@pytest.mark.parametrize("bind", ["0.0.0.0:9119", "[::]:9119", "web:9119", "10.0.0.1:80"])
def test_an_open_web_page_needs_all_its_credentials(bind: str, tmp_path: Path) -> None:
    environ = {
        "WATCHDOG_HTTP__DASHBOARD_BIND": bind,
        "WATCHDOG_DASHBOARD__USERNAME": "ops",
        "WATCHDOG_DASHBOARD__PASSWORD": "p",
    }

    with pytest.raises(Misconfigured, match=r"not set: dashboard\.session_secret$"):
        load(tmp_path, environ=environ)

    environ["WATCHDOG_DASHBOARD__SESSION_SECRET"] = "s" * 32
    assert not load(tmp_path, environ=environ).http.dashboard_bind.loopback


def test_the_api_may_be_open_without_a_token(tmp_path: Path) -> None:
    settings = load(tmp_path, environ={"WATCHDOG_HTTP__API_BIND": "0.0.0.0:8642"})

    assert str(settings.http.api_bind) == "0.0.0.0:8642"


def test_settings_do_not_change(tmp_path: Path) -> None:
    settings = load(tmp_path)

    with pytest.raises(ValidationError, match="frozen"):
        settings.mode = "act"


def sections(model: type[BaseModel]) -> list[type[BaseModel]]:
    inner = [field.annotation for field in model.model_fields.values()]
    return [
        model,
        *(each for each in inner if isinstance(each, type) and issubclass(each, Section)),
    ]


@pytest.mark.parametrize("section", sections(Settings))
def test_every_key_says_what_it_means_and_when_it_is_read(section: type[BaseModel]) -> None:
    for name, field in section.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            assert field.annotation.__doc__
            continue
        assert field.description, name
        assert isinstance(field.json_schema_extra, dict)
        assert field.json_schema_extra["reload"] in ("live", "start")


KEYS = st.sampled_from(["mode", "llm", "api_key", "discord", "bot_token", "store", "url", "checks"])
VALUES = st.recursive(
    st.sampled_from(["hunter2hunter2", 3, None, True, "observe"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def refusal(home: Path, text: str) -> str:
    try:
        load(home, text, checks=CHECKS)
    except Misconfigured as error:
        return f"{error} {error.hint}"
    return ""


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_a_refusal_never_repeats_a_value(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, object]
) -> None:
    refused = refusal(tmp_path_factory.getbasetemp(), json.dumps(tree))

    assert "hunter2" not in refused


def test_a_secret_does_not_show_in_the_settings_text(tmp_path: Path) -> None:
    settings = load(tmp_path, environ={"OPENAI_API_KEY": "hunter2"})

    assert settings.llm.api_key == SecretStr("hunter2")
    assert "hunter2" not in repr(settings)
