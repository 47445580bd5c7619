"""fresh: what an object as it is now says against the Plan that was made for it. No cluster needed."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.kube.faulty import connected, playing, status
from watchdog.domain.plan import Call, Plan, Step
from watchdog.domain.ref import Ref
from watchdog.kube.fresh import changes
from watchdog.kube.live import Sight, path_of

Json = dict[str, Any]
NAMESPACE = Ref("Namespace", "", "shop")
OWNER = Ref("Deployment", "shop", "web")
MIDDLE = Ref("ReplicaSet", "shop", "web-1")
POD = Ref("Pod", "shop", "web-1-a")
LABELS = {"app": "web"}


def thing(uid: str, owner: Ref | None = None, owner_uid: str = "", **more: Any) -> Json:
    """An object with labels, controlled by `owner`; `more` are parts of it beside metadata."""
    metadata: Json = {"uid": uid, "resourceVersion": "7", "generation": 3, "labels": LABELS}
    if owner is not None:
        version = "batch/v1" if owner.kind in ("Job", "CronJob") else "apps/v1"
        version = "v1" if owner.kind == "Node" else version
        reference = {"kind": owner.kind, "name": owner.name, "uid": owner_uid, "controller": True}
        metadata["ownerReferences"] = [{**reference, "apiVersion": version}]
    metadata |= more.pop("metadata", {})
    return {"metadata": metadata, **more}


SELECTING: Json = {"spec": {"selector": {"matchLabels": LABELS}}}
FAILED: Json = {"status": {"phase": "Failed"}}


def shop() -> dict[Ref, Json]:
    """A failed pod of a ReplicaSet of a Deployment."""
    return {
        NAMESPACE: thing("ns"),
        OWNER: thing("d", **SELECTING, status={"observedGeneration": 3}),
        MIDDLE: thing("rs", OWNER, "d", **SELECTING),
        POD: thing("p", MIDDLE, "rs", **FAILED),
    }


def plan(call: Call = Call.DELETE, target: Ref = POD, uid: str = "p", owner: Ref = OWNER) -> Plan:
    return Plan(
        remediation="DeleteDebris",
        cause="debris",
        owner=owner,
        steps=(Step(call=call, target=target, uid=uid, what="remove it"),),
        reason="it has failed",
        risk="none",
        generation=3,
    )


async def said(folder: Path, objects: Mapping[Ref, Json], wanted: Plan) -> tuple[str, ...]:
    """What is said by an API server that knows these objects."""
    bodies = {path_of(ref): body for ref, body in objects.items()}

    async def answer(request: web.Request) -> web.Response:
        body = bodies.get(request.path)
        return web.json_response(body) if body else status(404, "not found")

    async with playing(folder, answer) as server, connected(server.kubeconfig) as connection:
        return await changes(wanted, Sight(connection))


async def test_nothing_is_said_when_all_is_as_it_was_planned(tmp_path: Path) -> None:
    assert await said(tmp_path, shop(), plan()) == ()


@pytest.mark.parametrize("ref", [NAMESPACE, OWNER, MIDDLE, POD], ids=str)
async def test_what_is_being_deleted_is_left_alone(tmp_path: Path, ref: Ref) -> None:
    objects = shop()
    objects[ref]["metadata"]["deletionTimestamp"] = "2026-11-21T09:00:00Z"

    assert await said(tmp_path, objects, plan()) == (f"{ref} is being deleted",)


@pytest.mark.parametrize("ref", [NAMESPACE, OWNER, MIDDLE, POD], ids=str)
@pytest.mark.parametrize("word", ["never", " Never "])
async def test_what_says_never_is_left_alone(tmp_path: Path, ref: Ref, word: str) -> None:
    objects = shop()
    objects[ref]["metadata"]["annotations"] = {"watchdog/remediate": word}

    assert await said(tmp_path, objects, plan()) == (
        f"{ref} has the annotation watchdog/remediate: never",
    )


async def test_a_pod_that_is_gone_says_so_alone(tmp_path: Path) -> None:
    objects = shop()
    del objects[POD]

    assert await said(tmp_path, objects, plan()) == (f"{POD} is gone",)


async def test_an_owner_that_was_made_anew_under_its_name_is_not_the_owner(tmp_path: Path) -> None:
    objects = shop()
    objects[MIDDLE]["metadata"]["uid"] = "another"

    assert await said(tmp_path, objects, plan()) == (
        f"{POD} does not belong to {OWNER} (any more)",
    )


async def test_an_owner_that_does_not_select_its_child_is_only_claimed(tmp_path: Path) -> None:
    objects = shop()
    objects[POD]["metadata"]["labels"] = {"app": "other"}

    assert await said(tmp_path, objects, plan()) == (
        f"{MIDDLE} does not select {POD}, which names it as its owner",
    )


async def test_owners_that_own_each_other_have_no_top(tmp_path: Path) -> None:
    objects = shop()
    objects[OWNER] = thing("d", MIDDLE, "rs", **SELECTING, status={"observedGeneration": 3})

    assert await said(tmp_path, objects, plan()) == ()
    assert await said(tmp_path, objects, plan(owner=MIDDLE)) == (
        f"{POD} does not belong to {MIDDLE} (any more)",
    )


async def test_a_change_that_the_controller_has_not_seen_is_waited_for(tmp_path: Path) -> None:
    objects = shop()
    objects[OWNER]["status"]["observedGeneration"] = 2

    assert await said(tmp_path, objects, plan()) == (
        f"the controller has not yet seen the last change of {OWNER}",
    )


async def test_debris_with_finalizers_is_somebody_elses(tmp_path: Path) -> None:
    objects = shop()
    objects[POD]["metadata"]["finalizers"] = ["example.com/keep"]

    assert await said(tmp_path, objects, plan()) == (f"{POD} has finalizers",)


async def test_a_failed_pod_of_a_daemonset_is_its_controllers(tmp_path: Path) -> None:
    owner = Ref("DaemonSet", "shop", "agent")
    objects = {
        NAMESPACE: thing("ns"),
        owner: thing("ds", **SELECTING),
        POD: thing("p", owner, "ds", **FAILED),
    }

    assert await said(tmp_path, objects, plan(owner=owner)) == (
        f"{POD} is no pod of a ReplicaSet (controller: DaemonSet)",
    )


@pytest.mark.parametrize("kind", ["Job", "Node"])
async def test_a_pod_that_nobody_replaces_is_not_evicted(tmp_path: Path, kind: str) -> None:
    owner = Ref(kind, "shop", "once")
    objects = shop() | {POD: thing("p", owner, "o")}

    found = await said(tmp_path, objects, plan(Call.EVICT))

    assert found[0] == f"{POD} belongs to a {kind}, which does not replace it"


async def test_a_mirror_of_a_static_pod_is_not_evicted(tmp_path: Path) -> None:
    objects = shop()
    objects[POD]["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "hash"}

    [found] = await said(tmp_path, objects, plan(Call.EVICT))

    assert "does not replace it" in found


@pytest.mark.parametrize(
    ("conditions", "kind", "words"),
    [
        ([], "CronJob", ("has not failed",)),
        ([{"type": "Failed", "status": "True"}], "CronJob", ()),
        (
            [{"type": "Failed", "status": "True"}],
            "",
            ("was not started by a CronJob (controller: none)",),
        ),
    ],
)
async def test_only_a_failed_run_of_a_cronjob_is_debris(
    tmp_path: Path, conditions: list[Json], kind: str, words: tuple[str, ...]
) -> None:
    owner, job = Ref("CronJob", "shop", "nightly"), Ref("Job", "shop", "nightly-1")
    above = owner if kind else None
    objects = {
        NAMESPACE: thing("ns"),
        owner: thing("c"),
        job: thing("j", above, "c", status={"conditions": conditions}),
    }

    found = await said(tmp_path, objects, plan(target=job, uid="j", owner=owner))

    assert [each for each in found if "does not belong" not in each] == [
        f"{job} {each}" for each in words
    ]


async def test_a_kind_that_is_not_known_here_is_not_written_to(tmp_path: Path) -> None:
    odd = plan()
    [step] = odd.steps
    target = Ref("Rollout", "shop", "web")

    with pytest.raises(Exception, match="nothing is known of the kind Rollout"):
        await said(tmp_path, shop(), replace(odd, steps=(replace(step, target=target),)))
