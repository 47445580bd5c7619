"""jobs.json as text: its accepted shapes, and the line on which each entry and key stands."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from watchdog.domain.errors import Misconfigured

SHAPE = '{"version": 1, "jobs": [...]}'
_TOP_KEYS = ("version", "jobs", "updated_at")
_BLANK = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Written:
    """One entry as written: its values, and where it stands in the text."""

    values: Mapping[str, object]
    text: str
    start: int
    end: int
    key: str = ""  # its key in the older id-keyed map

    def line(self, key: str = "") -> int:
        """The line of one of its keys, or of its first line when it does not have that key."""
        members = _members(self.text, self.start)
        at = next((begin for name, begin, _ in members if name == key), self.start)
        return self.text.count("\n", 0, at) + 1


@dataclass(frozen=True, slots=True)
class Document:
    """The entries of a jobs file in file order, and the top-level keys that mean nothing."""

    entries: tuple[Written, ...]
    unknown: tuple[str, ...] = ()


def read_document(text: str) -> Document:
    """Read any of the accepted shapes.

    Accepted: `{"version": 1, "jobs": [...]}`, a bare list, and the older runtime's
    `{"jobs": [...], "updated_at": ...}` and map from id to entry.

    Raises:
        Misconfigured: it is no JSON, or of another shape; the text names line or key.
    """
    document = _decode(text)
    start = _skip(text, 0)
    if isinstance(document, list):
        return Document(_listed(text, start))
    if not isinstance(document, dict):
        _refuse(1, "it is neither an object nor a list")
    members = tuple(_members(text, start))
    unknown = tuple(key for key in document if key not in _TOP_KEYS)
    if "jobs" not in document:
        if document and all(map(_is_entry, document.values())):
            return Document(_mapped(text, start))
        named = f'; "{unknown[0]}" is no key of this file' if unknown else ""
        _refuse(1, f'the key "jobs" is missing{named}')
    if document.get("version", 1) != 1:
        _refuse(1, f'key "version": {document["version"]!r} is not 1, the only one there is')
    begin = next(begin for key, begin, _ in members if key == "jobs")
    match document["jobs"]:
        case list():
            return Document(_listed(text, begin), unknown)
        case dict():
            return Document(_mapped(text, begin), unknown)
        case _:
            _refuse(_line(text, begin), 'key "jobs" is no list')


def _decode(text: str) -> object:
    def pairs(items: Sequence[tuple[str, object]]) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in items:
            if key in found:
                raise ValueError(f'key "{key}" appears twice in one object')
            found[key] = value
        return found

    def constant(name: str) -> NoReturn:
        raise ValueError(f"{name} is no JSON")

    if not text.strip():
        raise Misconfigured(
            "jobs.json is empty",
            hint=f"write {SHAPE}; `watchdog seed --force cron/jobs.json` writes the default jobs",
        )
    try:
        document: object = json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except json.JSONDecodeError as error:
        raise Misconfigured(
            f"jobs.json line {error.lineno} column {error.colno}: {error.msg}",
            hint="repair the JSON there; a comma too many or too few is the usual cause",
        ) from error
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Misconfigured(f"jobs.json: {why}", hint=f"write {SHAPE}") from error
    return document


def _is_entry(value: object) -> bool:
    return isinstance(value, dict) and "schedule" in value


def _listed(text: str, start: int) -> tuple[Written, ...]:
    return tuple(_entry(text, begin, end) for begin, end in _elements(text, start))


def _mapped(text: str, start: int) -> tuple[Written, ...]:
    return tuple(_entry(text, begin, end, key=key) for key, begin, end in _members(text, start))


def _entry(text: str, begin: int, end: int, *, key: str = "") -> Written:
    values = json.loads(text[begin:end])
    if not isinstance(values, dict):
        _refuse(_line(text, begin), f"a job is an object, this is {text[begin:end][:40]}")
    return Written(values, text, begin, end, key)


def _elements(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Yield begin and end of every element of the valid JSON list at `start`."""
    at = _skip(text, start + 1)
    while text[at] != "]":
        end = _end(text, at)
        yield at, end
        at = _skip(text, end)
        at = _skip(text, at + 1) if text[at] == "," else at


def _members(text: str, start: int) -> Iterator[tuple[str, int, int]]:
    """Yield key, begin and end of every value of the valid JSON object at `start`."""
    at = _skip(text, start + 1)
    while text[at] != "}":
        end = _end(text, at)
        key = str(json.loads(text[at:end]))
        begin = _skip(text, _skip(text, end) + 1)
        end = _end(text, begin)
        yield key, begin, end
        at = _skip(text, end)
        at = _skip(text, at + 1) if text[at] == "," else at


def _end(text: str, start: int) -> int:
    return json.JSONDecoder().raw_decode(text, start)[1]


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANK:
        at += 1
    return at


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _refuse(line: int, why: str) -> NoReturn:
    raise Misconfigured(f"jobs.json line {line}: {why}", hint=f"write {SHAPE}")
