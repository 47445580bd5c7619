"""actuate under the shipped rights and policies: the self-test, the fences, the second identity."""

import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cluster.control_plane import ControlPlane, KubectlFailed
from tests.cluster.kubelet import Kubelet
from tests.kube.actuating import (
    AT,
    QUICK,
    create,
    go_on,
    live,
    plan_for,
    ready_deployment,
    settled,
    version,
    workload,
)
from tests.manifests import ROOT
from watchdog.clock import SystemClock
from watchdog.domain.attempt import Result
from watchdog.domain.plan import Call, Plan
from watchdog.kube.actuate import OWN_NAMESPACE, KubeActuator
from watchdog.kube.client import Connection
from watchdog.kube.credentials import from_service_account
from watchdog.kube.selftest import CANARY, NOTHING_ELSE, RESTART_ONLY

ACCOUNT = "platform-engineer"
SHIPPED = (
    ("-f", "deploy/base/00-namespace.yaml"),
    ("-f", "deploy/base/10-serviceaccount.yaml"),
    ("-k", "rbac"),
    ("-k", "rbac/act"),
)

PAUSE = timedelta(seconds=0.1)  # the API server takes a moment to hear of policies


@pytest.fixture(scope="module")
def fenced(control_plane: ControlPlane) -> Iterator[ControlPlane]:
    """With everything that the overlay `act` gives to our identity."""
    if control_plane.authority is None:
        pytest.skip("the cluster of WATCHDOG_TEST_KUBECONFIG may have an installation of its own")
    for flag, path in SHIPPED:
        install(control_plane, flag, ROOT / path)
    account = ("serviceaccount/default", "--namespace", CANARY.namespace)
    control_plane.kubectl("wait", "--for=create", *account, "--timeout=30s")
    seen = "--for=jsonpath={.status.observedGeneration}"
    for name in (RESTART_ONLY, NOTHING_ELSE):
        control_plane.kubectl("wait", f"validatingadmissionpolicy/{name}", seen)
    yield control_plane
    unbind(control_plane)
    for flag, path in reversed(SHIPPED):
        gone = ("--ignore-not-found", "--timeout=90s")
        control_plane.kubectl("delete", flag, str(ROOT / path), *gone)


def install(plane: ControlPlane, flag: str, path: Path) -> None:
    """Apply a file or a folder, whoever had applied it before."""
    plane.kubectl("apply", "--server-side", "--force-conflicts", flag, str(path))


@asynccontextmanager
async def mounted(
    plane: ControlPlane, folder: Path, account: str = ""
) -> AsyncIterator[KubeActuator]:
    """An actuator as it runs in a pod: with the token of the shipped ServiceAccount."""
    token = folder / "token"
    token.write_text(plane.token(OWN_NAMESPACE, ACCOUNT))
    where = urlsplit(plane.url)
    environ = {
        "KUBERNETES_SERVICE_HOST": str(where.hostname),
        "KUBERNETES_SERVICE_PORT": str(where.port),
    }
    credential = await from_service_account(str(token), str(plane.ca), environ=environ)
    connection = Connection(credential, clock=SystemClock(), limits=QUICK)
    acting = KubeActuator(connection, clock=SystemClock(), service_account=account)
    try:
        yield acting
    finally:
        await acting.close()


@contextmanager
def without(plane: ControlPlane, kind: str, name: str, *where: str) -> Iterator[None]:
    """The object is gone meanwhile."""
    kept = json.loads(plane.kubectl("get", kind, name, *where, "--output", "json"))
    for each in ("resourceVersion", "uid", "creationTimestamp"):
        del kept["metadata"][each]
    plane.kubectl("delete", kind, name, *where)
    try:
        yield
    finally:
        create(plane, kept)


def may_act(plane: ControlPlane, namespace: str, account: str = ACCOUNT) -> None:
    """Bind the actor's role, as the overlay does for each namespace it lists."""
    group = "rbac.authorization.k8s.io"
    role = {"apiGroup": group, "kind": "ClusterRole", "name": "platform-engineer-actor"}
    subject = {"kind": "ServiceAccount", "name": account, "namespace": OWN_NAMESPACE}
    create(
        plane,
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "platform-engineer-actor", "namespace": namespace},
            "roleRef": role,
            "subjects": [subject],
        },
    )


