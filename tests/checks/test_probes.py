"""probes: a wrong probe, a hurried probe, an unwell app, and starts that need their time."""

from datetime import timedelta

import msgspec
import pytest

from tests.builders import (
    HOUR,
    MINUTE,
    container,
    deployment,
    event,
    pod,
    replicaset,
    running,
    snapshot,
    template,
    terminated,
    waiting,
)
from watchdog.checks.probes import probes
from watchdog.domain.check import NoParams
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.objects import metav1, podv1, probev1
from watchdog.domain.ref import Ref
from watchdog.logic.redact import redact

WEB = Ref("Deployment", "shop", "web")
POD = Ref("Pod", "shop", "web-2-x")
REFUSED = 'Get "http://10.0.0.1:{port}/": dial tcp 10.0.0.1:{port}: connect: connection refused'


def http(port: int | str, path: str = "/", **numbers: int) -> probev1.Probe:
    target = probev1.HttpGet(path=path, port=port)
    return msgspec.structs.replace(probev1.Probe(http_get=target), **numbers)


def serving(
    *,
    readiness_probe: probev1.Probe | None = None,
    liveness_probe: probev1.Probe | None = None,
    startup_probe: probev1.Probe | None = None,
) -> podv1.PodTemplate:
    """A template whose container declares port 8080 as `http`."""
    return template(
        container(
            ports=(podv1.ContainerPort(container_port=8080, name="http"),),
            readiness_probe=readiness_probe,
            liveness_probe=liveness_probe,
            startup_probe=startup_probe,
        )
    )


def workload(
    spec: podv1.PodTemplate,
    status: podv1.ContainerStatus,
    *,
    said: str = "",
    before: podv1.PodTemplate | None = None,
    since: timedelta = HOUR,
    ready: int = 0,
) -> list[metav1.Object]:
    owner = deployment(WEB, ready=ready, pod_template=spec)
    new = replicaset(owner, 2)
    items: list[metav1.Object] = [owner, new]
    if before is not None:
        items.append(replicaset(owner, 1, replicas=0, pod_template=before))
    stuck = pod(POD, status, owner=new, spec=spec.spec, since=since, ready=False)
    items.append(stuck)
    if said:
        items.append(event(stuck, "Unhealthy", said))
    return items


def detect(*items: metav1.Object, log: str = "") -> list[Finding]:
    logs = {LogQuery(POD, "app"): Log(log)} if log else {}
    return list(probes.detect(snapshot(*items).with_logs(logs), NoParams()))


def commands(finding: Finding) -> tuple[str, ...]:
    assert finding.proposal is not None
    return finding.proposal.commands


UNREADY = running(ready=False, started=True)


def with_sidecar(status: podv1.ContainerStatus, *, said: str = "") -> list[metav1.Object]:
    """A pod whose sidecar among the init containers has to start before the app does."""
    proxy = container(
        "proxy",
        restart_policy="Always",
        ports=(podv1.ContainerPort(container_port=15021),),
        startup_probe=http(15020, period_seconds=1, failure_threshold=60),
    )
    app = container(ports=(podv1.ContainerPort(container_port=8080),))
    spec = template(app, init_containers=(container("copy"), proxy))
    owner = deployment(WEB, ready=0, pod_template=spec)
    new = replicaset(owner, 1)
    first = msgspec.structs.replace(
        running(name="copy", ready=True), state=terminated(0, reason="Completed")
    )
    waits = waiting("PodInitializing")
    stuck = pod(POD, waits, init=(first, status), owner=new, spec=spec.spec, ready=False)
    return [owner, new, stuck, *([event(stuck, "Unhealthy", said)] if said else [])]


def test_a_sidecar_among_the_init_containers_is_judged_by_its_probes() -> None:
    killed = running(
        name="proxy", ready=False, restarts=9, started=False, last_state=terminated(137)
    )
    said = f"Startup probe failed: {REFUSED.format(port=15020)}"

    [finding] = detect(*with_sidecar(killed, said=said))

    assert (finding.reason, finding.subject) == ("LivenessProbeMisconfigured", WEB)
    assert "container proxy" in finding.message
    assert '"initContainers":[{"name":"proxy","startupProbe"' in commands(finding)[0]
    assert '"port":15021' in commands(finding)[0]


