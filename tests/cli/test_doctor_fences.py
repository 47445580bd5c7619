"""`watchdog doctor` about the fences: with a pod's own identity it makes the self-test, else no call.

A pod is told by the name of its connection, which a kubeconfig can give to its context too.
"""

import json

import pytest

from tests.cli.support import Watchdog
from tests.cli.test_acting_fenced import SHIPPED
from tests.cli.test_doctor import lines
from tests.cluster.control_plane import ControlPlane
from tests.doubles.front import Front
from tests.kube.test_actuate_fenced import fenced, without
from watchdog.kube.selftest import CANARY, NOTHING_ELSE

# Fixture of others that this file asks for by name.
__all__ = ["fenced"]

REVIEWS = "selfsubjectaccessreviews"


@pytest.fixture
def mounted(watchdog: Watchdog, front: Front) -> Watchdog:
    """The command as the account of the manifests."""
    front.user = SHIPPED
    file = watchdog.kubeconfig
    file.write_text(file.read_text().replace('"test"', '"in-cluster"'))
    return watchdog


def in_mode(watchdog: Watchdog, mode: str) -> Watchdog:
    watchdog.environ["WATCHDOG_MODE"] = mode
    return watchdog


def tried(front: Front) -> list[str]:
    """What was sent but reads and questions about rights."""
    return [each for each in front.written if not each.endswith(REVIEWS)]


async def test_fences_that_stand_are_one_line(
    fenced: ControlPlane, mounted: Watchdog, front: Front
) -> None:
    done = await in_mode(mounted, "act").call("doctor")

    assert "self-test: the admission policies refuse what they have to" in lines(done, "ok   ")
    assert len(tried(front)) == 3


@pytest.mark.parametrize("mode", ["act", "suggest"])
async def test_a_policy_that_is_gone_is_a_fault_with_a_hint_also_where_a_yes_is_asked_for(
    fenced: ControlPlane, mounted: Watchdog, mode: str
) -> None:
    with without(fenced, "validatingadmissionpolicybinding", NOTHING_ELSE):
        done = await in_mode(mounted, mode).call("doctor", "--output", "json")

    [fault] = [x for x in json.loads(done.stdout) if x["text"].startswith("self-test: ")]
    assert (done.returncode, fault["state"]) == (1, "fault")
    assert f"was not refused by {NOTHING_ELSE}" in fault["text"]
    assert "apply the overlay act" in fault["hint"]


@pytest.mark.parametrize(("mode", "state"), [("observe", "note "), ("act", "fault")])
async def test_without_the_actors_right_it_is_a_fault_only_where_it_would_act(
    fenced: ControlPlane, mounted: Watchdog, mode: str, state: str
) -> None:
    binding = ("platform-engineer-actor", "--namespace", CANARY.namespace)
    with without(fenced, "rolebinding", *binding):
        done = await in_mode(mounted, mode).call("doctor")

    assert [text for text in lines(done, state) if "self-test" in text]
    assert lines(done, "fault") == [] or mode == "act"


async def test_with_a_persons_kubeconfig_none_of_its_calls_is_made(
    watchdog: Watchdog, front: Front
) -> None:
    done = await in_mode(watchdog, "act").call("doctor")

    assert (done.returncode, tried(front), "self-test" in done.stdout) == (0, [], False)
