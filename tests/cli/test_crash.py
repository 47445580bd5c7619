"""A watchdog that is killed at the worst moment: nothing is lost, nothing is said twice."""

import json
import signal
from collections.abc import AsyncIterator

import pytest

from tests.cli.support import Json, Watchdog, ended, opened, serving, until
from tests.doubles.discord import FakeDiscord, Fault, fake_discord
from tests.doubles.front import Front

PODS = "/api/v1/pods"
NEVER = Fault(seconds=3600)  # of the answer; the effect is not done either


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with fake_discord() as server:
        yield server


@pytest.fixture
def telling(watchdog: Watchdog, discord: FakeDiscord) -> Watchdog:
    """A watchdog that tells Discord and nobody else."""
    told = [{"type": "discord", "webhook_url": discord.webhook_url, "api_url": discord.api_url}]
    return Watchdog(watchdog.home, watchdog.kubeconfig, {"WATCHDOG_NOTIFIERS": json.dumps(told)})


async def killed_while_reading(watchdog: Watchdog, front: Front) -> None:
    """A run that dies with half of the cluster read."""
    hold = front.hold(PODS)
    process = watchdog.start("run", "--all")
    await hold.reached.wait()
    process.kill()
    assert await ended(process) == -signal.SIGKILL
    front.held.clear()


async def killed_while_telling(watchdog: Watchdog, discord: FakeDiscord) -> None:
    """A run that dies when everything is stored and Discord has not answered."""
    discord.faults.append(NEVER)
    process = watchdog.start("run", "--all")
    await until(lambda: discord.calls)
    process.kill()
    assert await ended(process) == -signal.SIGKILL


async def stored(watchdog: Watchdog) -> list[Json]:
    """The incidents that stand, as the store has them."""
    listed = await watchdog.call("incidents", "list", "--output", "json")
    found: list[Json] = opened(json.loads(listed.stdout))
    return found


async def test_a_run_killed_while_reading_is_as_if_it_had_not_been(
    watchdog: Watchdog, front: Front, rollout: str
) -> None:
    await killed_while_reading(watchdog, front)

    for _ in range(2):
        code, result = await watchdog.run()

        assert (code, len(opened(result))) == (1, 1)
    assert watchdog.kinds == ["opened"]


async def test_a_run_killed_between_two_others_changes_nothing(
    watchdog: Watchdog, front: Front, rollout: str
) -> None:
    _, before = await watchdog.run()
    front.pass_time(5)
    await killed_while_reading(watchdog, front)

    _, after = await watchdog.run()

    assert [each["id"] for each in opened(after)] == [each["id"] for each in opened(before)]
    assert watchdog.kinds == ["opened"]


async def test_what_a_killed_run_stored_but_did_not_say_is_said_once_by_the_next(
    telling: Watchdog, front: Front, discord: FakeDiscord, rollout: str
) -> None:
    await killed_while_telling(telling, discord)
    [incident] = await stored(telling)

    for _ in range(2):
        front.pass_time(5)
        code, result = await telling.run()

        assert (code, [each["id"] for each in opened(result)]) == (1, [incident["id"]])
    assert len(discord.posts) == 1
    assert "registry.example/web:9" in discord.contents[0]


async def test_what_a_killed_run_did_not_say_is_said_once_by_the_daemon(
    telling: Watchdog, discord: FakeDiscord, rollout: str
) -> None:
    await killed_while_telling(telling, discord)

    async with serving(telling):
        await until(lambda: discord.posts)
        code, _ = await telling.run()

    assert (code, len(discord.posts)) == (1, 1)


async def test_a_daemon_killed_while_telling_says_it_once_after_its_restart(
    telling: Watchdog, discord: FakeDiscord, rollout: str
) -> None:
    discord.faults.append(NEVER)
    async with serving(telling) as daemon:
        running = telling.start("run", "--all")
        await until(lambda: discord.calls)
        daemon.process.kill()
        assert await ended(running) == 3

    async with serving(telling):
        await until(lambda: discord.posts)
        code, result = await telling.run()

    assert (code, len(opened(result)), len(discord.posts)) == (1, 1, 1)


async def test_a_run_that_was_under_way_in_a_killed_daemon_is_no_success(
    watchdog: Watchdog, front: Front
) -> None:
    async with serving(watchdog) as daemon:
        await daemon.ready()
        hold = front.hold(PODS)
        running = watchdog.start("run", "--all")
        await hold.reached.wait()
        daemon.process.kill()
        code = await ended(running)

    error, hint = watchdog.log.splitlines()[-2:]
    assert code == 3
    assert error.startswith("error: the daemon did not answer")
    assert hint.startswith("hint: ")
