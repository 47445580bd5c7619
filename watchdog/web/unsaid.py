"""Why an Incident is seen and not said: for the page. What is said is decided elsewhere."""

from collections.abc import Iterable
from datetime import datetime

from watchdog.domain.incident import Incident, Status
from watchdog.domain.silence import Silence
from watchdog.logic.incident.repairing import repairing


def why_unsaid(incident: Incident, silences: Iterable[Silence], now: datetime) -> str:
    """Return the first reason in words; "" for an Incident that people are told of."""
    if incident.inhibited_by:
        return f"explained by {incident.inhibited_by}"
    if incident.status is Status.PENDING:
        return f"not confirmed yet, seen {_times(incident.sightings)}"
    if not incident.severity.needs_human:
        return "severity info: for this page and the daily report"
    if incident.status is Status.ACKNOWLEDGED:
        return f"acknowledged by {incident.acknowledged_by}"
    for silence in silences:
        if silence.matches(incident, now):
            end = f"{silence.ends_at:%Y-%m-%d %H:%M} UTC"
            return f"silenced until {end} by {silence.author}: {silence.reason}"
    return "" if incident.announced else repairing(incident, now)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
