"""The daily report: the state of the cluster and of watchdog in a few lines, also when all is well.

Every part is there every day; one that could not be read says "unavailable: reason".
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.attempt import Attempt
from watchdog.domain.incident import Incident
from watchdog.domain.notification import Message, NotificationKind
from watchdog.domain.objects import argov1, certmanagerv1, statsv1
from watchdog.domain.quantity import in_binary, quantity
from watchdog.domain.ref import Ref
from watchdog.domain.run import RunResult
from watchdog.domain.severity import Severity
from watchdog.domain.silence import Silence
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.triaged import AskedCall
from watchdog.logic.platform.usage import filled_claims, unmeasurable
from watchdog.logic.symptom import counted
from watchdog.logic.words.prose import span, stamp
from watchdog.logic.words.render import notice

_CLAIMS = "persistentvolumeclaims"
_VOLUMES = (_CLAIMS, "persistentvolumes")
# What the report reads beyond the base set.
NEEDS = (
    *("nodemetrics", "podmetrics", "applications", "certificates"),
    *("stats", *_VOLUMES),
)

_TOP = 5
_LISTED = 6
_SOON = timedelta(days=21)


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What the store adds to the Snapshot. Times are aware UTC."""

    silences: Sequence[Silence] = ()
    paused_jobs: Sequence[str] = ()
    ignored_checks: Sequence[str] = ()  # switched off in the configuration
    last_delivered: Mapping[str, datetime] | None = None  # by target
    calls: Sequence[AskedCall] = ()  # questions to models in the last 24 hours
    attempts: Sequence[Attempt] = ()  # of the last 24 hours


def daily_report(
    result: RunResult, snapshot: Snapshot, records: Records, *, revision: int
) -> Message:
    """Return the report; facts of this look and of the store, no model involved."""
    standing = [each for each in result.incidents if each.standing]
    people = [each for each in standing if each.severity.needs_human]
    worst = max((each.severity for each in people), key=lambda s: s.rank, default=Severity.INFO)
    lines = [
        f"Incidents: {_incidents(people)}",
        f"Flapping: {_incidents([each for each in people if each.flapping])}",
        f"Nodes: {_part(snapshot, _nodes, 'nodes')}",
        f"Pods not running: {_part(snapshot, _pods, 'pods')}",
        f"CPU: {_part(snapshot, _by_cpu, 'podmetrics')}",
        f"Memory: {_part(snapshot, _by_memory, 'podmetrics')}",
        f"Volumes: {_part(snapshot, _volumes, 'stats', _CLAIMS)}",
        f"Volumes nobody can measure: {_part(snapshot, _unmeasurable, *_VOLUMES)}",
        f"Applications out of sync: {_part(snapshot, _applications, 'applications')}",
        f"Certificates: {_part(snapshot, _certificates, 'certificates')}",
        f"For information: {_incidents([x for x in standing if not x.severity.needs_human])}",
        f"Silences: {_silences(records.silences, snapshot.taken_at)}",
        f"Checks switched off: {_names(records.ignored_checks)}",
        f"Paused jobs: {_names(records.paused_jobs)}",
        f"Attempts in 24 h: {_names([_attempt(each) for each in records.attempts])}",
        f"Tokens in 24 h: {_tokens(records.calls)}",
        f"Last delivery: {_deliveries(records.last_delivered or {})}",
    ]
    return notice(
        NotificationKind.REPORT,
        result.run_id,
        revision,
        severity=worst,
        title=f"daily report of {result.cluster}: {_headline(len(people))}",
        lines=lines,
    )


def _headline(incidents: int) -> str:
    if not incidents:
        return "nothing needs a human"
    return f"{counted(incidents, 'incident')} {'needs' if incidents == 1 else 'need'} a human"


def _part(snapshot: Snapshot, write: Callable[[Snapshot], str], *needs: str) -> str:
    for need in needs:
        if not snapshot.has(need):
            missing = snapshot.missing.get(need)
            return f"unavailable: {missing.reason if missing else 'not read'}"
    return write(snapshot)


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_LISTED])
    more = len(names) - _LISTED
    return f"{shown} and {more} more" if more > 0 else shown or "none"


