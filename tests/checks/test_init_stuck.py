"""init_stuck: init containers that wait for a name, and those that run by design."""

from datetime import timedelta

import msgspec
import pytest

from tests.builders import (
    HOUR,
    MINUTE,
    ago,
    container,
    deployment,
    meta,
    pod,
    replicaset,
    running,
    snapshot,
    template,
    waiting,
)
from watchdog.checks.init_stuck import init_stuck
from watchdog.domain.check import NoParams
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1, metav1, podv1
from watchdog.domain.ref import Ref

API = Ref("Deployment", "shop", "api")
POD = Ref("Pod", "shop", "api-2-x")
WAIT = "until nc -z -w 2 orders-db 5432; do sleep 2; done"


def stuck(
    script: str = WAIT,
    *,
    before: podv1.PodTemplate | None = None,
    policy: str = "",
    held: str = "PodInitializing",
    env: tuple[podv1.EnvVar, ...] = (),
    age: timedelta = HOUR,
) -> list[metav1.Object]:
    init = msgspec.structs.replace(
        container("wait"), command=("sh", "-c"), args=(script,), restart_policy=policy, env=env
    )
    spec = template(container(), init_containers=(init,))
    owner = deployment(API, ready=0, pod_template=spec)
    new = replicaset(owner, 2)
    items: list[metav1.Object] = [owner, new]
    if before is not None:
        items.append(replicaset(owner, 1, replicas=0, pod_template=before))
    status = waiting(held) if held else running()
    runs = running(name="wait", ready=False, age=age)
    return [*items, pod(POD, status, owner=new, spec=spec.spec, init=[runs], ready=False)]


def service(name: str, namespace: str = "shop") -> corev1.Service:
    return corev1.Service(metadata=meta(Ref("Service", namespace, name)))


def detect(*items: metav1.Object, log: str = "") -> list[Finding]:
    logs = {LogQuery(POD, "wait"): Log(log)} if log else {}
    return list(init_stuck.detect(snapshot(*items).with_logs(logs), NoParams()))


def test_a_service_that_does_not_exist_is_named() -> None:
    [finding] = detect(*stuck())

    assert (finding.reason, finding.subject) == ("InitDependencyMissing", API)
    assert (finding.since, finding.hold) == (ago(HOUR), 10 * MINUTE)
    assert "Service orders-db" in finding.message
    assert "does not exist" in finding.message
    assert finding.logs == (LogQuery(POD, "wait"),)


def test_a_service_that_exists_is_named_as_not_answering() -> None:
    [finding] = detect(*stuck(), service("orders-db"))

    assert "exists but does not answer" in finding.message
    assert finding.blames == (Ref("Service", "shop", "orders-db"),)


@pytest.mark.parametrize(
    "script",
    [
        "until curl -sf http://orders-db:5432/; do sleep 1; done",
        "until pg_isready -h orders-db; do sleep 1; done",
        "until nslookup orders-db.shop.svc.cluster.local; do sleep 1; done",
        "until nc -z $DB_HOST 5432; do sleep 1; done",
    ],
)
def test_the_name_is_found_in_the_usual_commands(script: str) -> None:
    [finding] = detect(*stuck(script, env=(podv1.EnvVar(name="DB_HOST", value="orders-db"),)))

    assert "Service orders-db" in finding.message


def test_the_log_names_what_the_command_does_not() -> None:
    [finding] = detect(
        *stuck("/wait.sh"), log="dial tcp: lookup orders-db on 10.96.0.10:53: no such host\n"
    )

    assert "Service orders-db" in finding.message


def test_init_containers_the_newest_revision_brought_are_taken_back() -> None:
    [finding] = detect(*stuck(before=template()))

    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n shop rollout undo deployment/api",)


@pytest.mark.parametrize("items", [stuck(policy="Always"), stuck(held="")])
def test_sidecars_and_pods_past_their_init_are_no_fault(items: list[metav1.Object]) -> None:
    assert detect(*items) == []
