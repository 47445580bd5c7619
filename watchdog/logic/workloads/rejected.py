"""Workloads that an operator cannot write, because the API server finds their template invalid.

The operator says so in an event about its custom resource. A text proves nothing: what counts is
that the custom resource still asks for the value the text complains of, which the host looks up.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from watchdog.domain.custom import Carried, Writer
from watchdog.domain.objects import corev1
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.symptom import FRESH
from watchdog.logic.workloads.writers import is_custom
from watchdog.logic.workloads.wrong_value import wrong_values

_INVALID = re.compile(
    r"\b(?P<kind>Deployment|StatefulSet|DaemonSet|Job|CronJob)(?:\.apps|\.batch)? "
    r'"(?P<name>[-.a-z0-9]{1,253})" is invalid: '
)


@dataclass(frozen=True, slots=True)
class Rejected:
    """What was to be made of a custom resource, and the values the API server complains of."""

    writer: Writer
    workload: str
    event: corev1.Event
    carried: tuple[Carried, ...]


def rejected(snapshot: Snapshot) -> Iterator[Rejected]:
    """Yield what fresh events about custom resources tell, the newest of each."""
    newest: dict[Writer, Rejected] = {}
    events = snapshot.of("events", corev1.Event).values()
    for event in sorted(events, key=lambda each: each.last_at or snapshot.taken_at):
        about, match = event.involved_object, _INVALID.search(event.message)
        fresh = event.last_at is not None and snapshot.age(event.last_at) <= FRESH
        values = wrong_values(event.message) if match and fresh else ()
        if match and values and is_custom(about.api_version):
            writer = Writer(about.api_version, about.ref)
            newest[writer] = Rejected(writer, f"{match['kind']} {match['name']}", event, values)
    yield from newest.values()
