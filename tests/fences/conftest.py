"""The overlay `act`, applied once, and namespaces in which its account may act, or may not."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.deploy.api import Account
from tests.deploy.conftest import ACCOUNT, NAMESPACE, VOLUME
from tests.fences.victims import CORE, NODE, Victims, build, versions
from tests.fences.writes import ALLOWED, PODS_CALLS, WORKLOADS, Call
from tests.manifests import ROOT
from watchdog.app.manifests.names import (
    ACTOR,
    CANARY_NAMESPACE,
    NOTHING_ELSE,
    PODS,
    RESTART_ONLY,
)
from watchdog.app.manifests.roles import binding

OVERLAY = ROOT / "deploy" / "overlays" / "act"
ADMIN = "fences-admin"
_EVERYTHING = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRoleBinding",
    "metadata": {"name": "fences-wide"},
    "roleRef": {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole",
        "name": "cluster-admin",
    },
    "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE}],
}


@dataclass(frozen=True, slots=True)
class Fenced:
    """The applied overlay: the account that is fenced in, and one that may do everything."""

    applied: str
    account: Account
    admin: Account
    bound: Victims  # the actor is bound here
    other: Victims  # and not here


@pytest.fixture(scope="package")
def fenced(control_plane: ControlPlane) -> Iterator[Fenced]:
    """Apply the overlay as it stands; a warning of the API server fails it."""
    if control_plane.authority is None:
        pytest.skip("the cluster of WATCHDOG_TEST_KUBECONFIG may have an installation of its own")
    control_plane.apply(VOLUME)
    applied = control_plane.kubectl("apply", "--warnings-as-errors", "-k", str(OVERLAY))
    admin = _admin(control_plane)
    admin.ask("POST", f"{CORE}/nodes", {"metadata": {"name": NODE}})
    bound, other = (build(admin, control_plane.new_namespace()) for _ in range(2))
    account = account_of(control_plane, NAMESPACE, ACCOUNT)
    bind(control_plane, account, bound)
    found = Fenced(applied, account, admin, bound, other)
    _await_policies(found)
    yield found
    control_plane.kubectl("delete", "deployments,pods", "--all", "--namespace", "kube-public")
    for each in (bound, other):
        where = ("--namespace", each.namespace)
        free = '--patch=[{"op": "remove", "path": "/metadata/finalizers"}]'
        control_plane.kubectl("patch", "pod", "held", "--type=json", free, *where)
        # Nobody runs them, so nobody would say that they have ended.
        now = ("--force", "--grace-period=0", "--timeout=60s")
        control_plane.kubectl("delete", "pods", "--all", *now, *where)
    control_plane.kubectl("delete", "-k", str(OVERLAY), "--timeout=90s")
    control_plane.kubectl("delete", "namespace", bound.namespace, other.namespace, "--wait=false")
    control_plane.kubectl("delete", "persistentvolume", "watchdog-home", "--timeout=30s")
    control_plane.kubectl("delete", "clusterrolebinding", ADMIN)
    control_plane.kubectl("delete", "node", NODE)


@pytest.fixture(scope="module")
def widened(control_plane: ControlPlane, fenced: Fenced) -> Iterator[Fenced]:
    """The account with every right there is, as an administrator's mistake may give it."""
    control_plane.apply(json.dumps(_EVERYTHING))
    until(_secrets(fenced.account), "200")
    yield fenced
    control_plane.kubectl("delete", "clusterrolebinding", "fences-wide")
    until(_secrets(fenced.account), "403")


def refused(fenced: Fenced, call: Call) -> str:
    """Make a call where the actor is bound; it has to be refused and to change nothing."""
    before = versions(fenced.admin, fenced.bound.namespace)

    status, said = call.made(fenced.account, fenced.bound)

    assert status == HTTPStatus.FORBIDDEN, said
    assert versions(fenced.admin, fenced.bound.namespace) == before
    return said


def bind(control_plane: ControlPlane, account: Account, victims: Victims) -> None:
    """Let the actor act there, and wait until it may."""
    control_plane.apply(json.dumps(binding(ACTOR, namespace=victims.namespace)))
    call = ALLOWED["a Deployment restarted"]
    tame = replace(call, path=f"{call.path}?dryRun=All")
    until(partial(tame.made, account, victims), "200")


def _admin(control_plane: ControlPlane) -> Account:
    """The administrator by a token: asked over HTTP, and not by a process for each question."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": ADMIN}}
    control_plane.kubectl("apply", "-n", "default", "-f", "-", input=json.dumps(account))
    subject = {"kind": "ServiceAccount", "name": ADMIN, "namespace": "default"}
    wide = {**_EVERYTHING, "metadata": {"name": ADMIN}, "subjects": [subject]}
    control_plane.apply(json.dumps(wide))
    found = account_of(control_plane, "default", ADMIN)
    until(_secrets(found), "200")
    return found


def account_of(control_plane: ControlPlane, namespace: str, name: str) -> Account:
    """A ServiceAccount, by a token of an hour."""
    return Account(control_plane.url, control_plane.ca, control_plane.token(namespace, name))


def _await_policies(found: Fenced) -> None:
    """The API server takes policies and roles up within a second or so of their creation."""
    dry = "?dryRun=All"
    tried = (
        (RESTART_ONLY, WORKLOADS["replicas"]),
        (PODS, PODS_CALLS["an eviction without a uid"]),
    )
    for policy, call in tried:
        tame = replace(call, path=call.path + dry)
        until(partial(tame.made, found.account, found.bound), policy)
    pod = PODS_CALLS["a pod made"].elsewhere(CANARY_NAMESPACE)
    until(partial(pod.made, found.account, found.bound), NOTHING_ELSE)


def until(ask: Callable[[], tuple[int, str]], wanted: str) -> None:
    """Return when the answer's status, or its message, is or holds what is wanted."""
    status, said = ask()
    for _ in range(100):
        if wanted == str(status) or wanted in said:
            return
        time.sleep(0.2)  # noqa: TID251 -- a real control plane
        status, said = ask()
    raise AssertionError(f"not {wanted} within 20 s: {status} {said}")


def _secrets(account: Account) -> Callable[[], tuple[int, str]]:
    """Whether it may list Secrets."""
    return lambda: (account.status("GET", f"{CORE}/secrets"), "")
