"""inside: which Services a host leads to, and which hosts lead nowhere in the cluster."""

import msgspec
import pytest

from tests.builders import deployment, meta, node, snapshot, template
from watchdog.domain.objects import corev1, metav1, networkingv1
from watchdog.domain.ref import Ref
from watchdog.logic.network.inside import within

ZOT = Ref("Deployment", "infra", "zot-7")
SERVICE = Ref("Service", "infra", "zot")


def service() -> corev1.Service:
    address = corev1.LoadBalancerAddress(ip="192.168.1.40")
    return corev1.Service(
        metadata=meta(SERVICE),
        spec=corev1.ServiceSpec(
            cluster_ip="10.96.4.4",
            selector={"app": "zot"},
            ports=(corev1.ServicePort(port=5000, node_port=30500),),
        ),
        status=corev1.ServiceStatus(load_balancer=corev1.LoadBalancerStatus(ingress=(address,))),
    )


def ingress(name: str) -> networkingv1.Ingress:
    backend = networkingv1.IngressBackend(service=networkingv1.IngressService(name=name))
    paths = networkingv1.IngressHttp(paths=(networkingv1.IngressPath(backend=backend),))
    rule = networkingv1.IngressHost(host=f"{name}.home.lan", http=paths)
    return networkingv1.Ingress(
        metadata=meta(Ref("Ingress", "infra", name)),
        spec=networkingv1.IngressSpec(rules=(rule,)),
    )


def look(host: str) -> tuple[Ref, ...]:
    spec = template()
    labels = metav1.PlainMetadata(labels={"app": "zot"})
    spec = msgspec.structs.replace(spec, metadata=labels)
    worker = node("w-1")
    addresses = (corev1.NodeAddress(type="InternalIP", address="192.168.1.11"),)
    status = msgspec.structs.replace(worker.status, addresses=addresses)
    items = (
        service(),
        corev1.Namespace(metadata=meta(Ref("Namespace", "", "infra"))),
        deployment(ZOT, pod_template=spec),
        msgspec.structs.replace(worker, status=status),
        ingress("zot"),
        ingress("gone"),
    )
    return within(snapshot(*items), host, "shop")


@pytest.mark.parametrize(
    "host",
    [
        "zot.infra.svc.cluster.local:5000",
        "zot.infra:5000",
        "10.96.4.4:5000",
        "localhost:30500",
        "127.0.0.1:30500",
        "192.168.1.11:30500",
        "192.168.1.40:5000",
        "192.168.1.40",
        "zot.home.lan",
    ],
)
def test_a_registry_in_the_cluster_is_known_by_every_way_to_it(host: str) -> None:
    assert look(host) == (SERVICE, ZOT)


@pytest.mark.parametrize(
    "host",
    ["ghcr.io", "docker.io", "localhost:5000", "zot:5000", "gone.home.lan", "10.0.0.9:30500"],
)
def test_any_other_registry_is_outside(host: str) -> None:
    assert look(host) == ()
