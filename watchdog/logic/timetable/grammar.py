"""The text of a schedule: what is accepted, and what is refused with the way to say it right.

Source: requirements R1, both tables. Nothing here knows what time it is.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from typing import NoReturn

from cronsim import CronSim, CronSimError

from watchdog.domain.errors import Misconfigured
from watchdog.logic.timetable.schedule import Crontab, Days, Delay, Interval, Once, Schedule

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
HINT = 'write "every 15m", "every day at 09:00", "weekdays at 9am", "0 8 * * *" or "in 30m"'

_UNITS = {"s": timedelta(seconds=1), "m": MINUTE, "h": timedelta(hours=1), "d": DAY}
_LENGTH = re.compile(r"(\d{1,6})\s*(s|m|h|d)[a-z]*")
_LENGTHS = re.compile(
    r"(?:\d{1,6}\s*(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)\s*)+"
)
_BARE_UNIT = re.compile(r"minute|hour|day")
_TIME = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*(am|pm)?")
_AT = re.compile(r"(.*?)(?:\s+at\s+|\s+(?=\d{1,2}(?::\d{2})?\s*(?:am|pm)?$))(.*)")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_CRON_MINUTE = re.compile(r"[0-9*][0-9*,/-]*")
_CRON_FIELD = re.compile(r"[0-9a-z*,/#?-]+")
_MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_DAY_FIELDS: dict[str, str] = {
    **{name: str(number) for number, name in enumerate(_WEEKDAYS)},
    **{name[:3]: str(number) for number, name in enumerate(_WEEKDAYS)},
    "weekday": "1-5",
    "weekdays": "1-5",
}
_RANGES = {
    "minute": "minute is 0-59",
    "hour": "hour is 0-23",
    "day-of-month": "day of month is 1-31 or L, and one that its months have",
    "month": "month is 1-12 or JAN-DEC",
    "day-of-week": "day of week is 0-7 or SUN-SAT, both 0 and 7 are Sunday",
}


def parse_schedule(text: str) -> Schedule:
    """Read one schedule, any case and spacing.

    Raises:
        Misconfigured: it is none; the hint says how to write what was probably meant.
    """
    words = " ".join(text.lower().split())
    first, _, rest = words.partition(" ")
    if words.startswith("@"):
        meant = _MACROS.get(words)
        _refuse(text, "macros are no crontab", f'write "{meant}"' if meant else HINT)
    if _ISO.match(words):
        return _once(text)
    if first == "in":
        return Delay(_length(text, rest, least=_UNITS["s"]))
    if first == "every" or first in ("daily", "weekdays"):
        return _repeated(text, rest if first == "every" else words)
    return _unmarked(text, words)


def older_text(value: Mapping[str, object]) -> str:
    """Return the schedule text that an object of the older runtime means.

    Such an object is `{kind: interval|cron|once, minutes|expr|run_at, display}`.

    Raises:
        Misconfigured: the kind or its value is not understood.
    """
    match value:
        case {"kind": "interval", "minutes": int(minutes)} if minutes > 0:
            return f"every {minutes}m"
        case {"kind": "cron", "expr": str(line)}:
            return line
        case {"kind": "once", "run_at": str(at)}:
            return at
        case _:
            _refuse(str(value.get("display", "")), f"kind {value.get('kind')!r} is unknown", HINT)


def parse_length(text: str) -> timedelta:
    """Read a length of time with its unit: "90s", "10m", "1h30m", "2 days".

    Raises:
        Misconfigured: it is none.
    """
    return _length(text, " ".join(text.lower().split()), least=_UNITS["s"])


def refuse_past(schedule: Schedule, fire: datetime | None, *, text: str) -> None:
    """Refuse a one-shot that has no `fire` left; for new entries, not for those that have run.

    Raises:
        Misconfigured: it lies in the past.
    """
    if isinstance(schedule, Once) and fire is None:
        _refuse(text, "this moment has passed", 'write a later one, or "in 30m"')


def _once(text: str) -> Once:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        _refuse(text, "is no date and time", 'write "2027-01-05T09:00", with "+01:00" if you like')
    if "T" not in text.strip().upper() and " " not in text.strip():
        _refuse(text, "a date needs a time", f'write "{text.strip()}T09:00"')
    return Once(at.replace(microsecond=0))


def _repeated(text: str, words: str) -> Schedule:
    found = _AT.fullmatch(words)
    what, at = (found[1], _time(text, found[2])) if found else (words, None)
    if what in _DAY_FIELDS:
        if at is None:
            _refuse(text, "a weekday needs a time", f'write "{text.strip()} at 09:00"')
        return _crontab(f"{at.minute} {at.hour} * * {_DAY_FIELDS[what]}")
    if what == "daily":
        if at is None:
            _refuse(text, "daily needs a time", 'write "daily at 09:00"')
        return _crontab(f"{at.minute} {at.hour} * * *")
    length = _length(text, "1 " + what if _BARE_UNIT.fullmatch(what) else what, least=MINUTE)
    return Interval(length) if at is None else _phased(text, length, at)


def _phased(text: str, length: timedelta, at: time) -> Schedule:
    if length == DAY:
        return _crontab(f"{at.minute} {at.hour} * * *")
    if length % DAY == timedelta(0):
        return Days(length // DAY, at)
    if DAY % length or length % MINUTE:
        hint = f'write "every {_nearest_divisor(length)} at {at:%H:%M}", or leave out the time'
        _refuse(text, "with a time of day the period must divide 24 hours", hint)
    return _within_day(length // MINUTE, at)


def _nearest_divisor(length: timedelta) -> str:
    divisors = (minutes for minutes in range(1, 1441) if 1440 % minutes == 0)
    best = min(divisors, key=lambda minutes: abs(minutes * MINUTE - length))
    if best == 1440:
        return "1d"
    return f"{best}m" if best % 60 else f"{best // 60}h"


def _within_day(period: int, at: time) -> Crontab:
    """Every `period` minutes of the local day, one line per minute of the hour that it hits."""
    phase = (at.hour * 60 + at.minute) % period
    hits = sorted((minute % 60, minute // 60) for minute in range(phase, 24 * 60, period))
    lines = []
    for minute, group in groupby(hits, key=lambda hit: hit[0]):
        hours = [str(hour) for _, hour in group]
        # a star makes cronsim follow real time: an hourly job runs in both repeated hours
        lines.append(f"{minute} {'*' if len(hours) == 24 else ','.join(hours)} * * *")
    return Crontab(tuple(lines))


def _unmarked(text: str, words: str) -> Schedule:
    found = _AT.fullmatch(words)
    bare = found[1] if found else words
    if _LENGTHS.fullmatch(bare):
        once = "" if found else f', or "in {words}"'
        _refuse(text, "could mean once or every time", f'write "every {words}"{once}')
    if bare in _DAY_FIELDS:
        _refuse(text, "could mean once or every week", f'write "every {words}"')
    fields = words.split(" ")
    if any(field == "h" or field.startswith("h/") for field in fields):
        _refuse(text, '"H" is no crontab', "write a number or * in its place")
    if _CRON_MINUTE.fullmatch(fields[0]) and all(map(_CRON_FIELD.fullmatch, fields[1:])):
        if len(fields) == 6:
            hint = f'leave out the seconds: write "{" ".join(text.split()[1:])}"'
            _refuse(text, "six fields; a crontab has five", hint)
        if len(fields) == 5:
            return _checked(text, " ".join(fields))
        _refuse(text, f"{len(fields)} fields; a crontab has five", HINT)
    _refuse(text, "is no schedule", HINT)


def _checked(text: str, line: str) -> Crontab:
    try:
        fires = CronSim(line, datetime(2027, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        name = str(error).removeprefix("Bad ")
        _refuse(text, f"its {name} never comes or is out of range", _RANGES[name])
    if next(fires, None) is None:
        _refuse(text, "it never fires", "its day of month and day of week never meet")
    return _crontab(line)


def _crontab(line: str) -> Crontab:
    return Crontab((line,))


def _time(text: str, words: str) -> time:
    found = _TIME.fullmatch(words)
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (99, 0)
    half = found[3] if found else None
    if half:
        hour = hour % 12 + 12 * (half == "pm") if 1 <= hour <= 12 else 99
    if found is None or hour > 23 or minute > 59 or (half is None and found[2] is None):
        _refuse(text, f"{words!r} is no time of day", 'write "09:00", "21:30" or "9am"')
    return time(hour, minute)


def _length(text: str, words: str, *, least: timedelta) -> timedelta:
    if not _LENGTHS.fullmatch(words):
        _refuse(text, f"{words!r} is no length of time", 'write "15m", "1h" or "2d"')
    parts = (int(found[1]) * _UNITS[found[2]] for found in _LENGTH.finditer(words))
    length = sum(parts, timedelta(0))
    if not least <= length <= 3660 * DAY:
        shown = "1m" if least == MINUTE else "1s"
        _refuse(
            text, f"{words!r} is out of range", f"the shortest is {shown}, the longest 10 years"
        )
    return length


def _refuse(text: str, why: str, hint: str) -> NoReturn:
    raise Misconfigured(f'schedule "{text[:80]}": {why}', hint=hint)
