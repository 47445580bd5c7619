"""Incidents as text for people: the message of every notifier, and the long form for page and CLI.

The template is fixed (requirements.md R3.16): what, where, since when, who suffers, why, evidence,
the next command, the incident id. Commands come whole or not at all.
"""

from collections.abc import Sequence
from datetime import datetime

from watchdog.domain.evidence import Evidence, Explanation
from watchdog.domain.incident import Incident
from watchdog.domain.notification import Message, NotificationKind
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.logic.words.doing import doing, thought
from watchdog.logic.words.prose import cut, prose, span, stamp

LIMIT = 1500  # title and text together; Discord takes 2000
EVIDENCE_LINES = 10

_TITLE = 180
_LINE = 160
_FACT = 220
_WHY = 600
_WHY_OF_TWO = 420  # of the rules' words and of a model's, where there are both
_WHY_LEAST = 200  # what the next step leaves for the reason, however long its commands are
_WORDS = 360
_COMMANDS = 380  # of a notice: with the longest lines round it, it still stays within LIMIT
_FENCES = len("```\n```\n")
_NAMED = 3
_HEADING = "Evidence:\n```\n```\n"


def incident_message(
    incident: Incident,
    kind: NotificationKind,
    revision: int,
    *,
    now: datetime,
    run_id: str = "",
    was: tuple[str, ...] = (),
    quiet: bool = False,
) -> Message:
    """Say what is known of an Incident at `now`; `was` are words for what changed since last time.

    `quiet` asks for no push; an end never does.
    """
    title = cut(f"{_lead(incident, kind, now)}: {_headline(incident)}", _TITLE)
    room = LIMIT - len(title) - 1
    if kind is NotificationKind.RESOLVED:
        text = "\n".join(_end(incident, run_id))
    else:
        text = _body(incident, room, now=now, run_id=run_id, was=was)
    return Message(
        kind=kind,
        thread=incident.id,
        revision=revision,
        severity=incident.severity,
        title=title,
        text=text,
        quiet=quiet or kind is NotificationKind.RESOLVED,
    )


def notice(
    kind: NotificationKind,
    thread: str,
    revision: int,
    *,
    severity: Severity,
    title: str,
    lines: Sequence[str],
    commands: Sequence[str] = (),
    quiet: bool = False,
) -> Message:
    """Say something that is no Incident: the watchdog's own state, a test, a report."""
    headline = cut(f"{severity.upper()}: {prose(title)}", _TITLE)
    block = _block(_whole(commands))
    room = LIMIT - len(headline) - 1 - sum(len(line) + 1 for line in block)
    text = cut("\n".join(cut(prose(line), _LINE) for line in lines), room)
    return Message(
        kind=kind,
        thread=thread,
        revision=revision,
        severity=severity,
        title=headline,
        text="\n".join([text, *block]),
        quiet=quiet,
    )


def incident_text(incident: Incident) -> str:
    """Return everything known of an Incident as plain text, for `incidents show` and the page."""
    lines = [
        f"{incident.id}  {incident.status}  {incident.severity}",
        _headline(incident),
        "",
        f"Reason:   {incident.reason} (check {incident.check})",
        f"Since:    {stamp(incident.since)}",
        *(f"Opened:   {stamp(at)}" for at in (incident.opened_at,) if at),
        *(f"Resolved: {stamp(at)}" for at in (incident.resolved_at,) if at),
        *([_flapping(incident)] if incident.flapping else []),
        *(f"Acknowledged by {prose(name)}" for name in (incident.acknowledged_by,) if name),
        *(f"Not said: {prose(reason)}" for reason in (incident.inhibited_by,) if reason),
        *_listed("Subjects", incident.subjects),
        *_listed("Affected", incident.affected),
    ]
    if incident.explanation.text:
        lines += ["", *_why(incident.explanation)]
    if incident.evidence:
        lines += ["", "Evidence:", *(f"  {_fact(each)}" for each in incident.evidence)]
    if incident.proposal:
        lines += ["", f"Next: {prose(incident.proposal.text)}"]
        lines += [f"  {command}" for command in incident.proposal.commands]
    if said := thought(incident.remediation):
        lines += ["", *said]
    return "\n".join(lines)


def _lead(incident: Incident, kind: NotificationKind, now: datetime) -> str:
    severity = incident.severity.upper()
    match kind:
        case NotificationKind.RESOLVED:
            return "RESOLVED"
        case NotificationKind.UPDATED:
            changed = "changed" if incident.severity.needs_human else "now only informational"
            return f"{severity} ({changed})"
        case NotificationKind.REMINDER:
            return f"{severity}, still there after {span(now - incident.since)}"
        case _:
            return f"{severity}, flapping" if incident.flapping else severity


def _headline(incident: Incident) -> str:
    title = prose(incident.title) or incident.reason
    first = incident.subjects[0]
    return title if first.name in title else f"{title} ({first})"


