"""service_ports: calls to what is not there, and targets that nobody serves."""

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, ago, meta, node, replicaset, snapshot
from tests.network import app, ingress, ingress_class, labelled, says, service, serving
from watchdog.checks.service_ports import service_ports
from watchdog.domain.check import NoParams
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.objects import appsv1, batchv1, corev1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot

SERVICE = Ref("Service", "shop", "cart")
CART = Ref("Deployment", "shop", "cart")
WEB = Ref("Deployment", "shop", "web")


def found(*items: metav1.Object) -> list[Finding]:
    return of(snapshot(*items))


def of(look: Snapshot) -> list[Finding]:
    return list(service_ports.detect(look, NoParams()))


def calling(url: str, **more: object) -> list[metav1.Object]:
    return app("web", env={"CART_URL": url}, **more)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------ WrongServicePort
def test_a_call_to_a_port_the_service_lacks_is_the_callers_fault() -> None:
    [finding] = found(*calling("http://cart:80/x"), *app("cart", 8080), service("cart", 8080))

    assert (finding.reason, finding.subject) == ("WrongServicePort", WEB)
    assert finding.severity is Severity.WARNING
    assert finding.why.startswith(f"{WEB} calls cart:80 (")
    assert "but Service/shop/cart has only port 8080" in finding.why
    assert finding.proposal is not None
    assert finding.proposal.commands == (
        "kubectl -n shop set env deployment/web -c web CART_URL=http://cart:8080/x",
    )


@pytest.mark.parametrize("url", ["http://user:secret@cart:80", "http://cart:80/$(X)", "cart:80|x"])
def test_a_value_that_may_not_stand_in_a_command_is_only_named(url: str) -> None:
    [finding] = found(*calling(url), *app("cart", 8080), service("cart", 8080))

    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n shop describe svc cart",)
    assert "secret" not in f"{finding.why}{finding.evidence}{finding.proposal.text}"


def commands(*items: metav1.Object) -> list[tuple[str, ...]]:
    return [each.proposal.commands for each in found(*items) if each.proposal]


def test_of_several_ports_none_is_guessed() -> None:
    assert commands(*calling("cart:81"), service("cart", 80, 90)) == [
        ("kubectl -n shop describe svc cart",)
    ]


def test_a_port_that_only_the_scheme_says_is_written_behind_the_host() -> None:
    assert commands(*calling("http://cart/cart"), service("cart", 8080)) == [
        ("kubectl -n shop set env deployment/web -c web CART_URL=http://cart:8080/cart",)
    ]


def test_an_argument_is_patched_with_the_whole_list_it_stands_in() -> None:
    assert commands(*app("web", args=["serve", "--a=cart:81"]), service("cart", 80)) == [
        (
            "kubectl -n shop patch deployment web --type=strategic -p "
            '\'{"spec":{"template":{"spec":{"containers":'
            '[{"name":"web","args":["serve","--a=cart:80"]}]}}}}\'',
        )
    ]


def test_an_argument_among_words_that_no_shell_may_read_is_only_named() -> None:
    assert commands(*app("web", args=["a b", "--a=cart:81"]), service("cart", 80)) == [
        ("kubectl -n shop describe svc cart",)
    ]


def test_a_caller_since_its_newest_revision_and_the_services_birth() -> None:
    owner, pod = calling("cart:81")
    assert isinstance(owner, appsv1.Deployment)
    newest = replicaset(owner, 2, age=20 * MINUTE)

    [finding] = found(owner, pod, newest, service("cart", 80, age=9 * HOUR))

    assert finding.since == ago(20 * MINUTE)


def test_a_cronjob_calls_too() -> None:
    template = labelled({"app": "night"}, serving("night", env={"A": "cart:81"}))
    cron = batchv1.CronJob(
        metadata=meta(Ref("CronJob", "shop", "night")),
        spec=batchv1.CronJobSpec(
            job_template=batchv1.JobTemplate(spec=batchv1.JobSpec(template=template))
        ),
    )

    [finding] = found(cron, service("cart", 80))

    assert (finding.subject.kind, finding.since) == ("CronJob", ago(HOUR))


@pytest.mark.parametrize(
    "item",
    [
        service("cart", 8080),
        service("cart", 9090, type="ExternalName"),
        service("cart", 9090, ip="None"),
        service("cart", ip="None"),
    ],
)
def test_calls_that_can_arrive_are_silent(item: corev1.Service) -> None:
    assert found(*calling("http://cart:8080"), *app("cart", 8080), item) == []


