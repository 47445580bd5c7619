"""A Finding's own facts, followed by what changed and happened around it."""

from collections.abc import Sequence
from dataclasses import replace

from watchdog.domain.evidence import Evidence
from watchdog.domain.finding import Finding

LINES = 10  # of evidence that an Incident has at most. Source: requirements.md R3.16
_OWN = 5  # that no story pushes out: what decided comes first


def with_story(finding: Finding, story: Sequence[Evidence]) -> Finding:
    """Append the story; where both are long, the Finding keeps its first five facts."""
    if not story:
        return finding
    own = finding.evidence[: max(_OWN, LINES - len(story))]
    return replace(finding, evidence=(*own, *story)[:LINES])
