"""Workloads that wait for a host: what their last word has to name."""

import msgspec
import pytest

from tests.builders import HOUR, ago, snapshot
from tests.network import app, says, service
from watchdog.checks.crash_loop import CrashLoopParams, crash_loop
from watchdog.domain.finding import Finding
from watchdog.domain.objects import metav1, podv1, probev1
from watchdog.domain.ref import Ref
from watchdog.logic.pods.unready import unready_for_others

WEB = Ref("Deployment", "shop", "web")
TIMEOUT = "dial tcp db.example.org:5432: i/o timeout"


def web(*, port: int = 8080) -> list[metav1.Object]:
    owner, pod = app(
        "web", 8080, env={"DB": "db.example.org:5432", "CART": "http://cart:80"}, ready=False
    )
    assert isinstance(pod, podv1.Pod)
    probe = probev1.Probe(http_get=probev1.HttpGet(path="/", port=port))
    [own] = pod.spec.containers
    probed = msgspec.structs.replace(own, readiness_probe=probe)
    spec = msgspec.structs.replace(pod.spec, containers=(probed,))
    return [owner, msgspec.structs.replace(pod, spec=spec)]


def found(log: str, *more: metav1.Object, port: int = 8080) -> list[Finding]:
    look = says(snapshot(*web(port=port), *more), "web", log)
    return list(unready_for_others(look, ()))


def test_a_foreign_host_that_is_the_last_word_is_why_it_is_not_ready() -> None:
    [finding] = found(f"INFO start\n{TIMEOUT}\n")

    assert (finding.reason, finding.subject) == ("DependencyUnavailable", WEB)
    assert "db.example.org:5432 does not answer" in finding.message
    assert finding.since == ago(HOUR)
    assert finding.blames == ()


def test_a_service_that_is_named_is_blamed() -> None:
    [finding] = found("connect to cart:80: connection refused", service("cart", 80))

    assert Ref("Service", "shop", "cart") in finding.blames


def test_a_refused_login_needs_no_name() -> None:
    [finding] = found('FATAL: password authentication failed for user "app"')

    assert "a service it logs in to refuses the login" in finding.message


@pytest.mark.parametrize(
    "log",
    [
        "",
        f"{TIMEOUT}\nERROR cache: out of memory\n",
        "dial tcp other.example.org:5432: i/o timeout",
        "connection refused",
    ],
)
def test_other_last_words_prove_no_dependency(log: str) -> None:
    assert found(log) == []


def test_a_wrong_probe_and_a_crash_are_judged_elsewhere() -> None:
    look = says(snapshot(*web()), "web", TIMEOUT)

    assert found(TIMEOUT, port=9999) == []
    assert list(unready_for_others(look, {WEB})) == []


def test_the_check_of_crashes_tells_it() -> None:
    look = says(snapshot(*web()), "web", TIMEOUT)

    [finding] = crash_loop.detect(look, CrashLoopParams())

    assert finding.reason == "DependencyUnavailable"
