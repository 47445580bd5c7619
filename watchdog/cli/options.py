"""The global options of one call. Importing this costs nothing: every call pays for it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """What was given before the command's name. click's `ctx.obj` is one of these."""

    config: Path | None = None
    home: Path | None = None
    kubeconfig: Path | None = None
    context: str = ""
    verbose: bool = False