def unbind(plane: ControlPlane) -> None:
    """Take the actor's bindings away: a namespace of a test may take minutes to go."""
    named = ("--field-selector=metadata.name=platform-engineer-actor", "--all-namespaces")
    found = json.loads(plane.kubectl("get", "rolebindings", *named, "--output", "json"))
    for each in found["items"]:
        where = ("--namespace", each["metadata"]["namespace"], "--ignore-not-found")
        plane.kubectl("delete", "rolebinding", each["metadata"]["name"], *where)


async def found_in_time(acting: KubeActuator, *, any_fault: bool) -> tuple[str, ...]:
    """The faults, once the API server has heard of what was changed."""
    clock, faults = SystemClock(), tuple[str, ...]()
    for _ in range(100):
        faults = await acting.faults()
        if bool(faults) == any_fault:
            break
        await clock.sleep_until(clock.now() + PAUSE)
    return faults


async def test_behind_the_shipped_fences_the_self_test_passes(
    fenced: ControlPlane, tmp_path: Path
) -> None:
    async with mounted(fenced, tmp_path) as acting:
        assert acting.tested
        assert await found_in_time(acting, any_fault=False) == ()
        assert await acting.stopped() == ""


@pytest.mark.parametrize(
    ("policy", "call"),
    [(RESTART_ONLY, "PATCH"), (NOTHING_ELSE, "POST")],
)
async def test_a_policy_that_binds_nobody_any_more_is_a_fault(
    fenced: ControlPlane, tmp_path: Path, policy: str, call: str
) -> None:
    with without(fenced, "validatingadmissionpolicybinding", policy):
        async with mounted(fenced, tmp_path) as acting:
            faults = await found_in_time(acting, any_fault=True)
    async with mounted(fenced, tmp_path) as acting:
        again = await found_in_time(acting, any_fault=False)

    [fault] = faults
    assert policy in fault
    assert call in fault
    assert again == ()
    assert no_pod(fenced)


async def test_a_canary_that_is_gone_is_a_fault(fenced: ControlPlane, tmp_path: Path) -> None:
    where = ("--namespace", CANARY.namespace)
    with without(fenced, "deployment", CANARY.name, *where):
        async with mounted(fenced, tmp_path) as acting:
            faults = await acting.faults()

    assert "an allowed restart" in faults[0]
    assert "not found" in faults[0]


async def test_rights_that_end_before_the_policies_are_a_fault(
    fenced: ControlPlane, tmp_path: Path
) -> None:
    """RBAC refuses first, so nothing is known of the policies."""
    binding = ("rolebinding", "platform-engineer-actor", "--namespace", CANARY.namespace)
    with without(fenced, *binding):
        async with mounted(fenced, tmp_path) as acting:
            faults = await found_in_time(acting, any_fault=True)

    assert len(faults) == 3
    assert all("is forbidden: User" in each for each in faults)


def no_pod(plane: ControlPlane) -> bool:
    where = ("--namespace", CANARY.namespace)
    return plane.kubectl("get", "pods", *where, "--output", "name") == ""


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
async def test_a_restart_passes_the_fences(
    fenced: ControlPlane, kubelet: Kubelet, namespace: str, tmp_path: Path, kind: str
) -> None:
    may_act(fenced, namespace)
    plan = plan_for(fenced, Call.RESTART, settled(fenced, workload(kind, namespace)))

    async with mounted(fenced, tmp_path) as acting:
        said = await acting.objections(plan)
        done = await acting.carry_out(plan, attempt="a-1", at=AT, stopped=go_on)

    assert said == ()
    assert done.result is Result.APPLIED
    assert live(fenced, plan.owner)["metadata"]["generation"] == plan.generation + 1


async def test_where_the_actor_is_not_bound_nothing_is_tried(
    fenced: ControlPlane, kubelet: Kubelet, namespace: str, tmp_path: Path
) -> None:
    plan = plan_for(fenced, Call.RESTART, ready_deployment(fenced, kubelet, namespace))
    before = version(fenced, plan.owner)

    async with mounted(fenced, tmp_path) as acting:
        said = await acting.objections(plan)
        done = await acting.carry_out(plan, attempt="a-1", at=AT, stopped=go_on)

    assert f"this identity may not patch deployments in namespace {namespace}" in said
    assert (done.result, done.disarm) == (Result.REFUSED, True)
    assert version(fenced, plan.owner) == before


