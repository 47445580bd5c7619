"""What could not be read is an Incident of its own: silence about it would look like health."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from watchdog.domain.evidence import Evidence, Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.incident import Incident
from watchdog.domain.ref import Ref
from watchdog.domain.run import Unknown
from watchdog.domain.severity import Severity

REASON = "ClusterUnreadable"
SIGHTINGS = 2


def blindness(
    unknown: Sequence[Unknown],
    *,
    tried: Collection[str],
    known: Sequence[Incident],
    namespace: str,
) -> tuple[Finding, ...]:
    """Return one Finding on the own namespace while any kind cannot be read, else nothing.

    A Run tries only the kinds its checks need (`tried`): what an earlier Run could not read and
    this one did not try is still unread, so it stays in `affected`.
    """
    counted = [each for each in unknown if each.counts]
    now = {each.need: each for each in counted}
    before = {
        ref.name
        for incident in known
        if incident.reason == REASON
        for ref in incident.affected
        if ref.name not in tried
    }
    kinds = sorted({*now, *before})
    if not kinds:
        return ()
    subject = Ref("Namespace", "", namespace)
    names = ", ".join(kinds)
    return (
        Finding(
            reason=REASON,
            subject=subject,
            affected=tuple(Ref("APIResource", "", kind) for kind in kinds),
            severity=Severity.WARNING,
            message=f"watchdog cannot read {names}",
            why=f"The checks that need {names} say nothing until sight returns: no fault is opened "
            "and none is closed. Silence about them does not mean that all is well.",
            since=None,
            hold=timedelta(0),
            sightings=SIGHTINGS,
            evidence=tuple(
                Evidence(kind="status", ref=subject, text=f"{each.reason}: {each.text}"[:300])
                for each in now.values()
            ),
            proposal=Proposal(
                "Run watchdog doctor: it names the missing right or the source that does not answer.",
                ("watchdog doctor",),
            ),
        ),
    )
