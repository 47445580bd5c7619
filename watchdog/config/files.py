"""Writing a file of the home directory so that nobody ever reads half of it."""

import os
import tempfile
from pathlib import Path

from watchdog.domain.errors import StoreFailed


def replace_file(path: Path, text: str) -> None:
    """Write beside it, sync, rename over it; the mode of an existing file stays.

    Raises:
        StoreFailed: it cannot be written; the file is as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        fresh = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            fresh.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
            fresh.replace(path)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise StoreFailed(f"{path}: {why}", hint="check its owner, space and mount") from error
