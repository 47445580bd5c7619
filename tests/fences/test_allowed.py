"""What the token of the overlay `act` is there for: it goes through, and does what it says."""

from dataclasses import replace
from http import HTTPStatus

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.fences.conftest import OVERLAY, Fenced, bind
from tests.fences.victims import APPS, CORE, RESTARTED, Victims, build, versions
from tests.fences.writes import ALLOWED, PODS_CALLS, TIME, Call
from watchdog.app.manifests.names import CANARY_NAMESPACE, NOTHING_ELSE, PODS, RESTART_ONLY

DONE = (HTTPStatus.OK, HTTPStatus.CREATED)
WORKLOADS = {
    "Deployment": "deployments/web",
    "StatefulSet": "statefulsets/db",
    "DaemonSet": "daemonsets/agent",
}


def tried(call: Call) -> Call:
    """The same call without effect."""
    if call.method == "POST":
        return replace(call, path=f"{call.path}?dryRun=All")
    if call.method == "DELETE":
        return replace(call, body={**call.body, "dryRun": ["All"]})
    return replace(call, path=f"{call.path}?dryRun=All")


def test_the_overlay_is_accepted_without_a_warning(fenced: Fenced) -> None:
    kinds = {line.split("/")[0] for line in fenced.applied.splitlines()}

    assert "validatingadmissionpolicy.admissionregistration.k8s.io" in kinds
    assert "validatingadmissionpolicybinding.admissionregistration.k8s.io" in kinds


def test_applying_it_again_changes_nothing(control_plane: ControlPlane, fenced: Fenced) -> None:
    again = control_plane.kubectl("apply", "--warnings-as-errors", "-k", str(OVERLAY))

    assert [line for line in again.splitlines() if not line.endswith(" unchanged")] == []


@pytest.mark.parametrize("policy", [RESTART_ONLY, PODS, NOTHING_ELSE])
def test_the_api_server_has_nothing_to_say_against_a_policy(
    policy: str, control_plane: ControlPlane, fenced: Fenced
) -> None:
    observed = "--for=jsonpath={.status.observedGeneration}=1"
    control_plane.kubectl("wait", observed, "validatingadmissionpolicy", policy, "--timeout=60s")

    status = control_plane.get("validatingadmissionpolicy", "", policy)["status"]

    assert status["typeChecking"].get("expressionWarnings", []) == []


@pytest.mark.parametrize("what", ALLOWED)
def test_each_call_can_be_tried_without_effect(what: str, fenced: Fenced) -> None:
    before = versions(fenced.admin, fenced.bound.namespace)

    status, said = tried(ALLOWED[what]).made(fenced.account, fenced.bound)

    assert status in DONE, said
    assert versions(fenced.admin, fenced.bound.namespace) == before


def test_a_new_pod_can_be_tried_without_effect(fenced: Fenced) -> None:
    before = versions(fenced.admin, fenced.bound.namespace)

    status, said = tried(PODS_CALLS["a pod made"]).made(fenced.account, fenced.bound)

    assert status == HTTPStatus.CREATED, said
    assert versions(fenced.admin, fenced.bound.namespace) == before


def test_the_canary_can_be_restarted_without_effect(fenced: Fenced) -> None:
    canary = replace(
        tried(ALLOWED["a Deployment restarted"]),
        path=f"{APPS}/namespaces/{CANARY_NAMESPACE}/deployments/canary?dryRun=All",
    )

    status, said = canary.made(fenced.account, fenced.bound)

    assert status == HTTPStatus.OK, said


@pytest.fixture(scope="module")
def spent(control_plane: ControlPlane, fenced: Fenced) -> Victims:
    """A namespace of its own after each allowed call was made once."""
    victims = build(fenced.admin, control_plane.new_namespace())
    bind(control_plane, fenced.account, victims)
    for what, call in ALLOWED.items():
        status, said = call.made(fenced.account, victims)
        assert status in DONE, f"{what}: {said}"
    return victims


@pytest.mark.parametrize("kind", WORKLOADS)
def test_a_restart_is_in_the_template(kind: str, fenced: Fenced, spent: Victims) -> None:
    path = f"{APPS}/namespaces/{spent.namespace}/{WORKLOADS[kind]}"

    found = fenced.admin.ask("GET", path)[1]

    annotations = found["spec"]["template"]["metadata"]["annotations"]
    assert annotations == {RESTARTED: TIME, "example.com/kept": "yes"}


@pytest.mark.parametrize("name", ["running", "debris"])
def test_a_pod_that_was_evicted_or_deleted_is_gone(
    name: str, fenced: Fenced, spent: Victims
) -> None:
    found = fenced.admin.ask("GET", f"{CORE}/namespaces/{spent.namespace}/pods/{name}")[1]

    assert found.get("metadata", {}).get("uid") != spent.uids[name]
