"""What was said between a Run and a model, as it is kept for those who look back."""

from dataclasses import dataclass
from datetime import datetime

from watchdog.domain.model import Purpose, Turn
from watchdog.domain.soul import ClusterFacts
from watchdog.domain.triage import Brief


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One question as it was sent, and the answer as it came; "" when none did.

    `brief` and `cluster` are what the question was worded from: another soul can word it anew.
    """

    run_id: str
    incident: str = ""  # the id; "" for a question that is about none
    purpose: Purpose
    at: datetime
    turns: tuple[Turn, ...]
    answer: str
    requested: str
    served: str = ""
    soul: str = ""  # the slug
    brief: Brief | None = None
    cluster: ClusterFacts | None = None
