"""load_balancer: Services that wait for an address."""

from tests.builders import HOUR, MINUTE, ago, event, snapshot
from tests.network import service
from watchdog.checks.load_balancer import load_balancer
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1, metav1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

WAITING = service("web", 80, type="LoadBalancer", age=2 * HOUR)


def served(address: corev1.LoadBalancerAddress) -> corev1.Service:
    item = service("other", 80, type="LoadBalancer")
    status = corev1.ServiceStatus(load_balancer=corev1.LoadBalancerStatus(ingress=(address,)))
    return corev1.Service(metadata=item.metadata, spec=item.spec, status=status)


def found(*items: metav1.Object) -> list[Finding]:
    return list(load_balancer.detect(snapshot(*items), NoParams()))


def test_a_service_without_address_beside_one_that_has_it_is_a_warning() -> None:
    [finding] = found(WAITING, served(corev1.LoadBalancerAddress(ip="192.168.1.9")))

    assert (finding.reason, finding.subject) == (
        "LoadBalancerPending",
        Ref("Service", "shop", "web"),
    )
    assert (finding.severity, finding.hold) == (Severity.WARNING, 15 * MINUTE)
    assert finding.since == ago(2 * HOUR)


def test_a_cluster_that_never_gave_an_address_has_no_controller_for_it() -> None:
    [finding] = found(WAITING)

    assert finding.severity is Severity.INFO


def test_a_controller_that_complains_is_there() -> None:
    [finding] = found(WAITING, event(WAITING, "AllocationFailed", "no available IPs"))

    assert finding.severity is Severity.WARNING
    assert "no available IPs" in finding.why


def test_a_host_name_is_an_address_and_other_types_want_none() -> None:
    assert found(served(corev1.LoadBalancerAddress(hostname="lb.example.org"))) == []
    assert found(service("web", 80)) == []
