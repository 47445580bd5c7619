"""What is running: the version of the distribution and the commit it was built from."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path

_PACKAGE = Path(__file__).parent
_SHA_DIGITS = 12


def version() -> str:
    """The version of `kube-watchdog`, "0+source" when only its files are there."""
    try:
        return installed_version("kube-watchdog")
    except PackageNotFoundError:
        return "0+source"


def sha(package: Path = _PACKAGE) -> str:
    """Twelve digits of the commit: what the image build wrote into `_sha`, else the checkout's HEAD.

    "unknown" when there is neither. Files are read, no process is started.
    """
    try:
        found = _text(package / "_sha") or _head(package.parent / ".git")
    except (OSError, UnicodeDecodeError):
        found = ""
    return found[:_SHA_DIGITS] or "unknown"


def _head(git: Path) -> str:
    """The commit that HEAD names, through a branch, packed refs or a worktree's folder."""
    if git.is_file():  # a worktree: "gitdir: <folder>"
        git = git.parent / _text(git).removeprefix("gitdir:").strip()
    head = _text(git / "HEAD")
    if not head.startswith("ref:"):
        return head
    branch = head.removeprefix("ref:").strip()
    shared = git / (_text(git / "commondir") or ".")
    return _text(git / branch) or _text(shared / branch) or _packed(shared / "packed-refs", branch)


def _packed(refs: Path, branch: str) -> str:
    for line in _text(refs).splitlines():
        commit, _, name = line.partition(" ")
        if name == branch:
            return commit
    return ""


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""
