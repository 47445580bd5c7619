"""What `watchdog run` says when it may not see everything: unknown, never healthy, told once."""

import json

from tests.cli.support import READER, Watchdog, grant, opened
from tests.cluster.control_plane import ControlPlane
from tests.doubles.front import Front

UNSEEN = {"cannot list pods", "cannot list deployments"}


async def test_a_forbidden_list_makes_the_verdict_unknown(watchdog: Watchdog, blind: Front) -> None:
    code, result = await watchdog.run()

    assert (code, result["verdict"]) == (4, "unknown")
    blinding = [each for each in result["unknown"] if each["reason"] != "absent"]
    assert {each["reason"] for each in blinding} == {"forbidden"}
    assert {each["need"] for each in blinding} == {"pods", "deployments"}


async def test_a_forbidden_list_is_named_with_verb_and_kind(
    watchdog: Watchdog, blind: Front
) -> None:
    done = await watchdog.call("run", "--all")

    *errors, hint = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (4, "")
    assert {each.partition(": ")[2].partition(":")[0] for each in errors} == UNSEEN
    assert hint.startswith("hint: ")


async def test_scan_names_what_it_may_not_list_in_the_same_way(
    watchdog: Watchdog, blind: Front
) -> None:
    done = await watchdog.call("scan", "--output", "json")

    *errors, hint = done.stderr.splitlines()
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (4, "unknown")
    assert {each.partition(": ")[2].partition(":")[0] for each in errors} == UNSEEN
    assert hint.startswith("hint: ")


async def test_scan_calls_nothing_well_that_it_may_not_see(
    watchdog: Watchdog, blind: Front
) -> None:
    done = await watchdog.call("scan")

    assert done.returncode == 4
    assert (
        done.stdout == "Unknown: test could not be read in full; nothing was found in the rest.\n"
    )


async def test_rights_that_are_optional_do_not_make_it_unknown(
    control_plane: ControlPlane, watchdog: Watchdog, blind: Front
) -> None:
    grant(control_plane, "configmaps")

    done = await watchdog.call("run", "--all")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


async def test_the_first_blind_run_tells_nobody_and_the_second_tells_once(
    watchdog: Watchdog, blind: Front
) -> None:
    await watchdog.run()
    first = watchdog.kinds
    for _ in range(3):
        blind.pass_time(2)
        await watchdog.run()

    assert (first, watchdog.kinds) == ([], ["unknown"])
    assert "pods" in watchdog.said[0]["text"]


async def test_a_second_blind_run_within_a_minute_does_not_count(
    watchdog: Watchdog, blind: Front
) -> None:
    await watchdog.run()
    await watchdog.run()

    assert watchdog.said == []


async def test_sight_that_returns_closes_it_after_two_clear_runs(
    watchdog: Watchdog, blind: Front
) -> None:
    for _ in range(2):
        await watchdog.run()
        blind.pass_time(2)
    blind.user = ""

    first, _ = await watchdog.run()
    kinds = watchdog.kinds
    blind.pass_time(2)
    second, after = await watchdog.run()

    assert (kinds, watchdog.kinds) == (["unknown"], ["unknown", "resolved"])
    assert (first, second, opened(after)) == (1, 0, [])


async def test_what_is_not_seen_any_more_is_not_resolved(
    watchdog: Watchdog, front: Front, rollout: str, blind: Front
) -> None:
    front.user = ""
    await watchdog.run()
    front.user = READER
    done = []
    for _ in range(3):
        front.pass_time(5)
        done.append(await watchdog.run())

    assert [code for code, _ in done] == [4] * 3
    assert "ImageNotFound" in {each["reason"] for each in opened(done[-1][1])}
    assert watchdog.kinds == ["opened", "unknown"]


async def test_a_cluster_first_seen_without_its_namespaces_is_the_same_cluster_later(
    control_plane: ControlPlane, watchdog: Watchdog, blind: Front
) -> None:
    grant(control_plane, "namespaces")
    blindly, _ = await watchdog.run()
    blind.user = ""

    seeing, _ = await watchdog.run()

    assert (blindly, seeing) == (4, 0)


async def test_a_known_cluster_seen_without_its_namespaces_is_still_the_same(
    control_plane: ControlPlane, watchdog: Watchdog, blind: Front
) -> None:
    grant(control_plane, "namespaces")
    blind.user = ""
    await watchdog.run()
    blind.user = READER

    code, result = await watchdog.run()

    assert (code, result["verdict"]) == (4, "unknown")


async def test_a_cluster_that_does_not_answer_leaves_stdout_to_the_result(
    watchdog: Watchdog, front: Front
) -> None:
    front.dropped.add("/api/v1/namespaces")

    done = await watchdog.call("run", "--all", "--output", "json")

    error, hint = done.stderr.splitlines()
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (4, "unknown")
    assert error.startswith("error: cannot reach http://127.0.0.1:")
    assert hint == "hint: check that the API server runs, and the address in the kubeconfig"


async def test_a_credential_that_is_refused_is_told_with_its_cure(
    watchdog: Watchdog, front: Front
) -> None:
    front.faked["/api/v1/namespaces"] = (401, "Unauthorized")

    done = await watchdog.call("run", "--all")

    error, hint = done.stderr.splitlines()
    assert (done.returncode, "does not accept this credential" in error) == (4, True)
    assert hint.startswith("hint: log in again or renew the token")
