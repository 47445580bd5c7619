"""Jobs that have failed for good; those of a CronJob are judged with their CronJob."""

import re
from collections.abc import Iterator
from datetime import datetime

from watchdog.domain import objects as k8s
from watchdog.domain.check import NoParams, check
from watchdog.domain.evidence import Evidence, LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.facts import telling_lines

_NUMBER = re.compile(r"-[a-z0-9.]*\d[a-z0-9.]*\Z")  # what tells one run from the next


@check(
    family="batch",
    needs=("jobs", "pods", "cronjobs"),
    reasons=("JobFailed",),
    params=NoParams,
)
def job(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A Job has the condition Failed: it will not be tried again.

    A Job that still retries is no fault, nor one that a later Job of the same kind has made good.
    Hooks of Helm and Argo CD are told by their release.
    """
    for item in snapshot.jobs.values():
        failed = item.condition("Failed")
        owner = item.controller
        scheduled = owner is not None and owner.kind == "CronJob"
        hook = item.annotations.helm_hook or item.annotations.argo_hook
        if failed is None or scheduled or hook or item.deleting:
            continue
        if not _made_good(snapshot, item, failed.last_transition_time):
            yield _finding(snapshot, item, failed)


def _made_good(snapshot: Snapshot, item: k8s.Job, at: datetime | None) -> bool:
    """Whether a Job of the same stem has completed since: `migrate-2` for `migrate-1`."""
    stem = _NUMBER.sub("", item.name)
    return any(
        done.last_transition_time is not None and (at is None or done.last_transition_time > at)
        for ref, other in snapshot.jobs.items()
        if ref.namespace == item.namespace and _NUMBER.sub("", ref.name) == stem
        if (done := other.condition("Complete")) is not None
    )


def _finding(snapshot: Snapshot, item: k8s.Job, failed: k8s.Condition) -> Finding:
    pods = [
        pod
        for pod in snapshot.all_pods.values()
        if pod.controller is not None and pod.controller.uid == item.uid
    ]
    last = max(pods, key=_born, default=None)
    queries = _queries(last) if last else ()
    lines = telling_lines("\n".join(snapshot.log(query) for query in queries))
    said = f" Its last words: {lines[-1]}" if lines else ""
    ends = _ends(last) if last else ""
    return Finding(
        reason="JobFailed",
        subject=item.ref,
        affected=tuple(pod.ref for pod in pods),
        severity=Severity.WARNING,
        message=f"{item.ref} has failed: {failed.reason or 'Failed'}{ends}",
        why=f"{item.ref} has failed for good ({failed.reason}): "
        f"{symptom.shorten(failed.message, 200)}{ends}. Its work was not done, and Kubernetes does "
        f"not try again.{said}",
        since=failed.last_transition_time,
        evidence=_evidence(item, failed, last, lines),
        proposal=symptom.advise(
            None,
            "Read its log, mend the cause, then delete this Job and create it anew from its manifest: "
            "a Job's template cannot change.",
            *((command.logs(last.ref),) if last else ()),
            command.delete(item.ref),
        ),
        logs=queries,
    )


def _evidence(
    item: k8s.Job, failed: k8s.Condition, last: k8s.Pod | None, lines: tuple[str, ...]
) -> tuple[Evidence, ...]:
    at = failed.last_transition_time
    facts = [
        symptom.fact("status", item.ref, f"Failed=True ({failed.reason}): {failed.message}", at),
        symptom.fact(
            "status",
            item.ref,
            f"{item.status.failed} failed, backoffLimit {item.spec.backoff_limit}",
        ),
    ]
    if last is not None:
        images = symptom.listed(container.image for container in last.spec.containers)
        facts.append(symptom.fact("status", last.ref, f"image {images}{_ends(last)}"))
        facts += [symptom.fact("log", last.ref, line) for line in lines[-3:]]
    return tuple(facts)


def _born(pod: k8s.Pod) -> float:
    born = pod.metadata.creation_timestamp
    return born.timestamp() if born else 0.0


def _queries(pod: k8s.Pod) -> tuple[LogQuery, ...]:
    return tuple(LogQuery(pod.ref, container.name) for container in pod.spec.containers[:2])


def _ends(pod: k8s.Pod) -> str:
    for status in pod.statuses:
        end = status.state.terminated or status.last_state.terminated
        if end is not None and (end.exit_code or end.reason == "OOMKilled"):
            return f", container {status.name} ended with exit code {end.exit_code} ({end.reason})"
    return ""
