"""The series: what each method moves, and that no name of an object becomes a label."""

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from watchdog.domain.job import RunState
from watchdog.domain.model import Call, CallOutcome, Usage
from watchdog.metrics import Metrics

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
ALLOWED_LABELS = {"job", "state", "severity", "need", "status", "target", "result", "le"} | {
    "outcome",
    "model",
    "direction",
}


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def finish(metrics: Metrics, state: RunState, *, told: bool = False) -> None:
    metrics.run_finished("health", state, at=AT, took=timedelta(seconds=2), told=told)


def test_runs_are_counted_by_job_and_state() -> None:
    metrics = Metrics()

    finish(metrics, RunState.OK)
    finish(metrics, RunState.ALERT, told=True)
    metrics.run_left_out("health", RunState.MISSED)

    assert value(metrics, "watchdog_runs_total", job="health", state="ok") == 1
    assert value(metrics, "watchdog_runs_total", job="health", state="alert") == 1
    assert value(metrics, "watchdog_runs_total", job="health", state="missed") == 1
    assert value(metrics, "watchdog_silent_runs_total", job="health") == 1
    assert value(metrics, "watchdog_run_duration_seconds_count") == 2


@pytest.mark.parametrize("state", [RunState.OK, RunState.ALERT])
def test_a_run_that_saw_everything_is_a_success(state: RunState) -> None:
    metrics = Metrics()
    finish(metrics, state)

    name = "watchdog_run_last_success_timestamp_seconds"
    assert value(metrics, name, job="health") == AT.timestamp()


@pytest.mark.parametrize("state", [RunState.UNKNOWN, RunState.FAILED])
def test_a_run_that_did_not_is_none(state: RunState) -> None:
    metrics = Metrics()
    finish(metrics, state)

    assert value(metrics, "watchdog_run_last_success_timestamp_seconds", job="health") is None


def test_a_job_that_is_gone_leaves_no_series() -> None:
    metrics = Metrics()
    finish(metrics, RunState.OK)

    metrics.forget_jobs(["health"])

    assert b'job="health"' not in metrics.render()


def test_a_severity_without_incidents_is_zero_not_absent() -> None:
    metrics = Metrics()
    metrics.open_incidents({"critical": 2})
    metrics.open_incidents({"warning": 1})

    assert value(metrics, "watchdog_open_incidents", severity="critical") == 0
    assert value(metrics, "watchdog_open_incidents", severity="warning") == 1
    assert value(metrics, "watchdog_open_incidents", severity="info") == 0


def test_a_kind_that_is_read_again_is_missing_no_more() -> None:
    metrics = Metrics()
    metrics.missing_kinds(["pods", "nodes"])
    metrics.missing_kinds(["nodes"])

    assert value(metrics, "watchdog_missing_kinds", need="pods") is None
    assert value(metrics, "watchdog_missing_kinds", need="nodes") == 1


def test_requests_are_counted_by_class_of_answer() -> None:
    metrics = Metrics()
    for status in (200, 201, 403, 503, None):
        metrics.kube_request(status, received=10)

    counted = {
        each: value(metrics, "watchdog_kube_requests_total", status=each)
        for each in ("2xx", "4xx", "5xx", "error")
    }
    assert counted == {"2xx": 2, "4xx": 1, "5xx": 1, "error": 1}
    assert value(metrics, "watchdog_kube_received_bytes_total") == 50


def test_deliveries_are_counted_by_kind_of_target() -> None:
    metrics = Metrics()
    metrics.delivered("discord:123:456", took=timedelta(seconds=3))
    metrics.not_delivered("discord:123", abandoned=False)
    metrics.not_delivered("discord", abandoned=True)

    for result in ("delivered", "failed", "abandoned"):
        name = "watchdog_notifications_total"
        assert value(metrics, name, target="discord", result=result) == 1
    assert value(metrics, "watchdog_delivery_duration_seconds_sum") == 3


def test_the_outbox_is_measured() -> None:
    metrics = Metrics()
    metrics.outbox(2, oldest=timedelta(minutes=1))

    assert value(metrics, "watchdog_outbox_messages") == 2
    assert value(metrics, "watchdog_outbox_oldest_age_seconds") == 60


def asked(outcome: CallOutcome, *, served: str = "", tokens: int | None = 100) -> Call:
    return Call(
        purpose="triage",
        at=AT,
        seconds=2.5,
        outcome=outcome,
        requested="small",
        served=served,
        requests=1,
        usage=Usage(input_tokens=tokens, output_tokens=tokens, cost_usd=0.5),
    )


def test_questions_to_models_are_counted_with_what_they_cost() -> None:
    metrics = Metrics()
    metrics.llm_call(asked(CallOutcome.ANSWERED, served="big"), dropped=2)
    metrics.llm_call(asked(CallOutcome.NO_ANSWER, tokens=None), dropped=0)

    assert value(metrics, "watchdog_llm_calls_total", outcome="answered", model="big") == 1
    assert value(metrics, "watchdog_llm_calls_total", outcome="no_answer", model="small") == 1
    assert value(metrics, "watchdog_llm_tokens_total", model="big", direction="out") == 100
    assert value(metrics, "watchdog_llm_cost_usd_total", model="big") == 0.5
    assert value(metrics, "watchdog_llm_call_duration_seconds_sum") == 5
    assert value(metrics, "watchdog_llm_dropped_claims_total") == 2
    assert value(metrics, "watchdog_llm_uncounted_calls_total") == 1


def test_attempts_are_counted_by_their_calls_and_by_what_came_of_them() -> None:
    metrics = Metrics()

    metrics.attempted("EvictPod", "applied")
    metrics.verified("EvictPod", "recovered", took=timedelta(minutes=6))
    metrics.verified("EvictPod", "not_recovered", took=timedelta(minutes=15))

    one = {"remediation": "EvictPod"}
    assert value(metrics, "watchdog_attempts_total", **one, result="applied") == 1
    assert value(metrics, "watchdog_verified_attempts_total", **one, verification="recovered") == 1
    assert value(metrics, "watchdog_recovery_duration_seconds_sum") == 360


def test_the_name_of_a_model_is_a_short_label() -> None:
    metrics = Metrics()
    metrics.llm_call(asked(CallOutcome.ANSWERED, served="a b" + "x" * 100), dropped=0)

    label = "a_b" + "x" * 60
    assert value(metrics, "watchdog_llm_calls_total", outcome="answered", model=label) == 1


def test_labels_and_names_keep_the_rules() -> None:
    metrics = Metrics()
    finish(metrics, RunState.OK)
    metrics.missing_kinds(["pods"])
    metrics.kube_request(200)
    metrics.delivered("console", took=timedelta())
    metrics.llm_call(asked(CallOutcome.ANSWERED), dropped=0)

    for family in text_string_to_metric_families(metrics.render().decode()):
        assert family.name.startswith(("watchdog_", "process_"))
        assert family.documentation
        for sample in family.samples:
            assert not sample.name.endswith("_created")
            assert {*sample.labels} <= ALLOWED_LABELS


def test_two_sets_of_series_share_nothing() -> None:
    first, second = Metrics(), Metrics()
    first.kube_request(200)

    assert value(second, "watchdog_kube_requests_total", status="2xx") is None
