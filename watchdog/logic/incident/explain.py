"""The story of an Incident in the words of its rules: what stands when no model is asked."""

import re
from dataclasses import replace

from watchdog.domain.evidence import Evidence, Explanation, Proposal
from watchdog.domain.ref import Ref
from watchdog.domain.sighting import Sighting
from watchdog.logic.incident.story import LINES
from watchdog.logic.redact import clean, redact
from watchdog.logic.symptom import shorten
from watchdog.logic.words.prose import cut

_SHOWN = 12
# A condition of some operators holds a whole manifest: what is kept of an Incident is bounded.
_TITLE = 165  # with its severity before it, it fits into the title of a message
_HEADLINE = 150  # of several subjects: how many they are stands at its end
_STORY = 4000
_FACT = 1000


def explain(sighting: Sighting) -> tuple[str, Explanation]:
    """Return the headline and the explanation; several subjects are all named."""
    first = sighting.first
    others = sighting.subjects[1:]
    if not others:
        return _safe(first.message, _TITLE), Explanation(_story(sighting, first.why))
    also = f"; also {others[0]}" if len(others) == 1 else f"; also {len(others)} more"
    cause = f" ({first.shared})" if first.shared else ""
    headline = f"{shorten(first.message, _HEADLINE - len(also))}{also}"
    why = f"{first.why} The same cause{cause} hits {_names(others)}."
    return _safe(headline, _TITLE), Explanation(_story(sighting, why))


def evidence(sighting: Sighting) -> tuple[Evidence, ...]:
    """The facts of all Findings, the first of each before the second of any; at most ten."""
    rows = [finding.evidence for finding in sighting.findings]
    longest = max(len(row) for row in rows)
    turns = [row[i] for i in range(longest) for row in rows if i < len(row)]
    kept = tuple(dict.fromkeys(turns))[:LINES]
    return tuple(replace(each, text=_safe(each.text, _FACT)) for each in kept)


def proposal(sighting: Sighting) -> Proposal | None:
    """The first Finding's words, and the commands of all: every subject has to be mended.

    Where the words of the others differ, it is said for whom else the like has to be done.

    A command is "" where a name in it would not be taken by the API, and left out where a value in
    it is a secret: with a placeholder in it, it would do harm.
    """
    first = sighting.first.proposal
    if first is None:
        return None
    commands = dict.fromkeys(
        command
        for finding in sighting.findings
        if finding.proposal
        for command in finding.proposal.commands
        if command and redact(command) == command
    )
    texts = {each.proposal.text for each in sighting.findings if each.proposal}
    like = f" Likewise for {_names(sighting.subjects[1:])}." if len(texts) > 1 else ""
    return Proposal(_safe(f"{first.text}{like}", _STORY), tuple(commands)[:_SHOWN])


def _story(sighting: Sighting, why: str) -> str:
    victims = [ref for ref in sighting.affected if ref.kind != "Pod"]
    left = [ref for ref in victims if not _named(ref, why)]
    also = "Affected" if len(left) == len(victims) else "Also affected"
    affected = f" {also}: {_names(left)}." if left else ""
    return _safe(f"{why.strip()}{affected}".strip(), _STORY)


def _named(ref: Ref, text: str) -> bool:
    """Whether the text names this object, and not only one whose name begins like it."""
    return re.search(rf"{re.escape(str(ref))}(?![\w-]|\.\w)", text) is not None


def _safe(text: str, limit: int) -> str:
    """Cluster text goes no further with secrets or control characters in it, or endless."""
    return cut(redact(clean(text)), limit)


def _names(refs: list[Ref] | tuple[Ref, ...]) -> str:
    shown = ", ".join(str(ref) for ref in refs[:_SHOWN])
    more = len(refs) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
