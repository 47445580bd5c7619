"""A Run in a few lines, for those who asked to be told even when all is well."""

from watchdog.domain.notification import Message, NotificationKind
from watchdog.domain.run import RunResult, VerdictState
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.words.render import notice

_LISTED = 10


def report(result: RunResult, snapshot: Snapshot, *, checks: int, revision: int) -> Message:
    """Say what was looked at, what stands and what could not be seen; facts of this Run only."""
    standing = [each for each in result.incidents if each.standing]
    worst = max((each.severity for each in standing), key=lambda s: s.rank, default=Severity.INFO)
    blind = sorted({each.need for each in result.unknown if each.counts})
    absent = sorted({each.need for each in result.unknown if each.reason == "absent"})
    lines = [
        _nodes(snapshot),
        _pods(snapshot),
        f"open incidents: {len(standing) or 'none'}",
        *(f"- {each.severity}: {each.title} ({each.id})" for each in standing[:_LISTED]),
    ]
    if blind:
        lines.append(f"could not be read: {', '.join(blind)}")
    if absent:
        lines.append(f"not installed here: {', '.join(absent)}")
    looked = f" ({checks} checks)" if checks else ""
    return notice(
        NotificationKind.REPORT,
        result.run_id,
        revision,
        severity=worst,
        title=f"{result.job}: {_headline(result.verdict)}{looked}",
        lines=lines,
    )


def _headline(verdict: VerdictState) -> str:
    return {
        VerdictState.HEALTHY: "nothing needs a human",
        VerdictState.ALERT: "something needs a human",
        VerdictState.UNKNOWN: "not everything could be read",
    }[verdict]


def _nodes(snapshot: Snapshot) -> str:
    if not snapshot.has("nodes"):
        return "nodes: unavailable"
    ready = sum(node.ready for node in snapshot.nodes.values())
    return f"nodes: {ready} of {len(snapshot.nodes)} ready"


def _pods(snapshot: Snapshot) -> str:
    if not snapshot.has("pods"):
        return "pods: unavailable"
    pods = snapshot.all_pods
    well = ("Running", "Succeeded")
    others = [str(ref) for ref, pod in pods.items() if pod.status.phase not in well]
    more = f"; not running: {', '.join(others[:_LISTED])}" if others else ""
    return f"pods: {len(pods) - len(others)} of {len(pods)} running or completed{more}"