def test_a_sidecar_that_still_starts_is_left_alone() -> None:
    assert detect(*with_sidecar(running(name="proxy", ready=False, started=False))) == []


def test_a_readiness_probe_on_a_port_nobody_declares_is_misconfigured() -> None:
    said = f"Readiness probe failed: {REFUSED.format(port=9090)}"

    [finding] = detect(*workload(serving(readiness_probe=http(9090)), UNREADY, said=said))

    assert (finding.reason, finding.subject) == ("ReadinessProbeMisconfigured", WEB)
    assert finding.hold == 5 * MINUTE
    assert "9090" in finding.message
    assert "8080" in finding.message
    assert '"readinessProbe":{"httpGet":{"port":8080}}' in commands(finding)[0]
    assert LogQuery(POD, "app") in finding.logs


def test_a_probe_that_the_newest_revision_changed_is_taken_back() -> None:
    items = workload(
        serving(readiness_probe=http(9090)), UNREADY, before=serving(readiness_probe=http(8080))
    )

    [finding] = detect(*items)

    assert commands(finding) == ("kubectl -n shop rollout undo deployment/web",)


def test_a_port_name_that_no_port_has_is_misconfigured() -> None:
    [finding] = detect(*workload(serving(readiness_probe=http("metrics")), UNREADY))

    assert finding.reason == "ReadinessProbeMisconfigured"
    assert "metrics" in finding.message


def test_a_port_name_that_a_port_has_is_right() -> None:
    [finding] = detect(*workload(serving(readiness_probe=http("http")), UNREADY))

    assert finding.reason == "AppUnhealthy"


def test_a_path_that_was_never_served_is_misconfigured() -> None:
    said = "Readiness probe failed: HTTP probe failed with statuscode: 404"
    spec = serving(readiness_probe=http(8080, "/healthy"))

    [finding] = detect(*workload(spec, UNREADY, said=said))

    assert finding.reason == "ReadinessProbeMisconfigured"
    assert "/healthy" in finding.message


def test_an_app_that_says_it_listens_elsewhere_convicts_the_probe() -> None:
    said = f"Readiness probe failed: {REFUSED.format(port=8080)}"
    items = workload(serving(readiness_probe=http(8080)), UNREADY, said=said)

    [without] = detect(*items)
    [with_log] = detect(*items, log="INFO ready, listening on 0.0.0.0:3000\n")

    assert without.reason == "AppUnhealthy"
    assert with_log.reason == "ReadinessProbeMisconfigured"
    assert "3000" in with_log.message


def test_an_app_that_answers_with_an_error_is_unhealthy() -> None:
    said = "Readiness probe failed: HTTP probe failed with statuscode: 503"

    [finding] = detect(*workload(serving(readiness_probe=http(8080)), UNREADY, said=said))

    assert finding.reason == "AppUnhealthy"
    assert finding.hold == 10 * MINUTE
    assert "503" in finding.message


def test_an_app_that_answers_on_an_undeclared_port_proves_the_probe_right() -> None:
    said = "Readiness probe failed: HTTP probe failed with statuscode: 503"

    [finding] = detect(*workload(serving(readiness_probe=http(9090)), UNREADY, said=said))

    assert finding.reason == "AppUnhealthy"


def test_the_answer_of_the_probe_is_said_once_and_is_the_first_fact() -> None:
    said = "Readiness probe failed: HTTP probe failed with statuscode: 503"
    status = msgspec.structs.replace(UNREADY, restart_count=1)

    [finding] = detect(*workload(serving(readiness_probe=http(8080)), status, said=said))

    assert finding.message.endswith(
        "fails its readiness probe: HTTP probe failed with statuscode: 503"
    )
    assert [each.text for each in finding.evidence][::2] == [
        said,
        "container app is not ready, 1 restart",
    ]