def test_a_headless_name_leads_to_the_pods_so_a_refusal_has_to_be_heard() -> None:
    look = snapshot(*calling("cart:81"), *app("cart", 80), service("cart", 80, ip="None"))
    refused = "connect to cart:81: connection refused"

    [unsure], [sure] = of(look), of(says(look, "web", refused))

    assert (unsure.severity, sure.severity) == (Severity.INFO, Severity.WARNING)


def test_pods_of_a_headless_service_that_declare_nothing_may_serve_anything() -> None:
    assert found(*calling("cart:81"), *app("cart"), service("cart", 80, ip="None")) == []


# -------------------------------------------------------------------------------- MissingService
def test_a_service_that_is_called_and_missing_while_its_pods_run_is_the_subject() -> None:
    [finding] = found(
        *calling("http://cart:8080"), *app("cart", 8080), ingress("shop", ("cart", 8080))
    )

    assert (finding.reason, finding.subject) == ("MissingService", SERVICE)
    assert finding.severity is Severity.CRITICAL
    assert finding.affected == (WEB, Ref("Ingress", "shop", "shop"), CART)
    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n shop expose deployment/cart --port=8080",)


def test_a_callers_word_is_quoted() -> None:
    look = snapshot(*calling("http://cart:8080"), *app("cart", 8080))

    [finding] = of(says(look, "web", "lookup cart on 10.96.0.10:53: no such host"))

    assert any("no such host" in each.text for each in finding.evidence)


def test_the_log_of_an_unready_pod_names_a_missing_service_that_no_spec_names() -> None:
    look = snapshot(*app("web", ready=False), *app("cart", 8080))

    [finding] = of(says(look, "web", "could not connect (getaddrinfo ENOTFOUND cart)"))

    assert (finding.reason, finding.subject) == ("MissingService", SERVICE)
    assert finding.affected == (WEB, CART)
    assert finding.since == ago(HOUR)
    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n shop expose deployment/cart --port=8080",)


@pytest.mark.parametrize(
    ("caller", "text"),
    [
        (app("web"), "getaddrinfo ENOTFOUND cart"),
        (app("web", ready=False), "Temporary failure in name resolution"),
        (app("web", ready=False), "connect ECONNREFUSED cart:8080"),
        (app("web", ready=False), "getaddrinfo ENOTFOUND cart.example.org"),
        (app("web", ready=False), "getaddrinfo ENOTFOUND mail"),
        (app("web", ready=False, dns_policy="Default"), "getaddrinfo ENOTFOUND cart"),
    ],
)
def test_a_log_alone_names_no_missing_service(caller: list[metav1.Object], text: str) -> None:
    assert of(says(snapshot(*caller, *app("cart", 8080)), "web", text)) == []


def test_a_log_of_a_pod_that_is_gone_is_about_nobody() -> None:
    look = snapshot(*app("cart", 8080))
    gone = LogQuery(Ref("Pod", "shop", "web-0"), "web")

    assert of(look.with_logs({gone: Log("getaddrinfo ENOTFOUND cart")})) == []


def test_what_kubectl_cannot_expose_is_only_described() -> None:
    two_ports = found(*app("web", env={"A": "cart:1024", "B": "cart:1025"}), *app("cart", 80))
    template = labelled({"app": "cart"}, serving("cart", 80))
    stateful = appsv1.StatefulSet(
        metadata=meta(Ref("StatefulSet", "shop", "cart")),
        spec=appsv1.StatefulSetSpec(template=template),
        status=appsv1.WorkloadStatus(ready_replicas=1),
    )

    commands = [
        each.proposal.commands
        for each in (*two_ports, *found(*calling("cart:80"), stateful))
        if each.proposal
    ]

    assert commands == [
        ("kubectl -n shop describe deployment cart",),
        ("kubectl -n shop describe statefulset cart",),
    ]


@pytest.mark.parametrize(
    "items",
    [
        [*calling("http://cart:8080")],
        [*calling("http://cart.example.org:8080"), *app("cart", 8080)],
        [*calling("http://cart:8080"), *app("cart", 8080, ready=False)],
        [*calling("http://cart:8080"), *app("cart", 8080, host_network=True)],
        [*calling("http://cart:8080", dns_policy="Default"), *app("cart", 8080)],
        [*calling("http://cart:8080", host_network=True), *app("cart", 8080)],
    ],
)
def test_a_name_that_may_mean_something_else_is_silent(items: list[metav1.Object]) -> None:
    assert found(*items) == []


# --------------------------------------------------------------------- ServiceTargetPortMismatch
def misspelt(**more: object) -> corev1.Service:
    return service("cart", corev1.ServicePort(name="web", port=80, target_port="htttp"), **more)  # type: ignore[arg-type]


