"""Is an answer right? Each function makes a judge: the answer's text in, yes or no out."""

import json
import re
from collections.abc import Callable, Sequence

Judge = Callable[[str], bool]

_NUMBER = re.compile(r"(?<![\w.])-?\d{1,3}(?:,\d{3})+(?![\w,])|(?<![\w.])-?\d+(?:\.\d+)?")
_FENCED = re.compile(r"\A```\w*\s*\n(.*?)\n?```\Z", re.DOTALL)
_ID = re.compile(r"\bE\d+\b")


def in_order(*words: str) -> Judge:
    """All words, each on a line of its own, in this order; nothing else has a number before it."""

    def right(text: str) -> bool:
        lines = [line.lower() for line in text.splitlines() if line.strip()]
        steps = [line for line in lines if re.match(r"\s*(?:\(?\d+[.):]|[-*]\s)", line)]
        pairs = zip(words, steps, strict=False)
        return len(steps) == len(words) and all(_has_word(step, word) for word, step in pairs)

    return right


def numbers(*wanted: float) -> Judge:
    """All these numbers stand in it."""
    return lambda text: set(wanted) <= set(_numbers(text))


def one_number(wanted: float) -> Judge:
    """This number stands in it, and no other."""
    return lambda text: set(_numbers(text)) == {wanted}


def json_of(wanted: object) -> Judge:
    """It is this JSON value, types included, and nothing else; a fence around it is no prose."""

    def right(text: str) -> bool:
        found = _json(text)
        return json.dumps(found, sort_keys=True) == json.dumps(wanted, sort_keys=True)

    return right


def json_with(**wanted: str) -> Judge:
    """It is a JSON object with these texts under these keys, upper and lower case alike."""

    def right(text: str) -> bool:
        found = _json(text)
        return isinstance(found, dict) and all(
            str(found.get(key, "")).lower() == value for key, value in wanted.items()
        )

    return right


def picks(wanted: str, among: Sequence[str]) -> Judge:
    """Of these names it has this one and no other."""
    return lambda text: [each for each in among if _has_word(text.lower(), each)] == [wanted]


def says(*patterns: str) -> Judge:
    """Each pattern is found in it, in whatever case, and it is no JSON object."""

    def right(text: str) -> bool:
        told = all(re.search(each, text, re.IGNORECASE) for each in patterns)
        return told and not isinstance(_json(text), dict)

    return right


def cites(needed: str, among: Sequence[str]) -> Judge:
    """It cites this id, and none that was not given."""

    def right(text: str) -> bool:
        found = set(_ID.findall(text))
        return needed in found and found <= set(among)

    return right


def _numbers(text: str) -> list[float]:
    return [float(each.replace(",", "")) for each in _NUMBER.findall(text)]


def _has_word(text: str, word: str) -> bool:
    return re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", text) is not None


def _json(text: str) -> object:
    """The JSON value that is all of the text, a fence aside; None when there is none."""
    fenced = _FENCED.match(text.strip())
    try:
        found: object = json.loads(fenced.group(1) if fenced else text)
    except (ValueError, RecursionError):
        return None
    return found
