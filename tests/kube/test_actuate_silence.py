"""actuate when no answer comes, or a strange one: told as it is, and never a second call."""

from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web

from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubelet import Kubelet
from tests.doubles.front import Front, fronting
from tests.kube.actuating import (
    AT,
    actuator,
    carry_out,
    fail,
    go_on,
    live,
    objections,
    plan_for,
    pod_ref,
    pods_of,
    ready_deployment,
    settled,
    version,
    with_step,
    workload,
)
from tests.kube.faulty import black_hole, kubeconfig, playing
from watchdog.clock import SystemClock
from watchdog.domain.attempt import Result
from watchdog.domain.plan import Call, Plan, Step
from watchdog.domain.ref import Ref
from watchdog.kube.client import Limits
from watchdog.kube.live import path_of

Disturb = Callable[[Front, str], None]


def drop(front: Front, call: str) -> None:
    front.dropped.add(call)


def fail_with(code: int, text: str) -> Disturb:
    def disturb(front: Front, call: str) -> None:
        front.faked[call] = (code, text)

    return disturb


@pytest.mark.parametrize(
    ("disturb", "said"),
    [
        (drop, "was lost before it answered"),
        (fail_with(500, "etcdserver: leader changed"), "leader changed"),
        (fail_with(503, "shutting down"), "shutting down"),
        (fail_with(504, "gateway timeout"), "gateway timeout"),
        (fail_with(302, "elsewhere"), "elsewhere"),
    ],
    ids=["reset", "500", "503", "504", "redirect"],
)
async def test_without_a_clear_answer_the_result_is_unknown_and_nothing_is_repeated(
    control_plane: ControlPlane, namespace: str, tmp_path: Path, disturb: Disturb, said: str
) -> None:
    ref = settled(control_plane, workload("Deployment", namespace), pods=False)
    plan = plan_for(control_plane, Call.RESTART, ref)
    call = f"PATCH {path_of(ref)}"
    before = live(control_plane, ref)["metadata"]["generation"]

    async with fronting(control_plane, tmp_path) as front:
        disturb(front, call)
        done = await carry_out(front.kubeconfig, plan)

    assert done.result is Result.UNKNOWN
    assert said in done.text
    assert front.written == [call]
    assert live(control_plane, ref)["metadata"]["generation"] == before


