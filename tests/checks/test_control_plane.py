"""control_plane: aggregated APIs that do not answer, and who waits for them."""

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, ago, deployment, meta, node, snapshot, template
from watchdog.checks.control_plane import control_plane
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import apiregistrationv1, appsv1, corev1, metav1, serverv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

METRICS = Ref("APIService", "", "v1beta1.metrics.k8s.io")
BACKEND = Ref("Service", "kube-system", "metrics-server")


def api(
    status: str = "False", *, service: bool = True, deleting: bool = False
) -> apiregistrationv1.APIService:
    condition = metav1.Condition(
        type="Available",
        status=status,
        reason="MissingEndpoints",
        message="endpoints for service are missing",
        last_transition_time=ago(HOUR),
    )
    backend = apiregistrationv1.ApiServiceBackend(namespace="kube-system", name="metrics-server")
    return apiregistrationv1.APIService(
        metadata=meta(METRICS, deleting=deleting),
        spec=apiregistrationv1.ApiServiceSpec(
            group="metrics.k8s.io", version="v1beta1", service=backend if service else None
        ),
        status=metav1.ConditionsStatus(conditions=(condition,)),
    )


def detect(*items: metav1.Object) -> list[Finding]:
    return list(control_plane.detect(snapshot(*items), NoParams()))


def behind(ref: Ref, labels: dict[str, str] | None) -> appsv1.Deployment:
    pods = msgspec.structs.replace(template(), metadata=metav1.Metadata(labels=labels))
    return deployment(ref, pod_template=pods)


def test_an_api_without_an_answer_is_told_with_what_stands_behind_it() -> None:
    labels = {"k8s-app": "metrics-server"}
    server = behind(Ref("Deployment", "kube-system", "metrics-server"), labels)
    others = [
        behind(Ref("Deployment", "kube-system", "dns"), None),
        behind(Ref("Deployment", "shop", "metrics-server"), labels),
    ]
    service = corev1.Service(metadata=meta(BACKEND), spec=corev1.ServiceSpec(selector=labels))

    [finding] = detect(api(), service, server, *others)

    assert (finding.reason, finding.subject) == ("APIServiceUnavailable", METRICS)
    assert (finding.since, finding.hold) == (ago(HOUR), 10 * MINUTE)
    assert finding.severity is Severity.WARNING
    assert finding.affected == (BACKEND, server.ref)


def test_a_namespace_that_cannot_go_makes_it_critical() -> None:
    stuck = metav1.Condition(type="NamespaceDeletionDiscoveryFailure", status="True")
    name = Ref("Namespace", "", "old")
    namespace = corev1.Namespace(
        metadata=meta(name), status=corev1.NamespaceStatus(conditions=(stuck,))
    )

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
        apiregistrationv1.APIService(metadata=meta(METRICS)),
    ],
    ids=["available", "unknown", "local", "deleted", "new"],
)
def test_an_api_that_answers_or_leaves_is_no_fault(item: apiregistrationv1.APIService) -> None:
    assert detect(item) == []


def server(*names: str, slow: bool = False) -> serverv1.APIServer:
    failed = tuple(serverv1.FailedCheck(endpoint="readyz", name=name) for name in names)
    times = (serverv1.ListTime("pods", 14.2, 40), serverv1.ListTime("nodes", 12, 3))
    return serverv1.APIServer(
        metadata=meta(Ref("APIServer", "", "kubernetes")),
        failed=failed,
        lists=times if slow else (),
    )


def test_a_health_check_that_fails_is_told_when_two_looks_show_it() -> None:
    [finding] = detect(server("etcd", "etcd-readiness"))

    assert finding.reason == "ControlPlaneUnhealthy"
    assert finding.subject == Ref("Namespace", "", "kube-system")
    assert finding.severity is Severity.CRITICAL
    assert (finding.since, finding.sightings) == (None, 2)
    assert "etcd, etcd-readiness" in finding.message
    assert finding.proposal is not None
    assert "etcd" in finding.proposal.text
    assert finding.proposal.commands[0] == "kubectl get --raw '/readyz?verbose'"


def test_the_only_control_plane_node_is_the_subject() -> None:
    item = node("k3s")
    labels = {"node-role.kubernetes.io/control-plane": "true"}
    metadata = msgspec.structs.replace(item.metadata, labels=labels)

    [finding] = detect(server("etcd"), msgspec.structs.replace(item, metadata=metadata))

    assert finding.subject == item.ref
    assert Ref("Namespace", "", "kube-system") in finding.affected


def test_slow_lists_are_told_with_their_seconds() -> None:
    [finding] = detect(server(slow=True))

    assert "pods 14 s, nodes 12 s" in finding.message
    assert finding.proposal is not None
    assert "latency" in finding.proposal.text


def test_a_server_that_is_well_is_no_fault() -> None:
    assert detect(server()) == []
