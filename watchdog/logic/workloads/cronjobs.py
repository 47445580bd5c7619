"""What a CronJob was to do and what became of it: due starts, runs, the last success.

Source of the rules: the CronJob controller (k8s.io/kubernetes/pkg/controller/cronjob) and the
syntax of robfig/cron's standard parser, which reads the schedules.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from itertools import islice
from statistics import median_high
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from watchdog.domain.objects import batchv1
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.timetable.schedule import (
    Crontab,
    Interval,
    Schedule,
    next_after,
    shortest_period,
)
from watchdog.logic.workloads import jobs

_MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_ZONE = re.compile(r"(?:CRON_)?TZ=(\S+)\s+")
_EVERY = re.compile(r"@every (?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?\Z")
_MANY = 100  # nobody reads a longer list of missed starts
_SETTLING = timedelta(minutes=10)  # what a start that is due may take
_DAY = timedelta(days=1)


def read_schedule(line: str, zone: str) -> tuple[Schedule, tzinfo] | None:
    """Return the schedule that a line means and its zone; None when it cannot be read.

    Without a zone the controller uses its own, which is UTC in nearly every cluster.
    """
    text = line.strip()
    if match := _ZONE.match(text):
        text, zone = text[match.end() :], match[1]
    try:
        found = ZoneInfo(zone) if zone else UTC
        schedule = _schedule(text)
    except (CronSimError, OSError, KeyError, ValueError):  # ZoneInfoNotFoundError is a KeyError
        return None
    return (schedule, found) if schedule else None


def _schedule(text: str) -> Schedule | None:
    if match := _EVERY.match(text):
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        every = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        return Interval(every) if every else None
    line = _MACROS.get(text, text).replace("?", "*")
    CronSim(line, datetime(2027, 1, 1, tzinfo=UTC))  # raises when it is no crontab line
    return Crontab((line,))


def _alike_everywhere(schedule: Schedule) -> bool:
    """Whether it names no hour and no day, so that the zone makes no difference to it."""
    if not isinstance(schedule, Crontab):
        return True
    return all(set(line.split()[1:]) == {"*"} for line in schedule.lines)


@dataclass(frozen=True)
class History:
    """One CronJob with its Jobs and its due starts, as of one Snapshot."""

    item: batchv1.CronJob
    runs: tuple[batchv1.Job, ...]  # oldest first
    schedule: Schedule
    zone: tzinfo
    now: datetime

    @property
    def period(self) -> timedelta:
        """The shortest time between two starts."""
        return shortest_period(self.schedule) or _DAY

    @property
    def born(self) -> datetime:
        """When it was created; now when it does not say, so that nothing was due before."""
        return self.item.metadata.creation_timestamp or self.now

    @property
    def last_success(self) -> datetime | None:
        """When a run last completed, by the CronJob's own word or by one of its Jobs."""
        told = self.item.status.last_successful_time
        done = [
            at
            for run in self.runs
            if (complete := run.condition("Complete")) is not None
            and (at := run.status.completion_time or complete.last_transition_time) is not None
        ]
        return max(done if told is None else [*done, told], default=None)

    @property
    def usual(self) -> timedelta | None:
        """The median time of the runs that completed; None when none is kept."""
        took = [
            run.status.completion_time - run.status.start_time
            for run in self.runs
            if run.condition("Complete") and run.status.completion_time and run.status.start_time
        ]
        return median_high(took) if took else None

    @cached_property
    def active(self) -> tuple[batchv1.Job, ...]:
        """The runs that go on."""
        return tuple(run for run in self.runs if jobs.running(run))

    @cached_property
    def failures(self) -> tuple[batchv1.Job, ...]:
        """The runs that failed since the last success, oldest first."""
        success = self.last_success
        return tuple(
            run
            for run in self.runs
            if (failed := run.condition("Failed")) is not None
            and (at := failed.last_transition_time) is not None
            and (success is None or at > success)
        )

    def due(self, after: datetime, until: datetime) -> tuple[datetime, ...]:
        """The start times in (after, until], at most a hundred of them."""
        return tuple(islice(self._due(after, until), _MANY))

    def _due(self, after: datetime, until: datetime) -> Iterator[datetime]:
        moment = next_after(self.schedule, after, zone=self.zone, anchor=after)
        while moment is not None and moment <= until:
            yield moment
            moment = next_after(self.schedule, moment, zone=self.zone, anchor=after)

    @cached_property
    def missed(self) -> tuple[datetime, ...]:
        """The starts since the last one that can no longer be made up for in time.

        While a run goes on that may not have another beside it, nothing is missed: it is blocked.
        """
        if self.active and self.item.spec.concurrency_policy == "Forbid":
            return ()
        late = timedelta(seconds=self.item.spec.starting_deadline_seconds or 0)
        return self.due(self.item.status.last_schedule_time or self.born, self.now - late)

    @property
    def patience(self) -> timedelta:
        """How long starts must have been missed; a day more where the zone is not known."""
        return max(2 * self.period, _SETTLING) + (timedelta(0) if self._zone_known else _DAY)

    @property
    def _zone_known(self) -> bool:
        """Whether the zone is written down or of no matter, or the last start fits UTC."""
        last = self.item.status.last_schedule_time
        if self.zone is not UTC or _alike_everywhere(self.schedule):
            return True
        second = timedelta(seconds=1)
        return last is not None and self.due(last - second, last) == (last,)

    @property
    def failed_in_a_row(self) -> int:
        """How many runs were to succeed since the last success and have ended without one."""
        last = self.item.status.last_schedule_time
        if last is None:
            return len(self.failures)
        started = len(self.due(self.last_success or self.born, last))
        return max(len(self.failures), started - bool(self.active))

    @property
    def replaced(self) -> int:
        """How many runs in a row were ended by the next start; 0 where a start ends none.

        Those that fail are kept for a while, unless none is to be kept.
        """
        kept = self.item.spec.failed_jobs_history_limit != 0
        replaces = self.item.spec.concurrency_policy == "Replace" and kept
        return self.failed_in_a_row if replaces and self.active and not self.failures else 0

    @property
    def stale_since(self) -> datetime | None:
        """The second due time without a success after the last one; None when that is not past."""
        late = self.due(self.last_success or self.born, self.now - _SETTLING)
        settled = late[: len(late) - bool(self.active)]
        return settled[1] if len(settled) > 1 else None


def histories(snapshot: Snapshot) -> tuple[History, ...]:
    """Every CronJob that is to run and whose schedule can be read, in order of Ref."""
    found = []
    for item in snapshot.cronjobs.values():
        known = read_schedule(item.spec.schedule, item.spec.time_zone)
        if known is not None and not item.spec.suspend and not item.deleting:
            runs = [
                run
                for run in snapshot.jobs.values()
                if run.controller is not None and run.controller.uid == item.uid
            ]
            found.append(
                History(
                    item=item,
                    runs=tuple(sorted(runs, key=_started)),
                    schedule=known[0],
                    zone=known[1],
                    now=snapshot.taken_at,
                )
            )
    return tuple(found)


def _started(run: batchv1.Job) -> float:
    moment = run.status.start_time or run.metadata.creation_timestamp
    return moment.timestamp() if moment else 0.0