async def test_a_write_whose_answer_is_lost_is_made_once_and_unknown(
    control_plane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    ref = settled(control_plane, workload("Deployment", namespace), pods=False)
    plan = plan_for(control_plane, Call.RESTART, ref)
    call = f"PATCH {path_of(ref)}"
    before = live(control_plane, ref)["metadata"]["generation"]

    async with fronting(control_plane, tmp_path) as front:
        front.swallowed.add(call)
        done = await carry_out(front.kubeconfig, plan)

    assert done.result is Result.UNKNOWN
    assert front.written == [call]
    assert live(control_plane, ref)["metadata"]["generation"] == before + 1


async def test_a_deletion_whose_answer_is_lost_is_not_sent_again_and_ends_the_plan(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str, tmp_path: Path
) -> None:
    owner = ready_deployment(control_plane, kubelet, namespace)
    first, second = (pod_ref(pod) for pod in pods_of(control_plane, namespace))
    for each in (first, second):
        fail(control_plane, each)
    plan = plan_for(control_plane, Call.DELETE, owner, first, second)

    async with fronting(control_plane, tmp_path) as front:
        front.swallowed.add(f"DELETE {path_of(first)}")
        done = await carry_out(front.kubeconfig, plan)

    assert done.result is Result.UNKNOWN
    assert done.text.startswith("0 of 2 calls were applied")
    assert front.written == [f"DELETE {path_of(first)}"]
    left = set(map(pod_ref, pods_of(control_plane, namespace)))
    assert (first in left, second in left) == (False, True)


async def test_what_was_done_before_a_refusal_is_not_called_refused(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str, tmp_path: Path
) -> None:
    owner = ready_deployment(control_plane, kubelet, namespace)
    first, second = (pod_ref(pod) for pod in pods_of(control_plane, namespace))
    for each in (first, second):
        fail(control_plane, each)
    plan = plan_for(control_plane, Call.DELETE, owner, first, second)

    async with fronting(control_plane, tmp_path) as front:
        front.faked[f"DELETE {path_of(second)}"] = (403, "not in the closed set")
        done = await carry_out(front.kubeconfig, plan)

    assert done.result is Result.APPLIED
    assert done.disarm
    assert "1 of 2 calls were applied" in done.text
    assert "not in the closed set" in done.text
    assert second in map(pod_ref, pods_of(control_plane, namespace))


@pytest.mark.parametrize("call", Call)
async def test_an_object_that_changes_between_the_look_and_the_call_is_left_alone(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str, call: Call
) -> None:
    owner = ready_deployment(control_plane, kubelet, namespace)
    pod = pod_ref(pods_of(control_plane, namespace)[0])
    if call is Call.DELETE:
        fail(control_plane, pod)
    target = pod if call in (Call.EVICT, Call.DELETE) else owner
    replicas = {"replicas": 3} if call is Call.SCALE else {}
    plan = plan_for(control_plane, call, owner, target, **replicas)

    async def somebody_else() -> str:
        label = (target.kind.lower(), target.name, "--namespace", namespace, "touched=yes")
        control_plane.kubectl("label", *label)
        return ""

    async with actuator(control_plane.kubeconfig) as acting:
        done = await acting.carry_out(plan, attempt="a-1", at=AT, stopped=somebody_else)

    assert done.result is Result.REFUSED
    assert "it is not what it was any more" in done.text
    assert live(control_plane, owner)["metadata"]["generation"] == plan.generation
    assert pod in map(pod_ref, pods_of(control_plane, namespace))


@pytest.mark.parametrize("call", [Call.RESTART, Call.EVICT, Call.DELETE])
async def test_another_object_under_the_same_name_is_refused_by_its_uid_alone(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str, tmp_path: Path, call: Call
) -> None:
    """Shown a false uid, even this program would write; the API server would not."""
    owner = ready_deployment(control_plane, kubelet, namespace)
    pod = pod_ref(pods_of(control_plane, namespace)[0])
    if call is Call.DELETE:
        fail(control_plane, pod)
    target = owner if call is Call.RESTART else pod
    plan = plan_for(control_plane, call, owner, target)
    false = "11111111-2222-3333-4444-555555555555"
    shown = control_plane.kubectl("get", "--raw", path_of(target))
    before = version(control_plane, target)

    async with fronting(control_plane, tmp_path) as front:
        front.faked[f"GET {path_of(target)}"] = (200, shown.replace(plan.steps[0].uid, false))
        done = await carry_out(front.kubeconfig, with_step(plan, uid=false))

    assert done.result is Result.REFUSED
    assert "it is not what it was any more" in done.text
    assert version(control_plane, target) == before


async def test_an_unreadable_answer_to_the_look_is_an_objection(
    control_plane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    ref = settled(control_plane, workload("Deployment", namespace), pods=False)
    plan = plan_for(control_plane, Call.RESTART, ref)

    async with fronting(control_plane, tmp_path) as front:
        front.faked[path_of(ref)] = (200, '{"metadata": {"uid": 7}}')
        said = await objections(front.kubeconfig, plan)
        done = await carry_out(front.kubeconfig, plan)

    assert "cannot be read" in said[0]
    assert done.result is Result.FAILED
    assert front.written == []


async def test_a_web_page_in_place_of_the_api_server_is_no_success(
    control_plane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    """A captive portal answers everything with 200."""
    ref = settled(control_plane, workload("Deployment", namespace), pods=False)
    plan = plan_for(control_plane, Call.RESTART, ref)
    shown = control_plane.kubectl("get", "--raw", path_of(ref))

    async def portal(request: web.Request) -> web.Response:
        if request.method == "GET":
            return web.Response(text=shown, content_type="application/json")
        return web.Response(text="<h1>Log in</h1>", content_type="text/html")

    async with playing(tmp_path, portal) as server:
        done = await carry_out(server.kubeconfig, plan)

    assert done.result is Result.UNKNOWN
    assert "a proxy answered" in done.text


async def test_a_call_is_not_passed_on_to_another_address(tmp_path: Path) -> None:
    """307 asks a client to send the same call, and with it the credential, somewhere else."""

    async def answer(request: web.Request) -> web.Response:
        if request.method == "PATCH":
            return web.Response(status=307, headers={"Location": "/elsewhere"})
        found = {"metadata": {"uid": "u-1", "resourceVersion": "7", "generation": 1}}
        return web.json_response(found)

    async with playing(tmp_path, answer) as server:
        done = await carry_out(server.kubeconfig, some_plan())

    assert done.result is Result.UNKNOWN
    assert "/elsewhere" not in server.paths


async def test_a_stop_map_that_something_else_denies_knowing_stops(tmp_path: Path) -> None:
    async def elsewhere(request: web.Request) -> web.Response:
        return web.Response(status=404, text="default backend - 404")

    async with playing(tmp_path, elsewhere) as server, actuator(server.kubeconfig) as acting:
        assert await acting.stopped() == "watchdog-stop cannot be read: default backend - 404"


async def test_a_black_hole_is_given_up_after_the_time_to_connect(tmp_path: Path) -> None:
    clock = SystemClock()
    with black_hole() as port:
        path = kubeconfig(tmp_path, f"http://127.0.0.1:{port}")
        async with actuator(path, limits=Limits(connect=1, total=5)) as acting:
            began = clock.monotonic()
            said = await acting.objections(some_plan())
            done = await acting.carry_out(some_plan(), attempt="a", at=AT, stopped=go_on)
            stopped = await acting.stopped()
            took = clock.monotonic() - began

    assert "cannot connect" in said[0]
    assert (len(said), done.result) == (1, Result.FAILED)
    assert "cannot connect" in stopped
    assert 3 <= took < 6


async def test_a_connection_that_cannot_be_made_for_the_call_itself_has_surely_no_effect(
    control_plane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    ref = settled(control_plane, workload("Deployment", namespace), pods=False)
    plan = plan_for(control_plane, Call.RESTART, ref)
    before = version(control_plane, ref)

    async with fronting(control_plane, tmp_path) as front, actuator(front.kubeconfig) as acting:

        async def gone() -> str:
            acting._connection.configuration.host = "http://127.0.0.1:1"
            return ""

        done = await acting.carry_out(plan, attempt="a-1", at=AT, stopped=gone)

    assert done.result is Result.FAILED
    assert "cannot reach http://127.0.0.1:1" in done.text
    assert version(control_plane, ref) == before


async def test_the_call_names_its_attempt_to_the_audit_log(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.Response:
        found = {"metadata": {"uid": "u-1", "resourceVersion": "7", "generation": 1}}
        return web.json_response(found)

    async with playing(tmp_path, answer) as server:
        done = await carry_out(server.kubeconfig, some_plan())

    [call] = [each for each in server.seen if each.method == "PATCH"]
    assert done.result is Result.APPLIED
    assert call.headers["User-Agent"].startswith("kube-watchdog/")
    assert call.headers["User-Agent"].endswith(" (1a2b3c4d-1-a)")
    assert call.query == {"fieldManager": "kube-watchdog"}


def some_plan() -> Plan:
    ref = Ref("Deployment", "shop", "web")
    step = Step(call=Call.RESTART, target=ref, uid="u-1", what="restart web")
    return Plan(
        remediation="RolloutRestart",
        cause="wedged",
        owner=ref,
        steps=(step,),
        reason="it is wedged",
        risk="its pods start again",
        generation=1,
    )