def test_a_target_name_that_no_pod_has_is_the_services_fault() -> None:
    [finding] = found(
        *calling("http://cart"), *app("cart", ("http", 8080), ("metrics", 9102)), misspelt()
    )

    assert (finding.reason, finding.subject) == ("ServiceTargetPortMismatch", SERVICE)
    assert finding.severity is Severity.CRITICAL
    assert finding.affected == (WEB, CART)
    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n shop describe svc cart",)


@pytest.mark.parametrize(
    ("ports", "value"),
    [
        ([("http", 8080)], '"http"'),
        ([("web", 8080), ("x", 80), ("y", 81)], '"x"'),
        ([("web", 8080), ("y", 81)], '"web"'),
        ([8080], "8080"),
    ],
)
def test_the_port_that_the_pods_leave_no_doubt_about_is_proposed(
    ports: list[int | tuple[str, int]], value: str
) -> None:
    [finding] = found(*app("cart", *ports), misspelt())

    assert finding.proposal is not None
    assert finding.proposal.commands == (
        "kubectl -n shop patch svc cart --type=json -p "
        f'\'[{{"op":"replace","path":"/spec/ports/0/targetPort","value":{value}}}]\'',
    )


def test_the_port_of_the_first_container_comes_before_those_of_sidecars() -> None:
    owner, own = app("cart", 3000)
    assert isinstance(own, podv1.Pod)
    both = (*own.spec.containers, serving("exporter", ("metrics", 9104)))
    two = msgspec.structs.replace(own, spec=msgspec.structs.replace(own.spec, containers=both))

    [finding] = found(owner, two, misspelt())

    assert finding.proposal is not None
    assert '"value":3000' in finding.proposal.commands[0]


def test_a_side_port_that_nobody_uses_is_only_noted() -> None:
    ports = (
        corev1.ServicePort(port=80, target_port=8080),
        corev1.ServicePort(port=81, target_port="no"),
    )
    items = [*app("cart", 8080), service("cart", *ports)]

    [unused], [used] = found(*items), found(*items, ingress("shop", ("cart", 81)))

    assert (unused.severity, used.severity) == (Severity.INFO, Severity.CRITICAL)


def test_a_number_that_is_not_declared_needs_a_caller_that_is_refused() -> None:
    port = corev1.ServicePort(port=80, target_port=9999)
    items = [*app("cart", 8080), service("cart", port)]
    look = snapshot(*items, *calling("http://cart"))
    refused = 'Get "http://cart/": dial tcp 10.96.0.9:80: connect: connection refused'

    [unsure], [sure] = of(look), of(says(look, "web", refused))

    assert found(*items) == []
    assert (unsure.severity, sure.severity) == (Severity.INFO, Severity.CRITICAL)
    assert unsure.logs


def unserved() -> list[metav1.Object]:
    return [*app("cart", 8080), service("cart", corev1.ServicePort(port=80, target_port=9999))]


def test_an_ingress_controller_is_heard_about_a_target_that_only_an_ingress_uses() -> None:
    look = snapshot(
        *unserved(),
        ingress("shop", ("cart", 80), kind="traefik"),
        ingress_class("traefik", "traefik.io/ingress-controller"),
        *app("traefik", namespace="edge"),
    )
    refused = "dial tcp 10.96.0.9:80: connect: connection refused"

    [unsure], [sure] = of(look), of(says(look, "traefik", refused))

    assert (unsure.severity, sure.severity) == (Severity.INFO, Severity.CRITICAL)
    assert [query.pod.namespace for query in unsure.logs] == ["edge"]


def test_a_neighbour_whose_addresses_cannot_be_read_is_heard_about_an_undeclared_target() -> None:
    settings = podv1.Volume(name="c", config_map=podv1.NameRef(name="settings"))
    look = snapshot(*unserved(), *app("web", volumes=(settings,)), *app("mail", 25))

    [unsure], quiet, [sure] = (
        of(look),
        of(says(look, "web", "all is well")),
        of(says(look, "web", "connect to cart:80: connection refused")),
    )

    assert [query.pod.name for query in unsure.logs] == ["web-0"]
    assert quiet == []
    assert (sure.severity, sure.affected) == (Severity.CRITICAL, (WEB, CART))


