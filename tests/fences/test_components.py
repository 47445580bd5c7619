"""The components of `act`, merged into the overlay: what they open, and what stays shut."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any

import pytest
import yaml

from tests.cluster.control_plane import ControlPlane
from tests.deploy.api import Account
from tests.fences.conftest import OVERLAY, Fenced, until
from tests.fences.victims import APPS, BATCH, POD_SPEC
from tests.fences.writes import ALLOWED, DEPLOYMENT, Call
from tests.manifests import ROOT
from watchdog.app.manifests.names import JOBS, SCALE
from watchdog.app.manifests.render import documents
from watchdog.app.manifests.tree import ACT, folders
from watchdog.app.registry import all_checks, all_remediations

ASKED = ("jobs", "scale")
ORDER = ("act-everywhere", "configmaps", "jobs", "lease-fence", "scale", "short-lived-actor")


def overlay_with(control_plane: ControlPlane, *components: str) -> str:
    """A copy of the overlay that names these components."""
    copy = control_plane.folder / "-".join(("overlay", *components))
    if not copy.exists():
        for name in ("deploy", "rbac"):
            shutil.copytree(ROOT / name, copy / name)
        path = copy / OVERLAY.relative_to(ROOT) / "kustomization.yaml"
        listed = ", ".join(f"../../../rbac/components/{name}" for name in components)
        text = path.read_text().replace("components: []", f"components: [{listed}]")
        path.write_text(text)
    return str(copy / OVERLAY.relative_to(ROOT))


@pytest.mark.parametrize("components", [(), *((each,) for each in ORDER), ORDER], ids="-".join)
def test_kustomize_and_render_come_to_the_same(
    components: tuple[str, ...], control_plane: ControlPlane
) -> None:
    built = control_plane.kubectl("kustomize", overlay_with(control_plane, *components))
    chosen = [
        each
        for each in folders(all_checks(), all_remediations())
        if each.path in ("", ACT) or each.component in components
    ]

    printed = [yaml.safe_load(text) for text in documents(chosen, ["default"])]

    found = [each for each in yaml.safe_load_all(built) if each]
    assert [each for each in printed if each not in found] == []
    assert len(found) == len(printed) + 6  # those of deploy/base: its namespace, account, ...


@contextmanager
def applied(control_plane: ControlPlane, *components: str) -> Iterator[None]:
    """The overlay with these components, and at the end as it was."""
    path = overlay_with(control_plane, *components)
    control_plane.kubectl("apply", "--warnings-as-errors", "-k", path)
    yield
    built = yaml.safe_load_all(control_plane.kubectl("kustomize", path))
    plain = list(yaml.safe_load_all(control_plane.kubectl("kustomize", str(OVERLAY))))
    known = {key_of(each) for each in plain}
    gone = [each for each in built if key_of(each) not in known]
    control_plane.kubectl("delete", "-f", "-", input=yaml.safe_dump_all(gone))
    control_plane.kubectl("apply", "-k", str(OVERLAY))


def key_of(manifest: Mapping[str, Any]) -> tuple[str, str, str]:
    """What an object is, where, and its name."""
    metadata = manifest["metadata"]
    return manifest["kind"], metadata.get("namespace", ""), metadata["name"]


@pytest.fixture(scope="module")
def opened(control_plane: ControlPlane, fenced: Fenced) -> Iterator[Fenced]:
    """The overlay with `scale`, `jobs` and `act-everywhere`, and Jobs to delete."""
    jobs(fenced.admin, fenced.other.namespace)
    with applied(control_plane, "act-everywhere", *ASKED):
        until(partial(scaled(2).made, fenced.account, fenced.other), "200")
        until(partial(scaled(3).made, fenced.account, fenced.other), SCALE)
        until(partial(deleted("work").made, fenced.account, fenced.other), JOBS)
        yield fenced
    until(partial(scaled(2).made, fenced.account, fenced.other), "403")


def scaled(replicas: int, name: str = "web") -> Call:
    """Ask for replicas of a Deployment, without effect."""
    path = f"{APPS}/namespaces/{{namespace}}/deployments/{name}/scale?dryRun=All"
    return Call(method="PATCH", path=path, body={"spec": {"replicas": replicas}}, by=SCALE)


def deleted(name: str, uid: str = "", **options: Any) -> Call:
    """Ask for the end of a Job, without effect."""
    body: dict[str, Any] = {"kind": "DeleteOptions", "apiVersion": "v1", "dryRun": ["All"]}
    body |= options
    if uid:
        body["preconditions"] = {"uid": uid}
    path = f"{BATCH}/namespaces/{{namespace}}/jobs/{name}"
    return Call(method="DELETE", path=path, body=body, by=JOBS)


def jobs(admin: Account, namespace: str) -> None:
    """A CronJob's Jobs: one that failed, and others that must stay; and a Deployment of ten."""
    path = f"{BATCH}/namespaces/{namespace}"
    template = {"template": {"spec": {**POD_SPEC, "restartPolicy": "Never"}}, "suspend": True}
    cron = {
        "metadata": {"name": "tick"},
        "spec": {
            "schedule": "0 0 1 1 *",
            "suspend": True,
            "failedJobsHistoryLimit": 9,
            "jobTemplate": {"spec": template},
        },
    }
    uid = admin.ask("POST", f"{path}/cronjobs", cron)[1]["metadata"]["uid"]
    of = {"apiVersion": "batch/v1", "kind": "CronJob", "name": "tick", "uid": uid}
    owned = {"ownerReferences": [{**of, "controller": True}]}
    metadata: dict[str, dict[str, Any]] = {
        "failed": owned,
        "under-way": owned,
        "by-hand": {},
        "hook": {**owned, "annotations": {"argocd.argoproj.io/hook": "PostSync"}},
        "own-clock": owned,
    }
    for name, more in metadata.items():
        spec = {
            **template,
            **({"ttlSecondsAfterFinished": 99_999_999} if name == "own-clock" else {}),
        }
        admin.ask("POST", f"{path}/jobs", {"metadata": {"name": name, **more}, "spec": spec})
        if name != "under-way":
            fail(admin, f"{path}/jobs/{name}")
    big = {
        **DEPLOYMENT,
        "metadata": {"name": "big"},
        "spec": {**DEPLOYMENT["spec"], "replicas": 10},
    }
    admin.ask("POST", f"{APPS}/namespaces/{namespace}/deployments", big)


