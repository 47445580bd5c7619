"""The one message that stands for many: Incidents of a namespace during a storm."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from watchdog.domain.incident import Incident
from watchdog.domain.notification import Message, NotificationKind
from watchdog.domain.severity import Severity
from watchdog.logic.incident.speech import Progress, Speech, Summary

WINDOW = timedelta(minutes=5)

_COUNTED = (NotificationKind.OPENED, NotificationKind.UPDATED, NotificationKind.REMINDER)
_LISTED = 15
_LIMIT = 1500
_WHAT = {
    NotificationKind.OPENED: ("new incident", "new incidents"),
    NotificationKind.UPDATED: ("incident got worse", "incidents got worse"),
    NotificationKind.REMINDER: ("incident is still there", "incidents are still there"),
}


def storms(
    speeches: Sequence[Speech], *, recent: Iterable[Incident], limit: int, now: datetime
) -> tuple[tuple[Speech, ...], tuple[Summary, ...]]:
    """Return what is still said one by one, and the Summaries that stand for the rest.

    A target that would get more than `limit` new posts of one kind gets Summaries instead; new
    Incidents that were announced to it in the last five minutes count.
    """
    pings: defaultdict[tuple[str, NotificationKind], list[Speech]] = defaultdict(list)
    for speech in speeches:
        if speech.loud and speech.kind in _COUNTED:
            pings[speech.target, speech.kind].append(speech)
    lately = _opened_lately(recent, now)
    many = {
        key: loud
        for key, loud in pings.items()
        if len(loud) > 1 and len(loud) + lately.get(key, 0) > limit
    }
    return (
        tuple(each for each in speeches if not each.loud or (each.target, each.kind) not in many),
        tuple(summary for loud in many.values() for summary in _summaries(loud, now)),
    )


def _opened_lately(
    recent: Iterable[Incident], now: datetime
) -> dict[tuple[str, NotificationKind], int]:
    counts: defaultdict[tuple[str, NotificationKind], int] = defaultdict(int)
    for incident in recent:
        if incident.opened_at is not None and abs(now - incident.opened_at) < WINDOW:
            for told in incident.announced:
                counts[told.target, NotificationKind.OPENED] += 1
    return counts


def _summaries(loud: Sequence[Speech], now: datetime) -> list[Summary]:
    kind, target = loud[0].kind, loud[0].target
    spaces = sorted({_space(each.incident) for each in loud})
    found = []
    for space in spaces:
        members = tuple(each.incident for each in loud if _space(each.incident) == space)
        found.append(
            Summary(
                thread=f"storm-{space or 'cluster'}-{kind}-{now:%Y%m%dT%H%M%S}",
                target=target,
                kind=kind,
                namespace=space,
                incidents=members,
                severity=_worst(members),
            )
        )
    return found


def progress(ended: Iterable[Incident], known: Sequence[Incident]) -> tuple[Progress, ...]:
    """Return what has become of the Summaries that spoke of what has `ended`.

    `known` are all Incidents of the cluster; of two with one id the later counts.
    """
    touched = {
        (told.target, told.summary): (told.of, incident)
        for incident in ended
        for told in incident.announced
        if told.summary
    }
    standing = [each for each in {each.id: each for each in known}.values() if each.standing]
    return tuple(
        Progress(
            thread=thread,
            target=target,
            namespace=_space(gone),
            of=of,
            rest=tuple(each for each in standing if _told_in(each, target, thread)),
        )
        for (target, thread), (of, gone) in touched.items()
    )


def _told_in(incident: Incident, target: str, thread: str) -> bool:
    return any((each.target, each.summary) == (target, thread) for each in incident.announced)


def _space(incident: Incident) -> str:
    return incident.subjects[0].namespace


def _worst(incidents: Sequence[Incident]) -> Severity:
    return max((each.severity for each in incidents), key=lambda each: each.rank)


# ------------------------------------------------------------------------------------- the words
def summary_message(summary: Summary, revision: int) -> Message:
    """Return the message: how many, the worst first, and how to see the rest."""
    count = len(summary.incidents)
    what = _WHAT[summary.kind][count != 1]
    hint = "Many at once often have one cause: look for it first (watchdog incidents list)."
    return Message(
        kind=summary.kind,
        thread=summary.thread,
        revision=revision,
        severity=summary.severity,
        title=f"{count} {what} {_where(summary.namespace)}",
        text="\n".join([*_lines(summary.incidents), hint])[:_LIMIT],
    )


def progress_message(progress: Progress, revision: int) -> Message:
    """Return the edit of a Summary's message: how many of its Incidents have ended, which stand."""
    gone, where = progress.of - len(progress.rest), _where(progress.namespace)
    if not progress.rest:
        return Message(
            kind=NotificationKind.RESOLVED,
            thread=progress.thread,
            revision=revision,
            severity=Severity.INFO,
            title=f"RESOLVED: {_all(progress.of)} {where}",
            text="It has ended." if progress.of == 1 else "All of them have ended.",
            quiet=True,
        )
    return Message(
        kind=NotificationKind.UPDATED,
        thread=progress.thread,
        revision=revision,
        severity=_worst(progress.rest),
        title=f"{len(progress.rest)} of {progress.of} incidents "
        f"{'is' if len(progress.rest) == 1 else 'are'} still there {where}",
        text="\n".join([f"{gone} of {progress.of} have ended.", *_lines(progress.rest)])[:_LIMIT],
        quiet=True,
    )


def _all(number: int) -> str:
    return "the incident" if number == 1 else f"all {number} incidents"


def _lines(incidents: Sequence[Incident]) -> list[str]:
    worst = sorted(incidents, key=lambda each: (-each.severity.rank, each.id))
    lines = [
        f"- {each.severity}: {each.reason} {each.subjects[0]} ({each.id})"
        for each in worst[:_LISTED]
    ]
    more = len(worst) - _LISTED
    return [*lines, f"- and {more} more"] if more > 0 else lines


def _where(namespace: str) -> str:
    return f"in namespace {namespace}" if namespace else "across the cluster"
