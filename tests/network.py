"""Short ways to say which Services, routes and policies a test's cluster has."""

from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_address

import msgspec

from tests.builders import HOUR, container, deployment, meta, pod, running, template
from watchdog.domain import objects as k8s
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot


def labelled(labels: dict[str, str], *containers: k8s.Container, **spec: object) -> k8s.PodTemplate:
    """A pod template with labels; other fields of its spec by their record names."""
    made = template(*containers, **spec)
    return msgspec.structs.replace(made, metadata=k8s.Metadata(labels=labels))


def serving(
    name: str,
    *ports: int | tuple[str, int],
    env: dict[str, str] | None = None,
    args: Sequence[str] = (),
) -> k8s.Container:
    """A container that declares ports, by number or name and number."""
    shown = tuple(
        k8s.ContainerPort(container_port=each)
        if isinstance(each, int)
        else k8s.ContainerPort(name=each[0], container_port=each[1])
        for each in ports
    )
    variables = tuple(k8s.EnvVar(name=key, value=value) for key, value in (env or {}).items())
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
) -> list[k8s.Object]:
    """A Deployment, whose pods are owned by it directly, and one pod for each node."""
    own = {"app": name} if labels is None else labels
    made = labelled(own, serving(name, *ports, env=env, args=args), **spec)
    ref = Ref("Deployment", namespace, name)
    owner = deployment(
        ref, replicas=replicas, ready=replicas if ready else 0, pod_template=made, age=age
    )
    pods: list[k8s.Object] = []
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
    *ports: k8s.ServicePort | int,
    namespace: str = "shop",
    selector: dict[str, str] | None = None,
    ip: str = "10.96.0.9",
    age: timedelta = HOUR,
    labels: dict[str, str] | None = None,
    owner: k8s.Object | None = None,
    **spec: object,
) -> k8s.Service:
    """A Service that selects `app: name` unless told otherwise; `{}` selects nothing."""
    shown = tuple(
        k8s.ServicePort(port=each, target_port=each) if isinstance(each, int) else each
        for each in ports
    )
    fields = k8s.ServiceSpec(
        type="ClusterIP",
        cluster_ip=ip,
        selector={"app": name} if selector is None else selector,
        ports=shown,
    )
    return k8s.Service(
        metadata=meta(Ref("Service", namespace, name), age=age, labels=labels, owner=owner),
        spec=msgspec.structs.replace(fields, **spec),
    )


def slice_of(item: k8s.Service, *addresses: str, changed: str = "") -> k8s.EndpointSlice:
    """An EndpointSlice of a Service."""
    return k8s.EndpointSlice(
        metadata=meta(
            Ref("EndpointSlice", item.namespace, f"{item.name}-x"),
            labels={"kubernetes.io/service-name": item.name},
            annotations=k8s.Annotations(endpoints_changed=changed),
        ),
        endpoints=tuple(k8s.SliceEndpoint(addresses=(each,)) for each in addresses),
    )


def ingress(
    name: str,
    *backends: tuple[str, int | str],
    namespace: str = "shop",
    kind: str = "",
    **extra: object,
) -> k8s.Ingress:
    """An Ingress that leads to Service and port."""
    paths = tuple(
        k8s.IngressPath(
            backend=k8s.IngressBackend(
                service=k8s.IngressService(
                    name=to,
                    port=k8s.IngressServicePort(number=port)
                    if isinstance(port, int)
                    else k8s.IngressServicePort(name=port),
                )
            )
        )
        for to, port in backends
    )
    spec = k8s.IngressSpec(
        ingress_class_name=kind, rules=(k8s.IngressHost(http=k8s.IngressHttp(paths=paths)),)
    )
    return k8s.Ingress(
        metadata=meta(Ref("Ingress", namespace, name)), spec=msgspec.structs.replace(spec, **extra)
    )


def ingress_class(name: str, controller: str, *, default: bool = False) -> k8s.IngressClass:
    """An IngressClass."""
    marks = k8s.Annotations(default_ingress_class="true" if default else "")
    return k8s.IngressClass(
        metadata=meta(Ref("IngressClass", "", name), annotations=marks),
        spec=k8s.IngressClassSpec(controller=controller),
    )


def policy(
    name: str,
    *types: str,
    namespace: str = "shop",
    ingress: Sequence[k8s.IngressRule] | None = None,
    egress: Sequence[k8s.EgressRule] | None = None,
    select: dict[str, str] | None = None,
    age: timedelta = HOUR,
) -> k8s.NetworkPolicy:
    """A NetworkPolicy of all pods of its namespace, or of those with labels."""
    return k8s.NetworkPolicy(
        metadata=meta(Ref("NetworkPolicy", namespace, name), age=age),
        spec=k8s.NetworkPolicySpec(
            pod_selector=k8s.LabelSelector(match_labels=select),
            policy_types=types,
            ingress=None if ingress is None else tuple(ingress),
            egress=None if egress is None else tuple(egress),
        ),
    )


def namespace(name: str) -> k8s.Namespace:
    """A namespace with the label the API server gives it."""
    labels = {"kubernetes.io/metadata.name": name}
    return k8s.Namespace(metadata=meta(Ref("Namespace", "", name), labels=labels))


def says(look: Snapshot, name: str, text: str) -> Snapshot:
    """Give the first pod of an app a log."""
    [ref] = [each for each in look.all_pods if each.name == f"{name}-0"]
    return look.with_logs({LogQuery(ref, name): Log(text)})
