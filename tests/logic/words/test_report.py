"""report: a Run in a few lines, honest about what was not seen."""

from dataclasses import replace

from tests.builders import NOW, node, pod, snapshot
from tests.logic.incident.test_reconcile import opened
from watchdog.domain.ref import Ref
from watchdog.domain.run import RunResult, Unknown, VerdictState
from watchdog.logic.words.report import report

HEALTHY = RunResult(
    run_id="r1",
    job="all",
    started_at=NOW,
    finished_at=NOW,
    cluster="home",
    verdict=VerdictState.HEALTHY,
    unknown=(),
    incidents=(),
    told=(),
)
PENDING = pod(Ref("Pod", "shop", "cart-1"), phase="Pending")


def test_a_healthy_run_says_what_was_looked_at() -> None:
    look = snapshot(node("w-1"), pod(Ref("Pod", "shop", "web-1")))

    message = report(HEALTHY, look, checks=12, revision=1)

    assert "nothing needs a human (12 checks)" in message.title
    assert "nodes: 1 of 1 ready" in message.text
    assert "pods: 1 of 1 running or completed" in message.text
    assert "open incidents: none" in message.text


def test_what_stands_is_listed() -> None:
    run = replace(HEALTHY, verdict=VerdictState.ALERT, incidents=opened())

    message = report(run, snapshot(PENDING), checks=1, revision=1)

    assert "not running: Pod/shop/cart-1" in message.text
    assert "keeps crashing" in message.text


def test_what_could_not_be_read_and_what_is_not_installed_are_named_apart() -> None:
    unknown = (
        Unknown(check="a", need="pods", reason="forbidden", text="cannot list pods"),
        Unknown(check="b", need="certificates", reason="absent", text="not installed"),
    )
    run = replace(HEALTHY, verdict=VerdictState.UNKNOWN, unknown=unknown)

    message = report(run, snapshot(missing=("pods", "nodes")), checks=1, revision=1)

    assert "nodes: unavailable" in message.text
    assert "pods: unavailable" in message.text
    assert "could not be read: pods" in message.text
    assert "not installed here: certificates" in message.text
