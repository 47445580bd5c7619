"""Is every loop alive, and do the systems outside answer? State and questions; time comes in.

Kept apart from Kubernetes, the model and Discord: none of them failing makes this program unwell.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

PERIODS = 3  # a loop that is this many periods late counts as dead


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The last sign of life of one loop: monotonic seconds, and how often one is due."""

    at: float
    period: timedelta

    def age(self, now: float) -> float:
        """Seconds since then."""
        return max(0.0, now - self.at)

    def alive(self, now: float) -> bool:
        """Whether the loop still comes round."""
        return self.age(now) < PERIODS * self.period.total_seconds()


@dataclass(frozen=True, slots=True)
class Tally:
    """What one system outside (kubernetes, discord, ...) answered since the start."""

    successes: int = 0
    errors: int = 0
    last_success_at: datetime | None = None
    reached: bool = False  # the newest answer was a success


class Health:
    """Heartbeats of the loops and tallies of the systems. Written by the loops, read by the API."""

    def __init__(self) -> None:
        """Know nothing yet: no loop, no system."""
        self._heartbeats: dict[str, Heartbeat] = {}
        self._tallies: dict[str, Tally] = {}

    @property
    def heartbeats(self) -> Mapping[str, Heartbeat]:
        """By loop."""
        return self._heartbeats

    @property
    def tallies(self) -> Mapping[str, Tally]:
        """By system."""
        return self._tallies

    def beat(self, loop: str, *, period: timedelta, now: float) -> None:
        """Note that a loop came round; the next time is due within `period`."""
        self._heartbeats[loop] = Heartbeat(now, period)

    def succeeded(self, system: str, *, at: datetime) -> None:
        """Count an answer that was of use."""
        tally = self._tallies.get(system, Tally())
        self._tallies[system] = replace(
            tally, successes=tally.successes + 1, last_success_at=at, reached=True
        )

    def failed(self, system: str) -> None:
        """Count an error. Its text stays in the log: health is served without credentials."""
        tally = self._tallies.get(system, Tally())
        self._tallies[system] = replace(tally, errors=tally.errors + 1, reached=False)

    def alive(self, now: float) -> bool:
        """Whether there are loops, and all of them come round."""
        beats = self._heartbeats.values()
        return bool(beats) and all(heartbeat.alive(now) for heartbeat in beats)

    def reached(self, system: str) -> bool:
        """Whether the newest answer of a system was a success."""
        return self._tallies.get(system, Tally()).reached


def health_json(health: Health, now: float) -> dict[str, object]:
    """The body of /healthz: loops with their age, systems with their counters. No names inside."""
    return {
        "alive": health.alive(now),
        "loops": {
            name: {
                "alive": heartbeat.alive(now),
                "age_seconds": round(heartbeat.age(now), 3),
                "period_seconds": heartbeat.period.total_seconds(),
            }
            for name, heartbeat in sorted(health.heartbeats.items())
        },
        "systems": {
            name: {
                "successes": tally.successes,
                "errors": tally.errors,
                "last_success_at": tally.last_success_at.isoformat()
                if tally.last_success_at
                else None,
            }
            for name, tally in sorted(health.tallies.items())
        },
    }