def _incidents(found: Sequence[Incident]) -> str:
    return _names([f"{each.reason} {each.subjects[0]} ({each.id})" for each in found])


def _attempt(attempt: Attempt) -> str:
    plan, came_of = attempt.plan, attempt.verified if attempt.reached else attempt.result
    return f"{plan.remediation} {plan.owner} {came_of} ({attempt.incident})"


def _nodes(snapshot: Snapshot) -> str:
    bad = [name for name, node in snapshot.nodes.items() if not node.ready]
    ready = len(snapshot.nodes) - len(bad)
    return f"{ready} of {len(snapshot.nodes)} ready" + (f"; not: {_names(bad)}" if bad else "")


def _pods(snapshot: Snapshot) -> str:
    well = ("Running", "Succeeded")
    return _names(
        [
            f"{ref.namespace}/{ref.name} {pod.status.reason or pod.status.phase}"
            for ref, pod in snapshot.all_pods.items()
            if pod.status.phase not in well
        ]
    )


def _by_cpu(snapshot: Snapshot) -> str:
    top = _top(snapshot, "cpu")
    return _names([f"{ref.namespace}/{ref.name} {used * 1000:.0f}m" for ref, used in top])


def _by_memory(snapshot: Snapshot) -> str:
    top = _top(snapshot, "memory")
    return _names([f"{ref.namespace}/{ref.name} {in_binary(used)}" for ref, used in top])


def _top(snapshot: Snapshot, resource: str) -> list[tuple[Ref, float]]:
    used = {
        ref: sum(quantity((each.usage or {}).get(resource, 0)) for each in item.containers or ())
        for ref, item in snapshot.of("podmetrics", statsv1.PodMetrics).items()
    }
    return sorted(used.items(), key=lambda pair: (-pair[1], pair[0]))[:_TOP]


def _volumes(snapshot: Snapshot) -> str:
    found = sorted(filled_claims(snapshot), key=lambda each: each.level, reverse=True)[:_TOP]
    return _names(
        [f"{x.claim.namespace}/{x.claim.name} {x.level.share:.0%} {x.level.what}" for x in found]
    )


def _unmeasurable(snapshot: Snapshot) -> str:
    found = [f"{ref.namespace}/{ref.name}" for ref in unmeasurable(snapshot)]
    return f"{_names(found)}{' (folders of their nodes)' if found else ''}"


def _tokens(calls: Sequence[AskedCall]) -> str:
    """What models were asked; what nobody counted is said, not taken for nothing."""
    usage = [each.call.usage for each in calls]
    known = [each for each in usage if each.input_tokens is not None]
    total = sum((each.input_tokens or 0) + (each.output_tokens or 0) for each in known)
    dollars = sum(each.cost_usd or 0.0 for each in usage)
    uncounted = (
        f", {len(usage) - len(known)} of them not counted" if len(known) < len(usage) else ""
    )
    return f"{total} ({dollars:.4f} USD) for {len(usage)} questions{uncounted}"


def _applications(snapshot: Snapshot) -> str:
    found = snapshot.of("applications", argov1.Application)
    return _names([ref.name for ref, app in found.items() if app.status.sync.status == "OutOfSync"])


def _certificates(snapshot: Snapshot) -> str:
    soon = []
    for ref, item in snapshot.of("certificates", certmanagerv1.Certificate).items():
        end = item.status.not_after
        if end is not None and end - snapshot.taken_at < _SOON:
            left = end - snapshot.taken_at
            told = f"expires in {span(left)}" if left > timedelta(0) else "has expired"
            soon.append(f"{ref.namespace}/{ref.name} {told}")
    return _names(soon) if soon else "none expires within 21 days"


def _silences(silences: Sequence[Silence], now: datetime) -> str:
    return _names([f"{each.reason} ({span(each.ends_at - now)} left)" for each in silences])


def _deliveries(last: Mapping[str, datetime]) -> str:
    return _names([f"{target} {stamp(at)}" for target, at in sorted(last.items())])
