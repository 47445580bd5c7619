"""What is installed for these tests, and what happens where it cannot be."""

import re
from pathlib import Path

import pytest

from tests.litellm import build


def test_the_locked_proxy_is_new_enough_and_none_of_the_stolen_releases() -> None:
    """1.82.7 and 1.82.8 carried code that stole secrets of clusters."""
    [version] = re.findall(r"^litellm==([\d.]+)", build.LOCK.read_text(), re.MULTILINE)

    assert tuple(int(part) for part in version.split(".")) >= (1, 106)


def test_every_locked_package_has_a_hash() -> None:
    packages = re.split(r"^(?=[a-z0-9])", build.LOCK.read_text(), flags=re.MULTILINE)

    assert [
        text.splitlines()[0] for text in packages if text and "--hash=sha256:" not in text
    ] == []


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "kube-watchdog").write_text("a file where a folder has to be")

    with pytest.raises(build.BuildFailed, match="kube-watchdog"):
        build.command(tmp_path)