def test_the_log_names_what_an_unhealthy_app_waits_for() -> None:
    [finding] = detect(
        *workload(serving(readiness_probe=http(8080)), UNREADY),
        log="ERROR dial tcp: connect to cart:8080: connection refused\n",
    )

    assert Ref("Service", "shop", "cart") in finding.blames
    assert "cart:8080" in finding.why


@pytest.mark.parametrize(
    ("said", "log", "passes_on"),
    [
        ("Readiness probe failed: HTTP probe failed with statuscode: 503", "", True),
        ("Readiness probe failed: context deadline exceeded", "no children to pick from", True),
        ("Readiness probe failed: HTTP probe failed with statuscode: 404", "", False),
        (
            "Readiness probe failed: HTTP probe failed with statuscode: 503",
            "connect to mail.example.org:25: connection refused",
            False,
        ),
    ],
)
def test_an_app_that_errs_and_names_nobody_may_wait_for_whom_it_calls(
    said: str, log: str, *, passes_on: bool
) -> None:
    spec = serving(readiness_probe=http(8080))
    calling = podv1.EnvVar(name="CART_URL", value="http://cart:8080")
    first = msgspec.structs.replace(spec.spec.containers[0], env=(calling,))
    spec = msgspec.structs.replace(
        spec, spec=msgspec.structs.replace(spec.spec, containers=(first,))
    )

    [finding] = detect(*workload(spec, UNREADY, said=said, since=30 * MINUTE), log=log)

    assert (Ref("Service", "shop", "cart") in finding.blames) is passes_on


def test_a_start_inside_the_budget_of_its_startup_probe_is_no_fault() -> None:
    spec = serving(
        readiness_probe=http(8080),
        startup_probe=http(8080, period_seconds=15, failure_threshold=60),
    )
    said = f"Startup probe failed: {REFUSED.format(port=8080)}"
    starting = running(ready=False, started=False, age=9 * MINUTE)

    assert detect(*workload(spec, starting, said=said, since=9 * MINUTE)) == []


def test_an_unready_container_without_a_probe_is_not_judged() -> None:
    assert detect(*workload(serving(), UNREADY)) == []


def killed(said: str, *, ran: timedelta, restarts: int = 5, code: int = 137) -> list[metav1.Object]:
    end = terminated(code, ran=ran)
    status = waiting("CrashLoopBackOff", restarts=restarts, last_state=end)
    return workload(serving(liveness_probe=http(8080)), status, said=said)


LIVENESS = f"Liveness probe failed: {REFUSED.format(port=8080)}"


def test_a_liveness_probe_that_kills_before_the_app_is_up_is_misconfigured() -> None:
    [finding] = detect(*killed(LIVENESS, ran=35 * timedelta(seconds=1)))

    assert finding.reason == "LivenessProbeMisconfigured"
    assert "30 seconds to start" in finding.message
    assert '"livenessProbe":{"failureThreshold":12}' in commands(finding)[0]


def test_an_app_that_ran_for_long_before_it_failed_is_unhealthy() -> None:
    [finding] = detect(*killed(LIVENESS, ran=HOUR))

    assert finding.reason == "AppUnhealthy"


@pytest.mark.parametrize(
    "items",
    [
        killed(LIVENESS, ran=MINUTE, restarts=2),
        killed("", ran=MINUTE),
        killed(LIVENESS, ran=MINUTE, code=1),
    ],
)
def test_few_restarts_or_ends_that_no_probe_caused_are_no_fault(items: list[metav1.Object]) -> None:
    assert detect(*items) == []


def test_an_old_word_of_the_kubelet_is_no_fault_of_a_ready_pod() -> None:
    healthy = pod(POD, spec=serving(readiness_probe=http(8080)).spec)

    assert detect(healthy, event(healthy, "Unhealthy", "Readiness probe failed: x", age=HOUR)) == []


def test_a_port_written_as_text_is_a_number() -> None:
    [finding] = detect(*workload(serving(readiness_probe=http("8080")), UNREADY))

    assert finding.reason == "AppUnhealthy"


