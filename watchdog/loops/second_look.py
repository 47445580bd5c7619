"""What the look right before an Attempt says of the Incident and of its Plan. Pure."""

from dataclasses import replace

from watchdog.domain.attempt import Approval, Considered
from watchdog.domain.incident import Incident
from watchdog.domain.policy import Outcome
from watchdog.domain.sighting import Sighting
from watchdog.logic.incident.group import group
from watchdog.loops.look import View

CHANGED = "changed since asked"


def still_there(incident: Incident, view: View) -> Incident | None:
    """The Incident as this look shows it; None when its fault is not to be seen or is explained."""
    found = [each for each in group(view.seen((incident,))) if _same(incident, each)]
    again = next(iter(found), None)
    if again is None or again.inhibited_by:
        return None
    return replace(incident, subjects=again.subjects, affected=again.affected, clear_runs=0)


def _same(incident: Incident, sighting: Sighting) -> bool:
    alike = (sighting.check, sighting.reason) == (incident.check, incident.reason)
    return alike and bool(set(sighting.subjects) & set(incident.subjects))


def refusal(considered: Considered | None, yes: Approval | None) -> tuple[str, ...]:
    """Why the Plan of this moment is not carried out, empty when it is."""
    if considered is None:
        return ("nothing of the closed set is meant for it now",)
    if considered.decision.outcome is not Outcome.ALLOW:
        return considered.decision.reasons or (considered.decision.outcome.value,)
    if considered.attempt is not None:
        return ("an attempt was made before",)
    if (
        yes is not None
        and considered.plan is not None
        and considered.plan.digest != yes.plan.digest
    ):
        return (CHANGED,)
    return ()
