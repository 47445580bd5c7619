"""What `watchdog run` says of an API server that calls itself ill: at the second look, once."""

from tests.cli.support import Watchdog, opened
from tests.doubles.front import Front

ILL = "[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n"


async def test_an_api_server_that_fails_its_own_check_is_told_at_the_second_look(
    watchdog: Watchdog, front: Front
) -> None:
    front.faked["/readyz"] = (500, ILL)
    first, before = await watchdog.run()
    front.pass_time(2)
    second, after = await watchdog.run()

    [incident] = opened(after)
    assert (first, opened(before), second) == (0, [], 1)
    assert (incident["reason"], incident["severity"]) == ("ControlPlaneUnhealthy", "critical")
    assert "etcd" in incident["title"]


async def test_who_may_not_ask_for_its_health_is_told_nothing(
    watchdog: Watchdog, front: Front
) -> None:
    front.faked["/readyz"] = (403, "no")

    code, result = await watchdog.run()

    assert (code, result["verdict"]) == (0, "healthy")
