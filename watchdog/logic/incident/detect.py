"""Runs checks over one Snapshot, and says which could not see."""

from collections.abc import Iterable, Mapping, Sequence

from watchdog.domain.check import Check, Params
from watchdog.domain.custom import CustomKind
from watchdog.domain.errors import Misconfigured
from watchdog.domain.evidence import LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.run import Unknown
from watchdog.domain.snapshot import BASE_NEEDS, Snapshot
from watchdog.logic.incident.group import ripe

MAX_STREAMS = 50

# Sources that no API server's discovery knows: absent only means that nothing ever answered.
_WITHOUT_DISCOVERY = frozenset({"stats"})


def needs_of(checks: Iterable[Check]) -> frozenset[str]:
    """Everything these checks read, the base set included."""
    wanted = {need for each in checks for need in each.reads}
    return frozenset(wanted) | frozenset(BASE_NEEDS)


def unreadable(check: Check, snapshot: Snapshot) -> tuple[Unknown, ...]:
    """What this check wants and the Snapshot lacks, in the check's own order."""
    return tuple(
        Unknown(check=check.id, need=need, reason=missing.reason, text=missing.text)
        for need in (*check.needs, *check.optional)
        if (missing := snapshot.missing.get(need)) is not None
    )


def can_see(check: Check, snapshot: Snapshot) -> bool:
    """Whether the check may judge this Snapshot.

    Every need must be there. An optional kind may be absent or not granted, but not unread: half a
    look would take a fault for another one, or for none.
    """
    return all(snapshot.has(need) for need in check.needs) and not any(
        unknown.counts for unknown in unreadable(check, snapshot)
    )


def uninstalled(check: Check, snapshot: Snapshot) -> str:
    """The need of this check whose API is not installed, by discovery; "" when there is none.

    What only did not answer is not gone: neither a refusal nor silence, and kubelets have no
    discovery.
    """
    lacking = [each for each in unreadable(check, snapshot) if each.need in check.needs]
    if any(each.counts for each in lacking):
        return ""
    return next(
        (
            each.need
            for each in lacking
            if each.reason == "absent" and each.need not in _WITHOUT_DISCOVERY
        ),
        "",
    )


def base_unknowns(snapshot: Snapshot) -> tuple[Unknown, ...]:
    """Kinds of the base set that could not be read: every job is blind without them."""
    return tuple(
        Unknown(check="snapshot", need=need, reason=missing.reason, text=missing.text)
        for need in BASE_NEEDS
        if (missing := snapshot.missing.get(need)) is not None
    )


def run_check(
    check: Check, snapshot: Snapshot, params: Mapping[str, object]
) -> tuple[Finding, ...]:
    """Run one check with its settings, as they stand in the config file or the job.

    Raises:
        Misconfigured: the settings do not fit; the text names check and key.
    """
    return tuple(check.detect(snapshot, _values(check, params)))


def _values(check: Check, params: Mapping[str, object]) -> Params:
    try:
        return check.params.model_validate(dict(params))
    except ValueError as error:
        first = str(error).splitlines()
        raise Misconfigured(
            f"checks.{check.id}: {'; '.join(line.strip() for line in first[1:3])}",
            hint=f"correct the settings of {check.id} in config.yaml or in the job's params",
        ) from error


def wanted_customs(
    checks: Iterable[Check], snapshot: Snapshot, params: Mapping[str, Mapping[str, object]]
) -> tuple[CustomKind, ...]:
    """The kinds of custom resources that checks want listed, those that can see what they need.

    Raises:
        Misconfigured: as `run_check`.
    """
    wanted = [
        kind
        for check in checks
        if check.customs is not None and can_see(check, snapshot)
        for kind in check.customs(snapshot, _values(check, params.get(check.id, {})))
    ]
    return tuple(dict.fromkeys(wanted))


def wanted_logs(findings: Iterable[Finding], snapshot: Snapshot) -> tuple[LogQuery, ...]:
    """The streams worth reading: of Findings that stood for their hold; the first of each first."""
    rows: Sequence[tuple[LogQuery, ...]] = [
        finding.logs for finding in findings if finding.logs and ripe(finding, snapshot.taken_at)
    ]
    longest = max((len(row) for row in rows), default=0)
    turns = [row[i] for i in range(longest) for row in rows if i < len(row)]
    unread = (query for query in dict.fromkeys(turns) if query not in snapshot.log_texts)
    return tuple(unread)[:MAX_STREAMS]


def reads_logs(check: Check) -> bool:
    """Whether a check judges the logs that others asked for: it asks for none itself."""
    return "logs" in (*check.needs, *check.optional)


def unread_logs(finding: Finding, snapshot: Snapshot) -> bool:
    """Whether a stream this Finding wants was asked for and not answered."""
    return any(
        (log := snapshot.log_texts.get(query)) is not None and log.unread for query in finding.logs
    )
