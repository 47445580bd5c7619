"""`watchdog cron` as its users see it, without a daemon."""

import json
from pathlib import Path

from tests.cli.installed import call, refusal

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

    assert code == 3
    assert 'schedule "30m": could mean once or every time' in error
    assert hint == 'write "every 30m", or "in 30m"'


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
