"""jobs.json for people, as commands: list, add, edit, pause, resume, remove. JSON in, JSON out."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from watchdog.config.jobs import JobsFile, load_text, timed
from watchdog.config.jobs_edit import Fields, add_job, change_job, remove_job
from watchdog.domain.errors import Misconfigured, Usage
from watchdog.domain.job import LedgerEntry
from watchdog.domain.notification import Notification
from watchdog.domain.ports import Clock
from watchdog.logic.timetable.due import History, Timed, next_due, seen_key
from watchdog.logic.timetable.grammar import parse_schedule, refuse_past
from watchdog.logic.timetable.schedule import Delay, next_after
from watchdog.loops.jobs_watch import Parse
from watchdog.store import jobsfile, ledger, outbox
from watchdog.store.engine import Store

Command = Callable[[Mapping[str, object]], Awaitable[object]]
Line = dict[str, object]

_WHENEVER = timedelta(days=3660)  # of the outbox: also what waits for its next try


def cron_commands(
    home: Path, store: Store, clock: Clock, timezone: str, *, parse: Parse
) -> dict[str, Command]:
    """Return the commands by dotted name. Each works in a thread.

    `cron.list {}` gives lines; `cron.add` takes an entry of jobs.json, `cron.edit {name, fields}`
    keys to set (null takes one out), `cron.pause {name, reason}`, `cron.resume {name}` and
    `cron.remove {name}` a name; these give `{job, warnings}`.
    """
    desk = _Desk(home / "cron" / "jobs.json", store, clock, timezone, parse)
    return {
        "cron.list": _command(desk.list_),
        "cron.add": _command(desk.add),
        "cron.edit": _command(desk.edit),
        "cron.pause": _command(desk.pause),
        "cron.resume": _command(desk.resume),
        "cron.remove": _command(desk.remove),
    }


@dataclass(frozen=True, slots=True)
class _Desk:
    path: Path
    store: Store
    clock: Clock
    timezone: str
    parse: Parse

    def list_(self, _: Mapping[str, object]) -> list[Line]:
        return self._lines(self.parse(load_text(self.path)))

    def add(self, args: Mapping[str, object]) -> Line:
        entry = self._settled(args)
        parse = self._parse_new(_name(args), entry.get("schedule"))
        return self._changed(args, add_job(self.path, entry, parse=parse))

    def edit(self, args: Mapping[str, object]) -> Line:
        fields = args.get("fields")
        if not isinstance(fields, Mapping) or not fields:
            raise Usage("nothing to change", hint="`watchdog cron edit --help` lists the keys")
        if "name" in fields:
            raise Usage("a job keeps its name", hint="remove it and add it under the other name")
        written = self._settled(fields)
        parse = self._parse_new(_name(args), written.get("schedule"))
        return self._changed(args, change_job(self.path, _name(args), written, parse=parse))

    def pause(self, args: Mapping[str, object]) -> Line:
        name, reason = _name(args), str(args.get("reason") or "")
        read = change_job(self.path, name, {"enabled": False}, parse=self.parse)
        jobsfile.pause(self.store, name, reason=reason, now=self.clock.now())
        return self._changed(args, read)

    def resume(self, args: Mapping[str, object]) -> Line:
        name = _name(args)
        read = change_job(self.path, name, {"enabled": True}, parse=self.parse)
        jobsfile.resume(self.store, name)
        return self._changed(args, read)

    def remove(self, args: Mapping[str, object]) -> Line:
        name = _name(args)
        read = remove_job(self.path, name, parse=self.parse)
        jobsfile.resume(self.store, name)
        return {"job": None, "warnings": list(read.warnings)}

    def _settled(self, fields: Fields) -> Fields:
        """A schedule as it is to be written: "in 30m" means from now, not from its first sight."""
        text = fields.get("schedule")
        try:
            schedule = parse_schedule(text) if isinstance(text, str) else None
        except Misconfigured as error:
            raise Usage(str(error), hint=error.hint) from error
        if not isinstance(schedule, Delay):
            return fields
        at = (self.clock.now() + schedule.after).astimezone(UTC).replace(microsecond=0)
        return {**fields, "schedule": at.isoformat()}

    def _parse_new(self, name: str, schedule: object) -> Parse:
        """As `parse`, and this schedule of this job must not lie in the past."""

        def parse(text: str) -> JobsFile:
            read = self.parse(text)
            for job in read.jobs:
                if (job.name, job.schedule) == (name, schedule):
                    new = timed(job, timezone=self.timezone)
                    now = self.clock.now()
                    fire = next_after(new.schedule, now, zone=new.zone, anchor=None)
                    refuse_past(new.schedule, fire, text=job.schedule)
            return read

        return parse

    def _changed(self, args: Mapping[str, object], read: JobsFile) -> Line:
        name = _name(args)
        line = next(each for each in self._lines(read) if each["name"] == name)
        return {"job": line, "warnings": list(read.warnings)}

    def _lines(self, read: JobsFile) -> list[Line]:
        jobs = [timed(job, timezone=self.timezone) for job in read.jobs]
        now = self.clock.now()
        names = [seen_key(each) for each in jobs]
        last_runs = ledger.last_runs(self.store)
        history = History(
            last_runs=last_runs,
            first_seen=ledger.first_seen(self.store, names, now.replace(microsecond=0)),
            settled={each.job.name: now for each in jobs},  # the next one ahead, whatever is late
        )
        pauses = jobsfile.pauses(self.store)
        failing = [row for row in outbox.due(self.store, now + _WHENEVER) if row.failed]
        return [
            _line(
                each,
                next_due(each, history, now),
                last_runs.get(each.job.name),
                delivery_error=_delivery_error(each, failing),
                paused=pauses.get(each.job.name),
            )
            for each in jobs
        ]


def _line(
    each: Timed,
    next_run: datetime | None,
    last: LedgerEntry | None,
    *,
    delivery_error: str | None,
    paused: tuple[datetime, str] | None,
) -> Line:
    ran = (last.started_at or last.due_at) if last else None
    return {
        "name": each.job.name,
        "schedule": each.job.schedule,
        "enabled": each.job.enabled,
        "checks": list(each.job.checks),
        "next_run": _moment(next_run),
        "next_run_local": _local(next_run, each),
        "last_state": last.state.value if last else None,
        "last_run": _moment(ran),
        "last_run_local": _local(ran, each),
        "delivery_error": delivery_error,
        "paused_at": _moment(paused[0]) if paused and not each.job.enabled else None,
        "paused_reason": paused[1] if paused and not each.job.enabled else None,
    }


def _delivery_error(each: Timed, failing: Sequence[Notification]) -> str | None:
    """The newest error of a message that waits for one of the Job's targets."""
    errors = [
        f"{row.target}: {row.failed}"
        for row in failing
        # "discord" stands for every notifier that is set up; a channel of its own for itself
        if row.target in each.job.deliver
        or ("discord" in each.job.deliver and ":" not in row.target)
    ]
    return errors[-1] if errors else None


def _local(at: datetime | None, each: Timed) -> str | None:
    """A time in the zone of the Job."""
    return f"{at.astimezone(each.zone):%Y-%m-%d %H:%M} {each.zone}" if at else None


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def _name(args: Mapping[str, object]) -> str:
    name = args.get("name")
    if not isinstance(name, str) or not name:
        raise Usage("name: a job's name is needed", hint="`watchdog cron list` names them")
    return name


def _command(work: Callable[[Mapping[str, object]], object]) -> Command:
    async def command(args: Mapping[str, object]) -> object:
        return await asyncio.to_thread(work, args)

    return command
