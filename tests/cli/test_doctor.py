"""`watchdog doctor`: what is set up, what is missing, and what to do about it."""

import json
from pathlib import Path

from tests.cli.installed import call
from tests.cli.support import Done, Watchdog, serving
from tests.doubles.front import Front
from tests.kube.faulty import kubeconfig


def lines(done: Done, state: str) -> list[str]:
    """What the lines of one state say."""
    return [line[6:] for line in done.stdout.splitlines() if line.startswith(f"{state} ")]


async def test_a_whole_set_up_has_no_fault(watchdog: Watchdog) -> None:
    done = await watchdog.call("doctor")

    well = lines(done, "ok   ")
    assert (done.returncode, done.stderr, lines(done, "fault")) == (0, "", [])
    assert any(text.startswith("cluster test: 3 nodes") for text in well)
    assert any(text.startswith("home ") and text.endswith(" MB free") for text in well)
    assert any("checks active: " in text and "image_pull" in text for text in well)


async def test_every_note_has_a_hint(watchdog: Watchdog) -> None:
    done = await watchdog.call("doctor", "--output", "json")

    found = json.loads(done.stdout)
    notes = [each for each in found if each["state"] == "note"]
    assert notes
    assert all(each["hint"] for each in notes)


async def test_checks_that_do_not_exist_yet_are_a_note(watchdog: Watchdog) -> None:
    await watchdog.run()  # seeds the jobs

    done = await watchdog.call("doctor")

    assert any("checks that this version does not have" in text for text in lines(done, "note "))
    assert done.returncode == 0


async def test_a_missing_right_is_a_fault_that_names_it_and_its_checks(
    watchdog: Watchdog, blind: Front
) -> None:
    done = await watchdog.call("doctor")

    faults = lines(done, "fault")
    assert done.returncode == 1
    assert "not granted: list pods" in faults
    assert "not granted: list deployments.apps" in faults
    assert any(text.startswith("check image_pull cannot run: ") for text in faults)


async def test_a_cluster_that_cannot_be_reached_is_a_fault(tmp_path: Path) -> None:
    config = kubeconfig(tmp_path, "http://127.0.0.1:9")

    done = call("--kubeconfig", config, "doctor", home=tmp_path / "home")

    [fault] = lines(done, "fault")
    assert (done.returncode, done.stderr) == (1, "")
    assert fault.startswith("cluster test: cannot reach http://127.0.0.1:9")


async def test_broken_jobs_are_a_fault(watchdog: Watchdog) -> None:
    file = watchdog.home / "cron" / "jobs.json"
    file.parent.mkdir(parents=True)
    file.write_text("{")

    done = await watchdog.call("doctor")

    [fault] = lines(done, "fault")
    assert (done.returncode, str(file) in fault) == (1, True)


async def test_a_job_with_one_model_and_nothing_to_fall_back_on_is_a_note(
    watchdog: Watchdog,
) -> None:
    alone = {"name": "alone", "schedule": "every 1h", "prompt": "well?", "model": "large"}
    chained = {**alone, "name": "chained", "fallbacks": ["small"]}
    paused = {**alone, "name": "paused", "enabled": False}
    file = watchdog.home / "cron" / "jobs.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"version": 1, "jobs": [alone, chained, paused]}))

    done = await watchdog.call("doctor")

    said = "jobs name one model and no other to fall back on: alone"
    assert [text for text in lines(done, "note ") if text.startswith("jobs name one")] == [said]


async def test_it_says_whether_the_daemon_runs(watchdog: Watchdog) -> None:
    before = await watchdog.call("doctor")
    async with serving(watchdog):
        during = await watchdog.call("doctor")

    assert "no daemon runs on this home" in lines(before, "note ")
    assert "the daemon runs and answers on its socket" in lines(during, "ok   ")


async def test_it_changes_nothing(watchdog: Watchdog, front: Front) -> None:
    await watchdog.call("doctor")

    assert not watchdog.home.exists()
    assert {each.split("/")[-1] for each in front.written} <= {"selfsubjectaccessreviews"}
