"""Patterns of a CoreDNS configuration, which Go's RE2 would run in linear time and Python may not.

What Python does not read the same way, or what could take long, is no pattern here: None.
"""

import re

_LONGEST = 256  # characters of a pattern
_REPEATS = 4  # unbounded repetitions in one pattern: a name has some 80 characters
_LABELS = re.compile(r"\((?:\?:)?\[[\w-]+\][*+]\\\.\)[*+]")  # "(any label and its dot), repeated"
_FLAT = re.compile(r"\([^()*+{|]*\)[*+{]")  # a repeated group without a repetition inside
_GROUP_REPEATED = re.compile(r"\)(?:[*+]|\{)")
_UNBOUNDED = re.compile(r"(?<!\\)(?:[*+]|\{\d*,\d*\})")
_OTHER_SYNTAX = ("[[:", "\\p", "\\P", "\\Q", "\\C", "\\z", "(?U", "(?<")


def compiled(pattern: str) -> re.Pattern[str] | None:
    """Return a pattern that means the same in Python and is cheap to search a name with."""
    if len(pattern) > _LONGEST or any(each in pattern for each in _OTHER_SYNTAX):
        return None
    rest = _FLAT.sub("", _LABELS.sub("", pattern))
    if _GROUP_REPEATED.search(rest) or len(_UNBOUNDED.findall(pattern)) > _REPEATS:
        return None
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return None
