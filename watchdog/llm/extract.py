"""The answer inside what a model wrote: past its thoughts, its fence and its pleasantries."""

import json
import re

_THOUGHT = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_UNENDED = re.compile(r"\A\s*<think(?:ing)?>", re.DOTALL)
_FENCE = re.compile(r"```[\w-]*[ \t]*\n(.*?)\n?```", re.DOTALL)


def plain(text: str) -> str:
    """Return the text without its leading thoughts; "" when it never came past them."""
    said = _THOUGHT.sub("", text, count=1)
    return "" if _UNENDED.match(said) else said.strip()


def json_object(text: str) -> str:
    """Return the one JSON object in the text, as compact JSON; "" when there is none."""
    said = plain(text)
    fenced = _FENCE.search(said)
    for candidate in (said, fenced.group(1) if fenced else "", _braces(said)):
        if found := _object(candidate):
            return found
    return ""


def _braces(text: str) -> str:
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else ""


def _object(text: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else ""
