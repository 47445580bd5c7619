"""`watchdog cron` as its users see it, without a daemon."""

import json
from pathlib import Path

import pytest

from tests.cli.installed import call, refusal
from tests.cli.support import Watchdog

ADD = ("cron", "add", "mine", "every", "1h", "--check", "crash_loop")


def test_a_new_home_lists_the_default_jobs_with_zone_and_next_run(tmp_path: Path) -> None:
    done = call("cron", "list", "--output", "json", home=tmp_path, environ={"TZ": "Europe/Berlin"})

    jobs = {job["name"]: job for job in json.loads(done.stdout)["jobs"]}
    assert len(jobs) == 7
    assert jobs["daily-cluster-report"]["next_run_local"].endswith("08:00 Europe/Berlin")


def test_a_job_can_be_added_paused_and_removed(tmp_path: Path) -> None:
    assert call(*ADD, home=tmp_path).returncode == 0
    paused = call("cron", "pause", "mine", "--reason", "works", home=tmp_path)
    listed = call("cron", "list", home=tmp_path)
    removed = call("cron", "remove", "mine", home=tmp_path)

    assert (paused.stdout, paused.stderr) == ("", "paused mine\n")
    assert "paused: works" in listed.stdout
    assert removed.returncode == 0
    assert "mine" not in call("cron", "list", home=tmp_path).stdout


def test_a_bad_schedule_is_refused_with_a_hint(tmp_path: Path) -> None:
    code, error, hint = refusal(call("cron", "add", "mine", "30m", home=tmp_path))

    assert code == 2
    assert error == 'schedule "30m": could mean once or every time'
    assert hint == 'write "every 30m", or "in 30m"'


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (
            ("--timeout", "10"),
            '--timeout: "10" is no length of time; write "15m", "1h" or "2d"',
            "--help",
        ),
        (("--timezone", "Mars"), '--timezone: unknown time zone "Mars"', "Europe/Berlin"),
        (("--deliver", "pager"), '--deliver: "pager" is no target', '"discord"'),
        (("--check", "crash_lop"), '--check: unknown check "crash_lop"', "`crash_loop`"),
        (("--params", "[]"), "--params: expected an object", "--help"),
        (
            ("--params", '{"crash_loop": {"min_restarts": 0}}'),
            "--params: crash_loop.min_restarts: expected 1 or more",
            "--help",
        ),
        (
            ("--params", '{"crash_loop": {"min_restart": 3}}'),
            "--params: crash_loop.min_restart: there is no such key",
            "did you mean `min_restarts`?",
        ),
        (
            ("--params", '{"claims": {"days": 3}}'),
            "--params: claims.days: there is no such key",
            "claims has no settings",
        ),
        (("--context-from", "nobody"), '--context-from: names "nobody", which is no job', "--help"),
        (("--unset", "blah"), "--unset blah: a job has no such key", "the keys are: name,"),
        (("--unset", "timeot"), "--unset timeot: a job has no such key", "did you mean `timeout`?"),
        (("--unset", "schedule"), "schedule: is required", "--help"),
        (("--mode", "act"), "--mode act is above the configured mode suggest", "config.yaml"),
    ],
)
def test_a_wrong_value_is_blamed_on_its_option(
    tmp_path: Path, words: tuple[str, ...], error: str, hint: str
) -> None:
    done = call("cron", "edit", "cert-expiry", *words, home=tmp_path)

    code, said, told = refusal(done)
    assert (code, said) == (2, error)
    assert hint in told


def test_a_job_to_add_with_a_wrong_value_is_not_written(tmp_path: Path) -> None:
    refused = refusal(call(*ADD, "--mode", "act", "--timeout", "1m", home=tmp_path))
    wrong = refusal(call(*ADD, "--timeout", "2h", home=tmp_path))

    assert refused[:2] == (2, "--mode act is above the configured mode suggest")
    assert wrong[:2] == (2, "--timeout: is not shorter than its period")
    assert "mine" not in call("cron", "list", home=tmp_path).stdout


def test_a_key_that_was_kept_unread_can_be_taken_out(tmp_path: Path) -> None:
    jobs = '{"jobs": [{"name": "mine", "schedule": "every 1h", "checks": ["claims"], "color": 1}]}'
    (tmp_path / "cron").mkdir()
    (tmp_path / "cron" / "jobs.json").write_text(jobs)

    done = call("cron", "edit", "mine", "--unset", "color", home=tmp_path)

    assert done.returncode == 0
    assert "color" not in (tmp_path / "cron" / "jobs.json").read_text()


def test_a_job_that_another_one_reads_stays(tmp_path: Path) -> None:
    call(*ADD, "--context-from", "cert-expiry", home=tmp_path)

    code, error, hint = refusal(call("cron", "remove", "cert-expiry", home=tmp_path))

    assert (code, error) == (2, 'job "mine": context_from names "cert-expiry", which is no job')
    assert hint == 'change job "mine" first'


def test_an_unknown_job_is_a_usage_error(tmp_path: Path) -> None:
    code, error, hint = refusal(call("cron", "remove", "cert-expire", home=tmp_path))

    assert (code, error) == (2, 'there is no job "cert-expire"')
    assert hint == "did you mean `cert-expiry`?"


def test_a_broken_file_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "cron").mkdir()
    (tmp_path / "cron" / "jobs.json").write_text('{"version": 1,\n"jobs": [}')

    code, error, _ = refusal(call("cron", "list", home=tmp_path))

    assert code == 3
    assert "line 2" in error


async def test_the_last_run_is_told_in_the_zone_of_the_next(watchdog: Watchdog) -> None:
    await watchdog.call("run", "cert-expiry")
    watchdog.environ["TZ"] = "Asia/Tokyo"

    listed = (await watchdog.call("cron", "list")).stdout

    [line] = [each for each in listed.splitlines() if each.startswith("cert-expiry")]
    assert (line.count("Asia/Tokyo"), "UTC" in line) == (2, False)
