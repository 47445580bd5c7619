"""notifying: which notifiers a configuration gives."""

import io
from pathlib import Path

import pytest

from watchdog.app.notifying import build_notifiers
from watchdog.config.settings import Settings, load_settings
from watchdog.domain.errors import Misconfigured

HOOK = "https://discord.com/api/webhooks/42/secret-token"


def settings(home: Path, text: str = "", **environ: str) -> Settings:
    (home / "config.yaml").write_text(text, encoding="utf-8")
    return load_settings(config=None, home=home, environ=environ)


def names(found: Settings) -> list[str]:
    return list(build_notifiers(found, console=io.StringIO()))


def test_without_any_setting_it_is_the_console(tmp_path: Path) -> None:
    assert names(settings(tmp_path)) == ["console"]


def test_a_webhook_makes_it_discord(tmp_path: Path) -> None:
    assert names(settings(tmp_path, DISCORD_WEBHOOK_URL=HOOK)) == ["discord"]


def test_the_list_of_the_configuration_stands_as_written(tmp_path: Path) -> None:
    text = "notifiers: [{type: jsonl, path: out.jsonl}, {type: discord}, {type: console}]"

    found = settings(tmp_path, text, DISCORD_WEBHOOK_URL=HOOK)

    assert names(found) == ["jsonl", "discord", "console"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("notifiers: [{type: pager}]", "'pager' is not known"),
        ("notifiers: [{type: jsonl, file: x}]", "notifiers.0"),
        ("notifiers: [{type: discord}]", "discord has no webhook"),
    ],
)
def test_an_entry_that_does_not_fit_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        names(settings(tmp_path, text))
