"""What `watchdog` does by itself and after a yes, on the real control plane, and what it leaves."""

import signal
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.stuck import AGE, Stuck, stick
from tests.cli.support import Json, Watchdog, ended, opened
from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubelet import Kubelet
from tests.doubles.front import Front
from watchdog.app.acting import stop_switch


@pytest.fixture
def stuck(control_plane: ControlPlane, kubelet: Kubelet, front: Front, namespace: str) -> Stuck:
    """One stuck pod of three, 45 minutes later."""
    found = stick(control_plane, kubelet, namespace)
    front.pass_time(AGE.total_seconds() / 60)
    return found


@pytest.fixture
def acting(watchdog: Watchdog) -> Watchdog:
    """A watchdog that may act."""
    return in_mode(watchdog, "act")


@pytest.fixture
def asking(watchdog: Watchdog) -> Watchdog:
    """A watchdog that asks before it acts."""
    return in_mode(watchdog, "suggest")


def in_mode(watchdog: Watchdog, mode: str) -> Watchdog:
    return Watchdog(watchdog.home, watchdog.kubeconfig, {**watchdog.environ, "WATCHDOG_MODE": mode})


def the(result: Json) -> Json:
    """The incident of the stuck pod."""
    found: list[Json] = [each for each in result["incidents"] if each["reason"] == "SandboxFailed"]
    [incident] = found
    return incident


def evictions(front: Front, stuck: Stuck) -> int:
    """How often an eviction was asked for, rehearsals included."""
    call = f"POST /api/v1/namespaces/{stuck.namespace}/pods/{stuck.pod}/eviction"
    return front.written.count(call)


async def ask(watchdog: Watchdog) -> str:
    """A run that asks; the id of what it asks."""
    _, result = await watchdog.run()
    considered = the(result)["remediation"]
    assert considered["decision"] == "ask"
    return str(considered["reasons"][-1].split()[-1])


async def test_a_stuck_pod_is_evicted_and_nobody_is_disturbed(
    acting: Watchdog, front: Front, stuck: Stuck
) -> None:
    code, result = await acting.run()

    considered = the(result)["remediation"]
    assert (considered["name"], considered["decision"]) == ("EvictPod", "allow")
    assert considered["attempt"]["result"] == "applied"
    assert considered["attempt"]["verification"] == "pending"
    assert not stuck.untouched
    assert code == 1
    assert acting.kinds == []


async def test_a_repair_is_verified_and_told_once_when_it_is_over(
    acting: Watchdog, front: Front, stuck: Stuck
) -> None:
    await acting.run()
    stuck.wait_for_successor()

    results = []
    for _ in range(4):
        front.pass_time(7)
        results.append(await acting.run())

    verified = [the(each)["remediation"]["attempt"] for _, each in results[:2]]
    assert [each["verification"] for each in verified][-1] == "recovered"
    assert results[-1][0] == 0
    assert acting.kinds == ["resolved"]
    assert "evict pod" in acting.said[0]["text"]
    assert evictions(front, stuck) == 2  # one rehearsal, one call


async def test_what_may_only_be_suggested_is_asked_for_and_not_done(
    asking: Watchdog, front: Front, stuck: Stuck
) -> None:
    asked = await ask(asking)

    assert stuck.untouched
    assert evictions(front, stuck) == 0
    assert asking.kinds == ["opened"]
    assert f"watchdog approve {asked}" in asking.said[0]["text"]


async def test_a_yes_is_carried_out_at_once_and_only_once(
    asking: Watchdog, front: Front, stuck: Stuck
) -> None:
    asked = await ask(asking)

    yes = await asking.call("approve", asked)
    again = await asking.call("approve", asked)

    assert (yes.returncode, yes.stdout) == (0, "")
    assert "EvictPod applied" in yes.stderr
    assert not stuck.untouched
    assert again.returncode == 2
    assert again.stderr.startswith("error: ")
    assert "carried_out" in again.stderr
    assert evictions(front, stuck) == 2


async def test_a_no_is_final(asking: Watchdog, front: Front, stuck: Stuck) -> None:
    asked = await ask(asking)

    no = await asking.call("deny", asked)
    yes = await asking.call("approve", asked)
    front.pass_time(5)
    _, result = await asking.run()

    assert (no.returncode, yes.returncode) == (0, 2)
    assert "is denied by" in the(result)["remediation"]["reasons"][-1]
    assert stuck.untouched
    assert evictions(front, stuck) == 0


async def test_after_a_no_nobody_is_told_to_say_yes(asking: Watchdog, stuck: Stuck) -> None:
    asked = await ask(asking)

    no = await asking.call("deny", asked)
    incident, _, said = no.stderr.partition(": ")
    shown = await asking.call("incidents", "show", incident)

    assert said.startswith(f"ask {asked} is denied by ")
    assert "EvictPod is not done" in shown.stdout
    assert "say yes" not in shown.stdout.lower()


