"""The files of rbac/, written below a folder."""

from collections.abc import Mapping
from pathlib import Path

from watchdog.domain.errors import Misconfigured


def write(folder: Path, files: Mapping[str, str]) -> int:
    """Write what is new or different, leave the rest alone, and return how many were written.

    Raises:
        Misconfigured: a file cannot be written.
    """
    wanted = {folder / name: text for name, text in files.items()}
    try:
        changed = [path for path, text in wanted.items() if _text(path) != text]
        for path in changed:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
    except OSError as error:
        raise Misconfigured(
            f"{error.filename}: {error.strerror}", hint="name a folder that can be written"
        ) from error
    return len(changed)


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
