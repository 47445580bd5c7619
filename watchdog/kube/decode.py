"""Kubernetes JSON -> the slim records of domain/objects.py. One decoder per kind, made once."""

import gc
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Generic, TypeVar

import msgspec

from watchdog.domain.errors import WatchdogError
from watchdog.domain.objects import metav1

ObjectT = TypeVar("ObjectT", bound=metav1.Object)
Read = TypeVar("Read")

_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[][{}]', re.DOTALL)
_MANAGERS = re.compile(rb'"managedFields"\s*:\s*(?=\[)')


class Malformed(WatchdogError):
    """An object that cannot be read as what it says it is."""

    reason = "malformed"


class _PageInfo(msgspec.Struct, gc=False):
    next: str = msgspec.field(default="", name="continue")


class Page(msgspec.Struct, Generic[ObjectT], gc=False):
    """One page of a list. `metadata.next` is the token of the next one, "" on the last."""

    metadata: _PageInfo = msgspec.field(default_factory=_PageInfo)
    items: tuple[ObjectT, ...] | None = None


class _LoosePage(msgspec.Struct, gc=False):
    metadata: _PageInfo = msgspec.field(default_factory=_PageInfo)
    items: list[object] | None = None


@cache
def _decoder(record: type[ObjectT]) -> msgspec.json.Decoder[Page[ObjectT]]:
    return msgspec.json.Decoder(Page[record])  # type: ignore[valid-type]  # a type made at run time


def decode_page(record: type[ObjectT], body: bytes) -> Page[ObjectT]:
    """Decode one page; the second, slower way forgives nulls and numbers in quotes.

    Raises:
        Malformed: no JSON, or an object that cannot be read either way; the text names it.
    """
    with uncollected():
        return sturdily(lambda text: _decode(record, text), body)


def sturdily(read: Callable[[bytes], Read], body: bytes) -> Read:
    """Read JSON that one object may have made too deep to be read.

    Whoever may write any object may write its managedFields, which the API server keeps however deep
    they are nested; nothing here needs them.

    Raises:
        Malformed: something else is nested too deeply. And whatever `read` raises.
    """
    try:
        return read(body)
    except RecursionError:
        less = _without_managers(body)
    try:
        return read(less)
    except RecursionError as error:
        raise Malformed("the answer is nested too deeply") from error


def _without_managers(body: bytes) -> bytes:
    """The same with every managedFields empty."""
    kept, end = [], 0
    for key in _MANAGERS.finditer(body):
        if key.start() >= end:
            kept.append(body[end : key.end()] + b"[]")
            end = _end_of(body, key.end())
    return b"".join((*kept, body[end:]))


def _end_of(body: bytes, start: int) -> int:
    """Where the bracket that opens at `start` is closed."""
    depth = 0
    for token in _TOKENS.finditer(body, start):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token.group(), 0)
        if not depth:
            return token.end()
    return len(body)


def _decode(record: type[ObjectT], body: bytes) -> Page[ObjectT]:
    try:
        return _decoder(record).decode(body)
    except msgspec.ValidationError:
        return _decode_loosely(record, body)
    except ValueError as error:  # msgspec.DecodeError, and UnicodeDecodeError
        raise Malformed("the answer is not complete JSON") from error


def _decode_loosely(record: type[ObjectT], body: bytes) -> Page[ObjectT]:
    try:
        loose = msgspec.json.decode(body, type=_LoosePage)
    except ValueError as error:
        raise Malformed(f"the answer is no list: {error}") from error
    return Page(loose.metadata, tuple(decode_one(record, item) for item in loose.items or ()))


def decode_one(record: type[ObjectT], item: object) -> ObjectT:
    """Turn one generically decoded object into its record.

    Raises:
        Malformed: it cannot be read; the text names the object and the field.
    """
    try:
        return msgspec.convert(_without_nulls(item), record, strict=False)
    except msgspec.ValidationError as error:
        raise Malformed(f"{record.KIND} {_name_of(item)}: {error}") from error


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the cyclic collector out: records are trees, and it is half the cost of a big page.

    For bounded work only: what forms cycles meanwhile waits for the end of it.
    """
    active = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if active:
            gc.enable()


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_nulls(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_without_nulls(each) for each in value if each is not None]
    return value


def _name_of(item: object) -> str:
    metadata = item.get("metadata") if isinstance(item, dict) else None
    if not isinstance(metadata, Mapping):
        return "without metadata"
    parts = (metadata.get("namespace"), metadata.get("name"))
    return "/".join(str(part) for part in parts if part) or "without a name"
