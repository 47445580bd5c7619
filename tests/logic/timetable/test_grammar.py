"""grammar: every accepted form, every refused one, and the hint that says it right."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchdog.domain.errors import Misconfigured
from watchdog.logic.timetable.grammar import (
    older_text,
    parse_length,
    parse_schedule,
    refuse_past,
)
from watchdog.logic.timetable.schedule import Crontab, Days, Delay, Interval, Once, Schedule

HOUR = timedelta(hours=1)
NAIVE = datetime(2027, 1, 5, 9, 0)  # noqa: DTZ001 - wall time of the job's zone


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("every 15m", Interval(HOUR / 4)),
        ("every 1h", Interval(HOUR)),
        ("every 2d", Interval(48 * HOUR)),
        ("every hour", Interval(HOUR)),
        ("every 1h30m", Interval(1.5 * HOUR)),
        ("every 2 hours", Interval(2 * HOUR)),
        ("every 1d at 09:00", Crontab(("0 9 * * *",))),
        ("every day at 09:00", Crontab(("0 9 * * *",))),
        ("daily at 7am", Crontab(("0 7 * * *",))),
        ("every 3d at 09:00", Days(3, time(9))),
        ("every 6h at 00:30", Crontab(("30 0,6,12,18 * * *",))),
        ("every 6h at 09:00", Crontab(("0 3,9,15,21 * * *",))),
        ("every 30m at 00:05", Crontab(("5 * * * *", "35 * * * *"))),
        ("every monday 9am", Crontab(("0 9 * * 1",))),
        ("every sun at 21:30", Crontab(("30 21 * * 0",))),
        ("weekdays at 9am", Crontab(("0 9 * * 1-5",))),
        ("weekdays at 12am", Crontab(("0 0 * * 1-5",))),
        ("weekdays at 12:15 pm", Crontab(("15 12 * * 1-5",))),
        ("  Every  DAY at 09:00 ", Crontab(("0 9 * * *",))),
        ("0 8 * * *", Crontab(("0 8 * * *",))),
        ("0 9 * * mon-fri", Crontab(("0 9 * * mon-fri",))),
        ("0 0 L * *", Crontab(("0 0 l * *",))),
        ("in 30m", Delay(HOUR / 2)),
        ("2027-01-05T09:00", Once(NAIVE)),
        ("2027-01-05 09:00", Once(NAIVE)),
        ("2027-01-05T09:00Z", Once(NAIVE.replace(tzinfo=UTC))),
    ],
)
def test_each_accepted_text_means_its_schedule(text: str, schedule: Schedule) -> None:
    assert parse_schedule(text) == schedule


@pytest.mark.parametrize(
    ("text", "why", "hint"),
    [
        ("30m", "could mean once or every time", 'write "every 30m", or "in 30m"'),
        ("1d at 09:00", "could mean once or every time", 'write "every 1d at 09:00"'),
        ("monday 9am", "could mean once or every week", 'write "every monday 9am"'),
        ("0 0 8 * * *", "six fields", 'leave out the seconds: write "0 8 * * *"'),
        ("1 2 3 4 5 6 7", "7 fields", "every 15m"),
        ("0 8 * *", "4 fields", "every 15m"),
        ("15", "1 fields", "every 15m"),
        ("@daily", "macros", 'write "0 0 * * *"'),
        ("@reboot", "macros", "every 15m"),
        ("H 1 * * *", '"H" is no crontab', "write a number"),
        ("H/15 * * * *", '"H" is no crontab', "write a number"),
        ("0 0 31 2 *", "day-of-month never comes", "one that its months have"),
        ("0 0 */31 * 1#3", "it never fires", "never meet"),
        ("60 * * * *", "minute never comes or is out of range", "minute is 0-59"),
        ("0 24 * * *", "hour never comes", "hour is 0-23"),
        ("0 0 * 13 *", "month never comes", "month is 1-12"),
        ("0 0 * * 8", "day-of-week never comes", "Sunday"),
        ("*/0 * * * *", "minute never comes or is out of range", "minute is 0-59"),
        ("every 0m", "out of range", "the shortest is 1m"),
        ("every 10s", "out of range", "the shortest is 1m"),
        ("every 999999d", "out of range", "the longest 10 years"),
        ("in 0s", "out of range", "the shortest is 1s"),
        ("in a while", "no length of time", '"15m"'),
        ("every fortnight", "no length of time", '"15m"'),
        ("every 7h at 00:00", "must divide 24 hours", 'write "every 6h at 00:00"'),
        ("every 7m at 00:00", "must divide 24 hours", 'write "every 6m at 00:00"'),
        ("every 36h at 09:00", "must divide 24 hours", 'write "every 1d at 09:00"'),
        ("every 1m30s at 09:00", "must divide 24 hours", "leave out the time"),
        ("every 1d at 25:00", "no time of day", '"21:30"'),
        ("at 25:00", "is no schedule", "every 15m"),
        ("every day at 9", "no time of day", '"21:30"'),
        ("every day at 09:60", "no time of day", '"21:30"'),
        ("every day at 13pm", "no time of day", '"21:30"'),
        ("every day at noonish", "no time of day", '"21:30"'),
        ("every monday", "a weekday needs a time", 'write "every monday at 09:00"'),
        ("daily", "daily needs a time", 'write "daily at 09:00"'),
        ("2027-01-05", "a date needs a time", 'write "2027-01-05T09:00"'),
        ("2027-13-05T09:00", "is no date and time", "2027-01-05T09:00"),
        ("now and then, perhaps", "is no schedule", "every 15m"),
        ("", "is no schedule", "every 15m"),
    ],
)
def test_refused_with_a_hint(text: str, why: str, hint: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        parse_schedule(text)

    assert f'schedule "{text}": ' in str(refused.value)
    assert why in str(refused.value)
    assert hint in refused.value.hint


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"kind": "interval", "minutes": 15, "display": "every 15m"}, "every 15m"),
        ({"kind": "cron", "expr": "0 8 * * *", "display": "0 8 * * *"}, "0 8 * * *"),
        ({"kind": "once", "run_at": "2027-01-05T09:00:00+01:00"}, "2027-01-05T09:00:00+01:00"),
    ],
)
def test_the_older_object_says_the_same(value: dict[str, object], text: str) -> None:
    assert older_text(value) == text


@pytest.mark.parametrize("value", [{"kind": "moon", "display": "full"}, {}, {"kind": "interval"}])
def test_an_older_object_of_another_kind_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(Misconfigured, match=r"kind .* is unknown"):
        older_text(value)


def test_a_length_has_a_unit() -> None:
    assert parse_length("1h 30m") == 1.5 * HOUR
    with pytest.raises(Misconfigured):
        parse_length("90")


def test_a_new_one_shot_must_not_lie_in_the_past() -> None:
    text = "2027-01-05T09:00"
    schedule = parse_schedule(text)

    with pytest.raises(Misconfigured, match="has passed"):
        refuse_past(schedule, None, text=text)
    refuse_past(schedule, NAIVE.replace(tzinfo=UTC), text=text)
    refuse_past(parse_schedule("every 1h"), None, text="every 1h")


@given(st.text(max_size=40) | st.text(alphabet="0123456789*/,-#L mhdat:@every in", max_size=30))
def test_any_text_is_a_schedule_or_refused_with_a_hint(text: str) -> None:
    hint = "accepted"
    try:
        parse_schedule(text)
    except Misconfigured as refused:
        hint = refused.hint

    assert hint
