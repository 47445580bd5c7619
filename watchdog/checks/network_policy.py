"""NetworkPolicies that cut a way somebody needs."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.evidence import Evidence
from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import symptom
from watchdog.logic.network.connections import Connection, closed_by, connections
from watchdog.logic.network.policies import Cut, Direction, policies_of
from watchdog.logic.network.policy_cure import both_ends, cure

_HOLD = timedelta(minutes=5)
_STREAMS = 6  # enough to hear each end of a few connections

Closed = tuple[Cut, Connection]


@check(
    family="network",
    needs=(
        "networkpolicies",
        "services",
        "endpointslices",
        "namespaces",
        "pods",
        "deployments",
        "statefulsets",
        "daemonsets",
    ),
    optional=("ingresses", "ingressclasses", "cronjobs", "replicasets"),
    reasons=("NetworkPolicyBlocks",),
    params=NoParams,
)
def network_policy(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """The policies of a pod, taken together, allow no way to a Service, DNS or host that it is told
    to call, that an Ingress leads to it, or that its log complains of.

    A way that is cut is a fault only when a log says that calls on it time out; without that it is
    mentioned in the report. Refused calls have arrived.
    """
    policies = policies_of(snapshot)
    groups: defaultdict[tuple[Ref, Direction], list[Closed]] = defaultdict(list)
    for connection in connections(snapshot) if policies else ():
        for cut in closed_by(snapshot, policies, connection):
            groups[cut.subject.ref, cut.direction].append((cut, connection))
    for ref in dict.fromkeys(ref for ref, _ in groups):
        # Two directions of one policy are one object to change.
        closed = [
            each for direction in ("Ingress", "Egress") for each in groups.get((ref, direction), ())
        ]
        tried = [each for each in closed if each[1].words]
        yield _finding(snapshot, ref, tried or closed, sure=bool(tried))


def _finding(snapshot: Snapshot, ref: Ref, closed: list[Closed], *, sure: bool) -> Finding:
    cut = closed[0][0]
    same = tuple(connection for other, connection in closed if other.direction == cut.direction)
    names = symptom.listed(f"from {each.source} to {each.name}" for _, each in closed)
    also = [each.name for each in cut.policies if each.ref != ref]
    together = f" together with {symptom.listed(also)}" if also else ""
    seen = (
        "Calls on it time out: they are dropped on the way, not refused"
        if sure
        else "No log that was read complains of it, so it may be meant"
    )
    return Finding(
        reason="NetworkPolicyBlocks",
        subject=ref,
        affected=tuple(
            dict.fromkeys(end for _, each in closed for end in both_ends(snapshot, each))
        ),
        severity=Severity.CRITICAL if sure else Severity.INFO,
        message=f"{ref} blocks the way {names}",
        why=f"{ref}{together} closes {cut.direction.lower()} for the pods it selects and has no rule "
        f"for the way {names}. {seen}. The pods at both ends are not at fault, and a restart does "
        "not help.",
        since=cut.subject.metadata.creation_timestamp,
        hold=_HOLD,
        evidence=_evidence(ref, closed),
        proposal=cure(snapshot, cut, same),
        logs=tuple(dict.fromkeys(query for _, each in closed for query in each.streams))[:_STREAMS],
    )


def _evidence(ref: Ref, closed: list[Closed]) -> tuple[Evidence, ...]:
    cut = closed[0][0]
    kinds = symptom.listed(sorted(each.name for each in cut.policies))
    facts = [
        symptom.fact(
            "spec",
            ref,
            f"{cut.direction.lower()} of the pods it selects is ruled by {kinds}; nothing there allows "
            "this way",
            cut.subject.metadata.creation_timestamp,
        )
    ]
    facts += [
        symptom.fact(
            "spec",
            each.source,
            each.written if each.name in each.written else f"{each.name}: {each.written}",
        )
        for _, each in closed[:3]
    ]
    words = {word.fact.line: word for _, each in closed for word in each.words[:1]}
    facts += [symptom.fact("log", word.pod, word.fact.line) for word in words.values()]
    return tuple(facts[:7])
