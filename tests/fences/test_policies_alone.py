"""What the policies alone refuse when RBAC grants everything, as a mistake may do."""

from http import HTTPStatus

import pytest

from tests.deploy.api import Account
from tests.fences.conftest import Fenced, refused
from tests.fences.victims import APPS, CORE, Victims, pod
from tests.fences.writes import ALLOWED, DEPLOYMENT, FORBIDDEN
from watchdog.app.manifests.names import PODS, RESTART_ONLY
from watchdog.domain.policy import PROTECTED_NAMESPACES


@pytest.mark.parametrize("what", FORBIDDEN)
def test_refused_by_a_policy_when_every_right_is_granted(what: str, widened: Fenced) -> None:
    said = refused(widened, FORBIDDEN[what])

    assert f"ValidatingAdmissionPolicy '{FORBIDDEN[what].by}" in said


@pytest.mark.parametrize("namespace", PROTECTED_NAMESPACES)
def test_a_restart_is_refused_in_a_protected_namespace(namespace: str, widened: Fenced) -> None:
    place(widened.admin, namespace)
    path = f"{APPS}/namespaces/{namespace}/deployments/web"
    before = template_of(widened.admin, path)

    status, said = (
        ALLOWED["a Deployment restarted"].elsewhere(namespace).made(widened.account, widened.bound)
    )

    assert (status, RESTART_ONLY in said) == (HTTPStatus.FORBIDDEN, True), said
    assert template_of(widened.admin, path) == before


@pytest.mark.parametrize("what", ["a running pod evicted", "a failed pod deleted"])
def test_a_pod_stays_in_a_protected_namespace(what: str, widened: Fenced) -> None:
    pods = f"{CORE}/namespaces/kube-public/pods"
    for name in ("running", "debris"):
        widened.admin.ask("POST", pods, pod(name, "web"))
    there = Victims("kube-public", uids_of(widened.admin, pods))

    status, said = ALLOWED[what].made(widened.account, there)

    assert (status, PODS in said) == (HTTPStatus.FORBIDDEN, True), said
    assert uids_of(widened.admin, pods) == there.uids


def uids_of(admin: Account, path: str) -> dict[str, str]:
    """The uid of every object of a list, by its name."""
    items = admin.ask("GET", path)[1]["items"]
    return {each["metadata"]["name"]: each["metadata"]["uid"] for each in items}


def template_of(admin: Account, path: str) -> object:
    """The pod template of the workload at a path."""
    return admin.ask("GET", path)[1]["spec"]["template"]


def place(admin: Account, namespace: str) -> None:
    """A Deployment in a namespace, which is made when it is not there."""
    admin.ask("POST", f"{CORE}/namespaces", {"metadata": {"name": namespace}})
    path = f"{APPS}/namespaces/{namespace}/deployments"
    status, text = admin.ask("POST", path, {**DEPLOYMENT, "metadata": {"name": "web"}})
    assert status in (HTTPStatus.CREATED, HTTPStatus.CONFLICT), text
