"""Jobs that have failed for good, do not end, or are held open by a sidecar."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.evidence import Evidence
from watchdog.domain.finding import Finding
from watchdog.domain.objects import batchv1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.words.prose import span, stamp
from watchdog.logic.workloads import jobs
from watchdog.logic.workloads.cronjobs import History, histories
from watchdog.logic.workloads.overload import overloads

_AN_HOUR = timedelta(hours=1)
_NO_PEERS = timedelta(hours=12)
_SIDECAR = timedelta(minutes=10)
_NUMBER = re.compile(r"-[a-z0-9.]*\d[a-z0-9.]*\Z")  # what tells one run from the next


@check(
    family="batch",
    needs=("jobs", "pods", "cronjobs"),
    optional=("services", "ingresses", "deployments", "replicasets", "statefulsets", "daemonsets"),
    # A metrics API that is down may not keep a failed Job from being told.
    aside=("nodemetrics", "podmetrics"),
    reasons=("JobFailed", "JobHung", "SidecarBlocksJob", "RogueJob"),
    params=NoParams,
)
def job(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A Job has failed, blocks its CronJob's next runs, is kept open by a sidecar, or overloads.

    A Job that still retries is no fault, nor one that a later Job of the same kind has made good;
    failed runs of a CronJob are judged with it. Hooks of Helm and Argo CD are told by their release.
    A run hangs when it takes far longer than its peers and may not have another beside it. A Job
    that nobody owns overloads a workload that suffers since it runs: one that it calls, or one beside
    it on a node of which it takes the most.
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
    for history in histories(snapshot):
        if history.item.spec.concurrency_policy == "Forbid":
            for run in history.active:
                yield from _hung(snapshot, history, run)
    yield from _kept_open(snapshot)
    yield from overloads(snapshot)


def _made_good(snapshot: Snapshot, item: batchv1.Job, at: datetime | None) -> bool:
    """Whether a Job of the same stem has completed since: `migrate-2` for `migrate-1`."""
    stem = _NUMBER.sub("", item.name)
    return any(
        done.last_transition_time is not None and (at is None or done.last_transition_time > at)
        for ref, other in snapshot.jobs.items()
        if ref.namespace == item.namespace and _NUMBER.sub("", ref.name) == stem
        if (done := other.condition("Complete")) is not None
    )


def _finding(snapshot: Snapshot, item: batchv1.Job, failed: metav1.Condition) -> Finding:
    pods = jobs.pods_of(snapshot, item)
    last = pods[-1] if pods else None
    queries = jobs.queries(last) if last else ()
    lines = jobs.last_words(snapshot, queries)
    ends = jobs.end_of(last) if last else ""
    return Finding(
        reason="JobFailed",
        subject=item.ref,
        affected=tuple(pod.ref for pod in pods),
        severity=Severity.WARNING,
        message=f"{item.ref} has failed: {failed.reason or 'Failed'}{ends}",
        why=f"{symptom.quoted('Its log ends with', lines)}{item.ref} has failed for good "
        f"({failed.reason}): {symptom.shorten(failed.message, 200)}{ends}. Its work was not done, and "
        "Kubernetes does not try again.",
        since=failed.last_transition_time,
        evidence=_evidence(item, failed, last, lines),
        proposal=symptom.advise(
            None,
            "Read its log, mend the cause, then delete this Job and create it anew from its manifest: "
            "a Job's template cannot change.",
            *((command.logs(last.ref, jobs.culprit(last)),) if last else ()),
            command.delete(item.ref),
        ),
        logs=queries,
    )


def _hung(snapshot: Snapshot, history: History, run: batchv1.Job) -> Iterator[Finding]:
    started, nightly = run.status.start_time, history.item
    pods = [pod for pod in jobs.pods_of(snapshot, run) if pod.status.phase == "Running"]
    if started is None or run.spec.active_deadline_seconds is not None or not pods:
        return  # it ends by itself, or has not got as far as to hang
    blocked = history.due(started, snapshot.taken_at)
    if not blocked:
        return
    usual = history.usual
    patience = max(4 * usual, _AN_HOUR) if usual else _NO_PEERS
    peers = f"its peers take {span(usual)}" if usual else "no earlier run is kept to compare with"
    age = span(snapshot.age(started))
    limit = int(max(patience, _AN_HOUR).total_seconds())
    yield Finding(
        reason="JobHung",
        subject=run.ref,
        affected=(nightly.ref, *(pod.ref for pod in pods)),
        severity=Severity.WARNING,
        message=f"{run.ref} has run for {age} and blocks {nightly.ref}",
        why=f"{run.ref} has run for {age}; {peers}. {nightly.ref} forbids a second run beside it, so "
        f"{symptom.counted(len(blocked), 'start')} since {stamp(blocked[0])} "
        f"{'was' if len(blocked) == 1 else 'were'} not made. Without "
        "activeDeadlineSeconds nothing ends it.",
        since=started,
        hold=patience,
        evidence=(
            symptom.fact(
                "status",
                run.ref,
                f"active {run.status.active}, has run since {stamp(started)}",
                started,
            ),
            symptom.fact(
                "spec",
                nightly.ref,
                f"schedule {nightly.spec.schedule}, concurrencyPolicy Forbid, no activeDeadlineSeconds",
            ),
        ),
        proposal=symptom.advise(
            None,
            "Read what it waits for, then delete this run so that the next one can start, and give "
            "the CronJob a deadline.",
            command.logs(pods[-1].ref, jobs.culprit(pods[-1])),
            command.delete(run.ref),
            command.patch(
                nightly.ref,
                {"spec": {"jobTemplate": {"spec": {"activeDeadlineSeconds": limit}}}},
            ),
        ),
    )


def _kept_open(snapshot: Snapshot) -> Iterator[Finding]:
    """One Finding per CronJob or Job whose work is done while another container runs on."""
    told: set[Ref] = set()
    for item in snapshot.jobs.values():
        owner = snapshot.owner_of(item)
        if not jobs.running(item) or owner in told or _completes(snapshot, item, owner):
            continue
        for pod in jobs.pods_of(snapshot, item):
            if (done := jobs.main_ended(pod)) is not None and (left := jobs.left_running(pod)):
                told.add(owner)
                move = _as_sidecars(snapshot.cronjobs.get(owner), left)
                yield _sidecar(item, owner, pod, done=done, left=left, move=move)
                break


def _completes(snapshot: Snapshot, item: batchv1.Job, owner: Ref) -> bool:
    """Whether a run with the same containers has ended well: then they do end, in time."""
    names = [container.name for container in item.spec.template.spec.containers]
    return any(
        snapshot.owner_of(other) == owner
        and other.condition("Complete") is not None
        and [container.name for container in other.spec.template.spec.containers] == names
        for other in snapshot.jobs.values()
    )


def _sidecar(
    item: batchv1.Job,
    owner: Ref,
    pod: podv1.Pod,
    *,
    done: datetime,
    left: tuple[str, ...],
    move: str,
) -> Finding:
    names = symptom.listed(left)
    main = symptom.listed(each.name for each in pod.spec.containers if each.name not in left)
    affected = (item.ref, pod.ref)
    failed = jobs.main_failed(pod)
    code = failed.exit_code if failed else 0
    how = f"with exit code {code}" if failed else "well"
    return Finding(
        reason="SidecarBlocksJob",
        subject=owner,
        affected=tuple(ref for ref in affected if ref != owner),
        severity=Severity.WARNING,
        message=f"{item.ref} {'has failed' if failed else 'is done'}, but its container {names} keeps it "
        "open",
        why=f"Container {main} of {item.ref} ended {how} at {stamp(done)}, but {names} runs on. A "
        f"plain container keeps its pod, and so the Job, from {'failing' if failed else 'completing'}; "
        "only a sidecar (an init container with restartPolicy Always) is stopped with the others.",
        since=done,
        hold=_SIDECAR,
        evidence=(
            symptom.fact("status", pod.ref, f"container {main} ended with exit code {code}", done),
            symptom.fact("status", pod.ref, f"still running: {names}"),
        ),
        proposal=symptom.advise(
            None,
            f"Move {names} from containers to initContainers with restartPolicy Always"
            + (
                ", then delete the run that is stuck."
                if owner.kind == "CronJob"
                else "; a Job's template cannot change, so create it anew from its manifest."
            ),
            move,
            command.logs(pod.ref, pod.spec.containers[0].name) if failed else "",
            command.delete(item.ref),
        ),
    )


def _as_sidecars(owner: batchv1.CronJob | None, left: tuple[str, ...]) -> str:
    """The move within the CronJob's template; "" for what is not in it, such as injected ones."""
    if owner is None:
        return ""
    spec = owner.spec.job_template.spec.template.spec
    places = [at for at, each in enumerate(spec.containers) if each.name in left]
    if len(places) != len(left):
        return ""
    root = "/spec/jobTemplate/spec/template/spec"
    steps: list[dict[str, object]] = []
    if not spec.init_containers:
        steps.append({"op": "add", "path": f"{root}/initContainers", "value": []})
    for at in reversed(places):  # from the end, so that the others keep their places
        steps += [
            {
                "op": "move",
                "from": f"{root}/containers/{at}",
                "path": f"{root}/initContainers/0",
            },
            {"op": "add", "path": f"{root}/initContainers/0/restartPolicy", "value": "Always"},
        ]
    return command.patch(owner.ref, steps, kind="json")


def _evidence(
    item: batchv1.Job, failed: metav1.Condition, last: podv1.Pod | None, lines: tuple[str, ...]
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
        facts.append(symptom.fact("status", last.ref, f"image {images}{jobs.end_of(last)}"))
        facts += [symptom.fact("log", last.ref, line) for line in lines[-3:]]
    return tuple(facts)
