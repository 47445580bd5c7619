"""What `config show` prints, and what the logs must not."""

from pathlib import Path

from watchdog.config.effective import MASK, effective, secrets
from watchdog.config.settings import Settings, load_settings

ENVIRON = {
    "OPENAI_API_KEY": "key-1",
    "WATCHDOG_API__TOKEN": "token-1",
    "WATCHDOG_HEARTBEAT__URL": "https://hc.example/uuid-1",
    "WATCHDOG_STORE__URL": "postgresql://me:pw-1@db/w",
    "WATCHDOG_PROMETHEUS__URL": "http://prom:9090?token=query-1",
}


def loaded(home: Path) -> Settings:
    return load_settings(config=None, home=home, environ=ENVIRON)


def test_no_secret_is_shown(tmp_path: Path) -> None:
    shown = str(effective(loaded(tmp_path)))

    for secret in ("key-1", "token-1", "uuid-1", "pw-1", "query-1"):
        assert secret not in shown


def test_a_secret_that_is_not_set_is_shown_as_not_set(tmp_path: Path) -> None:
    shown = effective(loaded(tmp_path))

    assert shown["llm"] == {
        "base_url": "",
        "api_key": MASK,
        "model": "",
        "fallbacks": [],
        "daily_budget_usd": None,
        "daily_budget_tokens": None,
        "deadline": "1m",
        "read_timeout": "1m",
        "max_triages": 5,
        "context_tokens": 8192,
        "prices": {},
    }
    assert shown["dashboard"] == {"username": "", "password": "", "session_secret": ""}


def test_secrets_are_collected_from_every_section(tmp_path: Path) -> None:
    assert set(secrets(loaded(tmp_path))) == {"key-1", "token-1", "https://hc.example/uuid-1"}
