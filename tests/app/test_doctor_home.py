"""What doctor says of the home and of settings without effect."""

from pathlib import Path

from watchdog.app.doctor_home import home_lines, unused_lines
from watchdog.app.lines import State
from watchdog.config.settings import load_settings


def test_a_home_that_is_not_there_yet_is_measured_where_it_will_be(tmp_path: Path) -> None:
    [line] = home_lines(tmp_path / "a" / "b")

    assert line.state is State.OK
    assert line.text.startswith(f"home {tmp_path / 'a' / 'b'}, ")
    assert line.text.endswith(" MB free")


def test_a_home_below_a_file_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    [line] = home_lines(tmp_path / "file" / "home")

    assert line.state is State.FAULT
    assert "cannot be written" in line.text
    assert "--home" in line.hint


def test_a_full_disk_is_a_fault(tmp_path: Path) -> None:
    [line] = home_lines(tmp_path, least=10**21)

    assert line.state is State.FAULT
    assert line.hint.startswith("make room")


def test_what_is_set_without_effect_is_one_note(tmp_path: Path) -> None:
    environ = {
        "DISCORD_BOT_TOKEN": "a-token",
        "DISCORD_ALLOWED_USERS": "1",
        "WATCHDOG_HEARTBEAT__URL": "https://hc.example/uuid",
    }
    settings = load_settings(config=None, home=tmp_path, environ=environ)

    [line] = unused_lines(settings)

    assert line.state is State.NOTE
    assert line.text.endswith(": discord.bot_token, discord.allowed_users, heartbeat.url")


def test_nothing_set_is_no_line(tmp_path: Path) -> None:
    assert list(unused_lines(load_settings(config=None, home=tmp_path, environ={}))) == []
