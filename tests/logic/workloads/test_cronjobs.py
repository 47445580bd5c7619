"""cronjobs: how schedules are read, and what is known without a zone."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.builders import HOUR, MINUTE, NOW, ago
from watchdog.domain.objects import batchv1
from watchdog.logic.workloads.cronjobs import History, read_schedule

DAY = 24 * HOUR


def item(schedule: str, *, zone: str = "", started: timedelta | None = None) -> batchv1.CronJob:
    return batchv1.CronJob(
        spec=batchv1.CronJobSpec(schedule=schedule, time_zone=zone),
        status=batchv1.CronJobStatus(last_schedule_time=None if started is None else ago(started)),
    )


def history(schedule: str, *, zone: str = "", started: timedelta | None = None) -> History:
    made = item(schedule, zone=zone, started=started)
    known = read_schedule(made.spec.schedule, made.spec.time_zone)
    assert known is not None
    return History(item=made, runs=(), schedule=known[0], zone=known[1], now=NOW)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("0 9 * * ?", [3 * HOUR]),
        ("@daily", [12 * HOUR]),
        ("@every 10h", [14 * HOUR, 4 * HOUR]),
        ("@every 1h30m", [22.5 * HOUR - n * 1.5 * HOUR for n in range(16)]),
        ("TZ=Europe/Berlin 0 9 * * *", [4 * HOUR]),
        ("CRON_TZ=Asia/Tokyo 0 9 * * *", [12 * HOUR]),
    ],
)
def test_due_times_are_those_of_the_controller(schedule: str, expected: list[timedelta]) -> None:
    assert history(schedule).due(ago(DAY), NOW) == tuple(map(ago, expected))


def test_the_zone_of_the_spec_counts() -> None:
    assert read_schedule("@hourly", "Europe/Berlin") == (
        *(read_schedule("@hourly", "") or ())[:1],
        ZoneInfo("Europe/Berlin"),
    )


@pytest.mark.parametrize(
    "made",
    [
        item("hourly, please"),
        item("61 * * * *"),
        item("@every 0s"),
        item("@reboot"),
        item("0 * * * *", zone="Mars/Olympus"),
        item("0 * * * *", zone="/etc/passwd"),
    ],
)
def test_what_cannot_be_read_is_left_alone(made: batchv1.CronJob) -> None:
    assert read_schedule(made.spec.schedule, made.spec.time_zone) is None


@pytest.mark.parametrize(
    ("found", "patience"),
    [
        (history("* * * * *"), 10 * MINUTE),
        (history("0 * * * *"), 2 * HOUR),
        (history("@every 3h"), 6 * HOUR),
        (history("0 9 * * *", started=3 * HOUR), 2 * DAY),
        (history("0 9 * * *", started=5 * HOUR), 3 * DAY),
        (history("0 9 * * *"), 3 * DAY),
        (history("0 9 * * *", zone="Europe/Berlin", started=9 * HOUR), 2 * DAY),
        (history("*/10 9-17 * * *", started=12 * HOUR), 20 * MINUTE + DAY),
    ],
)
def test_a_day_more_is_waited_where_the_zone_could_be_another(
    found: History, patience: timedelta
) -> None:
    assert found.patience == patience


def test_one_without_a_creation_time_was_never_due() -> None:
    assert history("* * * * *").missed == ()
