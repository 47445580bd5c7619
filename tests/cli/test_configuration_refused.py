"""`watchdog config check`: every wrong configuration a user can write, named by its key."""

import json
from pathlib import Path

import pytest

from tests.cli.installed import call, refusal
from tests.cli.test_configuration import write


@pytest.mark.parametrize(
    ("api", "page"),
    [
        ("127.0.0.1:9119", "127.0.0.1:9119"),
        ("0.0.0.0:9119", "127.0.0.1:9119"),
        ("localhost:9119", "127.0.0.1:9119"),
    ],
)
def test_page_and_api_on_one_port_are_refused(tmp_path: Path, api: str, page: str) -> None:
    write(tmp_path, f'http: {{api_bind: "{api}", dashboard_bind: "{page}"}}\n')

    code, error, hint = refusal(call("config", "check", home=tmp_path))

    assert code == 3
    assert error == f"http.dashboard_bind: {page} is the port of http.api_bind ({api})"
    assert "another port" in hint


@pytest.mark.parametrize("api", ["127.0.0.1:8642", "127.0.0.2:9119", "[::1]:9119"])
def test_an_address_for_each_is_right(tmp_path: Path, api: str) -> None:
    write(tmp_path, f'http: {{api_bind: "{api}"}}\n')

    assert call("config", "check", home=tmp_path).returncode == 0


def test_a_backup_without_its_namespace_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "checks: {cronjob: {backups: [backup/pg-dump, pg-dump]}}\n")

    code, error, _ = refusal(call("config", "check", home=tmp_path))

    assert code == 3
    assert error.endswith('"pg-dump" is no CronJob; write namespace/name: backup/pg-dump')


def test_a_config_that_is_not_there_is_refused(tmp_path: Path) -> None:
    code, error, _ = refusal(call("--config", tmp_path / "no", "config", "show", home=tmp_path))

    assert (code, error) == (3, f"{tmp_path / 'no'}: there is no such file")


@pytest.mark.parametrize(
    ("text", "line", "error", "hint"),
    [
        ("mode: [observe\n", 2, "not valid YAML", "check the indentation"),
        ("mode: observe\n  llm: x\n", 2, "not valid YAML", "check the indentation"),
        ("- mode\n", 1, "expected `key: value` lines", "check the indentation"),
        ("mode: observe\nmode: act\n", 2, "`mode` is there twice, first in line 1", "keep one"),
        ("llm:\n  modle: x\n", 2, "`llm.modle`: unknown key", "did you mean `llm.model`?"),
        ("discrod: {}\n", 1, "`discrod`: unknown key", "did you mean `discord`?"),
        (
            "discord_bot_token: x\n",
            1,
            "`discord_bot_token`: unknown key",
            "did you mean `discord.bot_token`?",
        ),
        (
            "dns: {config_map: coredns}\n",
            1,
            "`dns.config_map`: expected text of the form",
            "correct",
        ),
        ("mode: watch\n", 1, "`mode`: expected 'observe', 'suggest' or 'act'", "correct `mode`"),
        ("timezone: Mars/Base\n", 1, "`timezone`: expected an IANA time zone", "correct"),
        ("storm_limit: many\n", 1, "`storm_limit`: expected a whole number", "correct"),
        ("remind_after: 24\n", 1, "`remind_after`: expected a duration with its unit", "correct"),
        ("llm: proxy\n", 1, "`llm`: expected a section", "correct `llm`"),
        ("http: {api_bind: 8642}\n", 1, "`http.api_bind`: expected an address", "correct"),
        ("llm: {base_url: proxy:4000}\n", 1, "`llm.base_url`: expected a URL", "correct"),
        ("home: /elsewhere\n", 1, "`home`: the file is found in the home", "use --home"),
        (
            "checks:\n  crash_lop: {}\n",
            2,
            "`checks.crash_lop`: there is no check 'crash_lop'",
            "did you mean `crash_loop`?",
        ),
        (
            "disabled_checks: [crash_lop]\n",
            1,
            "`disabled_checks`: there is no check 'crash_lop'",
            "did you mean `crash_loop`?",
        ),
    ],
)
def test_a_wrong_file_is_refused_by_line_and_key(
    text: str, line: int, error: str, hint: str, tmp_path: Path
) -> None:
    path = write(tmp_path, text)

    code, said, hinted = refusal(call("config", "check", home=tmp_path))

    assert code == 3
    assert said.startswith(f"{path}:{line}: {error}")
    assert hinted.startswith(hint)


