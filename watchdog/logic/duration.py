"""Durations as Go programs write them: "1h30m", "90s", "0"."""

import re
from datetime import timedelta

_UNITS = {"h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
_PARTS = re.compile(r"(\d+(?:\.\d+)?)([hms])")


def duration(text: str) -> timedelta | None:
    """Return the duration; None for what is none. Source: Go's time.ParseDuration, without ms."""
    if text == "0":
        return timedelta(0)
    if not text or _PARTS.sub("", text):
        return None
    parts = _PARTS.findall(text)
    return sum((float(number) * _UNITS[unit] for number, unit in parts), timedelta(0))
