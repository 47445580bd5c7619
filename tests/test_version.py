"""Where the commit is found: the image's file, a checkout, a worktree, packed refs, or nowhere."""

from pathlib import Path

import pytest

from watchdog.version import sha

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "watchdog"
    folder.mkdir()
    return folder


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")


def test_the_image_build_says_it(package: Path) -> None:
    write(package / "_sha", COMMIT)
    write(package.parent / ".git" / "HEAD", "f" * 40)

    assert sha(package) == "0123456789ab"


def test_a_checkout_says_it_through_its_branch(package: Path) -> None:
    write(package.parent / ".git" / "HEAD", "ref: refs/heads/main")
    write(package.parent / ".git" / "refs" / "heads" / "main", COMMIT)

    assert sha(package) == "0123456789ab"


def test_a_detached_checkout_says_it_itself(package: Path) -> None:
    write(package.parent / ".git" / "HEAD", COMMIT)

    assert sha(package) == "0123456789ab"


def test_a_branch_may_be_packed(package: Path) -> None:
    git = package.parent / ".git"
    write(git / "HEAD", "ref: refs/heads/main")
    write(
        git / "packed-refs",
        f"# pack-refs\n{'f' * 40} refs/heads/mainline\n{COMMIT} refs/heads/main",
    )

    assert sha(package) == "0123456789ab"


def test_a_worktree_points_to_its_repository(package: Path) -> None:
    write(package.parent / ".git", "gitdir: repo/.git/worktrees/w")
    worktree = package.parent / "repo" / ".git" / "worktrees" / "w"
    write(worktree / "HEAD", "ref: refs/heads/w")
    write(worktree / "commondir", "../..")
    write(package.parent / "repo" / ".git" / "refs" / "heads" / "w", COMMIT)

    assert sha(package) == "0123456789ab"


def test_a_build_without_any_trace_of_its_commit_is_unknown(package: Path) -> None:
    assert sha(package) == "unknown"