@pytest.fixture
def guarded(fenced: ControlPlane) -> Iterator[Plan]:
    """A Plan for a protected namespace, where somebody bound the actor all the same."""
    plane, namespace = fenced, "kube-public"
    plane.kubectl("delete", "deployment/web", "--namespace", namespace, "--ignore-not-found")
    may_act(plane, namespace)
    body = workload("Deployment", namespace, replicas=0)
    yield plan_for(plane, Call.RESTART, settled(plane, body, pods=False))
    for each in ("deployment/web", "rolebinding/platform-engineer-actor"):
        plane.kubectl("delete", each, "--namespace", namespace)


async def test_a_protected_namespace_is_refused_by_the_policy_itself(
    fenced: ControlPlane, guarded: Plan, tmp_path: Path
) -> None:
    before = version(fenced, guarded.owner)

    async with mounted(fenced, tmp_path) as acting:
        [said] = await acting.objections(guarded)
        done = await acting.carry_out(guarded, attempt="a-1", at=AT, stopped=go_on)

    assert RESTART_ONLY in said
    assert (done.result, done.disarm) == (Result.REFUSED, True)
    assert RESTART_ONLY in done.text
    assert version(fenced, guarded.owner) == before


# ------------------------------------------------------------------------- the second identity
@pytest.fixture
def second(fenced: ControlPlane, tmp_path: Path) -> Iterator[str]:
    """The account of the component `short-lived-actor`, laid over the rest as it is shipped."""
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    shipped = Path(os.path.relpath(ROOT / "rbac", overlay.resolve()))
    component = shipped / "components/short-lived-actor"
    text = f"resources: [{shipped / 'act'}]\ncomponents: [{component}]\n"
    (overlay / "kustomization.yaml").write_text(text)
    install(fenced, "-k", overlay)
    yield "platform-engineer-actor"
    install(fenced, "-k", ROOT / "rbac/act")


async def test_the_fences_hold_the_second_identity_as_well(
    fenced: ControlPlane, second: str, tmp_path: Path
) -> None:
    async with mounted(fenced, tmp_path, second) as acting:
        assert await found_in_time(acting, any_fault=False) == ()


async def test_the_second_identity_writes_where_the_first_may_not(
    fenced: ControlPlane, kubelet: Kubelet, second: str, namespace: str, tmp_path: Path
) -> None:
    may_act(fenced, namespace, "platform-engineer-actor")
    plan = plan_for(fenced, Call.RESTART, ready_deployment(fenced, kubelet, namespace))

    async with mounted(fenced, tmp_path) as first:
        refused = await first.objections(plan)
    async with mounted(fenced, tmp_path, second) as acting:
        said = await acting.objections(plan)
        done = await acting.carry_out(plan, attempt="a-1", at=AT, stopped=go_on)

    assert f"this identity may not patch deployments in namespace {namespace}" in refused
    assert said == ()
    assert done.result is Result.APPLIED


async def test_without_the_second_account_nothing_is_tried_in_our_own_name(
    fenced: ControlPlane, kubelet: Kubelet, second: str, namespace: str, tmp_path: Path
) -> None:
    may_act(fenced, namespace)
    plan = plan_for(fenced, Call.RESTART, ready_deployment(fenced, kubelet, namespace))
    before = version(fenced, plan.owner)
    fenced.kubectl("delete", "serviceaccount", second, "--namespace", OWN_NAMESPACE)

    async with mounted(fenced, tmp_path, second) as acting:
        [said] = await acting.objections(plan)
        done = await acting.carry_out(plan, attempt="a-1", at=AT, stopped=go_on)

    assert "no credential to write with" in said
    assert done.result is Result.FAILED
    assert version(fenced, plan.owner) == before


def test_the_canary_is_the_one_that_is_shipped(fenced: ControlPlane) -> None:
    assert live(fenced, CANARY)["spec"]["replicas"] == 0
    for name in (RESTART_ONLY, NOTHING_ELSE):
        try:
            fenced.kubectl("get", "validatingadmissionpolicy", name)
        except KubectlFailed as error:
            pytest.fail(str(error))
