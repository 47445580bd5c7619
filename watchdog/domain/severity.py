"""How bad a fault is, and for whom that is said."""

from enum import StrEnum


class Severity(StrEnum):
    """`critical` and `warning` need a human; `info` is for the page and the daily report only."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info, 2 for critical."""
        return _RANKS[self]

    @property
    def needs_human(self) -> bool:
        """Whether an Incident of this severity changes the verdict and causes messages."""
        return self is not Severity.INFO


_RANKS = {Severity.INFO: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}
