"""Two watchdogs on one cluster under one Lease, with the rights that are shipped: one of them acts."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.stuck import Stuck
from tests.cli.support import Watchdog, serving, until
from tests.cli.test_acting import evictions, stuck, the
from tests.cli.test_acting_fenced import SHIPPED
from tests.cluster.control_plane import ControlPlane
from tests.doubles.front import Front, fronting
from tests.kube.test_actuate_fenced import fenced, install, may_act
from tests.manifests import ROOT
from watchdog.logic.decision.lease import LASTS

# Fixtures of others that this file asks for by name.
__all__ = ["fenced", "stuck"]

LEASE = ("lease", "platform-engineer", "watchdog")


@pytest.fixture
def leased(fenced: ControlPlane, tmp_path: Path) -> Iterator[ControlPlane]:
    """The component `lease-fence`; its Lease was held before, and let go."""
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    shipped = Path(os.path.relpath(ROOT / "rbac", overlay.resolve()))
    text = f"resources: [{shipped / 'act'}]\ncomponents: [{shipped / 'components/lease-fence'}]\n"
    (overlay / "kustomization.yaml").write_text(text)
    install(fenced, "-k", overlay)
    let_go = json.dumps({"spec": {"leaseTransitions": 0}})
    kind, namespace, name = LEASE
    where = ("--namespace", namespace)
    fenced.kubectl("patch", kind, name, *where, "--type=merge", f"--patch={let_go}")
    yield fenced
    kinds = "lease/watchdog,role/platform-engineer-lease,rolebinding/platform-engineer-lease"
    fenced.kubectl("delete", *kinds.split(","), *where)
    install(fenced, "-k", ROOT / "rbac/act")


def holder(plane: ControlPlane) -> str:
    """Who holds the Lease, "" for nobody."""
    found: str = plane.get(*LEASE)["spec"].get("holderIdentity", "")
    return found


@dataclass
class Pair:
    """Two homes, each behind a front of its own, so that it shows who asks for what."""

    one: Watchdog
    other: Watchdog
    before_one: Front
    before_other: Front


def acting(home: Path, front: Front) -> Watchdog:
    """A watchdog that may act, as the account of the manifests, while it holds the Lease."""
    front.user = SHIPPED
    environ = {"WATCHDOG_MODE": "act", "WATCHDOG_ACTOR__LEASE": "watchdog"}
    return Watchdog(home, front.kubeconfig, environ)


@pytest.fixture
async def pair(
    calm: ControlPlane, front: Front, stuck: Stuck, tmp_path: Path
) -> AsyncIterator[Pair]:
    """Both see the same stuck pod at the same time."""
    folder = tmp_path / "second-front"
    folder.mkdir()
    async with fronting(calm, folder) as second:
        second.shift = front.shift
        yield Pair(
            acting(tmp_path / "one", front), acting(tmp_path / "other", second), front, second
        )


async def test_one_of_two_acts_and_the_other_takes_over_when_it_was_killed(
    leased: ControlPlane, pair: Pair, stuck: Stuck
) -> None:
    may_act(leased, stuck.namespace)
    path = f"/api/v1/namespaces/{stuck.namespace}/pods/{stuck.pod}/eviction"
    under_way = pair.before_one.hold(path)
    async with serving(pair.one) as first, serving(pair.other) as second:
        await first.ready()
        await second.ready()
        cut_short = asyncio.get_running_loop().create_task(pair.one.call("run", "--all"))
        await under_way.reached.wait()
        name = holder(leased)

        _, denied = await pair.other.run()

        considered = the(denied)["remediation"]
        assert considered["decision"] == "deny"
        reason = f"another watchdog acts here: {name} holds the Lease platform-engineer/watchdog"
        assert considered["reasons"][-1] == reason
        assert (holder(leased), evictions(pair.before_other, stuck)) == (name, 0)
        told = await pair.other.call("doctor")
        assert f"Lease platform-engineer/watchdog: {name} holds it, and acts" in told.stdout

        begun = asyncio.get_running_loop().time()
        assert await first.end(signal.SIGKILL) == -signal.SIGKILL
        await cut_short
        await until(lambda: holder(leased) != name, seconds=2 * LASTS)

        assert asyncio.get_running_loop().time() - begun > LASTS - 20
        assert evictions(pair.before_other, stuck) == 0
        _, done = await pair.other.run()
        considered = the(done)["remediation"]
        assert considered["attempt"]["result"] == "applied", considered["reasons"]
        assert evictions(pair.before_other, stuck) == 2  # one rehearsal, one call

        assert await second.end(signal.SIGTERM) == 0
        assert holder(leased) == ""


async def test_a_command_that_ends_lets_go(leased: ControlPlane, pair: Pair, stuck: Stuck) -> None:
    may_act(leased, stuck.namespace)

    _, done = await pair.one.run()

    assert the(done)["remediation"]["attempt"]["result"] == "applied"
    assert holder(leased) == ""
    assert leased.get(*LEASE)["spec"]["leaseTransitions"] == 1


async def test_without_the_lease_nothing_is_done_and_doctor_says_so(
    fenced: ControlPlane, pair: Pair, stuck: Stuck
) -> None:
    may_act(fenced, stuck.namespace)

    _, denied = await pair.one.run()
    told = await pair.one.call("doctor")

    considered = the(denied)["remediation"]
    assert considered["decision"] == "deny"
    assert "the Lease platform-engineer/watchdog cannot be had: " in considered["reasons"][-1]
    assert stuck.untouched
    assert evictions(pair.before_one, stuck) == 0
    assert told.returncode == 1
    assert "actor.lease: leases.coordination.k8s.io" in told.stdout
    assert "rbac/components/lease-fence" in told.stdout


async def test_a_lease_that_may_only_be_read_is_a_fault_of_doctor(
    leased: ControlPlane, pair: Pair
) -> None:
    where = ("--namespace", "platform-engineer")
    leased.kubectl("delete", "rolebinding", "platform-engineer-lease", *where)

    told = await pair.one.call("doctor")

    install(leased, "-k", pair.one.home.parent / "overlay")
    assert "actor.lease: this identity may not update platform-engineer/watchdog" in told.stdout
