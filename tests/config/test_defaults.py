"""defaults: the soul and prompts of this version, and how a home gets them."""

from pathlib import Path

from watchdog.config.defaults import PROMPTS, SOUL, default_text, seed_files

PATHS = ("SOUL.md", "soul.manifest.yaml", *(f"prompts/{name}" for name in PROMPTS))


def test_an_empty_home_gets_every_file(tmp_path: Path) -> None:
    assert seed_files(tmp_path) == PATHS
    assert (tmp_path / "SOUL.md").read_text() == default_text(SOUL)


def test_what_is_there_is_left_alone_and_what_was_deleted_comes_back(tmp_path: Path) -> None:
    seed_files(tmp_path)
    (tmp_path / "SOUL.md").write_text("mine {{")
    (tmp_path / "prompts" / "repair.j2").unlink()

    assert seed_files(tmp_path) == ("prompts/repair.j2",)
    assert (tmp_path / "SOUL.md").read_text() == "mine {{"


def test_an_installed_package_carries_the_files_inside(tmp_path: Path) -> None:
    folder = tmp_path / "watchdog" / "defaults" / "soul"
    folder.mkdir(parents=True)
    (folder / "SOUL.md").write_text("inside")

    assert default_text(SOUL, package=tmp_path / "watchdog") == "inside"
