"""`watchdog serve`: the daemon as those see it who run it, ask it and stop it."""

import json
import signal
from datetime import UTC, timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.cli.installed import refusal
from tests.cli.support import Json, Watchdog, ended, serving, until
from tests.doubles.front import Front
from watchdog.clock import SystemClock
from watchdog.domain.snapshot import BASE_NEEDS

PODS = "/api/v1/pods"


def job(name: str, schedule: str = "every 1h", **more: object) -> Json:
    return {"name": name, "schedule": schedule, "checks": ["image_pull"], **more}


def write_jobs(watchdog: Watchdog, *jobs: Json) -> Path:
    """Put these jobs into the home; return the file."""
    file = watchdog.home / "cron" / "jobs.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"version": 1, "jobs": jobs}))
    return file


def soon() -> str:
    """A schedule: once, in three seconds."""
    moment = SystemClock().now() + timedelta(seconds=3)
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()


def reports(watchdog: Watchdog, number: int) -> bool:
    return watchdog.kinds.count("report") == number


async def test_it_answers_probes_and_shows_its_figures(watchdog: Watchdog) -> None:
    async with serving(watchdog) as daemon:
        await daemon.ready()

        healthy, body = await daemon.get(f"{daemon.api}/healthz")
        _, figures = await daemon.get(f"{daemon.api}/metrics")

    loops = json.loads(body)["loops"]
    assert (healthy, set(loops)) == (200, {"notify", "respond", "scheduler", "upkeep"})
    assert "watchdog_open_incidents" in figures


async def test_it_counts_its_requests_to_the_api_server(watchdog: Watchdog) -> None:
    async with serving(watchdog) as daemon:
        await daemon.ready()

        _, figures = await daemon.get(f"{daemon.api}/metrics")

    [answered] = [line for line in figures.splitlines() if 'requests_total{status="2xx"}' in line]
    [received] = [
        line for line in figures.splitlines() if line.startswith("watchdog_kube_received")
    ]
    assert float(answered.split()[-1]) >= len(BASE_NEEDS)
    assert float(received.split()[-1]) > 1000


async def test_it_is_alive_but_not_ready_while_the_cluster_does_not_answer(
    watchdog: Watchdog, front: Front
) -> None:
    front.dropped.add("/api/v1/namespaces")
    async with serving(watchdog) as daemon:
        healthy, _ = await daemon.get(f"{daemon.api}/healthz")
        ready, why = await daemon.get(f"{daemon.api}/readyz")

    assert (healthy, ready) == (200, 503)
    assert "api_server" in why


async def test_it_shows_what_stands_on_its_page(watchdog: Watchdog, rollout: str) -> None:
    async with serving(watchdog) as daemon:
        await watchdog.run()

        status, page = await daemon.get(daemon.page)

    assert status == 200
    assert f"{rollout}/web" in page


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
async def test_a_signal_ends_it_and_leaves_a_home_that_works(
    watchdog: Watchdog, number: signal.Signals, code: int
) -> None:
    async with serving(watchdog) as daemon:
        await daemon.ready()

        assert await daemon.end(number) == code

    assert "Traceback" not in watchdog.log
    assert not (watchdog.home / "watchdog.sock").exists()
    assert (await watchdog.run())[0] == 0


async def test_a_signal_during_a_run_ends_it_too(watchdog: Watchdog, front: Front) -> None:
    async with serving(watchdog) as daemon:
        await daemon.ready()
        hold = front.hold(PODS)
        running = watchdog.start("run", "--all")
        await hold.reached.wait()

        assert await daemon.end(signal.SIGTERM) == 0
        assert await ended(running) == 3

    assert "error: the daemon was stopped before it had finished" in watchdog.log
    assert "Traceback" not in watchdog.log


async def test_commands_go_through_the_daemon_that_has_the_home(
    watchdog: Watchdog, rollout: str
) -> None:
    async with serving(watchdog):
        code, result = await watchdog.run()
        incident = result["incidents"][0]["id"]
        silence = ("--namespace", rollout, "--for", "1h", "--reason", "known")
        answers = [
            await watchdog.call(*words)
            for words in (
                ("ack", incident),
                ("incidents", "list"),
                ("incidents", "show", incident),
                ("silence", "add", *silence),
                ("note", "add", "the registry moved"),
                ("cron", "list"),
                ("cron", "pause", "cert-expiry", "--reason", "later"),
                ("test-alert",),
            )
        ]

    assert code == 1
    assert [each.returncode for each in answers] == [0] * 8
    assert "acknowledged" in answers[1].stdout
    assert "paused: later" in (await watchdog.call("cron", "list")).stdout


