"""Words for people: text of the cluster made harmless, ages and moments made readable."""

import re
from datetime import UTC, datetime, timedelta

from watchdog.logic.redact import clean, redact

_SCHEME = re.compile(r"(?:\b[A-Za-z][A-Za-z0-9+.-]{0,20})?:/{2,}")
_MENTION = re.compile(r"@(?=everyone|here)|<(?=[@#:/]|a:|t:|id:)", re.IGNORECASE)
_WORD = 40  # the longest that is given up for a whole one before it
_GAP = "\u200b"  # invisible, but no longer a mention


def prose(text: str) -> str:
    """Return one line of redacted text in which nothing pings, links or ends a code block.

    Addresses stay readable without their scheme: no URL of a message comes from telemetry.
    """
    line = " ".join(redact(clean(text)).split())
    line = _SCHEME.sub("", line).replace("`", "'").replace("](", "] (")
    return _MENTION.sub(lambda match: match.group() + _GAP, line)


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters (1 or more), the last one an ellipsis where some are gone.

    No word ends in the middle, but for one so long that too little would be left.
    """
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    whole, blank, part = head.rpartition(" ")
    inside = bool(blank) and not text[limit - 1].isspace() and len(part) <= _WORD
    return f"{(whole if inside else head).rstrip()}…"


def span(delta: timedelta) -> str:
    """Return a duration in its two largest units: "42 s", "35 min", "2 h 5 min", "3 d 4 h"."""
    seconds = max(0, int(delta.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        return _two(days, "d", hours % 24, "h")
    if hours:
        return _two(hours, "h", minutes % 60, "min")
    return f"{minutes} min" if minutes else f"{seconds} s"


def stamp(moment: datetime) -> str:
    """Return `2026-11-20 12:00 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _two(large: int, unit: str, small: int, part: str) -> str:
    return f"{large} {unit} {small} {part}" if small else f"{large} {unit}"
