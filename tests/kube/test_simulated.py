"""The demo's cluster: one story told by consistent objects, on a clock that runs fast."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from watchdog.checks.image_pull import image_pull
from watchdog.domain.attempt import Result
from watchdog.domain.evidence import LogQuery
from watchdog.domain.objects import corev1, metav1
from watchdog.domain.plan import Call, Plan, Step
from watchdog.domain.ports import Actuator
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.kube.kinds import KINDS
from watchdog.kube.simulated import DemoClock, SimulatedActuator, SimulatedCluster
from watchdog.kube.story import END, EVICTION, NODE_BACK, NODE_LOST, ROLLOUT, STARTUP, UNDO

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CART = Ref("Deployment", "shop", "cart")


class SteppingClock:
    """Time that moves only when told to, or when somebody sleeps."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    async def sleep_until(self, moment: datetime) -> None:
        self.time = max(self.time, moment)


async def shop_at(moment: timedelta) -> Snapshot:
    """The whole cluster at one point of the story."""
    clock = SteppingClock()
    cluster = SimulatedCluster(clock)
    clock.time = START + moment
    return await cluster.snapshot(KINDS)


MOMENTS = [n * MINUTE / 2 for n in range(int(END / MINUTE) * 2)]
HEALTHY = [
    moment
    for moment in MOMENTS
    if moment < ROLLOUT or UNDO <= moment < NODE_LOST or moment >= NODE_BACK
]


def every_object(shop: Snapshot) -> Iterator[metav1.Object]:
    for group in shop.objects.values():
        yield from group


@pytest.mark.parametrize("moment", HEALTHY, ids=str)
async def test_every_workload_is_complete_while_the_shop_is_healthy(moment: timedelta) -> None:
    shop = await shop_at(moment)

    assert {ref.name: each.ready for ref, each in shop.workloads.items()} == {
        ref.name: each.wanted for ref, each in shop.workloads.items()
    }
    assert all(pod.ready for pod in shop.all_pods.values() if not pod.deleting)
    assert not shop.lost_nodes


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
async def test_every_owner_and_every_event_names_an_object_that_is_there(moment: timedelta) -> None:
    shop = await shop_at(moment)
    uids = {item.uid for item in every_object(shop)}

    owners = {owner.uid for item in every_object(shop) for owner in item.metadata.owner_references}
    about = {event.involved_object.uid for event in shop.of("events", corev1.Event).values()}

    assert owners | about <= uids


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
async def test_no_uid_is_used_twice_and_no_pod_is_on_an_unknown_node(moment: timedelta) -> None:
    shop = await shop_at(moment)
    uids = [item.uid for item in every_object(shop)]

    assert len(uids) == len(set(uids))
    assert {pod.node for pod in shop.all_pods.values()} <= shop.nodes.keys()


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
async def test_the_owner_walk_ends_at_a_workload(moment: timedelta) -> None:
    shop = await shop_at(moment)

    assert set(shop.owners.values()) <= shop.workloads.keys()


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
async def test_no_object_carries_a_time_that_is_still_to_come(moment: timedelta) -> None:
    shop = await shop_at(moment)

    created = [item.metadata.creation_timestamp for item in every_object(shop)]
    conditions: list[metav1.Condition] = []
    for pod in shop.all_pods.values():
        conditions += pod.status.conditions
    for node in shop.nodes.values():
        conditions += node.status.conditions
    for deployment in shop.deployments.values():
        conditions += deployment.status.conditions
    changed = [condition.last_transition_time for condition in conditions]

    assert all(time is not None and time <= shop.taken_at for time in (*created, *changed))


async def test_the_bad_image_waits_behind_a_revision_that_still_serves() -> None:
    shop = await shop_at(ROLLOUT + 3 * MINUTE)

    cart = shop.workloads[CART]
    waiting = [pod for pod in shop.pods_by_owner[CART] if not pod.ready]

    assert (cart.ready, cart.wanted, cart.updated) == (2, 2, 1)
    assert [(each.number, each.replicas, each.ready) for each in cart.revisions] == [
        (2, 1, 0),
        (1, 2, 2),
    ]
    assert len(waiting) == 1
    [status] = waiting[0].statuses
    assert status.state.waiting is not None
    assert status.state.waiting.reason == "ImagePullBackOff"
    assert status.state.waiting.message.endswith(": not found")


