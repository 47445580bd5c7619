"""Everything that keeps `watchdog` from writing, on the real control plane: what it leaves untouched."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.cli.stuck import AGE, Stuck, stick
from tests.cli.support import Json, Watchdog, opened, serving
from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubelet import Kubelet
from tests.cluster.pod_status import Rule, Waiting
from tests.cluster.test_control_plane import create, deployment, wait
from tests.doubles.front import Front, Hold

DISARMED = "RemediationFailed"


@pytest.fixture
def stuck(control_plane: ControlPlane, kubelet: Kubelet, front: Front, namespace: str) -> Stuck:
    """One stuck pod of three, 45 minutes later."""
    found = stick(control_plane, kubelet, namespace)
    front.pass_time(AGE.total_seconds() / 60)
    return found


def in_mode(watchdog: Watchdog, mode: str, **settings: str) -> Watchdog:
    own = {f"WATCHDOG_{name.upper()}": value for name, value in settings.items()}
    environ = {**watchdog.environ, "WATCHDOG_MODE": mode, **own}
    return Watchdog(watchdog.home, watchdog.kubeconfig, environ)


@pytest.fixture
def acting(watchdog: Watchdog) -> Watchdog:
    """A watchdog that may act."""
    return in_mode(watchdog, "act")


@pytest.fixture
def asking(watchdog: Watchdog) -> Watchdog:
    """A watchdog that asks before it acts."""
    return in_mode(watchdog, "suggest")


def the(result: Json, reason: str = "SandboxFailed") -> Json:
    """The standing incident of the stuck pod, or of another reason."""
    [incident] = [each for each in opened(result) if each["reason"] == reason]
    found: Json = incident
    return found


def said(result: Json) -> str:
    """Everything that is said about what was decided."""
    return "; ".join(the(result)["remediation"]["reasons"])


def eviction(stuck: Stuck) -> str:
    return f"/api/v1/namespaces/{stuck.namespace}/pods/{stuck.pod}/eviction"


def evictions(front: Front, stuck: Stuck) -> int:
    """How often an eviction was asked for, rehearsals included."""
    return front.written.count(f"POST {eviction(stuck)}")


def state(stuck: Stuck) -> dict[str, str]:
    """The resourceVersion of everything in its namespace that could be written to."""
    kinds = ("get", "deployments,replicasets,pods", "-n", stuck.namespace, "-o", "json")
    items = json.loads(stuck.plane.kubectl(*kinds))["items"]
    return {each["metadata"]["uid"]: each["metadata"]["resourceVersion"] for each in items}


def harmless(front: Front) -> bool:
    """Whether nothing was sent that no rehearsal is made of."""
    sent = {each.split()[0] for each in front.written}
    return sent <= {"POST"}


def refusing(code: int, message: str) -> tuple[int, str]:
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code}
    return code, json.dumps({**status, "message": message})


async def reached(hold: Hold) -> None:
    """Return when a request waits there; a command that ended before it would be waited for in vain."""
    async with asyncio.timeout(60):
        await hold.reached.wait()


@asynccontextmanager
async def between(watchdog: Watchdog, front: Front, stuck: Stuck) -> AsyncIterator[list[Json]]:
    """A run that is held at its real call, after the rehearsal, for the body; then its result."""
    rehearsal, results = front.hold(eviction(stuck)), list[Json]()
    running = asyncio.create_task(watchdog.run())  # noqa: TID251 - the test drives the front meanwhile
    await reached(rehearsal)
    call = front.hold(eviction(stuck))
    rehearsal.release.set()
    await reached(call)
    yield results
    call.release.set()
    _, result = await running
    front.held.clear()
    results.append(result)


async def ask(watchdog: Watchdog) -> str:
    """A run that asks; the id of what it asks."""
    _, result = await watchdog.run()
    considered = the(result)["remediation"]
    assert considered["decision"] == "ask"
    return str(considered["reasons"][-1].split()[-1])


# ------------------------------------------------------------------------------------- the policy
@pytest.mark.parametrize(
    "limits",
    [
        "{rules: [{decision: allow, namespaces: ['*']}]}",
        "{budgets: {per_hour: 50}}",
        "{protected_namespaces: 7}",
        "{enabled: [Exec]}",
    ],
)
async def test_a_broken_policy_is_refused_before_anything_is_read(
    acting: Watchdog, front: Front, stuck: Stuck, limits: str
) -> None:
    before = state(stuck)
    acting.home.mkdir(exist_ok=True)
    (acting.home / "config.yaml").write_text(f"remediation: {limits}\n")

    done = await acting.call("run", "--all")

    assert done.returncode == 3
    assert front.seen == []
    assert state(stuck) == before


async def test_an_edit_of_the_policy_loosens_nothing_while_the_daemon_runs(
    acting: Watchdog, front: Front, stuck: Stuck
) -> None:
    before = state(stuck)
    acting.home.mkdir(exist_ok=True)
    config = acting.home / "config.yaml"
    config.write_text("remediation: {namespaces: [elsewhere]}\n")
    async with serving(acting) as daemon:
        await daemon.ready()
        _, first = await acting.run()
        config.write_text("remediation: {}\n")
        _, second = await acting.run()
        config.write_text("remediation: {rules: [{decision: allow}]}\n")
        broken = await acting.call("run", "--all")

    assert "is not listed" in said(first)
    assert "is not listed" in said(second)
    assert broken.returncode == 3
    assert evictions(front, stuck) == 0
    assert state(stuck) == before


async def test_a_protected_namespace_is_not_written_to_after_a_yes_either(
    asking: Watchdog, front: Front, stuck: Stuck
) -> None:
    asked, before = await ask(asking), state(stuck)
    names = json.dumps([stuck.namespace])
    guarded = in_mode(asking, "act", remediation__protected_namespaces=names)

    await guarded.call("approve", asked)
    _, result = await guarded.run()

    assert f"namespace {stuck.namespace} is protected" in said(result)
    assert evictions(front, stuck) == 0
    assert state(stuck) == before


async def test_a_job_of_a_lower_mode_does_nothing(
    acting: Watchdog, front: Front, stuck: Stuck
) -> None:
    before = state(stuck)
    added = await acting.call(
        *("cron", "add", "look", "every 1h", "--check", "family:pods", "--mode", "suggest")
    )
    assert added.returncode == 0, added.stderr

    done = await acting.call("run", "look", "--output", "json")

    assert the(json.loads(done.stdout))["remediation"]["decision"] == "ask"
    assert evictions(front, stuck) == 0
    assert state(stuck) == before


# -------------------------------------------------------------------------------- hostile objects
async def test_an_object_of_endless_depth_neither_blinds_nor_stops_anything(
    acting: Watchdog, control_plane: ControlPlane, front: Front, stuck: Stuck
) -> None:
    """Anybody who may write one object can write this; the API server keeps it."""
    manager = {"manager": "m", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1"}
    manager |= {"time": "2026-01-01T00:00:00Z", "fieldsV1": "DEEP"}
    named = {"name": "deep", "namespace": stuck.namespace, "managedFields": [manager]}
    spec = {"limits": [{"type": "Pod"}]}
    item = json.dumps({"apiVersion": "v1", "kind": "LimitRange", "metadata": named, "spec": spec})
    item = item.replace('"DEEP"', '{"f:metadata":' * 5000 + "{}" + "}" * 5000)
    control_plane.kubectl("create", "-f", "-", input=item)
    kept = control_plane.kubectl(
        "get", "--raw", f"/api/v1/namespaces/{stuck.namespace}/limitranges/deep"
    )

    code, result = await acting.run()

    assert kept.count("f:metadata") > 4000
    assert code == 1
    assert {each["reason"] for each in result["unknown"]} <= {"absent"}
    assert the(result)["remediation"]["attempt"]["result"] == "applied"
    assert not stuck.untouched


# -------------------------------------------------------------------------------------- the clock
async def test_a_clock_behind_the_journal_does_nothing(
    acting: Watchdog, front: Front, stuck: Stuck
) -> None:
    await acting.run("--mode", "observe")
    before = state(stuck)
    front.pass_time(-10)

    _, result = await acting.run()

    assert "the clock is behind the journal" in said(result)
    assert evictions(front, stuck) == 0
    assert state(stuck) == before


# ------------------------------------------------------------------------- between look and call
@pytest.mark.parametrize("kind", ["pod", "deployment", "namespace"])
async def test_the_annotation_never_comes_before_a_yes(
    asking: Watchdog, control_plane: ControlPlane, front: Front, stuck: Stuck, kind: str
) -> None:
    asked = await ask(asking)
    name = {"pod": stuck.pod, "deployment": "web", "namespace": stuck.namespace}[kind]
    marked = ("annotate", kind, name, "watchdog/remediate=never", "-n", stuck.namespace)
    control_plane.kubectl(*marked)
    before = state(stuck)

    yes = await asking.call("approve", asked)
    _, result = await asking.run()

    assert "applied" not in yes.stderr
    assert "watchdog/remediate: never" in said(result)
    assert evictions(front, stuck) == 0
    assert state(stuck) == before


async def test_a_stop_between_the_rehearsal_and_the_call_is_heard(
    acting: Watchdog, front: Front, stuck: Stuck
) -> None:
    before = state(stuck)
    rehearsal = front.hold(eviction(stuck))
    running = asyncio.create_task(acting.run())  # noqa: TID251 - the test pulls the switch meanwhile
    await reached(rehearsal)
    (acting.home / "STOP").touch()
    front.held.clear()
    rehearsal.release.set()
    _, result = await running

    assert the(result)["remediation"]["attempt"]["result"] == "refused"
    assert evictions(front, stuck) == 1
    assert state(stuck) == before


# ------------------------------------------------------------------------------ what is answered
async def test_a_budget_that_allows_no_disruption_is_told_and_nothing_is_deleted(
    acting: Watchdog, front: Front, stuck: Stuck
) -> None:
    before = state(stuck)
    front.faked[f"POST {eviction(stuck)}"] = refusing(429, "Cannot evict pod")

    _, result = await acting.run()
    front.pass_time(5)
    _, again = await acting.run()

    assert "its PodDisruptionBudget allows no disruption now" in said(result)
    assert "its PodDisruptionBudget allows no disruption now" in said(again)
    assert acting.kinds == ["opened"]
    assert harmless(front)
    assert evictions(front, stuck) == 1
    assert state(stuck) == before


@pytest.mark.parametrize(
    ("answer", "ended"),
    [
        (refusing(429, "Cannot evict pod as it would violate the budget"), "refused"),
        (refusing(409, "the object has been modified"), "refused"),
        (refusing(500, "This pod has more than one PodDisruptionBudget"), "failed"),
        (refusing(503, "etcdserver: leader changed"), "failed"),
    ],
    ids=["429", "409", "500", "503"],
)
async def test_what_is_refused_at_the_call_is_not_tried_in_another_way(
    acting: Watchdog, front: Front, stuck: Stuck, answer: tuple[int, str], ended: str
) -> None:
    before = state(stuck)
    rehearsal = front.hold(eviction(stuck))
    running = asyncio.create_task(acting.run())  # noqa: TID251 - the test drives the front meanwhile
    await reached(rehearsal)
    front.faked[f"POST {eviction(stuck)}"] = answer
    front.held.clear()
    rehearsal.release.set()
    _, result = await running
    front.pass_time(5)
    await acting.run()
    front.pass_time(5)
    _, again = await acting.run()

    assert the(result)["remediation"]["attempt"]["result"] == ended
    assert the(again)["remediation"]["attempt"]["result"] == ended
    assert harmless(front)
    assert evictions(front, stuck) == 2
    assert state(stuck) == before


async def test_an_answer_that_is_lost_is_no_reason_to_call_again(
    acting: Watchdog, front: Front, stuck: Stuck
) -> None:
    async with between(acting, front, stuck) as results:
        front.swallowed.add(f"POST {eviction(stuck)}")
    [result] = results
    for _ in range(2):
        front.pass_time(2)
        await acting.run()

    assert the(result)["remediation"]["attempt"]["result"] == "failed"
    assert not stuck.untouched
    assert evictions(front, stuck) == 2
    assert harmless(front)


async def test_a_refusal_of_what_should_be_allowed_disarms_until_a_person_says_so(
    acting: Watchdog, front: Front, stuck: Stuck
) -> None:
    before = state(stuck)
    rehearsal = front.hold(eviction(stuck))
    running = asyncio.create_task(acting.run())  # noqa: TID251 - the test drives the front meanwhile
    await reached(rehearsal)
    front.faked[f"POST {eviction(stuck)}"] = refusing(403, "denied by watchdog-pods")
    front.held.clear()
    rehearsal.release.set()
    await running
    _, disarmed = await acting.run()
    own = the(disarmed, DISARMED)

    told = [each for each in acting.said if own["id"] in str(each)]
    acked = await acting.call("ack", own["id"])
    await acting.run()
    _, armed = await acting.run()

    assert "watchdog-pods" in str(own)
    assert [each["kind"] for each in told] == ["self"]
    assert acked.returncode == 0
    assert [each for each in opened(armed) if each["reason"] == DISARMED] == []
    assert evictions(front, stuck) == 2
    assert state(stuck) == before


# ------------------------------------------------------------------------------------- two of them
async def test_a_second_home_does_not_do_what_the_first_has_just_done(
    acting: Watchdog, front: Front, stuck: Stuck, tmp_path: Path
) -> None:
    siblings = stuck.uids - {stuck.uid}
    other = Watchdog(tmp_path / "other", acting.kubeconfig, acting.environ)

    await asyncio.gather(acting.run(), other.run())  # noqa: TID251 - both at once
    for each in (acting, other):
        front.pass_time(2)
        await each.run()

    assert siblings <= stuck.uids
    assert not stuck.untouched
    evicted = {each for each in front.written if each.endswith("/eviction")}
    assert evicted == {f"POST {eviction(stuck)}"}
    assert harmless(front)


# ------------------------------------------------------------------------------------- the brake
async def test_nothing_is_done_while_much_of_the_cluster_is_sick(
    acting: Watchdog, control_plane: ControlPlane, kubelet: Kubelet, front: Front, stuck: Stuck
) -> None:
    kubelet.show(Rule(image="registry.example/ill:1", state=Waiting(reason="ContainerCreating")))
    create(control_plane, stuck.namespace, deployment("ill", "registry.example/ill:1"))
    control_plane.kubectl("scale", "deployment/ill", "--replicas=5", "-n", stuck.namespace)
    wait(control_plane, stuck.namespace, "deployment/ill", "jsonpath={.status.replicas}=5")
    before = state(stuck)

    _, result = await acting.run()

    assert "pods are sick: that is no matter of one workload" in said(result)
    assert evictions(front, stuck) == 0
    assert stuck.uid in before
    assert stuck.untouched
