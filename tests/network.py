"""Short ways to say which Services, routes and policies a test's cluster has."""

from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_address

import msgspec

from tests.builders import HOUR, container, deployment, meta, pod, running, template
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.objects import corev1, metav1, networkingv1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot


def labelled(
    labels: dict[str, str], *containers: podv1.Container, **spec: object
) -> podv1.PodTemplate:
    """A pod template with labels; other fields of its spec by their record names."""
    made = template(*containers, **spec)
    return msgspec.structs.replace(made, metadata=metav1.Metadata(labels=labels))


def serving(
    name: str,
    *ports: int | tuple[str, int],
    env: dict[str, str] | None = None,
    args: Sequence[str] = (),
) -> podv1.Container:
    """A container that declares ports, by number or name and number."""
    shown = tuple(
        podv1.ContainerPort(container_port=each)
        if isinstance(each, int)
        else podv1.ContainerPort(name=each[0], container_port=each[1])
        for each in ports
    )
    variables = tuple(podv1.EnvVar(name=key, value=value) for key, value in (env or {}).items())
    return container(name, ports=shown, env=variables, args=tuple(args))


def app(
    name: str,
    *ports: int | tuple[str, int],
    namespace: str = "shop",
    labels: dict[str, str] | None = None,
    env: dict[str, str] | None = None,
    args: Sequence[str] = (),
    replicas: int = 1,
    ready: bool = True,
    nodes: Sequence[str] = ("w-1",),
    age: timedelta = HOUR,
    **spec: object,
) -> list[metav1.Object]:
    """A Deployment, whose pods are owned by it directly, and one pod for each node."""
    own = {"app": name} if labels is None else labels
    made = labelled(own, serving(name, *ports, env=env, args=args), **spec)
    ref = Ref("Deployment", namespace, name)
    owner = deployment(
        ref, replicas=replicas, ready=replicas if ready else 0, pod_template=made, age=age
    )
    pods: list[metav1.Object] = []
    for number, node in enumerate(nodes if replicas else ()):
        each = pod(
            Ref("Pod", namespace, f"{name}-{number}"),
            running(name=name, ready=ready),
            owner=owner,
            spec=made.spec,
            labels=own,
            node=node,
            age=age,
        )
        status = msgspec.structs.replace(each.status, pod_ip=address(namespace, name, number))
        pods.append(msgspec.structs.replace(each, status=status))
    return [owner, *pods]


def address(namespace: str, name: str, number: int = 0) -> str:
    """The address of an app's pod: always the same for the same name."""
    place = sum(ord(letter) * (index + 1) for index, letter in enumerate(namespace + name)) % 250
    return str(ip_address(f"10.245.{place}.{number + 1}"))


def service(
    name: str,
    *ports: corev1.ServicePort | int,
    namespace: str = "shop",
    selector: dict[str, str] | None = None,
    ip: str = "10.96.0.9",
    age: timedelta = HOUR,
    labels: dict[str, str] | None = None,
    owner: metav1.Object | None = None,
    **spec: object,
) -> corev1.Service:
    """A Service that selects `app: name` unless told otherwise; `{}` selects nothing."""
    shown = tuple(
        corev1.ServicePort(port=each, target_port=each) if isinstance(each, int) else each
        for each in ports
    )
    fields = corev1.ServiceSpec(
        type="ClusterIP",
        cluster_ip=ip,
        selector={"app": name} if selector is None else selector,
        ports=shown,
    )
    return corev1.Service(
        metadata=meta(Ref("Service", namespace, name), age=age, labels=labels, owner=owner),
        spec=msgspec.structs.replace(fields, **spec),
    )


def slice_of(
    item: corev1.Service, *addresses: str, changed: str = ""
) -> networkingv1.EndpointSlice:
    """An EndpointSlice of a Service."""
    return networkingv1.EndpointSlice(
        metadata=meta(
            Ref("EndpointSlice", item.namespace, f"{item.name}-x"),
            labels={"kubernetes.io/service-name": item.name},
            annotations=metav1.Annotations(endpoints_changed=changed),
        ),
        endpoints=tuple(networkingv1.SliceEndpoint(addresses=(each,)) for each in addresses),
    )


def ingress(
    name: str,
    *backends: tuple[str, int | str],
    namespace: str = "shop",
    kind: str = "",
    **extra: object,
) -> networkingv1.Ingress:
    """An Ingress that leads to Service and port."""
    paths = tuple(
        networkingv1.IngressPath(
            backend=networkingv1.IngressBackend(
                service=networkingv1.IngressService(
                    name=to,
                    port=networkingv1.IngressServicePort(number=port)
                    if isinstance(port, int)
                    else networkingv1.IngressServicePort(name=port),
                )
            )
        )
        for to, port in backends
    )
    spec = networkingv1.IngressSpec(
        ingress_class_name=kind,
        rules=(networkingv1.IngressHost(http=networkingv1.IngressHttp(paths=paths)),),
    )
    return networkingv1.Ingress(
        metadata=meta(Ref("Ingress", namespace, name)), spec=msgspec.structs.replace(spec, **extra)
    )


def ingress_class(
    name: str, controller: str, *, default: bool = False
) -> networkingv1.IngressClass:
    """An IngressClass."""
    marks = metav1.Annotations(default_ingress_class="true" if default else "")
    return networkingv1.IngressClass(
        metadata=meta(Ref("IngressClass", "", name), annotations=marks),
        spec=networkingv1.IngressClassSpec(controller=controller),
    )


def policy(
    name: str,
    *types: str,
    namespace: str = "shop",
    ingress: Sequence[networkingv1.IngressRule] | None = None,
    egress: Sequence[networkingv1.EgressRule] | None = None,
    select: dict[str, str] | None = None,
    age: timedelta = HOUR,
) -> networkingv1.NetworkPolicy:
    """A NetworkPolicy of all pods of its namespace, or of those with labels."""
    return networkingv1.NetworkPolicy(
        metadata=meta(Ref("NetworkPolicy", namespace, name), age=age),
        spec=networkingv1.NetworkPolicySpec(
            pod_selector=metav1.LabelSelector(match_labels=select),
            policy_types=types,
            ingress=None if ingress is None else tuple(ingress),
            egress=None if egress is None else tuple(egress),
        ),
    )


def namespace(name: str) -> corev1.Namespace:
    """A namespace with the label the API server gives it."""
    labels = {"kubernetes.io/metadata.name": name}
    return corev1.Namespace(metadata=meta(Ref("Namespace", "", name), labels=labels))


def says(look: Snapshot, name: str, text: str) -> Snapshot:
    """Give the first pod of an app a log."""
    [ref] = [each for each in look.all_pods if each.name == f"{name}-0"]
    return look.with_logs({LogQuery(ref, name): Log(text)})
