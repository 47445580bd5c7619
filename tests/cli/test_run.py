"""`watchdog run` through the installed command: what is said, when, and how it ends."""

import json
import shlex

from tests.cli.support import BAD, GOOD, Json, Watchdog, opened
from tests.cluster.control_plane import ControlPlane, free_ports
from tests.doubles.front import Front


async def runs(watchdog: Watchdog, front: Front, count: int) -> list[tuple[int, Json]]:
    """That many runs, five minutes of the cluster's clock before each."""
    done = []
    for _ in range(count):
        front.pass_time(5)
        done.append(await watchdog.run())
    return done


def undo(plane: ControlPlane, incident: Json, *more: str) -> str:
    """Carry out the one command that the incident proposes."""
    [command] = incident["proposal"]["commands"]
    kubectl, *arguments = shlex.split(command)
    assert kubectl == "kubectl"
    return plane.kubectl(*arguments, *more)


async def test_a_broken_rollout_is_announced_once_over_five_runs(
    watchdog: Watchdog, front: Front, rollout: str
) -> None:
    done = await runs(watchdog, front, 5)

    assert [code for code, _ in done] == [1] * 5
    assert [len(opened(result)) for _, result in done] == [1] * 5
    assert watchdog.kinds == ["opened"]
    assert [each["kind"] for _, result in done for each in result["notifications"]] == ["opened"]


async def test_a_broken_rollout_names_deployment_image_and_undo_command(
    watchdog: Watchdog, rollout: str
) -> None:
    _, result = await watchdog.run()

    [incident] = result["incidents"]
    [message] = watchdog.said
    assert incident["subjects"] == [{"kind": "Deployment", "namespace": rollout, "name": "web"}]
    assert incident["reason"] == "ImageNotFound"
    for text in (message["text"], json.dumps(incident)):
        assert BAD in text
        assert GOOD in text
        assert f"kubectl -n {rollout} rollout undo deployment/web" in text


async def test_the_proposed_command_heals_the_rollout(
    control_plane: ControlPlane, watchdog: Watchdog, rollout: str
) -> None:
    _, result = await watchdog.run()

    undo(control_plane, result["incidents"][0], "--dry-run=server")
    undo(control_plane, result["incidents"][0])

    status = ("rollout", "status", "deployment/web", "--namespace", rollout, "--timeout=60s")
    assert "successfully rolled out" in control_plane.kubectl(*status)


async def test_a_cured_rollout_is_resolved_once_and_then_nothing_is_said(
    control_plane: ControlPlane, watchdog: Watchdog, front: Front, rollout: str
) -> None:
    _, broken = await watchdog.run()
    undo(control_plane, broken["incidents"][0])
    control_plane.kubectl("rollout", "status", "deployment/web", "--namespace", rollout)

    done = await runs(watchdog, front, 3)

    assert watchdog.kinds == ["opened", "resolved"]
    assert [code for code, _ in done[1:]] == [0, 0]
    [resolved] = done[1][1]["incidents"]
    assert (resolved["id"], resolved["status"]) == (broken["incidents"][0]["id"], "resolved")
    assert done[2][1]["incidents"] == []


async def test_text_mode_prints_the_incident_and_the_command(
    watchdog: Watchdog, rollout: str
) -> None:
    done = await watchdog.call("run", "--all")

    first, second = done.stdout.splitlines()
    assert first.startswith(f"warning: Deployment/{rollout}/web: image {BAD} does not exist")
    assert second == f"  kubectl -n {rollout} rollout undo deployment/web"


async def test_a_healthy_cluster_costs_no_word(watchdog: Watchdog) -> None:
    done = await watchdog.call("run", "--all")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert watchdog.said == []


async def test_a_job_of_the_seeded_file_is_run_by_name(watchdog: Watchdog) -> None:
    done = await watchdog.call("run", "cluster-health-check", "--output", "json")

    assert (done.returncode, json.loads(done.stdout)["job"]) == (0, "cluster-health-check")


async def test_a_check_is_run_by_its_id(watchdog: Watchdog, rollout: str) -> None:
    done = await watchdog.call("run", "node_ready", "--output", "json")

    found = json.loads(done.stdout)
    assert (found["job"], found["incidents"]) == ("node_ready", [])


async def test_deliver_always_sends_a_summary_of_a_healthy_cluster(watchdog: Watchdog) -> None:
    code, result = await watchdog.run("--deliver", "always")

    assert (code, watchdog.kinds) == (0, ["report"])
    assert [each["delivered"] for each in result["notifications"]] == [True]
    assert "nodes: 3 of 3 ready" in watchdog.said[0]["text"]


async def test_deliver_none_leaves_the_announcement_for_the_next_run_that_delivers(
    watchdog: Watchdog, rollout: str
) -> None:
    quiet, _ = await watchdog.run("--deliver", "none")
    before = watchdog.kinds

    code, _ = await watchdog.run()

    assert (quiet, code, before, watchdog.kinds) == (1, 1, [], ["opened"])


async def test_an_acknowledged_incident_still_needs_a_human(
    watchdog: Watchdog, rollout: str
) -> None:
    _, result = await watchdog.run()

    done = await watchdog.call("ack", result["incidents"][0]["id"])

    code, after = await watchdog.run()
    assert (done.returncode, code, after["verdict"]) == (0, 1, "alert")
    assert after["incidents"][0]["status"] == "acknowledged"


async def test_a_silenced_incident_still_needs_a_human_but_nobody_is_told(
    watchdog: Watchdog, rollout: str
) -> None:
    rule = ("--namespace", rollout, "--for", "1h", "--reason", "we know")
    silenced = await watchdog.call("silence", "add", *rule)

    code, result = await watchdog.run()

    assert (silenced.returncode, code, result["verdict"]) == (0, 1, "alert")
    assert watchdog.said == []


async def test_a_message_that_does_not_arrive_is_exit_code_6(
    watchdog: Watchdog, rollout: str
) -> None:
    [port] = free_ports(1)
    webhook = f"http://127.0.0.1:{port}/api/webhooks/1/token"
    told = json.dumps([{"type": "discord", "webhook_url": webhook}])
    deaf = Watchdog(watchdog.home, watchdog.kubeconfig, {"WATCHDOG_NOTIFIERS": told})

    done = await deaf.call("run", "--all", "--output", "json")

    error, hint = done.stderr.splitlines()
    [message] = json.loads(done.stdout)["notifications"]
    assert (done.returncode, error) == (6, "error: not delivered to discord")
    assert (hint.startswith("hint: "), message["delivered"]) == (True, False)
