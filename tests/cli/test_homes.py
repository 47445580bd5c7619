"""Which process may use which home, and which home belongs to which cluster."""

import signal

from tests.cli.installed import refusal
from tests.cli.support import Watchdog, ended, serving
from tests.doubles.front import Front

PODS = "/api/v1/pods"


async def test_two_homes_watch_one_cluster_without_disturbing_each_other(
    watchdog: Watchdog, rollout: str
) -> None:
    other = Watchdog(watchdog.home.parent / "other", watchdog.kubeconfig)

    first, second = await watchdog.run(), await other.run()

    assert (first[0], second[0]) == (1, 1)
    assert (watchdog.kinds, other.kinds) == (["opened"], ["opened"])


async def test_a_home_is_refused_for_another_cluster(watchdog: Watchdog, front: Front) -> None:
    await watchdog.run()
    front.uid = "00000000-0000-4000-8000-000000000001"

    code, error, hint = refusal(await watchdog.call("run", "--all"))

    assert code == 3
    assert "this home belongs to cluster" in error
    assert "--home" in hint


async def test_a_daemon_does_not_start_on_another_cluster(watchdog: Watchdog, front: Front) -> None:
    await watchdog.run()
    front.uid = "00000000-0000-4000-8000-000000000001"

    async with serving(watchdog) as daemon:
        code = await ended(daemon.process)

    assert code == 3
    assert "\nerror: this home belongs to cluster" in watchdog.log
    assert "Traceback" not in watchdog.log


async def test_a_refused_cluster_changes_nothing_in_the_home(
    watchdog: Watchdog, front: Front, rollout: str
) -> None:
    _, before = await watchdog.run()
    front.uid = "00000000-0000-4000-8000-000000000001"
    await watchdog.call("run", "--all")
    front.uid = ""

    code, after = await watchdog.run()

    assert (code, watchdog.kinds) == (1, ["opened"])
    assert after["incidents"][0]["id"] == before["incidents"][0]["id"]


async def test_a_second_process_on_a_home_is_refused_by_the_first_ones_pid(
    watchdog: Watchdog, front: Front
) -> None:
    hold = front.hold(PODS)
    first = watchdog.start("run", "--all")
    await hold.reached.wait()

    code, error, hint = refusal(await watchdog.call("run", "--all"))
    hold.release.set()

    assert (code, error) == (3, f"home {watchdog.home} is in use by process {first.pid}")
    assert "--home" in hint
    assert await ended(first) == 0


async def test_ctrl_c_ends_a_run_with_130_and_leaves_a_home_that_works(
    watchdog: Watchdog, front: Front
) -> None:
    hold = front.hold(PODS)
    first = watchdog.start("run", "--all")
    await hold.reached.wait()

    first.send_signal(signal.SIGINT)

    assert await ended(first) == 130
    assert "Traceback" not in watchdog.log
    front.held.clear()
    code, result = await watchdog.run()
    assert (code, result["verdict"]) == (0, "healthy")
