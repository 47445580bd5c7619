"""The home directory: the first of four places."""

from pathlib import Path

from watchdog.config.home import find_home


def test_the_option_wins(tmp_path: Path) -> None:
    environ = {"WATCHDOG_HOME": "/elsewhere"}

    assert find_home(tmp_path / "a", environ, container=tmp_path) == tmp_path / "a"


def test_the_variable_is_next(tmp_path: Path) -> None:
    environ = {"WATCHDOG_HOME": str(tmp_path / "b"), "HOME": "/h"}

    assert find_home(None, environ, container=tmp_path) == tmp_path / "b"


def test_the_volume_is_next_when_it_can_be_written(tmp_path: Path) -> None:
    assert find_home(None, {"HOME": "/h"}, container=tmp_path) == tmp_path


def test_the_xdg_data_directory_is_last(tmp_path: Path) -> None:
    absent = tmp_path / "absent"

    assert find_home(None, {"XDG_DATA_HOME": "/x"}, container=absent) == Path("/x/watchdog")
    assert find_home(None, {"HOME": "/h"}, container=absent) == Path("/h/.local/share/watchdog")


def test_a_relative_xdg_directory_is_ignored(tmp_path: Path) -> None:
    environ = {"XDG_DATA_HOME": "x", "HOME": "/h"}

    assert find_home(None, environ, container=tmp_path / "absent").is_relative_to("/h")


def test_a_file_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("", encoding="utf-8")

    assert find_home(None, {"HOME": "/h"}, container=tmp_path / "data").is_relative_to("/h")
