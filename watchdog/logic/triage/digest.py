"""What an Incident is about, as one value: equal while its facts are, whatever merely counts on.

A run later the same fault has more restarts, a greater age, another moment in its log and perhaps
another pod of the same owner. None of these is a reason to ask a model again; another image, code,
port, name or number of a setting is.
"""

import json
import re
from hashlib import sha256

from watchdog.domain.evidence import Evidence
from watchdog.domain.incident import Incident

_UNIT = r"(?:ns|us|µs|ms|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?|w|weeks?)"
_MOVING = tuple(
    (re.compile(pattern, re.IGNORECASE), put)
    for pattern, put in (
        (
            r"\b\d{4}[-/]\d{2}[-/]\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?)?",
            "TIME",
        ),
        (r"\b\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?\b|\b\d{1,2}:\d{2}(?= utc\b)", "TIME"),
        (r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "ID"),
        (r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5}\b(?=\s*->))?", "IP"),
        # What the API server draws: its alphabet has no vowels, no 0, 1, 3.
        (r"(?:-[bcdf-hj-np-tv-z2456789]{6,10})?-[bcdf-hj-np-tv-z2456789]{5}\b", "-ID"),
        (r"\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b|\d{8,}", "ID"),
        (rf"\b\d+(?:\.\d+)?\s?{_UNIT}\b(?:\s?\d+(?:\.\d+)?\s?{_UNIT}\b)*", "SPAN"),
        (rf"\b(?:\d+(?:\.\d+)?{_UNIT}){{2,}}", "SPAN"),
        (r"\b\d+(?:\.\d+)?\s?%", "SHARE"),
        (r"\b\d+(?:\.\d+)?(?:[kmgtpe]i?)?b? of \d+", "COUNT"),
        (
            r"\b\d+(?= (?:times?|restarts?|more|failures?|failed|retries|attempts?|events?|pods?"
            r"|replicas?|ready|unready|nodes?)\b)",
            "COUNT",
        ),
        (r"(?<=attempt )\d+|(?<=retry )\d+|(?<=\bx)\d+\b|(?<=pid )\d+|(?<=restarts )\d+", "COUNT"),
    )
)
# A number alone in what programs print counts something, unless the word before says otherwise.
_ALONE = re.compile(
    r"(?<![\w.:/@-])(?<!code )(?<!status )(?<!exit )(?<!signal )(?<!errno )(?<!error )(?<!port )"
    r"(?<!http )\d+(?:\.\d+)?(?![\w.:/-])",
    re.IGNORECASE,
)
_PRINTED = ("log", "event", "metric")


def digest(incident: Incident) -> str:
    """Return 64 hex digits over check, reason, severity, subjects and what the evidence says."""
    facts = (
        incident.check,
        incident.reason,
        incident.severity.value,
        sorted(map(str, incident.subjects)),
        sorted({(each.kind, steady(each)) for each in incident.evidence}),
    )
    return sha256(json.dumps(facts, ensure_ascii=True).encode()).hexdigest()


def steady(evidence: Evidence) -> str:
    """Return the text of a fact without what moves while the fact stays."""
    text = evidence.text
    for pattern, put in _MOVING:
        text = pattern.sub(put, text)
    if evidence.kind in _PRINTED:
        text = _ALONE.sub("COUNT", text)
    return " ".join(text.split())
