"""A Message as Discord's markdown: nothing of the cluster's text formats, the whole fits."""

import re

LIMIT = 2000  # of `content`; Discord counts, the client library does not check

_FENCE = "```"
_FORMATS = re.compile(r"([\\*_~|`\[\]])")
_LEADS = re.compile(r"^(\s*)([#>]|-#)")


def markdown(title: str, text: str, *, limit: int = LIMIT) -> str:
    """Return bold title and text in at most `limit` UTF-16 units, code blocks kept and closed.

    What does not fit is left out by whole lines from the end. `limit` is at least 16.
    """
    lines = [f"**{_escape(title)}**", *_outside_fences(text.split("\n"))]
    whole = "\n".join(lines)
    if _size(whole) <= limit:
        return whole
    kept = lines
    while kept and _size("\n".join([*kept, _FENCE, "…"])) > limit:
        kept = kept[:-1]
    if not kept:  # a title alone that is too long; its bold marks would be cut off
        return _head(lines[0].strip("*"), limit)
    open_block = sum(line == _FENCE for line in kept) % 2
    return "\n".join([*kept, *([_FENCE] if open_block else []), "…"])


def _outside_fences(lines: list[str]) -> list[str]:
    shown = []
    inside = False
    for line in lines:
        if line == _FENCE:
            inside = not inside
        shown.append(line if inside or line == _FENCE else _escape(line))
    return [*shown, _FENCE] if inside else shown


def _escape(text: str) -> str:
    return _LEADS.sub(r"\1\\\2", _FORMATS.sub(r"\\\1", text))


def _head(text: str, limit: int) -> str:
    units = text.encode("utf-16-le", "surrogatepass")[: 2 * (limit - 1)]
    return units.decode("utf-16-le", "ignore").rstrip("\\") + "…"


def _size(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
