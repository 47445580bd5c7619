"""The one message that stands for many: Incidents of a namespace during a storm."""

from watchdog.domain.notification import Message, NotificationKind
from watchdog.logic.incident.suppress import Summary

_LISTED = 15
_LIMIT = 1500
_WHAT = {
    NotificationKind.OPENED: "new incidents",
    NotificationKind.UPDATED: "incidents got worse",
    NotificationKind.REMINDER: "incidents are still there",
}


def summary_message(summary: Summary, revision: int) -> Message:
    """Return the message: how many, the worst first, and how to see the rest."""
    where = f"in namespace {summary.namespace}" if summary.namespace else "across the cluster"
    worst = sorted(summary.incidents, key=lambda each: (-each.severity.rank, each.id))
    lines = [
        f"- {each.severity}: {each.reason} {each.subjects[0]} ({each.id})"
        for each in worst[:_LISTED]
    ]
    more = len(worst) - _LISTED
    if more > 0:
        lines.append(f"- and {more} more")
    lines.append("Many at once often have one cause: look for it first (watchdog incidents list).")
    return Message(
        kind=summary.kind,
        thread=summary.thread,
        revision=revision,
        severity=summary.severity,
        title=f"{len(worst)} {_WHAT[summary.kind]} {where}",
        text="\n".join(lines)[:_LIMIT],
    )
