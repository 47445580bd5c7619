"""Which rights the shipped roles have to hold: derived from what the plugins declare."""

from collections.abc import Collection, Iterable, Mapping

from watchdog.domain.check import Check
from watchdog.domain.remediation import Remediation
from watchdog.domain.run import WHEN_GRANTED
from watchdog.kube.kinds import LOGS
from watchdog.kube.rights import rights_of
from watchdog.logic.incident.detect import needs_of

# Whoever may list a kind sees all of it already: get and watch add no object and no field.
_LISTED = ("get", "list", "watch")

# The component of rbac/ that brings the rights of a Remediation a person is always asked about.
COMPONENTS: Mapping[str, str] = {"Scale": "scale", "DeleteJob": "jobs"}

Triple = tuple[str, str, str]  # API group, resource or resource/subresource, verb


def reader_rights(
    checks: Collection[Check], remediations: Collection[Remediation] = ()
) -> frozenset[Triple]:
    """What these read, base set and logs included, kinds of WHEN_GRANTED left out."""
    planned = {need for each in remediations for need in (*each.needs, *each.optional)}
    needs = (needs_of(checks) | planned | {LOGS}) - WHEN_GRANTED
    return frozenset(
        (group, resource, verb)
        for need in needs
        for group, resource, verbs in rights_of(need)
        for verb in (_LISTED if "list" in verbs else verbs)
    )


def actor_rights(remediations: Collection[Remediation]) -> frozenset[Triple]:
    """What the Remediations write that are done without asking."""
    return _granted(each for each in remediations if not each.asks)


def component_rights(remediations: Collection[Remediation], component: str) -> frozenset[Triple]:
    """What a component adds to that: the writes of the Remediations that always ask."""
    asking = (each for each in remediations if COMPONENTS.get(each.name) == component)
    return _granted(asking) - actor_rights(remediations)


def _granted(remediations: Iterable[Remediation]) -> frozenset[Triple]:
    return frozenset(
        (grant.group, grant.resource, grant.verb) for each in remediations for grant in each.grants
    )