async def test_errors_of_the_daemon_look_like_those_of_the_command(watchdog: Watchdog) -> None:
    async with serving(watchdog):
        code, error, hint = refusal(await watchdog.call("run", "cluster-helth-check"))

    assert (code, error) == (2, "no job or check is called cluster-helth-check")
    assert "cluster-health-check" in hint


async def test_a_second_daemon_on_the_home_is_refused_by_the_first_ones_pid(
    watchdog: Watchdog,
) -> None:
    async with serving(watchdog) as daemon:
        code, error, _ = refusal(await watchdog.call("serve"))

    assert (code, error) == (3, f"home {watchdog.home} is in use by process {daemon.process.pid}")


async def test_it_ends_when_another_cluster_answers_in_place_of_its_own(
    watchdog: Watchdog, front: Front
) -> None:
    await watchdog.run()
    async with serving(watchdog) as daemon:
        await daemon.ready()
        front.uid = "00000000-0000-4000-8000-000000000001"
        write_jobs(watchdog, job("one", soon()))

        code = await ended(daemon.process)

    assert code == 3
    assert "\nerror: this home belongs to cluster" in watchdog.log


async def test_jobs_that_are_due_together_share_one_snapshot(
    watchdog: Watchdog, front: Front
) -> None:
    async with serving(watchdog) as daemon:
        await daemon.ready()
        front.seen.clear()
        when = soon()
        write_jobs(watchdog, job("one", when, silent="never"), job("two", when, silent="never"))

        await until(lambda: len(watchdog.said) == 2)

    assert {each["title"].split(": ")[1] for each in watchdog.said} == {"one", "two"}
    assert front.seen.count(PODS) == 1


async def test_a_scheduled_run_announces_once_also_across_a_restart(
    watchdog: Watchdog, rollout: str
) -> None:
    for number in (1, 2):
        write_jobs(watchdog, job(f"run-{number}", soon(), silent="never"))
        async with serving(watchdog) as daemon:
            await until(partial(reports, watchdog, number))
            assert await daemon.end(signal.SIGTERM) == 0

    assert sorted(watchdog.kinds) == ["opened", "report", "report"]


async def test_a_broken_edit_of_the_jobs_is_told_once_with_line_and_reason(
    watchdog: Watchdog,
) -> None:
    file = write_jobs(watchdog, job("good"))
    async with serving(watchdog) as daemon:
        await daemon.ready()
        file.write_text('{"version": 1,\n "jobs": [}')
        await until(lambda: watchdog.said)
        ran = await watchdog.call("run", "good", "--output", "json")
        file.write_text('{"version": 1,\n\n "jobs": [}')
        await until(lambda: watchdog.log.count("jobs file refused") == 2)

        [notice] = watchdog.said

    assert (notice["kind"], json.loads(ran.stdout)["job"]) == ("self", "good")
    assert "line 2" in notice["text"]


async def test_a_repaired_jobs_file_is_in_force_and_closes_the_notice(watchdog: Watchdog) -> None:
    file = write_jobs(watchdog, job("good"))
    async with serving(watchdog) as daemon:
        await daemon.ready()
        file.write_text("{")
        await until(lambda: watchdog.said)

        write_jobs(watchdog, job("better"))
        await until(lambda: len(watchdog.said) == 2)
        code = (await watchdog.call("run", "better")).returncode

    assert (watchdog.kinds, code) == (["self", "resolved"], 0)


async def test_jobs_that_are_broken_from_the_start_are_told_and_closed_once_too(
    watchdog: Watchdog,
) -> None:
    file = write_jobs(watchdog)
    file.write_text("{")
    async with serving(watchdog) as daemon:
        await until(lambda: watchdog.said)
        await daemon.ready()
        await watchdog.run()

        write_jobs(watchdog, job("good"))
        await until(lambda: len(watchdog.said) == 2)

    assert watchdog.kinds == ["self", "resolved"]


async def test_the_last_good_jobs_are_in_force_after_a_restart(
    watchdog: Watchdog, rollout: str
) -> None:
    file = write_jobs(watchdog, job("good"))
    async with serving(watchdog) as daemon:
        await daemon.ready()
        await daemon.end(signal.SIGTERM)
    file.write_text("{")

    async with serving(watchdog):
        await until(lambda: watchdog.said)
        ran = await watchdog.call("run", "good", "--output", "json")

    assert (ran.returncode, json.loads(ran.stdout)["job"]) == (1, "good")
