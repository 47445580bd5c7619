"""What could not be read is an Incident of its own: silence about it would look like health."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta

from watchdog.domain.evidence import Evidence, Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.incident import Incident
from watchdog.domain.ref import Ref
from watchdog.domain.run import Unknown
from watchdog.domain.severity import Severity
from watchdog.logic.symptom import listed

REASON = "ClusterUnreadable"
SIGHTINGS = 2
FAILED = "failed"  # why nothing is known when a check itself breaks

_KIND = "APIResource"
_CHECK = "Check"


def still_unread(known: Iterable[Incident], untried: Collection[str]) -> frozenset[Ref]:
    """What an earlier Run could not read, and this one did not try: nobody knows more of it now.

    `untried` are names of kinds, and ids of checks, that other Runs look at.
    """
    return frozenset(
        ref
        for incident in known
        if incident.reason == REASON
        for ref in incident.affected
        if ref.name in untried
    )


def blindness(
    unknown: Sequence[Unknown], *, before: Collection[Ref], namespace: str
) -> tuple[Finding, ...]:
    """Return one Finding on the own namespace when this Run could not see, else nothing.

    `before` is what is still unread: it stays in `affected`.
    """
    now = {_what(each): each for each in unknown if each.counts}
    if not now:
        return ()
    affected = tuple(sorted({*now, *before}))
    subject = Ref("Namespace", "", namespace)
    whole = _whole(now)
    return (
        Finding(
            reason=REASON,
            subject=subject,
            affected=affected,
            severity=Severity.WARNING,
            message=f"watchdog cannot read the cluster: {whole}" if whole else _partly(affected),
            why=f"{_silent(affected, whole)} until sight returns: no fault is opened and none is "
            "closed. Silence about them does not mean that all is well.",
            since=None,
            hold=timedelta(0),
            sightings=SIGHTINGS,
            evidence=tuple(
                Evidence(kind="status", ref=subject, text=f"{each.reason}: {each.text}"[:300])
                for each in {each.text: each for each in now.values()}.values()
            ),
            proposal=Proposal(
                "Run watchdog doctor: it names the missing right or the source that does not answer.",
                ("watchdog doctor",),
            ),
        ),
    )


def _whole(now: Mapping[Ref, Unknown]) -> str:
    """The one thing that keeps every kind from being read; "" when each has a reason of its own."""
    texts = {each.text for each in now.values()}
    kinds = all(ref.kind == _KIND for ref in now)
    return texts.pop() if kinds and len(now) > 1 and len(texts) == 1 else ""


def _partly(affected: Sequence[Ref]) -> str:
    kinds = listed(ref.name for ref in affected if ref.kind == _KIND)
    checks = listed(ref.name for ref in affected if ref.kind == _CHECK)
    words = [f"cannot read {kinds}"] * bool(kinds) + [f"cannot carry out {checks}"] * bool(checks)
    return f"watchdog {' and '.join(words)}"


def _silent(affected: Sequence[Ref], whole: str) -> str:
    names = listed((ref.name for ref in affected), 12)
    return "All checks say nothing" if whole else f"The checks that need {names} say nothing"


def _what(unknown: Unknown) -> Ref:
    return (
        Ref(_CHECK, "", unknown.check) if unknown.reason == FAILED else Ref(_KIND, "", unknown.need)
    )
