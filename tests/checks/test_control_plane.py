"""control_plane: aggregated APIs that do not answer, and who waits for them."""

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, ago, deployment, meta, snapshot, template
from watchdog.checks.control_plane import control_plane
from watchdog.domain import objects as k8s
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

METRICS = Ref("APIService", "", "v1beta1.metrics.k8s.io")
BACKEND = Ref("Service", "kube-system", "metrics-server")


def api(status: str = "False", *, service: bool = True, deleting: bool = False) -> k8s.APIService:
    condition = k8s.Condition(
        type="Available",
        status=status,
        reason="MissingEndpoints",
        message="endpoints for service are missing",
        last_transition_time=ago(HOUR),
    )
    backend = k8s.ApiServiceBackend(namespace="kube-system", name="metrics-server")
    return k8s.APIService(
        metadata=meta(METRICS, deleting=deleting),
        spec=k8s.ApiServiceSpec(
            group="metrics.k8s.io", version="v1beta1", service=backend if service else None
        ),
        status=k8s.ConditionsStatus(conditions=(condition,)),
    )


def detect(*items: k8s.Object) -> list[Finding]:
    return list(control_plane.detect(snapshot(*items), NoParams()))


def behind(ref: Ref, labels: dict[str, str] | None) -> k8s.Deployment:
    pods = msgspec.structs.replace(template(), metadata=k8s.Metadata(labels=labels))
    return deployment(ref, pod_template=pods)


def test_an_api_without_an_answer_is_told_with_what_stands_behind_it() -> None:
    labels = {"k8s-app": "metrics-server"}
    server = behind(Ref("Deployment", "kube-system", "metrics-server"), labels)
    others = [
        behind(Ref("Deployment", "kube-system", "dns"), None),
        behind(Ref("Deployment", "shop", "metrics-server"), labels),
    ]
    service = k8s.Service(metadata=meta(BACKEND), spec=k8s.ServiceSpec(selector=labels))

    [finding] = detect(api(), service, server, *others)

    assert (finding.reason, finding.subject) == ("APIServiceUnavailable", METRICS)
    assert (finding.since, finding.hold) == (ago(HOUR), 10 * MINUTE)
    assert finding.severity is Severity.WARNING
    assert finding.affected == (BACKEND, server.ref)


def test_a_namespace_that_cannot_go_makes_it_critical() -> None:
    stuck = k8s.Condition(type="NamespaceDeletionDiscoveryFailure", status="True")
    name = Ref("Namespace", "", "old")
    namespace = k8s.Namespace(metadata=meta(name), status=k8s.NamespaceStatus(conditions=(stuck,)))

    [finding] = detect(api(), namespace)

    assert finding.severity is Severity.CRITICAL
    assert name in finding.affected
    assert "old" in finding.why


@pytest.mark.parametrize(
    "item",
    [
        api("True"),
        api("Unknown"),
        api(service=False),
        api(deleting=True),
        k8s.APIService(metadata=meta(METRICS)),
    ],
    ids=["available", "unknown", "local", "deleted", "new"],
)
def test_an_api_that_answers_or_leaves_is_no_fault(item: k8s.APIService) -> None:
    assert detect(item) == []
