"""`watchdog config check` and `config show`: what is in force, and what is warned of."""

import json
from pathlib import Path

import yaml

from tests.cli.installed import call

KEY = "sk-not-a-real-key-0123456789"


def write(home: Path, text: str) -> Path:
    path = home / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_no_configuration_is_a_valid_one(tmp_path: Path) -> None:
    done = call("config", "check", home=tmp_path)

    assert (done.returncode, done.stdout) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_show_prints_what_is_in_force_as_json(tmp_path: Path) -> None:
    write(tmp_path, "mode: observe\nremind_after: 12h\n")

    done = call("config", "show", "--output", "json", home=tmp_path)

    shown = json.loads(done.stdout)
    assert done.returncode == 0
    assert (shown["mode"], shown["remind_after"]) == ("observe", "12h")
    assert shown["home"] == str(tmp_path)


def test_show_prints_yaml_unless_asked(tmp_path: Path) -> None:
    shown = yaml.safe_load(call("config", "show", home=tmp_path).stdout)

    assert shown["http"] == {"api_bind": "127.0.0.1:8642", "dashboard_bind": "127.0.0.1:9119"}


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    write(tmp_path, "mode: observe\nllm: {model: small}\n")

    done = call(
        *("config", "show", "--output", "json"),
        home=tmp_path,
        environ={"WATCHDOG_MODE": "act", "WATCHDOG_LLM__FALLBACKS": "a, b"},
    )

    shown = json.loads(done.stdout)
    assert (shown["mode"], shown["llm"]["model"]) == ("act", "small")
    assert shown["llm"]["fallbacks"] == ["a", "b"]


def test_show_masks_secrets(tmp_path: Path) -> None:
    environ = {
        "OPENAI_API_KEY": KEY,
        "WATCHDOG_STORE__URL": f"postgresql://watchdog:{KEY}@db/watchdog",
        "DISCORD_WEBHOOK_URL": f"https://discord.com/api/webhooks/1/{KEY}",
        "WATCHDOG_NOTIFIERS": json.dumps([{"type": "discord", "webhook_url": f"https://x/{KEY}"}]),
    }

    done = call("config", "show", "--output", "json", home=tmp_path, environ=environ)

    assert KEY not in done.stdout + done.stderr
    assert json.loads(done.stdout)["llm"]["api_key"] == "<redacted:secret>"
    assert "@db/watchdog" in json.loads(done.stdout)["store"]["url"]
    assert json.loads(done.stdout)["dns"]["key"] == "Corefile"


def test_config_names_another_file(tmp_path: Path) -> None:
    path = tmp_path / "other.yaml"
    path.write_text("mode: observe\n", encoding="utf-8")

    done = call("--config", path, "config", "show", home=tmp_path)

    assert yaml.safe_load(done.stdout)["mode"] == "observe"


def test_what_is_set_without_effect_is_a_warning(tmp_path: Path) -> None:
    environ = {"WATCHDOG_HEARTBEAT__URL": "https://hc.example/uuid"}

    done = call("config", "check", home=tmp_path, environ=environ)

    assert done.returncode == 0
    assert "warning: set, and not used in this version: heartbeat.url\n" in done.stderr


def test_an_unknown_key_in_a_job_is_a_warning(tmp_path: Path) -> None:
    job = {"name": "a", "schedule": "every 1h", "checks": ["crash_loop"], "colour": "red"}
    (tmp_path / "cron").mkdir()
    (tmp_path / "cron" / "jobs.json").write_text(json.dumps([job]), encoding="utf-8")

    done = call("config", "check", home=tmp_path)

    assert done.returncode == 0
    assert done.stderr.startswith("warning: ")
    assert "colour" in done.stderr
