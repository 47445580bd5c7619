"""schedule: fire times across DST, leap days and year ends, and what intervals count from."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchdog.logic.timetable.grammar import parse_schedule
from watchdog.logic.timetable.schedule import (
    Crontab,
    Days,
    Once,
    Schedule,
    latest_between,
    next_after,
    shortest_period,
)

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
KOLKATA = ZoneInfo("Asia/Kolkata")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
CAIRO = ZoneInfo("Africa/Cairo")
ZONES = (UTC, BERLIN, NEW_YORK, KOLKATA, LORD_HOWE, CAIRO)
# the hours around a change of clocks in one of these zones, and some ordinary ones
MOMENTS = st.sampled_from(
    [
        datetime(2027, 3, 27, 22, tzinfo=UTC),
        datetime(2026, 10, 24, 22, tzinfo=UTC),
        datetime(2027, 3, 14, 5, tzinfo=UTC),
        datetime(2026, 11, 1, 4, tzinfo=UTC),
        datetime(2026, 10, 3, 14, tzinfo=UTC),
        datetime(2027, 4, 3, 14, tzinfo=UTC),
        datetime(2026, 4, 23, 20, tzinfo=UTC),
        datetime(2026, 10, 29, 19, tzinfo=UTC),
        datetime(2028, 2, 28, 22, tzinfo=UTC),
        datetime(2026, 12, 31, 20, tzinfo=UTC),
    ]
).flatmap(
    lambda start: st.integers(0, 6 * 3600).map(lambda seconds: start + timedelta(seconds=seconds))
)
TEXTS = st.sampled_from(
    [
        "every 15m",
        "every 2d",
        "every 1d at 02:30",
        "every 3d at 02:30",
        "every 6h at 00:30",
        "every 90m at 00:30",
        "every 15m at 00:05",
        "every sunday 2:30am",
        "weekdays at 9am",
        "30 2 * * *",
        "0,30 1-3 * * *",
        "0 0 L * *",
        "0 0 29 2 *",
        "*/15 * * * *",
        "5 * * * *",
    ]
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def fires(text: str, start: str, count: int, zone: ZoneInfo = BERLIN) -> list[str]:
    """The next fire times as local wall time, the offset included."""
    schedule, moment, found = parse_schedule(text), at(start), []
    for _ in range(count):
        fire = next_after(schedule, moment, zone=zone, anchor=at(start))
        assert fire is not None
        found.append(f"{fire.astimezone(zone):%m-%d %H:%M %z}")
        moment = fire
    return found


def test_a_time_inside_the_gap_fires_once_right_after_it() -> None:
    assert fires("30 2 * * *", "2027-03-27T12:00+01:00", 2) == [
        "03-28 03:00 +0200",
        "03-29 02:30 +0200",
    ]


def test_a_repeated_time_fires_once() -> None:
    assert fires("30 2 * * *", "2026-10-24T12:00+02:00", 2) == [
        "10-25 02:30 +0200",
        "10-26 02:30 +0100",
    ]


def test_a_repeated_time_is_not_offered_again_in_the_second_hour() -> None:
    assert fires("30 2 * * *", "2026-10-25T02:10+01:00", 1) == ["10-26 02:30 +0100"]


def test_wildcards_follow_real_time_in_the_repeated_hour() -> None:
    assert fires("*/30 * * * *", "2026-10-25T01:45+02:00", 5) == [
        "10-25 02:00 +0200",
        "10-25 02:30 +0200",
        "10-25 02:00 +0100",
        "10-25 02:30 +0100",
        "10-25 03:00 +0100",
    ]


def test_an_hourly_phase_follows_real_time_in_the_repeated_hour() -> None:
    assert fires("every 1h at 00:15", "2026-10-25T01:30+02:00", 3) == [
        "10-25 02:15 +0200",
        "10-25 02:15 +0100",
        "10-25 03:15 +0100",
    ]


def test_an_interval_does_not_see_the_clocks_change() -> None:
    assert fires("every 12h", "2027-03-27T18:00+01:00", 2) == [
        "03-28 07:00 +0200",
        "03-28 19:00 +0200",
    ]


def test_every_day_at_nine_is_nine_on_both_sides_of_the_change() -> None:
    assert fires("every 1d at 09:00", "2027-03-27T08:00+01:00", 2) == [
        "03-27 09:00 +0100",
        "03-28 09:00 +0200",
    ]


def test_every_three_days_counts_local_calendar_days_from_the_anchor() -> None:
    # 23:30 UTC is already the 27th in Berlin
    assert fires("every 3d at 09:00", "2027-03-26T23:30+00:00", 2) == [
        "03-30 09:00 +0200",
        "04-02 09:00 +0200",
    ]


def test_every_two_days_inside_the_gap_fires_right_after_it() -> None:
    assert fires("every 2d at 02:30", "2027-03-26T12:00+01:00", 1) == ["03-28 03:00 +0200"]


def test_a_phase_lies_within_the_local_day() -> None:
    assert fires("every 6h at 00:30", "2026-11-20T05:00+01:00", 4) == [
        "11-20 06:30 +0100",
        "11-20 12:30 +0100",
        "11-20 18:30 +0100",
        "11-21 00:30 +0100",
    ]


def test_ninety_minutes_hit_two_minutes_of_the_hour() -> None:
    assert fires("every 90m at 00:30", "2026-11-20T00:00+01:00", 3) == [
        "11-20 00:30 +0100",
        "11-20 02:00 +0100",
        "11-20 03:30 +0100",
    ]


def test_a_leap_day_comes_every_fourth_year() -> None:
    schedule = parse_schedule("0 12 29 2 *")

    first = next_after(schedule, at("2026-11-20T00:00Z"), zone=UTC, anchor=None)

    assert first == at("2028-02-29T12:00Z")
    assert next_after(schedule, first, zone=UTC, anchor=None) == at("2032-02-29T12:00Z")


def test_the_last_day_of_the_month_knows_february() -> None:
    assert fires("0 0 L * *", "2028-02-01T00:00+01:00", 2) == [
        "02-29 00:00 +0100",
        "03-31 00:00 +0200",
    ]


def test_the_year_ends_in_the_zone_of_the_job() -> None:
    assert fires("0 0 1 1 *", "2026-12-31T18:20+00:00", 1, KOLKATA) == ["01-01 00:00 +0530"]


def test_sunday_is_zero_and_seven() -> None:
    start = "2026-11-20T00:00+01:00"

    assert fires("0 9 * * 0", start, 2) == fires("0 9 * * 7", start, 2)
    assert fires("0 9 * * 0", start, 1) == ["11-22 09:00 +0100"]


def test_either_day_field_is_enough_when_both_are_set() -> None:
    assert fires("0 9 24 * fri", "2026-11-20T10:00+01:00", 2) == [
        "11-24 09:00 +0100",
        "11-27 09:00 +0100",
    ]


def test_an_interval_counts_from_its_anchor_and_not_from_now() -> None:
    schedule = parse_schedule("every 15m")

    fire = next_after(
        schedule, at("2026-11-20T12:20:30Z"), zone=UTC, anchor=at("2026-11-20T12:01:10Z")
    )

    assert fire == at("2026-11-20T12:31:10Z")


def test_an_interval_never_fires_before_its_first_period_has_passed() -> None:
    schedule, anchor = parse_schedule("every 1h"), at("2026-11-20T12:00Z")

    assert next_after(schedule, at("2026-11-20T08:00Z"), zone=UTC, anchor=anchor) == at(
        "2026-11-20T13:00Z"
    )


def test_without_an_anchor_a_period_counts_from_the_moment() -> None:
    moment = at("2026-11-20T12:00Z")

    assert next_after(parse_schedule("every 1h"), moment, zone=UTC, anchor=None) == at(
        "2026-11-20T13:00Z"
    )


def test_a_delay_counts_from_its_anchor_and_fires_once() -> None:
    schedule, anchor = parse_schedule("in 30m"), at("2026-11-20T12:00Z")

    fire = next_after(schedule, anchor, zone=UTC, anchor=anchor)

    assert fire == at("2026-11-20T12:30Z")
    assert next_after(schedule, fire, zone=UTC, anchor=anchor) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-01-05T09:00", "2027-01-05T08:00Z"),
        ("2027-01-05T09:00-05:00", "2027-01-05T14:00Z"),
        ("2027-03-28T02:30:20", "2027-03-28T01:00:20Z"),
        ("2026-12-31T23:59", "2026-12-31T22:59Z"),
        ("2028-02-29T00:00", "2028-02-28T23:00Z"),
    ],
)
def test_a_one_shot_is_wall_time_unless_it_has_an_offset(text: str, expected: str) -> None:
    schedule = parse_schedule(text)

    assert next_after(schedule, at("2026-11-20T12:00Z"), zone=BERLIN, anchor=None) == at(expected)


def test_a_one_shot_in_the_past_never_fires() -> None:
    schedule = Once(datetime(2026, 11, 20, 9, 0))  # noqa: DTZ001 - wall time of the job's zone

    assert next_after(schedule, at("2026-11-20T12:00Z"), zone=BERLIN, anchor=None) is None


def test_a_line_that_never_matches_has_no_fire_time() -> None:
    never = Crontab(("0 0 */31 * 1#3",))

    assert next_after(never, at("2026-11-20T12:00Z"), zone=UTC, anchor=None) is None
    assert shortest_period(never) == timedelta(days=365)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("every 15m", timedelta(minutes=15)),
        ("every 3d at 09:00", timedelta(days=3)),
        ("0 9,10 * * *", timedelta(hours=1)),
        ("weekdays at 9am", timedelta(days=1)),
        ("every 6h at 00:30", timedelta(hours=6)),
        ("in 30m", None),
        ("2027-01-05T09:00", None),
    ],
)
def test_the_shortest_period_of_a_schedule_is_known(text: str, expected: timedelta | None) -> None:
    assert shortest_period(parse_schedule(text)) == expected


def test_the_latest_of_many_missed_fire_times_is_found() -> None:
    schedule = parse_schedule("* 0-3 * * *")

    found = latest_between(
        schedule, at("2020-01-01T00:00Z"), at("2026-11-20T23:00Z"), zone=UTC, anchor=None
    )

    assert found == at("2026-11-20T03:59Z")


def test_no_fire_time_in_a_window_is_none() -> None:
    start, end = at("2026-11-20T10:00Z"), at("2026-11-20T23:00Z")

    assert latest_between(parse_schedule("0 8 * * *"), start, end, zone=UTC, anchor=None) is None


@given(text=TEXTS, moment=MOMENTS, zone=st.sampled_from(ZONES), late=st.integers(1, 40_000))
def test_a_fire_time_lies_ahead_and_nothing_lies_between(
    text: str, moment: datetime, zone: ZoneInfo, late: int
) -> None:
    schedule, anchor = parse_schedule(text), moment - timedelta(hours=5)

    fire = next_after(schedule, moment, zone=zone, anchor=anchor)

    assert fire is not None
    assert fire > moment
    assert fire.tzinfo is UTC
    between = min(moment + timedelta(seconds=late), fire - timedelta(seconds=1))
    assert next_after(schedule, max(moment, between), zone=zone, anchor=anchor) == fire


@given(
    moment=MOMENTS,
    zone=st.sampled_from(ZONES),
    wall=st.times().map(lambda each: each.replace(second=0, microsecond=0)),
)
def test_a_daily_wall_time_fires_exactly_once_on_each_local_day(
    moment: datetime, zone: ZoneInfo, wall: time
) -> None:
    schedule: Schedule = Crontab((f"{wall.minute} {wall.hour} * * *",))

    days = []
    for _ in range(4):
        fire = next_after(schedule, moment, zone=zone, anchor=None)
        assert fire is not None
        days.append(fire.astimezone(zone).date())
        moment = fire

    assert [later - sooner for sooner, later in pairwise(days)] == [timedelta(days=1)] * 3


@given(moment=MOMENTS, zone=st.sampled_from(ZONES), days=st.integers(2, 9))
def test_calendar_days_stay_calendar_days(moment: datetime, zone: ZoneInfo, days: int) -> None:
    fire = next_after(Days(days, time(2, 30)), moment, zone=zone, anchor=moment)

    assert fire is not None
    passed = fire.astimezone(zone).date() - moment.astimezone(zone).date()
    assert passed == timedelta(days=days)
