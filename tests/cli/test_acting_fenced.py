"""The whole of acting with the rights and behind the fences that are shipped, not as administrator."""

import pytest

from tests.cli.stuck import Stuck
from tests.cli.support import Watchdog
from tests.cli.test_acting import evictions, in_mode, stuck, the
from tests.cluster.control_plane import ControlPlane
from tests.doubles.front import Front
from tests.kube.test_actuate_fenced import fenced, may_act

# Fixtures of others that this file asks for by name.
__all__ = ["fenced", "stuck"]

SHIPPED = "system:serviceaccount:platform-engineer:platform-engineer"


@pytest.fixture
def acting(fenced: ControlPlane, front: Front, watchdog: Watchdog) -> Watchdog:
    """A watchdog that may act, as the account of the manifests."""
    front.user = SHIPPED
    return in_mode(watchdog, "act")


async def test_a_stuck_pod_is_evicted_and_verified_with_the_shipped_rights(
    acting: Watchdog,
    control_plane: ControlPlane,
    front: Front,
    stuck: Stuck,
) -> None:
    may_act(control_plane, stuck.namespace)

    _, result = await acting.run()

    considered = the(result)["remediation"]
    assert considered["attempt"]["result"] == "applied", considered["reasons"]
    assert not stuck.untouched
    stuck.wait_for_successor()
    verified = []
    for _ in range(2):
        front.pass_time(7)
        _, result = await acting.run()
        verified.append(the(result)["remediation"]["attempt"]["verification"])
    assert verified[-1] == "recovered"
    assert evictions(front, stuck) == 2


async def test_where_the_actor_is_not_bound_it_is_proposed_and_nothing_is_written(
    acting: Watchdog,
    front: Front,
    stuck: Stuck,
) -> None:
    _, result = await acting.run()

    considered = the(result)["remediation"]
    assert considered["decision"] == "deny"
    assert considered["attempt"] is None
    assert the(result)["proposal"]["commands"]
    assert stuck.untouched
