"""Which cluster a person means. Values only: nothing is opened, and no client is loaded."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Access:
    """Which cluster: the flags of the command line; empty means what the environment says."""

    kubeconfig: Path | None = None
    context: str = ""
