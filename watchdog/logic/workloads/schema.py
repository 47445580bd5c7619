"""Applies that fail because the installed definition of a kind does not know a field or a value.

Source of the words: apiextensions-apiserver validation, kubectl's client-side validation, strict
decoding, and the typed patches of server-side apply. What a text says of a kind counts only when a
definition of that kind is installed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from watchdog.domain.objects import argov1, corev1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.platform import argo, flux
from watchdog.logic.symptom import FRESH, shorten
from watchdog.logic.workloads.stalled import plural_of

_GROUP = r"(?P<group>[a-z0-9](?:[-a-z0-9.]{0,200})\.[a-z]{2,63})"
_KIND = r"(?P<kind>[A-Z][A-Za-z0-9]{0,62})"
_WRONG = (
    r'(?:unknown field "[^"]{1,200}"|Unsupported value: \S{1,200}'
    r"|Invalid value: \S{1,200} \S{1,200} in body must be of type \w+|field not declared in schema)"
)
_NAMED = (
    re.compile(rf'{_KIND}\.{_GROUP} "[^"]{{1,253}}" is invalid: .{{0,300}}?(?P<what>{_WRONG})'),
    re.compile(
        rf"; {_GROUP}/v\w+, Kind={_KIND}\): (?P<what>\S{{1,300}} field not declared in schema)"
    ),
)
_REVERSED = re.compile(
    r'(?P<what>unknown field "[^"]{1,200}") in (?P<package>[a-z0-9.]{3,200})\.v\w{1,20}\.(?P<kind>[A-Z]\w{0,62})'
)
_PLAIN = re.compile(rf"(?P<what>{_WRONG})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """One object that the installed definition refuses, who applies it and since when."""

    definition: Ref
    what: str
    applier: Ref
    refused: Ref | None
    alone: bool  # nothing else that the applier brings is refused
    since: datetime | None
    text: str


def mismatches(snapshot: Snapshot) -> Iterator[Mismatch]:
    """Everything that Argo CD, Flux and fresh events say of refused custom resources."""
    yield from _of_argo(snapshot)
    yield from _of_flux(snapshot)
    yield from _of_events(snapshot)


def _of_argo(snapshot: Snapshot) -> Iterator[Mismatch]:
    for item in snapshot.of("applications", argov1.Application).values():
        state = argo.failed(item)
        if item.deleting or state is None:
            continue
        wrong = argo.refused(item)
        found = [
            (each, definition, what)
            for each in wrong
            for definition, what in _read(snapshot, each.message, each.group, each.kind)
        ]
        for each, definition, what in found:
            yield Mismatch(
                definition=definition,
                what=what,
                applier=item.ref,
                refused=each.ref,
                alone=len(found) >= len(wrong),
                since=state.finished_at,
                text=each.message,
            )
        for definition, what in () if found else _read(snapshot, state.message):
            yield Mismatch(
                definition=definition,
                what=what,
                applier=item.ref,
                refused=None,
                alone=len(wrong) <= 1,
                since=state.finished_at,
                text=state.message,
            )


def _of_flux(snapshot: Snapshot) -> Iterator[Mismatch]:
    for ref, item in flux.all_objects(snapshot).items():
        condition = flux.failure(item)
        for definition, what in _read(snapshot, condition.message) if condition else ():
            yield Mismatch(
                definition=definition,
                what=what,
                applier=ref,
                refused=None,
                alone=True,
                since=condition.last_transition_time if condition else None,
                text=condition.message if condition else "",
            )


def _of_events(snapshot: Snapshot) -> Iterator[Mismatch]:
    for event in snapshot.of("events", corev1.Event).values():
        fresh = event.last_at is not None and snapshot.age(event.last_at) <= FRESH
        for definition, what in _read(snapshot, event.message) if fresh else ():
            yield Mismatch(
                definition=definition,
                what=what,
                applier=event.involved_object.ref,
                refused=None,
                alone=True,
                since=event.first_at,
                text=event.message,
            )


def _read(
    snapshot: Snapshot, text: str, group: str = "", kind: str = ""
) -> Iterator[tuple[Ref, str]]:
    """The definitions that a text complains of, each once, with its complaint."""
    found: dict[Ref, str] = {}
    for each_group, each_kind, what in _named(text, group, kind):
        if plural := plural_of(snapshot, each_group, each_kind):
            ref = Ref("CustomResourceDefinition", "", f"{plural}.{each_group}")
            found.setdefault(ref, shorten(what, 200))
    yield from found.items()


def _named(text: str, group: str, kind: str) -> Iterator[tuple[str, str, str]]:
    for pattern in _NAMED:
        yield from ((m["group"], m["kind"], m["what"]) for m in pattern.finditer(text))
    for m in _REVERSED.finditer(text):
        yield ".".join(reversed(m["package"].split("."))), m["kind"], m["what"]
    if group and (plain := _PLAIN.search(text)):
        yield group, kind, plain["what"]
