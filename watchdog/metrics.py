"""All Prometheus series, declared once, in a registry of our own.

Labels come from closed sets: jobs of jobs.json, kinds, states. Never a namespace, the name of an
object, or an incident's id.
"""

import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from watchdog.domain.job import RunState
from watchdog.domain.model import Call
from watchdog.domain.severity import Severity

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"  # of what `Metrics.render` returns

_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
_FINISHED_WELL = (RunState.OK, RunState.ALERT)  # it saw everything; `unknown` did not


class Metrics:
    """One process's series. Safe to use from several threads."""

    def __init__(self) -> None:
        """Declare every series; counters without labels start at zero."""
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library's own gap
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._declare_runs(self.registry)
        self._declare_cluster(self.registry)
        self._declare_messages(self.registry)
        self._declare_models(self.registry)
        self._declare_remediation(self.registry)

    def _declare_runs(self, registry: CollectorRegistry) -> None:
        self._runs = Counter(
            "watchdog_runs", "Runs by how they ended", ["job", "state"], registry=registry
        )
        self._silent_runs = Counter(
            "watchdog_silent_runs", "Runs that caused no message", ["job"], registry=registry
        )
        self._last_success = Gauge(
            "watchdog_run_last_success_timestamp_seconds",
            "When a run last saw everything it was to check, Unix time",
            ["job"],
            registry=registry,
        )
        self._run_seconds = Histogram(
            "watchdog_run_duration_seconds",
            "How long runs took",
            buckets=_SECONDS,
            registry=registry,
        )
        self._incidents = Gauge(
            "watchdog_open_incidents",
            "Incidents that are open or acknowledged",
            ["severity"],
            registry=registry,
        )
        self.open_incidents({})

    def _declare_cluster(self, registry: CollectorRegistry) -> None:
        self._missing = Gauge(
            "watchdog_missing_kinds",
            "1 for each kind that the last snapshot could not read",
            ["need"],
            registry=registry,
        )
        self._requests = Counter(
            "watchdog_kube_requests",
            "Requests to the API server by class of answer; error: none came",
            ["status"],
            registry=registry,
        )
        self._received = Counter(
            "watchdog_kube_received_bytes",
            "Bytes of bodies from the API server",
            registry=registry,
        )

    def _declare_messages(self, registry: CollectorRegistry) -> None:
        self._notifications = Counter(
            "watchdog_notifications",
            "Tries to deliver a message: delivered, failed (tried again), abandoned",
            ["target", "result"],
            registry=registry,
        )
        self._delivery_seconds = Histogram(
            "watchdog_delivery_duration_seconds",
            "From a message's creation to its delivery",
            buckets=_SECONDS,
            registry=registry,
        )
        self._outbox = Gauge(
            "watchdog_outbox_messages", "Messages that wait for delivery", registry=registry
        )
        self._outbox_age = Gauge(
            "watchdog_outbox_oldest_age_seconds",
            "Age of the oldest message that waits; 0 without one",
            registry=registry,
        )

    def _declare_models(self, registry: CollectorRegistry) -> None:
        self._calls = Counter(
            "watchdog_llm_calls",
            "Questions to models by how they ended, and the model that answered or was asked first",
            ["outcome", "model"],
            registry=registry,
        )
        self._call_seconds = Histogram(
            "watchdog_llm_call_duration_seconds",
            "How long questions took, fallbacks and retries included",
            buckets=_SECONDS,
            registry=registry,
        )
        self._tokens = Counter(
            "watchdog_llm_tokens",
            "Tokens that somebody counted, in and out",
            ["model", "direction"],
            registry=registry,
        )
        self._usd = Counter(
            "watchdog_llm_cost_usd",
            "US dollars that questions cost, where a price is known",
            ["model"],
            registry=registry,
        )
        self._uncounted = Counter(
            "watchdog_llm_uncounted_calls",
            "Questions of which nobody said how many tokens they took",
            registry=registry,
        )
        self._dropped = Counter(
            "watchdog_llm_dropped_claims",
            "Sentences of models that did not stand",
            registry=registry,
        )

    def _declare_remediation(self, registry: CollectorRegistry) -> None:
        self._attempts = Counter(
            "watchdog_attempts",
            "Attempts to remedy an incident by how their calls ended",
            ["remediation", "result"],
            registry=registry,
        )
        self._verified = Counter(
            "watchdog_verified_attempts",
            "Attempts by what later looks showed: recovered, not_recovered",
            ["remediation", "verification"],
            registry=registry,
        )
        self._recovery_seconds = Histogram(
            "watchdog_recovery_duration_seconds",
            "From an attempt to the proof that it has helped",
            buckets=_SECONDS,
            registry=registry,
        )

    def llm_call(self, call: Call, *, dropped: int) -> None:
        """Count a question; `dropped` are the sentences of its answer that did not stand."""
        model, usage = _label(call.served or call.requested), call.usage
        self._calls.labels(call.outcome.value, model).inc()
        self._call_seconds.observe(call.seconds)
        self._tokens.labels(model, "in").inc(usage.input_tokens or 0)
        self._tokens.labels(model, "out").inc(usage.output_tokens or 0)
        self._usd.labels(model).inc(usage.cost_usd or 0.0)
        self._dropped.inc(dropped)
        if call.requests and (usage.input_tokens is None or usage.output_tokens is None):
            self._uncounted.inc()

    def attempted(self, remediation: str, result: str) -> None:
        """Count an Attempt by how its calls ended."""
        self._attempts.labels(remediation, result).inc()

    def verified(self, remediation: str, verified: str, *, took: timedelta) -> None:
        """Count what later looks showed of an Attempt, and how long recovery took."""
        self._verified.labels(remediation, verified).inc()
        if verified == "recovered":
            self._recovery_seconds.observe(took.total_seconds())

    def run_finished(
        self, job: str, state: RunState, *, at: datetime, took: timedelta, told: bool
    ) -> None:
        """Count a Run that was executed; `told` is whether it caused a message."""
        self._runs.labels(job, state.value).inc()
        self._run_seconds.observe(took.total_seconds())
        if not told:
            self._silent_runs.labels(job).inc()
        if state in _FINISHED_WELL:
            self._last_success.labels(job).set(at.timestamp())

    def run_left_out(self, job: str, state: RunState) -> None:
        """Count a due time without a Run: skipped, missed, cancelled."""
        self._runs.labels(job, state.value).inc()

    def forget_jobs(self, jobs: Collection[str]) -> None:
        """Drop the series of jobs that jobs.json no longer has."""
        for job in jobs:
            self._silent_runs.remove_by_labels({"job": job})
            self._last_success.remove_by_labels({"job": job})
            self._runs.remove_by_labels({"job": job})

    def open_incidents(self, counts: Mapping[str, int]) -> None:
        """Set how many Incidents stand, by severity; severities left out have none."""
        for severity in Severity:
            self._incidents.labels(severity.value).set(counts.get(severity.value, 0))

    def missing_kinds(self, needs: Collection[str]) -> None:
        """Set which kinds the newest Snapshot lacks, by plural resource name."""
        self._missing.clear()
        for need in needs:
            self._missing.labels(need).set(1)

    def kube_request(self, status: int | None, received: int = 0) -> None:
        """Count one request: its HTTP status (None: no answer came) and the bytes of its body."""
        self._requests.labels("error" if status is None else f"{status // 100}xx").inc()
        self._received.inc(received)

    def delivered(self, target: str, *, took: timedelta) -> None:
        """Count a message that arrived, `took` after it was created."""
        self._notifications.labels(_kind_of(target), "delivered").inc()
        self._delivery_seconds.observe(max(0.0, took.total_seconds()))

    def not_delivered(self, target: str, *, abandoned: bool) -> None:
        """Count a try that failed; an abandoned message is not tried again."""
        self._notifications.labels(_kind_of(target), "abandoned" if abandoned else "failed").inc()

    def outbox(self, waiting: int, *, oldest: timedelta) -> None:
        """Set how many messages wait, and for how long the oldest has."""
        self._outbox.set(waiting)
        self._outbox_age.set(oldest.total_seconds())

    def render(self) -> bytes:
        """All series in Prometheus' text format, `CONTENT_TYPE`."""
        return generate_latest(self.registry)


def _label(model: str) -> str:
    """A model's name as a label. Source: requirements.md R13.4 (63 characters of a closed set)."""
    return re.sub(r"[^A-Za-z0-9._:/-]", "_", model)[:63]


def _kind_of(target: str) -> str:
    """ "discord" of "discord:<channel>": a channel's id is no label."""
    return target.partition(":")[0]