def test_a_neighbour_that_takes_a_variable_from_elsewhere_may_call_as_well() -> None:
    web = app("web", 80, env={"A": "x"})
    owner = web[0]
    assert isinstance(owner, appsv1.Deployment)
    [own] = owner.spec.template.spec.containers
    taken = podv1.EnvVar(name="CART", value_from=podv1.EnvValueFrom())
    asking = msgspec.structs.replace(own, env=(taken,))
    spec = msgspec.structs.replace(owner.spec.template.spec, containers=(asking,))
    pod_template = msgspec.structs.replace(owner.spec.template, spec=spec)
    changed = msgspec.structs.replace(
        owner, spec=msgspec.structs.replace(owner.spec, template=pod_template)
    )

    [finding] = found(*unserved(), changed, *web[1:])

    assert [query.pod.name for query in finding.logs] == ["web-0"]


@pytest.mark.parametrize(
    "items",
    [
        [*app("cart", ("htttp", 8080)), misspelt()],
        [misspelt()],
        [*app("cart", ("http", 80)), misspelt(ip="None")],
        [*app("cart"), service("cart", corev1.ServicePort(port=80, target_port="9999"))],
    ],
)
def test_targets_that_are_served_or_cannot_be_judged_are_silent(items: list[metav1.Object]) -> None:
    assert found(*items, *calling("http://cart")) == []


def test_a_rollout_that_brings_the_port_is_given_its_time() -> None:
    owner, pod = app("cart", ("http", 8080))
    assert isinstance(owner, appsv1.Deployment)
    coming = labelled({"app": "cart"}, serving("cart", ("htttp", 8080)))
    spec = msgspec.structs.replace(owner.spec, template=coming)

    assert found(msgspec.structs.replace(owner, spec=spec), pod, misspelt()) == []


# ---------------------------------------------------------------------------- TrafficPolicyLocal
def local(*caller_nodes: str) -> Snapshot:
    return snapshot(
        *app("cart", 80, nodes=["w-1"]),
        *app("web", env={"A": "http://cart"}, nodes=caller_nodes),
        service("cart", 80, internal_traffic_policy="Local"),
    )


def test_a_local_service_whose_callers_run_elsewhere_and_say_so_is_a_warning() -> None:
    look = local("w-2")
    quiet, loud = of(look), of(says(look, "web", "dial tcp 10.96.0.9:80: i/o timeout"))

    assert [each.reason for each in (*quiet, *loud)] == ["TrafficPolicyLocal"] * 2
    assert [each.severity for each in (*quiet, *loud)] == [Severity.INFO, Severity.WARNING]
    assert quiet[0].logs


def test_a_local_service_with_a_pod_beside_each_caller_is_silent() -> None:
    assert of(local("w-1")) == []


def test_the_word_of_a_caller_beside_a_pod_is_about_something_else() -> None:
    look = says(local("w-1", "w-2"), "web", "dial tcp 10.96.0.9:80: i/o timeout")

    assert [each.severity for each in of(look)] == [Severity.INFO]


# ------------------------------------------------------------------- TrafficPolicyLocal from outside
def at(name: str, address: str) -> corev1.Node:
    item = node(name)
    own = (corev1.NodeAddress(type="InternalIP", address=address),)
    return msgspec.structs.replace(item, status=msgspec.structs.replace(item.status, addresses=own))


def outside(*addresses: str, policy: str = "Local", ready: bool = True) -> list[Finding]:
    item = service("cart", 80, type="LoadBalancer", external_traffic_policy=policy)
    given = tuple(corev1.LoadBalancerAddress(ip=each) for each in addresses)
    balancer = corev1.LoadBalancerStatus(ingress=given)
    item = msgspec.structs.replace(item, status=corev1.ServiceStatus(load_balancer=balancer))
    nodes = (at("w-1", "10.0.0.1"), at("w-2", "10.0.0.2"))
    return found(*app("cart", 80, nodes=["w-1"], ready=ready), item, *nodes)


def test_an_address_on_a_node_without_a_pod_does_not_answer() -> None:
    [finding] = outside("10.0.0.2")

    assert (finding.reason, finding.subject) == ("TrafficPolicyLocal", SERVICE)
    assert finding.severity is Severity.WARNING
    assert finding.proposal is not None
    assert "externalTrafficPolicy" in finding.proposal.commands[0]


def test_while_another_address_answers_it_is_only_noted() -> None:
    [finding] = outside("10.0.0.1", "10.0.0.2")

    assert finding.severity is Severity.INFO


def test_addresses_that_answer_or_are_no_nodes_are_silent() -> None:
    assert outside("10.0.0.1") == []
    assert outside("192.168.1.240") == []
    assert outside("10.0.0.2", policy="Cluster") == []
    assert outside("10.0.0.2", ready=False) == []
