"""Which rights the shipped reader role has to hold: derived from what the checks read."""

from collections.abc import Collection

from watchdog.domain.check import Check
from watchdog.domain.run import WHEN_GRANTED
from watchdog.kube.kinds import LOGS
from watchdog.kube.rights import rights_of
from watchdog.logic.incident.detect import needs_of

# Whoever may list a kind sees all of it already: get and watch add no object and no field.
_LISTED = ("get", "list", "watch")

Triple = tuple[str, str, str]  # API group, resource or resource/subresource, verb


def reader_rights(checks: Collection[Check]) -> frozenset[Triple]:
    """What these checks read, base set and logs included, kinds of WHEN_GRANTED left out."""
    needs = (needs_of(checks) | {LOGS}) - WHEN_GRANTED
    return frozenset(
        (group, resource, verb)
        for need in needs
        for group, resource, verbs in rights_of(need)
        for verb in (_LISTED if "list" in verbs else verbs)
    )