def test_a_command_that_the_image_lacks_is_a_wrong_probe() -> None:
    said = 'Readiness probe errored: exec: "pg_isready": executable file not found in $PATH'
    said = said.replace("errored", "failed")

    [finding] = detect(*workload(serving(readiness_probe=probev1.Probe()), UNREADY, said=said))

    assert finding.reason == "ReadinessProbeMisconfigured"
    assert commands(finding) == ("kubectl -n shop describe pod web-2-x",)


def test_one_wedged_replica_of_several_may_be_replaced() -> None:
    [finding] = detect(*workload(serving(readiness_probe=http(8080)), UNREADY, ready=2))

    assert finding.reason == "AppUnhealthy"
    assert commands(finding)[-1] == "kubectl -n shop delete pod web-2-x"


@pytest.mark.parametrize(
    ("probe", "target"),
    [
        (probev1.Probe(tcp_socket=probev1.PortOnly(port=9090)), "tcpSocket"),
        (probev1.Probe(grpc=probev1.PortOnly(port=9090)), "grpc"),
    ],
)
def test_the_port_is_patched_where_the_probe_has_it(probe: probev1.Probe, target: str) -> None:
    [finding] = detect(*workload(serving(readiness_probe=probe), UNREADY))

    assert f'"{target}":{{"port":8080}}' in commands(finding)[0]


def test_a_previous_revision_without_the_container_proves_nothing() -> None:
    items = workload(
        serving(readiness_probe=http(9090)), UNREADY, before=template(container("other"))
    )

    [finding] = detect(*items)

    assert "patch" in commands(finding)[0]


def test_words_of_the_kubelet_about_another_probe_are_not_quoted() -> None:
    said = "Startup probe failed: HTTP probe failed with statuscode: 404"

    [finding] = detect(*workload(serving(readiness_probe=http(8080)), UNREADY, said=said))

    assert "404" not in finding.message


PLAIN = 'Get "https://10.0.0.1:8080/": http: server gave HTTP response to HTTPS client'
ENCRYPTED = (
    'net/http: HTTP/1.x transport connection broken: malformed HTTP response "\\x15\\x03\\x01"'
)
NO_PROGRAM = 'OCI runtime exec failed: exec: "/bin/up": stat /bin/up: no such file or directory'


@pytest.mark.parametrize(
    ("said", "wrong", "cure"),
    [
        (PLAIN, "it asks HTTPS of a port that speaks HTTP", '"httpGet":{"scheme":"HTTP"}'),
        (ENCRYPTED, "it asks HTTP of a port that speaks HTTPS", '"httpGet":{"scheme":"HTTPS"}'),
        ("HTTP probe failed with statuscode: 404", "answers with 404", "describe pod"),
        ("malformed HTTP response", "in a way that the container cannot answer", "describe pod"),
    ],
)
def test_a_liveness_probe_that_asks_wrongly_gets_no_more_time(
    said: str, wrong: str, cure: str
) -> None:
    killed = waiting("CrashLoopBackOff", restarts=9, last_state=terminated(137))
    items = workload(
        serving(liveness_probe=http(8080)), killed, said=f"Liveness probe failed: {said}"
    )

    [finding] = detect(*items)

    assert finding.reason == "LivenessProbeMisconfigured"
    assert wrong in finding.message
    assert cure in commands(finding)[0]


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (NO_PROGRAM, "it runs a command /bin/up that is not"),
        ("no such file", "it runs a command that is not"),
    ],
)
def test_an_exec_probe_whose_program_is_not_there_is_misconfigured(said: str, named: str) -> None:
    [finding] = detect(
        *workload(
            serving(readiness_probe=probev1.Probe()),
            UNREADY,
            said=f"Readiness probe errored: {said}",
        )
    )

    assert finding.reason == "ReadinessProbeMisconfigured"
    assert named in finding.message
    assert redact(finding.message) == finding.message  # "pass: word" looks like a password
    assert "Correct command" in str(finding.proposal)
