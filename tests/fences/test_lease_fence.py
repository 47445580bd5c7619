"""The component `lease-fence`: one Lease may be written, by update, and nothing else of Leases."""

from collections.abc import Iterator
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.deploy.conftest import ACCOUNT, NAMESPACE
from tests.fences.conftest import Fenced, until
from tests.fences.test_audit import audited
from tests.fences.test_components import applied
from tests.fences.writes import Call
from watchdog.app.manifests.names import LEASE_NAME, NOTHING_ELSE

LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"
ELSEWHERE = LEASES.replace(NAMESPACE, "{namespace}")
SYSTEM = LEASES.replace(NAMESPACE, "kube-system")
OTHER = "somebody-elses"
TAKEN: dict[str, Any] = {"spec": {"holderIdentity": "thief", "leaseDurationSeconds": 60}}


def put(name: str = LEASE_NAME, leases: str = LEASES) -> Call:
    """Take a Lease as whoever may update it."""
    return Call(method="PUT", path=f"{leases}/{name}?dryRun=All", body={"metadata": {}, **TAKEN})


def patch(name: str, leases: str = LEASES) -> Call:
    """Take it as whoever may patch it: no version is asked for before the policies are."""
    return Call(method="PATCH", path=f"{leases}/{name}", body=TAKEN)


def update(fenced: Fenced) -> tuple[int, str]:
    """Take the Lease over the version that stands, without effect."""
    standing = fenced.admin.ask("GET", f"{LEASES}/{LEASE_NAME}")[1]
    metadata = standing.get("metadata", {"name": LEASE_NAME, "namespace": NAMESPACE})
    call = Call(method="PUT", path=put().path, body={"metadata": metadata, **TAKEN})
    return call.made(fenced.account, fenced.bound)


@pytest.fixture(scope="module")
def leased(control_plane: ControlPlane, fenced: Fenced) -> Iterator[Fenced]:
    """The overlay with the component, and Leases of others."""
    there = ELSEWHERE.format(namespace=fenced.bound.namespace)
    others = ((LEASES, OTHER), (SYSTEM, OTHER), (there, OTHER), (there, LEASE_NAME))
    for leases, name in others:
        fenced.admin.ask("POST", leases, {"metadata": {"name": name}})
    with applied(control_plane, "lease-fence"):
        until(partial(update, fenced), "200")
        yield fenced
    for leases, name in others:
        fenced.admin.ask("DELETE", f"{leases}/{name}")
    until(partial(update, fenced), "403")


def test_it_may_be_read_and_updated(leased: Fenced) -> None:
    status, said = update(leased)

    assert leased.account.status("GET", f"{LEASES}/{LEASE_NAME}") == HTTPStatus.OK
    assert status == HTTPStatus.OK, said


FORBIDDEN = {
    "made again": Call(method="POST", path=LEASES, body={"metadata": {"name": LEASE_NAME}}),
    "another made": Call(method="POST", path=LEASES, body={"metadata": {"name": "made"}}),
    "deleted": Call(method="DELETE", path=f"{LEASES}/{LEASE_NAME}"),
    "all deleted": Call(method="DELETE", path=LEASES),
    "another patched": patch(OTHER),
    "one of that name elsewhere": patch(LEASE_NAME, ELSEWHERE),
    "another elsewhere": patch(OTHER, ELSEWHERE),
    "one of the control plane": patch(OTHER, SYSTEM),
    "another by apply": Call(
        method="PATCH",
        path=f"{LEASES}/{OTHER}?fieldManager=x&force=true",
        body={"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", **TAKEN},
        patch="apply",
    ),
}
BY_RIGHTS_ALONE = {
    "patched": patch(LEASE_NAME),
    "another updated": put(OTHER),
    "one of that name updated elsewhere": put(leases=ELSEWHERE),
    "by apply": Call(
        method="PATCH",
        path=f"{LEASES}/{LEASE_NAME}?fieldManager=x&force=true",
        body={"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", **TAKEN},
        patch="apply",
    ),
}


def versions(fenced: Fenced) -> list[tuple[str, str]]:
    """Every Lease of ours, of the others and where the actor is bound, as it stands."""
    where = (LEASES, SYSTEM, ELSEWHERE.format(namespace=fenced.bound.namespace))
    found = [each for path in where for each in fenced.admin.ask("GET", path)[1]["items"]]
    return [
        (each["metadata"]["uid"], each["metadata"]["resourceVersion"])
        for each in found
        if each["metadata"]["name"] in (LEASE_NAME, OTHER)  # the control plane renews its own
    ]


@pytest.mark.parametrize("what", [*FORBIDDEN, *BY_RIGHTS_ALONE])
def test_refused_with_the_shipped_rights(what: str, leased: Fenced) -> None:
    before = versions(leased)

    status, said = {**FORBIDDEN, **BY_RIGHTS_ALONE}[what].made(leased.account, leased.bound)

    assert status == HTTPStatus.FORBIDDEN, said
    assert versions(leased) == before


def test_audit_says_that_it_may_be_held_and_is_content(
    control_plane: ControlPlane, leased: Fenced, tmp_path: Path
) -> None:
    token = control_plane.token(NAMESPACE, ACCOUNT)
    kubeconfig = control_plane.user_kubeconfig("leased", token=token)

    code, found = audited(kubeconfig, tmp_path)

    assert (code, found["fault"], found["note"]) == (0, [], [])
    assert f"may hold the Lease {NAMESPACE}/{LEASE_NAME}" in found["ok"]
    assert "denied: create, update, patch, delete on leases.coordination.k8s.io" in found["ok"]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_refused_by_the_policy_whatever_is_granted(
    what: str, leased: Fenced, widened: Fenced
) -> None:
    before = versions(widened)
    call = FORBIDDEN[what]

    status, said = call.made(widened.account, widened.bound)

    assert (status, f"'{NOTHING_ELSE}'" in said) == (HTTPStatus.FORBIDDEN, True), said
    assert versions(widened) == before