def _body(
    incident: Incident, room: int, *, now: datetime, run_id: str, was: tuple[str, ...]
) -> str:
    head = [
        _where(incident),
        f"Since: {stamp(incident.since)} ({span(now - incident.since)})",
        *([f"Changed: {prose('; '.join(was))}"] if was else []),
        *([_flapping(incident)] if incident.flapping else []),
        *([_affected(incident)] if incident.affected else []),
    ]
    head = [cut(line, _LINE) for line in head]
    foot = _foot(incident, run_id)
    room -= sum(len(line) + 1 for line in (*head, foot))
    own = [cut(line, _WORDS) for line in doing(incident.remediation)]
    room -= sum(len(line) + 1 for line in own)
    tail = [*own, *_next(incident, room - _WHY_LEAST), foot]
    room -= sum(len(line) + 1 for line in tail[len(own) : -1])
    why = []
    lines = _why(incident.explanation)
    proof = _first_fact(incident.evidence)
    kept = proof if room - proof >= _WHY_LEAST else 0  # a story without its proof is a claim
    for line in lines:
        share = min(_WHY if len(lines) == 1 else _WHY_OF_TWO, room - kept - 1)
        if share > 0:
            why.append(cut(line, share))
            room -= len(why[-1]) + 1
    return "\n".join([*head, *why, *_proof(incident.evidence, room), *tail])


def _flapping(incident: Incident) -> str:
    returns = f"Flapping: it came back {incident.reopened} times within hours"
    return f"{returns}; it is over when it has stayed away for 1 h"


def _end(incident: Incident, run_id: str) -> list[str]:
    end = incident.resolved_at or incident.last_seen_at
    lasted = f"Lasted {span(end - incident.since)}: {stamp(incident.since)} to {stamp(end)}"
    own = [cut(line, _WORDS) for line in doing(incident.remediation)]
    return [cut(_where(incident), _LINE), lasted, *own, _foot(incident, run_id)]


def _where(incident: Incident) -> str:
    return f"Where: {_names(incident.subjects)}"


def _affected(incident: Incident) -> str:
    return f"Affected: {len(incident.affected)} ({_names(incident.affected)})"


def _names(refs: Sequence[Ref]) -> str:
    more = len(refs) - _NAMED
    shown = ", ".join(prose(str(ref)) for ref in refs[:_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown


def _listed(label: str, refs: Sequence[Ref]) -> list[str]:
    return [f"{label}:", *(f"  {prose(str(ref))}" for ref in refs)] if refs else []


def _why(explanation: Explanation) -> list[str]:
    """What the rules say, then a model's words where there are some: what is proved comes first."""
    lines = [f"Why: {prose(explanation.by_rules)}"] if explanation.by_rules else []
    if explanation.source == "llm":
        sure = "" if explanation.confidence is None else f", {explanation.confidence:.0%} sure"
        lines.append(f"A model's opinion{sure}: {prose(explanation.text)}")
    return lines


def _proof(evidence: Sequence[Evidence], room: int) -> list[str]:
    """The first facts that fit into `room` characters, as a code block."""
    room -= len(_HEADING)
    lines = []
    for each in evidence[:EVIDENCE_LINES]:
        line = cut(_fact(each), _FACT)
        if (room := room - len(line) - 1) < 0:
            break
        lines.append(line)
    return ["Evidence:", *_block(lines)] if lines else []


def _first_fact(evidence: Sequence[Evidence]) -> int:
    """How many characters the decisive fact takes with all that stands round it."""
    if not evidence:
        return 0
    return len(_HEADING) + min(len(_fact(evidence[0])), _FACT) + 1


def _fact(evidence: Evidence) -> str:
    at = f"{stamp(evidence.at)} " if evidence.at else ""
    return f"{at}{evidence.kind} {prose(str(evidence.ref))}: {prose(evidence.text)}"


def _next(incident: Incident, room: int) -> list[str]:
    """What to do, in at most `room` characters: the words, then the commands that fit whole."""
    text = incident.proposal.text if incident.proposal else "look at the whole story"
    commands = incident.proposal.commands if incident.proposal else ()
    words = cut(f"Next: {prose(text)}", min(_WORDS, room // 2))
    more = f"watchdog incidents show {incident.id}"
    whole = _whole(commands, room - len(words) - len(more) - _FENCES - 2)
    if not whole or len(whole) < len(commands):
        whole.append(more)
    return [words, *_block(whole)]


def _whole(commands: Sequence[str], room: int = _COMMANDS) -> list[str]:
    """The first commands that fit; half a command is worse than none."""
    fitting: list[str] = []
    for command in commands:
        if len("\n".join([*fitting, command])) > room or "\n" in command or "```" in command:
            break
        fitting.append(command)
    return fitting


def _block(lines: Sequence[str]) -> list[str]:
    return ["```", *lines, "```"] if lines else []


def _foot(incident: Incident, run_id: str) -> str:
    run = f" · run {run_id}" if run_id else ""
    return cut(f"incident {incident.id} · {incident.check}/{incident.reason}{run}", _LINE)
