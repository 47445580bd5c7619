"""customs: one list for each kind, single objects with their spec, and reasons instead of errors."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from aiohttp import web

from tests.kube.faulty import Faulty, connected, page, playing, status
from watchdog.domain.custom import CustomKind, Leaf, Spec, Writer
from watchdog.domain.objects import customv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Missing
from watchdog.kube.customs import Customs

API = "db.example.com/v1"
DBS = CustomKind(API, "Db")
MAIN = Writer(API, Ref("Db", "shop", "main"))
RESOURCES = {
    "resources": [
        {"name": "dbs/status", "kind": "Db", "namespaced": True},
        {"name": "dbs", "kind": "Db", "namespaced": True},
        {"name": "dbgroups", "kind": "DbGroup", "namespaced": False},
    ]
}
Answers = Mapping[str, web.Response]


def db(name: str, *, spec: object = None, **metadata: object) -> dict[str, object]:
    return {
        "apiVersion": API,
        "kind": "Db",
        "metadata": {"name": name, "namespace": "shop", "uid": f"uid-{name}", **metadata},
        "spec": spec or {},
        "status": {"observedGeneration": 2, "conditions": [{"type": "Ready", "status": "True"}]},
    }


async def lists(
    folder: Path, answers: Answers, *kinds: CustomKind
) -> tuple[dict[CustomKind, object], Faulty]:
    async with playing(folder, _replying(answers)) as server, connected(server.kubeconfig) as link:
        return dict(await Customs(link).lists(kinds)), server


async def specs(
    folder: Path, answers: Answers, *writers: Writer
) -> tuple[dict[Writer, Spec | Missing], Faulty]:
    async with playing(folder, _replying(answers)) as server, connected(server.kubeconfig) as link:
        return await Customs(link).specs(writers), server


def _replying(answers: Answers):  # type: ignore[no-untyped-def]
    async def answer(request: web.Request) -> web.Response:
        found = answers.get(request.path)
        if found is None:
            return status(404, "the server could not find the requested resource")
        return web.Response(body=found.body, status=found.status, headers=found.headers)

    return answer


def served(more: Answers) -> Answers:
    return {f"/apis/{API}": web.json_response(RESOURCES), **more}


async def test_a_kind_is_listed_by_the_name_that_discovery_gives_it(tmp_path: Path) -> None:
    found, server = await lists(tmp_path, served({f"/apis/{API}/dbs": page(db("main"))}), DBS)

    items = found[DBS]
    assert isinstance(items, tuple)
    assert [each.ref for each in items] == [Ref("Db", "shop", "main")]
    assert isinstance(items[0], customv1.CustomResource)
    assert server.paths == [f"/apis/{API}", f"/apis/{API}/dbs"]


async def test_a_plural_name_is_as_good_and_discovery_is_asked_once(tmp_path: Path) -> None:
    plural, groups = CustomKind(API, "dbs"), CustomKind(API, "dbgroups")
    answers = served({f"/apis/{API}/dbs": page(db("main")), f"/apis/{API}/dbgroups": page()})
    found, server = await lists(tmp_path, answers, plural, groups)

    assert len(found[plural]) == 1  # type: ignore[arg-type]
    assert found[groups] == ()
    assert server.paths.count(f"/apis/{API}") == 1


async def test_what_may_not_be_listed_says_so(tmp_path: Path) -> None:
    answers = served({f"/apis/{API}/dbs": status(403, "dbs is forbidden")})
    found, _ = await lists(tmp_path, answers, DBS)

    assert found[DBS] == Missing("forbidden", f"cannot list {DBS}: dbs is forbidden")


async def test_a_kind_or_an_api_that_is_not_installed_is_absent(tmp_path: Path) -> None:
    unknown, gone = CustomKind(API, "Other"), CustomKind("gone.example.com/v1", "Db")
    found, _ = await lists(tmp_path, served({}), unknown, gone)

    assert {each.reason for each in found.values()} == {"absent"}  # type: ignore[attr-defined]


async def test_discovery_that_is_no_json_is_malformed(tmp_path: Path) -> None:
    found, _ = await lists(tmp_path, {f"/apis/{API}": web.Response(text="?")}, DBS)

    assert found[DBS].reason == "malformed"  # type: ignore[attr-defined]


async def test_more_than_one_page_is_not_read(tmp_path: Path) -> None:
    answers = served({f"/apis/{API}/dbs": page(db("main"), following="more")})
    found, server = await lists(tmp_path, answers, DBS)

    assert found[DBS].reason == "limit"  # type: ignore[attr-defined]
    assert len(server.paths) == 2


async def test_more_kinds_than_thirty_are_not_listed(tmp_path: Path) -> None:
    kinds = [CustomKind(API, f"Kind{number}") for number in range(31)]
    found, _ = await lists(tmp_path, served({}), *kinds)

    assert found[kinds[30]].reason == "limit"  # type: ignore[attr-defined]


async def test_a_spec_comes_as_its_values_with_their_paths(tmp_path: Path) -> None:
    spec = {"image": "db:1", "tolerations": [{"key": "a"}], "replicas": 3, "tls": True, "x": None}
    answers = served(
        {f"/apis/{API}/namespaces/shop/dbs/main": web.json_response(db("main", spec=spec))}
    )
    found, _ = await specs(tmp_path, answers, MAIN)

    assert found[MAIN] == Spec(
        leaves=(
            Leaf(("spec", "image"), "db:1"),
            Leaf(("spec", "tolerations", "0", "key"), "a"),
            Leaf(("spec", "replicas"), "3"),
            Leaf(("spec", "tls"), "true"),
        )
    )


async def test_an_endless_spec_is_cut(tmp_path: Path) -> None:
    body = db("main", spec={"all": list(range(6000))})
    answers = served({f"/apis/{API}/namespaces/shop/dbs/main": web.json_response(body)})
    found, _ = await specs(tmp_path, answers, MAIN)

    assert len(found[MAIN].leaves) == 5000  # type: ignore[union-attr]


@pytest.mark.parametrize("depth", [300, 900, 5000])
async def test_a_spec_or_managed_fields_of_endless_depth_break_nothing(
    tmp_path: Path, depth: int
) -> None:
    deep = '{"a":' * depth + "1" + "}" * depth
    for place in ('"spec":{"a":1},"metadata":{"managedFields":[%s]}', '"metadata":{},"spec":%s'):
        body = web.Response(text="{" + place % deep + "}", content_type="application/json")

        found, _ = await specs(
            tmp_path, served({f"/apis/{API}/namespaces/shop/dbs/main": body}), MAIN
        )

        if "managedFields" in place:
            assert isinstance(found[MAIN], Spec)
        else:
            assert isinstance(found[MAIN], Spec) or "nested too deeply" in str(found[MAIN])


async def test_the_custom_resource_above_is_read_too(tmp_path: Path) -> None:
    above = Writer(API, Ref("DbGroup", "shop", "all"))
    owner = {"apiVersion": API, "kind": "DbGroup", "name": "all", "controller": True}
    labels = {"kustomize.toolkit.fluxcd.io/name": "apps"}
    body = db("main", ownerReferences=[owner], labels=labels)
    answers = served(
        {
            f"/apis/{API}/namespaces/shop/dbs/main": web.json_response(body),
            f"/apis/{API}/dbgroups/all": web.json_response(db("all", spec={"image": "db:1"})),
        }
    )
    found, _ = await specs(tmp_path, answers, MAIN)

    assert found[MAIN] == Spec(writer=above, gitops="Flux")
    assert found[above] == Spec(leaves=(Leaf(("spec", "image"), "db:1"),), namespaced=False)


async def test_what_may_not_be_read_or_is_no_object_says_so(tmp_path: Path) -> None:
    other = Writer(API, Ref("Db", "shop", "other"))
    answers = served(
        {
            f"/apis/{API}/namespaces/shop/dbs/main": status(403, "forbidden"),
            f"/apis/{API}/namespaces/shop/dbs/other": web.Response(text="[]"),
        }
    )
    found, _ = await specs(tmp_path, answers, MAIN, other)

    assert found[MAIN] == Missing("forbidden", "cannot get Db/shop/main: forbidden")
    assert found[other] == Missing("malformed", "cannot get Db/shop/other: no object")


async def test_no_more_than_twenty_are_read(tmp_path: Path) -> None:
    writers = [Writer(API, Ref("Db", "shop", f"db-{number}")) for number in range(25)]
    found, server = await specs(tmp_path, served({}), *writers)

    assert len(found) == 20
    assert len(server.paths) == 21