@pytest.mark.parametrize(
    ("name", "value", "error", "hint"),
    [
        ("WATCHDOG_LLM__MODLE", "x", "unknown variable", "did you mean `WATCHDOG_LLM__MODEL`?"),
        ("WATCHDOG_TIMEZOEN", "UTC", "unknown variable", "did you mean `WATCHDOG_TIMEZONE`?"),
        (
            "WATCHDOG_MODE",
            "loud",
            "expected 'observe', 'suggest' or 'act'",
            "correct WATCHDOG_MODE",
        ),
        ("WATCHDOG_TIMEZONE", "Mars/Base", "expected an IANA time zone", "correct"),
        ("TZ", "Mars/Base", "expected an IANA time zone", "correct TZ"),
        ("WATCHDOG_STORM_LIMIT", "0", "expected 1 or more", "correct"),
        ("WATCHDOG_LLM__DAILY_BUDGET_USD", "lots", "expected a number", "correct"),
        ("WATCHDOG_NOTIFIERS", "discord", "expected a JSON array or object", "correct"),
        ("OPENAI_BASE_URL", "proxy:4000", "expected a URL that starts with http", "correct OPENAI"),
        ("DISCORD_HOME_CHANNEL", "#alerts", "expected the id of a channel", "correct DISCORD_HOME"),
        ("WATCHDOG_STORE__URL", "mysql://x", "expected a URL that starts with sqlite", "correct"),
        ("WATCHDOG_DASHBOARD__SESSION_SECRET", "short", "expected 32 characters", "correct"),
        ("WATCHDOG_LLM", "x", "expected a section", "correct WATCHDOG_LLM"),
    ],
)
def test_a_wrong_variable_is_refused_by_its_name(
    name: str, value: str, error: str, hint: str, tmp_path: Path
) -> None:
    code, said, hinted = refusal(call("config", "check", home=tmp_path, environ={name: value}))

    assert code == 3
    assert said.startswith(f"`{name}`: {error}")
    assert hinted.startswith(hint)


@pytest.mark.parametrize(
    ("entry", "error", "hint"),
    [
        ("{type: slack}", "notifiers.0.type: 'slack' is not known", "use one of console"),
        ("{type: discord}", "notifiers: discord has no webhook", "set DISCORD_WEBHOOK_URL"),
    ],
)
def test_a_notifier_that_serve_would_refuse_is_refused(
    tmp_path: Path, entry: str, error: str, hint: str
) -> None:
    write(tmp_path, f"notifiers: [{entry}]\n")

    code, said, advice = refusal(call("config", "check", home=tmp_path))

    assert (code, said) == (3, error)
    assert advice.startswith(hint)


def test_an_open_web_page_without_credentials_is_refused(tmp_path: Path) -> None:
    environ = {
        "WATCHDOG_HTTP__DASHBOARD_BIND": "0.0.0.0:9119",
        "WATCHDOG_DASHBOARD__USERNAME": "ops",
    }

    code, error, hint = refusal(call("config", "check", home=tmp_path, environ=environ))

    assert code == 3
    assert error.endswith("not set: dashboard.password, dashboard.session_secret")
    assert hint.startswith("set WATCHDOG_DASHBOARD__PASSWORD, WATCHDOG_DASHBOARD__SESSION_SECRET")


def test_a_home_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    code, error, hint = refusal(call("config", "check", home=tmp_path / "file" / "home"))

    assert code == 3
    assert "Not a directory" in error
    assert hint.startswith("--home names a directory")


def test_a_broken_jobs_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cron").mkdir()
    (tmp_path / "cron" / "jobs.json").write_text('{"version": 1, "jobs": [', encoding="utf-8")

    code, error, _ = refusal(call("config", "check", home=tmp_path))

    assert code == 3
    assert "jobs.json" in error


def test_an_empty_jobs_file_leads_to_the_default_jobs(tmp_path: Path) -> None:
    (tmp_path / "cron").mkdir()
    (tmp_path / "cron" / "jobs.json").write_text("\n")

    code, error, hint = refusal(call("config", "check", home=tmp_path))

    assert (code, error) == (3, "jobs.json is empty")
    assert "`watchdog seed --force cron/jobs.json`" in hint


def test_a_job_with_wrong_settings_for_a_check_is_refused(tmp_path: Path) -> None:
    job = {
        "name": "a",
        "schedule": "every 1h",
        "checks": ["crash_loop"],
        "params": {"crash_loop": {"no_such_setting": 1}},
    }
    (tmp_path / "cron").mkdir()
    (tmp_path / "cron" / "jobs.json").write_text(json.dumps([job]), encoding="utf-8")

    code, error, _ = refusal(call("config", "check", home=tmp_path))

    assert code == 3
    assert "no_such_setting" in error
