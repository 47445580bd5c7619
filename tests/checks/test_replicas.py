"""replicas: too few ready pods, and the many reasons to say nothing."""

import msgspec
import pytest

from tests.builders import (
    HOUR,
    MINUTE,
    NOW,
    ago,
    container,
    deployment,
    node,
    pod,
    replicaset,
    running,
    snapshot,
    template,
    waiting,
)
from watchdog.checks.replicas import ReplicasParams, replicas
from watchdog.domain import objects as k8s
from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

WEB = Ref("Deployment", "shop", "web")
UNREADY = running(ready=False, started=True)


def detect(*items: k8s.Object, critical: tuple[str, ...] = ()) -> list[Finding]:
    return list(replicas.detect(snapshot(*items), ReplicasParams(critical=critical)))


def short(
    status: k8s.ContainerStatus = UNREADY,
    *,
    spec: k8s.PodTemplate | None = None,
    ready: int = 1,
    on: str = "w-1",
    paused: bool = False,
    conditions: tuple[k8s.Condition, ...] = (),
) -> list[k8s.Object]:
    """A Deployment of two with one pod that is not ready."""
    spec = spec or template()
    owner = deployment(
        WEB, replicas=2, ready=ready, pod_template=spec, paused=paused, conditions=conditions
    )
    revision = replicaset(owner, 1)
    ref = Ref("Pod", "shop", "web-1-x")
    return [owner, revision, pod(ref, status, owner=revision, spec=spec.spec, node=on)]


def test_too_few_ready_pods_are_a_warning_after_a_quarter_of_an_hour() -> None:
    [finding] = detect(*short())

    assert (finding.reason, finding.subject) == ("ReplicasUnavailable", WEB)
    assert finding.severity is Severity.WARNING
    assert (finding.since, finding.hold) == (ago(HOUR), 15 * MINUTE)
    assert "1 of 2" in finding.message


def test_no_ready_pod_is_critical() -> None:
    [finding] = detect(*short(ready=0))

    assert finding.severity is Severity.CRITICAL


def test_a_workload_named_in_the_configuration_is_told_sooner() -> None:
    [finding] = detect(*short(ready=0), critical=("shop/web",))

    assert finding.hold == 5 * MINUTE


def test_the_state_of_a_pod_that_waits_is_told() -> None:
    [finding] = detect(*short(waiting("ContainerCreating")))

    assert "ContainerCreating" in finding.why


def test_pods_on_a_lost_node_are_the_nodes_fault() -> None:
    assert detect(node("w-1", ready="Unknown"), *short()) == []


def test_a_pod_inside_its_startup_budget_is_no_fault() -> None:
    probe = k8s.Probe(period_seconds=15, failure_threshold=60)
    slow = template(container(startup_probe=probe))
    starting = running(ready=False, started=False, age=9 * MINUTE)

    assert detect(*short(starting, spec=slow)) == []
    late = running(ready=False, started=False, age=20 * MINUTE)
    assert len(detect(*short(late, spec=slow))) == 1


def test_a_running_rollout_is_no_fault_while_old_pods_serve() -> None:
    going = k8s.Condition(
        type="Progressing", status="True", reason="ReplicaSetUpdated", last_update_time=NOW
    )

    assert detect(*short(conditions=(going,))) == []
    assert len(detect(*short(conditions=(going,), ready=0))) == 1


@pytest.mark.parametrize(
    "items", [short(ready=2), short(paused=True), [deployment(WEB, replicas=0)]]
)
def test_whole_paused_and_empty_workloads_are_no_fault(items: list[k8s.Object]) -> None:
    assert detect(*items) == []


def test_a_condition_dates_the_fault_better_than_the_newest_pod() -> None:
    gone = k8s.Condition(type="Available", status="False", last_transition_time=ago(9 * HOUR))
    owner, *_ = short(ready=0, conditions=(gone,))

    [finding] = detect(msgspec.structs.replace(owner))

    assert finding.since == ago(9 * HOUR)
