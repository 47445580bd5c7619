"""When a schedule fires: pure functions of a moment, a zone and an anchor.

cronsim decides every wall-clock time: inside the gap of a DST change it fires once right after it,
a repeated time fires once, and wildcards follow real time. What the text of a schedule may be is
in `grammar`; which Jobs are to run now is in `due`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import assert_never

from cronsim import CronSim

# Any instant will do to measure a pattern; fixed, so that a file is valid today and tomorrow.
_MEASURED_FROM = datetime(2027, 1, 1, tzinfo=UTC)
_MEASURED_FIRES = 32
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Interval:
    """Every `every` of real time, counted from the anchor."""

    every: timedelta


@dataclass(frozen=True, slots=True)
class Days:
    """At the local time `at`, every `days` local calendar days after the anchor's day."""

    days: int
    at: time


@dataclass(frozen=True, slots=True)
class Crontab:
    """Five-field crontab lines; it fires when any of them does. Never empty."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Once:
    """One moment; without a zone of its own it is wall time of the Job's zone."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Delay:
    """One moment, `after` the anchor."""

    after: timedelta


OneShot = Once | Delay
Schedule = Interval | Days | Crontab | OneShot


def next_after(
    schedule: Schedule, moment: datetime, *, zone: tzinfo, anchor: datetime | None
) -> datetime | None:
    """Return the first fire time strictly after `moment` (both aware UTC), None when there is none.

    `anchor` is the last run, or when the Job was first seen; without one `moment` takes its place.
    """
    start = moment if anchor is None else anchor
    match schedule:
        case Interval(every):
            periods = max(1, (moment - start) // every + 1)
            return start + periods * every
        case Days():
            return _next_day(schedule, moment, zone=zone, start=start)
        case Crontab(lines):
            fires = [fire for line in lines if (fire := _next_line(line, moment, zone))]
            return min(fires, default=None)
        case Once(at):
            fixed = at.astimezone(UTC) if at.tzinfo else at_wall(at, zone)
            return fixed if fixed > moment else None
        case Delay(after):
            return start + after if start + after > moment else None
        case _ as unknown:
            assert_never(unknown)


def latest_between(
    schedule: Schedule, after: datetime, until: datetime, *, zone: tzinfo, anchor: datetime | None
) -> datetime | None:
    """Return the last fire time in (after, until], None when there is none.

    Looks back over growing windows: a year without power costs no more than an hour.
    """
    window = timedelta(hours=2)
    while True:
        start = max(after, until - window)
        found = None
        fire = next_after(schedule, start, zone=zone, anchor=anchor)
        while fire is not None and fire <= until:
            found, fire = fire, next_after(schedule, fire, zone=zone, anchor=anchor)
        if found is not None or start == after:
            return found
        window *= 8


def shortest_period(schedule: Schedule) -> timedelta | None:
    """Return the shortest time between two fires of the near future; None for a one-shot."""
    match schedule:
        case Interval(every):
            return every
        case Days(days):
            return timedelta(days=days)
        case Crontab():
            gaps = (later - sooner for sooner, later in pairwise(_fires(schedule)))
            return min(gaps, default=timedelta(days=365))
        case Once() | Delay():
            return None
        case _ as unknown:
            assert_never(unknown)


def _fires(schedule: Crontab) -> Iterable[datetime]:
    fire = next_after(schedule, _MEASURED_FROM, zone=UTC, anchor=None)
    for _ in range(_MEASURED_FIRES):
        if fire is None:
            return
        yield fire
        fire = next_after(schedule, fire, zone=UTC, anchor=None)


def _next_day(schedule: Days, moment: datetime, *, zone: tzinfo, start: datetime) -> datetime:
    first = start.astimezone(zone).date()
    passed = (moment.astimezone(zone).date() - first).days
    steps = max(1, passed // schedule.days)
    while True:
        day = first + steps * timedelta(days=schedule.days)
        fire = at_wall(datetime.combine(day, schedule.at), zone)
        if fire > moment:
            return fire
        steps += 1


def _next_line(line: str, moment: datetime, zone: tzinfo) -> datetime | None:
    # cronsim counts wall time from the local moment and knows nothing of its `fold`: in the second
    # of two repeated hours it offers the fire time of the first one again.
    for fire in CronSim(line, moment.astimezone(zone)):
        if (found := fire.astimezone(UTC)) > moment:
            return found
    return None


def at_wall(wall: datetime, zone: tzinfo) -> datetime:
    """Return the aware UTC instant of a wall time: right after the gap, the first of two repeats."""
    line = f"{wall.minute} {wall.hour} {wall.day} {wall.month} *"
    before = datetime.combine(date(wall.year, wall.month, wall.day), time(), zone) - _SECOND
    fire = next(CronSim(line, before))
    return fire.astimezone(UTC) + timedelta(seconds=wall.second)
