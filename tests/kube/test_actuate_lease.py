"""actuate under a Lease: without it no call is made, whoever forgot to ask."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.kube.actuating import (
    AT,
    QUICK,
    create,
    go_on,
    live,
    plan_for,
    settled,
    version,
    workload,
)
from watchdog.clock import SystemClock
from watchdog.domain.attempt import Result
from watchdog.domain.plan import Call, Plan
from watchdog.domain.ref import Ref
from watchdog.kube.actuate import KubeActuator
from watchdog.kube.client import connect


@pytest.fixture
def lease(control_plane: ControlPlane, namespace: str) -> Ref:
    """A Lease that was held before, and let go."""
    create(
        control_plane,
        {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": "watchdog", "namespace": namespace, "labels": {"kept": "yes"}},
            "spec": {"leaseTransitions": 0},
        },
    )
    return Ref("Lease", namespace, "watchdog")


@pytest.fixture
def plan(control_plane: ControlPlane, namespace: str) -> Plan:
    """The restart of a Deployment without pods."""
    body = workload("Deployment", namespace, replicas=0)
    return plan_for(control_plane, Call.RESTART, settled(control_plane, body, pods=False))


@asynccontextmanager
async def actuator(plane: ControlPlane, lease: Ref, me: str = "me") -> AsyncIterator[KubeActuator]:
    """An actuator that needs the Lease of its namespace."""
    connection = await connect(plane.kubeconfig, limits=QUICK)
    made = KubeActuator(
        connection,
        clock=SystemClock(),
        namespace=lease.namespace,
        lease=lease.name,
        me=me,
        limits=QUICK,
    )
    try:
        yield made
    finally:
        await made.close()


async def test_a_call_is_made_under_the_lease_and_the_end_lets_it_go(
    control_plane: ControlPlane, lease: Ref, plan: Plan
) -> None:
    async with actuator(control_plane, lease) as acting:
        done = await acting.carry_out(plan, attempt="a-1", at=AT, stopped=acting.stopped)
        held = live(control_plane, lease)

    assert done.result is Result.APPLIED
    assert (held["spec"]["holderIdentity"], held["spec"]["leaseTransitions"]) == ("me", 1)
    after = live(control_plane, lease)
    assert "holderIdentity" not in after["spec"]
    assert after["metadata"]["labels"] == {"kept": "yes"}


async def test_without_having_asked_for_it_nothing_is_sent(
    control_plane: ControlPlane, lease: Ref, plan: Plan
) -> None:
    before = version(control_plane, plan.owner)

    async with actuator(control_plane, lease) as acting:
        done = await acting.carry_out(plan, attempt="a-1", at=AT, stopped=go_on)

    assert done.result is Result.FAILED
    assert f"the Lease {lease.namespace}/watchdog is not ours any more" in done.text
    assert version(control_plane, plan.owner) == before


async def test_what_another_one_took_meanwhile_stops_the_call(
    control_plane: ControlPlane, lease: Ref, plan: Plan
) -> None:
    before = version(control_plane, plan.owner)

    async with actuator(control_plane, lease) as acting:
        assert await acting.stopped() == ""
        take(control_plane, lease, "other")
        await acting.stopped()
        done = await acting.carry_out(plan, attempt="a-1", at=AT, stopped=acting.stopped)

    reason = f"another watchdog acts here: other holds the Lease {lease.namespace}/watchdog"
    assert (done.result, done.text) == (Result.REFUSED, f"stopped: {reason}")
    assert version(control_plane, plan.owner) == before
    assert live(control_plane, lease)["spec"]["holderIdentity"] == "other"


def take(plane: ControlPlane, lease: Ref, name: str) -> None:
    """Somebody puts a name into it."""
    spec = {"spec": {"holderIdentity": name, "leaseDurationSeconds": 60}}
    where = ("--namespace", lease.namespace, "--type=merge")
    plane.kubectl("patch", "lease", lease.name, *where, f"--patch={json.dumps(spec)}")


async def test_a_lease_that_is_deleted_under_its_holder_stops_the_call(
    control_plane: ControlPlane, lease: Ref, plan: Plan
) -> None:
    before = version(control_plane, plan.owner)

    async with actuator(control_plane, lease) as acting:
        assert await acting.stopped() == ""
        control_plane.kubectl("delete", "lease", lease.name, "--namespace", lease.namespace)
        done = await acting.carry_out(plan, attempt="a-1", at=AT, stopped=acting.stopped)

    assert done.result is Result.REFUSED
    assert f"the Lease {lease.namespace}/watchdog cannot be had" in done.text
    assert version(control_plane, plan.owner) == before
