"""Souls and prompts through the installed command: seeded, checked, and told when they break."""

import json
from pathlib import Path

from tests.cli.installed import call, refusal
from tests.cli.support import Watchdog, serving, until

SEEDED = (
    "SOUL.md",
    "soul.manifest.yaml",
    "prompts/triage.system.j2",
    "prompts/triage.user.j2",
    "prompts/repair.j2",
    "prompts/ask.system.j2",
    "prompts/ask.user.j2",
)
JOBS = '{"version": 1, "jobs": [%s]}'


def test_a_new_home_gets_every_file_and_an_edited_one_stays(tmp_path: Path) -> None:
    call("cron", "list", home=tmp_path)
    assert all((tmp_path / name).is_file() for name in SEEDED)

    (tmp_path / "SOUL.md").write_text("Mine.\n")
    (tmp_path / "prompts" / "repair.j2").unlink()
    call("cron", "list", home=tmp_path)

    assert (tmp_path / "SOUL.md").read_text() == "Mine.\n"
    assert (tmp_path / "prompts" / "repair.j2").is_file()


def test_config_check_names_file_and_line_of_a_broken_soul(tmp_path: Path) -> None:
    (tmp_path / "SOUL.md").write_text("One.\n{{ ''.__class__ }}\n")

    code, error, hint = refusal(call("config", "check", home=tmp_path))

    assert (code, error.startswith(f"{tmp_path}/SOUL.md:2: ")) == (3, True)
    assert "a template may use" in hint


def test_config_check_warns_of_a_job_whose_soul_is_not_there(tmp_path: Path) -> None:
    job = {"name": "a", "schedule": "every 1h", "checks": ["oom_killed"], "soul": "terse"}
    (tmp_path / "cron").mkdir()
    (tmp_path / "cron" / "jobs.json").write_text(JOBS % json.dumps(job))

    done = call("config", "check", home=tmp_path)

    assert done.returncode == 0
    assert 'job "a": there is no soul "terse" in souls/' in done.stderr


async def test_a_broken_soul_is_told_once_and_taken_back_by_the_repair(watchdog: Watchdog) -> None:
    await watchdog.run()
    soul = watchdog.home / "SOUL.md"
    good = soul.read_text()
    soul.write_text("{{ cluster.nmae }}")

    _, first = await watchdog.run()
    await watchdog.run()
    soul.write_text(good)
    code, _ = await watchdog.run()

    told = [each for each in first["incidents"] if each["reason"] == "SelfConfigInvalid"]
    assert len(told) == 1
    assert "SOUL.md:1: there is no" in told[0]["explanation"]["text"]
    assert watchdog.kinds == ["self", "resolved"]
    assert code == 0


async def test_a_broken_soul_is_a_fault_of_doctor_with_its_line(watchdog: Watchdog) -> None:
    watchdog.home.mkdir(exist_ok=True)
    (watchdog.home / "SOUL.md").write_text("{{")

    done = await watchdog.call("doctor")

    assert done.returncode == 1
    assert f"{watchdog.home}/SOUL.md:1: " in done.stdout


async def test_the_daemon_reads_the_files_again_without_a_restart(watchdog: Watchdog) -> None:
    async with serving(watchdog):
        template = watchdog.home / "prompts" / "triage.user.j2"
        good = template.read_text()
        template.write_text("no data")
        await watchdog.call("run", "oom_killed")
        await until(lambda: watchdog.kinds == ["self"])
        template.write_text(good)
        await watchdog.call("run", "oom_killed")
        await until(lambda: watchdog.kinds == ["self", "resolved"])