def fail(admin: Account, path: str) -> None:
    """Let a Job have failed, as its controller says it."""
    at = "2026-11-21T10:00:00Z"
    conditions = [
        {"type": kind, "status": "True", "lastTransitionTime": at, "lastProbeTime": at}
        for kind in ("FailureTarget", "Failed")
    ]
    body = {"status": {"startTime": at, "conditions": conditions}}
    content = {"Content-Type": "application/merge-patch+json"}
    status, text = admin.ask("PATCH", f"{path}/status", body, content)
    assert status == HTTPStatus.OK, text


def uid_of(fenced: Fenced, name: str) -> str:
    """The uid of a Job."""
    path = f"{BATCH}/namespaces/{fenced.other.namespace}/jobs/{name}"
    uid: str = fenced.admin.ask("GET", path)[1]["metadata"]["uid"]
    return uid


def test_act_everywhere_reaches_a_namespace_that_no_binding_names(opened: Fenced) -> None:
    call = ALLOWED["a Deployment restarted"]

    status, said = replace(call, path=f"{call.path}?dryRun=All").made(opened.account, opened.other)

    assert status == HTTPStatus.OK, said


def test_one_replica_more_passes(opened: Fenced) -> None:
    assert scaled(2).made(opened.account, opened.other)[0] == HTTPStatus.OK


@pytest.mark.parametrize(("replicas", "name"), [(0, "web"), (3, "web"), (11, "big"), (8, "big")])
def test_other_replicas_are_refused(replicas: int, name: str, opened: Fenced) -> None:
    status, said = scaled(replicas, name).made(opened.account, opened.other)

    assert (status, f"'{SCALE}'" in said) == (HTTPStatus.FORBIDDEN, True), said


def test_nothing_is_scaled_in_a_protected_namespace(opened: Fenced) -> None:
    path = f"{APPS}/namespaces/kube-public/deployments"
    opened.admin.ask("POST", path, {**DEPLOYMENT, "metadata": {"name": "web"}})

    status, said = scaled(1).elsewhere("kube-public").made(opened.account, opened.other)

    assert (status, f"'{SCALE}'" in said) == (HTTPStatus.FORBIDDEN, True), said


def test_a_failed_job_of_a_cron_job_may_go(opened: Fenced) -> None:
    call = deleted("failed", uid_of(opened, "failed"), propagationPolicy="Background")

    status, said = call.made(opened.account, opened.other)

    assert status == HTTPStatus.OK, said


@pytest.mark.parametrize("name", ["under-way", "by-hand", "hook", "own-clock"])
def test_another_job_stays(name: str, opened: Fenced) -> None:
    status, said = deleted(name, uid_of(opened, name)).made(opened.account, opened.other)

    assert (status, f"'{JOBS}'" in said) == (HTTPStatus.FORBIDDEN, True), said


@pytest.mark.parametrize(
    "options", [{"propagationPolicy": "Orphan"}, {"orphanDependents": True}, {}], ids=str
)
def test_a_failed_job_stays_without_its_uid_or_when_its_pods_would(
    options: dict[str, Any], opened: Fenced
) -> None:
    uid = uid_of(opened, "failed") if options else ""

    status, said = deleted("failed", uid, **options).made(opened.account, opened.other)

    assert (status, f"'{JOBS}'" in said) == (HTTPStatus.FORBIDDEN, True), said


@pytest.mark.parametrize("policy", [SCALE, JOBS])
def test_the_api_server_has_nothing_to_say_against_their_policies(
    policy: str, control_plane: ControlPlane, opened: Fenced
) -> None:
    observed = "--for=jsonpath={.status.observedGeneration}=1"
    control_plane.kubectl("wait", observed, "validatingadmissionpolicy", policy, "--timeout=60s")

    status = control_plane.get("validatingadmissionpolicy", "", policy)["status"]

    assert status["typeChecking"].get("expressionWarnings", []) == []