async def test_a_yes_that_comes_too_late_is_a_no(
    asking: Watchdog, front: Front, stuck: Stuck
) -> None:
    asked = await ask(asking)
    front.pass_time(61)
    await asking.run()

    yes = await asking.call("approve", asked)

    assert yes.returncode == 2
    assert "expired" in yes.stderr
    assert stuck.untouched


async def test_a_yes_to_what_is_not_so_any_more_does_nothing(
    asking: Watchdog, control_plane: ControlPlane, front: Front, stuck: Stuck
) -> None:
    asked = await ask(asking)
    control_plane.kubectl(
        "set", "env", "deployment/web", "CHANGED=yes", "--namespace", stuck.namespace
    )

    yes = await asking.call("approve", asked)

    assert yes.returncode == 1
    assert f"ask {asked} is withdrawn; " in yes.stderr
    assert evictions(front, stuck) == 0


async def test_the_file_stop_stops_everything(acting: Watchdog, front: Front, stuck: Stuck) -> None:
    acting.home.mkdir(exist_ok=True)
    (acting.home / "STOP").touch()

    _, result = await acting.run()

    assert any("STOP" in each for each in the(result)["remediation"]["reasons"])
    assert stuck.untouched
    assert evictions(front, stuck) == 0


async def test_a_yes_that_a_switch_stops_is_no_success(asking: Watchdog, stuck: Stuck) -> None:
    asked = await ask(asking)
    (asking.home / "STOP").touch()

    yes = await asking.call("approve", asked)

    assert (yes.returncode, yes.stdout) == (1, "")
    assert "STOP" in yes.stderr
    assert stuck.untouched


async def test_the_configmap_stops_everything(acting: Watchdog, front: Front, stuck: Stuck) -> None:
    switch = "/api/v1/namespaces/platform-engineer/configmaps/watchdog-stop"
    front.faked[switch] = (200, "{}")

    _, result = await acting.run()

    assert any("watchdog-stop" in each for each in the(result)["remediation"]["reasons"])
    assert stuck.untouched


async def test_a_lower_mode_of_one_run_is_kept(
    acting: Watchdog, front: Front, stuck: Stuck
) -> None:
    _, result = await acting.run("--mode", "suggest")
    _, silent = await acting.run("--mode", "observe")

    assert the(result)["remediation"]["decision"] == "ask"
    assert the(silent)["remediation"] is None or not the(silent)["remediation"]["attempt"]
    assert stuck.untouched
    assert evictions(front, stuck) == 0


async def test_a_process_killed_between_intent_and_result_repeats_nothing(
    acting: Watchdog, front: Front, stuck: Stuck
) -> None:
    call = f"/api/v1/namespaces/{stuck.namespace}/pods/{stuck.pod}/eviction"
    rehearsal = front.hold(call)
    process = acting.start("run", "--all")
    await rehearsal.reached.wait()
    real = front.hold(call)
    rehearsal.release.set()
    await real.reached.wait()
    process.kill()
    assert await ended(process) == -signal.SIGKILL
    front.held.clear()
    made = evictions(front, stuck)

    front.pass_time(5)
    _, result = await acting.run()
    front.pass_time(5)
    _, later = await acting.run()

    assert evictions(front, stuck) == made == 2
    considered = the(later)["remediation"]
    assert considered["attempt"]["result"] == "failed"
    assert "interrupted" in " ".join(considered["reasons"])
    assert (
        the(result)["remediation"]["attempt"]["started_at"] == considered["attempt"]["started_at"]
    )
    assert stuck.untouched


async def test_what_did_not_help_is_told_once_and_not_tried_again(
    acting: Watchdog, kubelet: Kubelet, front: Front, stuck: Stuck
) -> None:
    stuck.break_successors(kubelet)
    await acting.run()
    stuck.complain(at=AGE + timedelta(minutes=25))
    results = []
    for _ in range(3):
        front.pass_time(10)
        results.append(await acting.run())

    considered = the(results[-1][1])["remediation"]
    assert considered["attempt"]["verification"] == "not_recovered"
    assert acting.kinds == ["opened"]
    assert "did not help" in acting.said[0]["text"]
    assert evictions(front, stuck) == 2


async def test_nothing_is_written_while_observing(
    watchdog: Watchdog, front: Front, stuck: Stuck
) -> None:
    watching = in_mode(watchdog, "observe")

    _, result = await watching.run()

    assert opened(result)
    assert the(result)["remediation"] is None
    assert [each for each in front.written if "selfsubject" not in each] == []


def test_the_switch_that_cannot_be_read_stops(tmp_path: Path) -> None:
    (tmp_path / "home").touch()

    with pytest.raises(NotADirectoryError):
        stop_switch(tmp_path / "home")()
