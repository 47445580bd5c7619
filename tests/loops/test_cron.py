"""cron: what people see of the jobs, and what their commands change."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.builders import HOUR, MINUTE, NOW
from tests.clock import FakeClock
from watchdog.config.jobs import JobsFile, parse_jobs
from watchdog.domain.errors import Misconfigured, Usage
from watchdog.domain.job import RunState
from watchdog.domain.notification import Message, NotificationKind
from watchdog.domain.severity import Severity
from watchdog.loops.cron import Command, cron_commands
from watchdog.store import jobsfile, ledger, outbox
from watchdog.store.engine import Store, open_store


def parse(text: str) -> JobsFile:
    return parse_jobs(text, known_checks={"crash_loop": "pods"})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store("", home=tmp_path)


@pytest.fixture
def commands(tmp_path: Path, store: Store) -> Mapping[str, Command]:
    (tmp_path / "cron").mkdir()
    (tmp_path / "cron" / "jobs.json").write_text(
        json.dumps(
            {
                "version": 1,
                "jobs": [
                    {"name": "pods", "schedule": "every 15m", "checks": ["crash_loop"]},
                    {"name": "daily", "schedule": "0 8 * * *", "checks": [], "silent": "never"},
                ],
            }
        )
    )
    return cron_commands(tmp_path, store, FakeClock(), "Europe/Berlin", parse=parse)


def entries(home: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads((home / "cron" / "jobs.json").read_text())["jobs"]
    return found


async def lines(commands: Mapping[str, Command]) -> list[dict[str, object]]:
    found = await commands["cron.list"]({})
    assert isinstance(found, list)
    return found


async def test_a_line_says_when_it_runs_next_in_its_zone(commands: Mapping[str, Command]) -> None:
    assert (await lines(commands))[1] == {
        "name": "daily",
        "schedule": "0 8 * * *",
        "enabled": True,
        "checks": [],
        "next_run": "2026-11-21T07:00:00Z",
        "next_run_local": "2026-11-21 08:00 Europe/Berlin",
        "last_state": None,
        "last_run": None,
        "last_run_local": None,
        "delivery_error": None,
        "paused_at": None,
        "paused_reason": None,
    }


async def test_the_last_run_and_the_next_one_after_it(
    commands: Mapping[str, Command], store: Store
) -> None:
    at = NOW - 10 * MINUTE
    ledger.claim(store, run_id="r", job="pods", trigger="schedule", due_at=at, now=at)
    ledger.finish(store, "r", state=RunState.ALERT, now=at)

    line = (await lines(commands))[0]

    assert (line["last_state"], line["last_run"]) == ("alert", "2026-11-20T11:50:00Z")
    assert line["next_run"] == "2026-11-20T12:05:00Z"


async def test_an_overdue_job_shows_a_time_ahead(
    commands: Mapping[str, Command], store: Store
) -> None:
    at = NOW - 5 * HOUR
    ledger.claim(store, run_id="r", job="pods", trigger="schedule", due_at=at, now=at)

    assert (await lines(commands))[0]["next_run"] == "2026-11-20T12:15:00Z"


async def test_a_message_that_cannot_be_delivered_is_shown(
    commands: Mapping[str, Command], store: Store
) -> None:
    message = Message(
        kind=NotificationKind.OPENED,
        thread="t",
        revision=1,
        severity=Severity.WARNING,
        title="t",
        text="t",
    )
    [row] = outbox.enqueue(store, [("discord", message)], NOW)
    outbox.failed(store, row, error="HTTP 503", next_try_at=NOW + HOUR)

    assert (await lines(commands))[0]["delivery_error"] == "discord: HTTP 503"


async def test_adding_gives_the_new_line(commands: Mapping[str, Command], tmp_path: Path) -> None:
    entry = {"name": "new", "schedule": "every 1h", "checks": ["crash_loop"], "workdir": "x"}

    made = await commands["cron.add"](entry)

    assert isinstance(made, dict)
    assert made["job"]["next_run"] == "2026-11-20T13:00:00Z"
    assert made["warnings"] == ['the key "workdir" has no meaning here and is ignored: new']
    assert entries(tmp_path)[-1] == entry


async def test_a_delay_is_written_as_its_moment(
    commands: Mapping[str, Command], tmp_path: Path
) -> None:
    await commands["cron.add"]({"name": "soon", "schedule": "in 30m", "checks": ["crash_loop"]})

    assert entries(tmp_path)[-1]["schedule"] == "2026-11-20T12:30:00+00:00"


@pytest.mark.parametrize("schedule", ["2026-11-20T12:59", "30m", "every 10s"])
async def test_a_bad_schedule_is_not_written(
    commands: Mapping[str, Command], tmp_path: Path, schedule: str
) -> None:
    with pytest.raises(Misconfigured):
        await commands["cron.add"]({"name": "x", "schedule": schedule, "checks": ["crash_loop"]})

    assert len(entries(tmp_path)) == 2


async def test_editing_changes_only_the_given_keys(
    commands: Mapping[str, Command], tmp_path: Path
) -> None:
    await commands["cron.edit"]({"name": "pods", "fields": {"schedule": "every 5m"}})

    assert entries(tmp_path)[0] == {
        "name": "pods",
        "schedule": "every 5m",
        "checks": ["crash_loop"],
    }


@pytest.mark.parametrize("fields", [{}, None, {"name": "other"}])
async def test_an_edit_of_nothing_or_of_the_name_is_refused(
    commands: Mapping[str, Command], fields: object
) -> None:
    with pytest.raises(Usage):
        await commands["cron.edit"]({"name": "pods", "fields": fields})


async def test_a_pause_keeps_its_reason_and_time(
    commands: Mapping[str, Command], tmp_path: Path
) -> None:
    await commands["cron.pause"]({"name": "pods", "reason": "maintenance"})

    line = (await lines(commands))[0]
    assert (line["enabled"], line["next_run"]) == (False, None)
    assert (line["paused_at"], line["paused_reason"]) == ("2026-11-20T12:00:00Z", "maintenance")
    assert entries(tmp_path)[0]["enabled"] is False


async def test_a_resumed_job_has_a_next_run(commands: Mapping[str, Command], store: Store) -> None:
    await commands["cron.pause"]({"name": "pods"})
    await commands["cron.resume"]({"name": "pods"})

    line = (await lines(commands))[0]
    assert (line["enabled"], line["paused_reason"]) == (True, None)
    assert jobsfile.pauses(store) == {}


async def test_a_removed_job_is_gone(commands: Mapping[str, Command]) -> None:
    assert await commands["cron.remove"]({"name": "pods"}) == {"job": None, "warnings": []}
    assert [line["name"] for line in await lines(commands)] == ["daily"]


@pytest.mark.parametrize("command", ["cron.pause", "cron.resume", "cron.remove", "cron.edit"])
async def test_an_unknown_name_is_refused(commands: Mapping[str, Command], command: str) -> None:
    with pytest.raises(Usage, match='no job "nope"'):
        await commands[command]({"name": "nope", "fields": {"silent": "never"}})


async def test_a_name_is_needed(commands: Mapping[str, Command]) -> None:
    with pytest.raises(Usage, match="name is needed"):
        await commands["cron.remove"]({})


async def test_a_broken_file_is_said_and_not_touched(
    commands: Mapping[str, Command], tmp_path: Path
) -> None:
    (tmp_path / "cron" / "jobs.json").write_text("{")

    for command in ("cron.list", "cron.remove"):
        with pytest.raises(Misconfigured, match="line 1"):
            await commands[command]({"name": "pods"})


async def test_a_one_shot_is_judged_in_the_zone_of_its_job(
    commands: Mapping[str, Command], tmp_path: Path
) -> None:
    # 20:30 is past in Tokyo, ahead in Berlin
    entry = {"name": "x", "schedule": "2026-11-20T20:30", "checks": ["crash_loop"]}

    with pytest.raises(Misconfigured, match="has passed"):
        await commands["cron.add"]({**entry, "timezone": "Asia/Tokyo"})
    await commands["cron.add"](entry)

    assert entries(tmp_path)[-1] == entry


async def test_other_keys_of_a_one_shot_that_ran_can_be_edited(
    commands: Mapping[str, Command], tmp_path: Path
) -> None:
    path = tmp_path / "cron" / "jobs.json"
    path.write_text('[{"name": "x", "schedule": "2026-11-01T09:00", "checks": ["crash_loop"]}]')

    await commands["cron.edit"]({"name": "x", "fields": {"silent": "never"}})

    assert json.loads(path.read_text())[0]["silent"] == "never"