async def test_the_image_check_blames_the_deployment_and_its_hold_is_over_in_time() -> None:
    shop = await shop_at(ROLLOUT + 4 * MINUTE)

    [finding] = image_pull.detect(shop, image_pull.params())

    assert (finding.reason, finding.subject) == ("ImageNotFound", CART)
    assert finding.since is not None
    assert shop.age(finding.since) >= finding.hold


async def test_the_undo_brings_the_old_replicaset_back_as_the_newest_revision() -> None:
    shop = await shop_at(UNDO + MINUTE)

    cart = shop.workloads[CART]

    assert [(each.number, each.replicas) for each in cart.revisions] == [(3, 2), (2, 0)]
    assert cart.template.spec.containers[0].image.endswith("cart:2.4.0")


async def test_the_lost_node_takes_its_pods_out_of_service() -> None:
    shop = await shop_at(NODE_LOST + MINUTE)

    assert shop.lost_nodes == {"w-2"}
    unready = {pod.node for pod in shop.all_pods.values() if not pod.ready}
    assert unready == {"w-2"}
    assert shop.workloads[Ref("Deployment", "shop", "web")].ready == 2


async def test_evicted_pods_are_replaced_while_the_node_is_still_away() -> None:
    shop = await shop_at(EVICTION + STARTUP)

    assert shop.lost_nodes == {"w-2"}
    leaving = {shop.owners[pod.ref].name for pod in shop.all_pods.values() if pod.deleting}
    assert leaving == {"web", "checkout"}
    assert shop.workloads[Ref("Deployment", "shop", "web")].ready == 3


async def test_a_need_the_demo_does_not_know_is_absent() -> None:
    shop = await SimulatedCluster(SteppingClock()).snapshot(("pods", "applications"))

    assert shop.missing["applications"].reason == "absent"
    assert not shop.has("services")


async def test_running_containers_have_a_log_and_all_queries_an_answer() -> None:
    cluster = SimulatedCluster(SteppingClock())
    [pod, *_] = (await cluster.snapshot(())).pods_by_owner[CART]
    there, before = LogQuery(pod.ref, "cart"), LogQuery(pod.ref, "cart", previous=True)
    unknown = LogQuery(Ref("Pod", "shop", "nobody"), "cart")

    logs = await cluster.logs((there, before, unknown))

    assert {query: log.text for query, log in logs.items()} == {
        there: "cart listening on :8081\n",
        before: "",
        unknown: "",
    }


async def test_every_read_is_allowed() -> None:
    rights = await SimulatedCluster(SteppingClock()).rights(("pods", "deployments"))

    assert ("apps", "deployments", "list", True) in {
        (each.group, each.resource, each.verb, each.allowed) for each in rights
    }
    assert all(each.allowed for each in rights)


def test_the_fast_clock_meets_the_real_time_at_the_end_of_the_story() -> None:
    real = SteppingClock()
    fast = DemoClock(real, speed=20)
    began = fast.now()

    real.time += timedelta(seconds=3)
    assert fast.now() - began == MINUTE

    real.time = START + END / 20
    assert fast.now() == real.time
    real.time += MINUTE
    assert fast.now() == real.time


async def test_a_sleep_on_the_fast_clock_ends_at_its_moment() -> None:
    real = SteppingClock()
    fast = DemoClock(real, speed=20)
    soon, late = fast.now() + 2 * MINUTE, START + END

    await fast.sleep_until(soon)
    assert (fast.now(), real.now()) == (soon, START + timedelta(seconds=6))

    await fast.sleep_until(late)
    assert fast.now() == late


async def test_nothing_in_the_shop_is_changed() -> None:
    actuator: Actuator = SimulatedActuator()
    step = Step(call=Call.RESTART, target=CART, uid="u", what="restart it")
    plan = Plan(
        remediation="RolloutRestart", cause="wedged", owner=CART, steps=(step,), reason="", risk=""
    )

    async def stopped() -> str:
        return await actuator.stopped()

    said = await actuator.objections(plan)
    done = await actuator.carry_out(plan, attempt="a", at=START, stopped=stopped)
    await actuator.close()

    assert (actuator.tested, await actuator.faults(), await stopped()) == (False, (), "")
    assert said == (done.text,) == ("the demo tells a story: nothing in its shop can be changed",)
    assert done.result is Result.REFUSED
