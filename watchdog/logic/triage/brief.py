"""What a model is told of one Incident: bounded, redacted, the most telling facts first.

Source: safety.md 14, failures.md L07 and L10. Evidence comes in the order in which the check gave
it, the telling facts first; each kind has its share of the room, so that a long log cannot push out
the status, and what nobody used goes to the next facts in that order. Notes of operators come last.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial

from watchdog.domain.evidence import Evidence
from watchdog.domain.grouping import grouped
from watchdog.domain.incident import Incident
from watchdog.domain.ref import Ref
from watchdog.domain.triage import Brief, Fact
from watchdog.logic.triage.digest import digest
from watchdog.logic.triage.sanitize import sanitize, sanitize_ref
from watchdog.logic.triage.tokens import estimate, trim

_FRAME = 200  # tokens: the fence with its mark, and the names of the fields
_SHARES = {  # of what is left of the limit; together nine tenths
    "headline": 0.02,
    "rules": 0.08,
    "subjects": 0.06,
    "affected": 0.08,
    "status": 0.14,
    "metric": 0.04,
    "change": 0.08,
    "spec": 0.10,
    "event": 0.10,
    "log": 0.16,
    "note": 0.04,
}
_FACT = 250  # tokens of one fact; a log line that is longer is rarely better
_LONGEST_ID = "E999"


def brief(
    incident: Incident,
    *,
    notes: Sequence[str] = (),
    remediation: str = "",
    limit_tokens: int = 6000,
    own_secrets: Collection[str] = (),
) -> Brief:
    """Return what may be said of `incident` in at most `limit_tokens` (400 or more), fence included.

    `remediation` is the name of the candidate; `own_secrets` are this program's credentials.
    """
    room = {name: int(share * (limit_tokens - _FRAME)) for name, share in _SHARES.items()}
    safe = partial(sanitize, own_secrets=own_secrets)
    subjects, more_subjects = _refs(incident.subjects, room["subjects"], own_secrets)
    affected, more_affected = _refs(incident.affected, room["affected"], own_secrets)
    told = Brief(
        incident=incident.id,
        digest=digest(incident),
        headline=_within(safe(incident.title), room["headline"]),
        rule_text=_within(safe(incident.explanation.by_rules), room["rules"]),
        subjects=subjects,
        affected=affected,
        more=more_subjects + more_affected,
        facts=(),
        remediation=remediation,
    )
    offered = _offered(incident, notes, own_secrets)
    chosen = _chosen(offered, room, limit_tokens - _FRAME - estimate(_body(told)))
    told = replace(told, facts=_numbered(chosen), left_out=len(offered) - len(chosen))
    return replace(told, tokens=estimate(fenced(told, "0" * 32)))


def fenced(brief: Brief, delimiter: str) -> str:
    """Return the brief as JSON between two lines that carry `delimiter`, drawn for this one call.

    `delimiter` is hex digits, so that no part of the JSON itself can be one; it is taken out of the
    text.
    """
    return f"BEGIN DATA {delimiter}\n{_body(brief, delimiter)}\nEND DATA {delimiter}"


def _body(brief: Brief, delimiter: str = "") -> str:
    """One JSON object, a line for each field and fact."""
    head = {
        "headline": brief.headline,
        "rules_say": brief.rule_text,
        "subjects": [str(ref) for ref in brief.subjects],
        "affected": [str(ref) for ref in brief.affected],
        "objects_left_out": brief.more,
        "remediation": brief.remediation,
        "facts_left_out": brief.left_out,
    }
    lines = [f'"{name}": {_json(value, delimiter)},' for name, value in head.items()]
    facts = ",\n".join(_json(_fields(fact), delimiter) for fact in brief.facts)
    return "\n".join(["{", *lines, '"facts": [', facts, "]}"])


def _fields(fact: Fact) -> dict[str, str]:
    at = {"at": f"{fact.at:%Y-%m-%d %H:%M:%S UTC}"} if fact.at else {}
    return {"id": fact.id, "kind": fact.kind, "of": str(fact.ref), **at, "text": fact.text}


def _json(value: object, delimiter: str) -> str:
    match value:
        case str():
            return json.dumps(_without(value, delimiter), ensure_ascii=False)
        case list():
            return f"[{', '.join(_json(each, delimiter) for each in value)}]"
        case dict():
            fields = (f'"{name}": {_json(each, delimiter)}' for name, each in value.items())
            return "{" + ", ".join(fields) + "}"
        case _:
            return json.dumps(value)


def _without(text: str, delimiter: str) -> str:
    """Again and again: what is taken out may bring the ends of another one together."""
    while delimiter and delimiter in text:
        text = text.replace(delimiter, "")
    return text


def _within(text: str, tokens: int, *, end: bool = False) -> str:
    """Trim so that the text fits as JSON; a sign that is escaped there takes at most twice as much."""
    short = trim(text, tokens, end=end)
    return short if estimate(_json(short, "")) <= tokens else trim(text, (tokens - 2) // 2, end=end)


def _refs(
    refs: Sequence[Ref], tokens: int, own_secrets: Collection[str]
) -> tuple[tuple[Ref, ...], int]:
    """The first that fit, and how many do not."""
    kept: list[Ref] = []
    for ref in refs:
        safe = sanitize_ref(ref, own_secrets)
        if (tokens := tokens - estimate(f"{_json(str(safe), '')}, ")) < 0:
            break
        kept.append(safe)
    return tuple(kept), len(refs) - len(kept)


def _offered(
    incident: Incident, notes: Sequence[str], own_secrets: Collection[str]
) -> tuple[Fact, ...]:
    """Every fact that may be told, with an id as long as any. One that repeats another is counted."""
    everything: list[tuple[str, Evidence]] = [(each.kind, each) for each in incident.evidence]
    ref = incident.subjects[0]
    everything += [("note", Evidence(kind="status", ref=ref, text=note)) for note in notes]
    same = grouped(((kind, sanitize(each.text, own_secrets)), each) for kind, each in everything)
    return tuple(
        Fact(
            id=_LONGEST_ID,
            kind=kind,
            ref=sanitize_ref(found[0].ref, own_secrets),
            at=found[0].at,
            text=_counted(_within(text, _FACT, end=kind == "log"), len(found)),
        )
        for (kind, text), found in same.items()
        if text.strip()
    )


def _counted(text: str, times: int) -> str:
    return f"{text} … {times} times" if times > 1 else text


def _chosen(offered: Sequence[Fact], room: dict[str, int], left: int) -> tuple[Fact, ...]:
    """Facts within the shares of their kinds, then what still fits; in the order of `offered`."""
    all_facts = min(left, sum(room[kind] for kind in room if kind not in _HEAD))
    shares = dict(room)
    taken: set[int] = set()
    for own_share in (True, False):
        for position, fact in enumerate(offered):
            cost = _cost(fact)
            fits = cost <= all_facts and (not own_share or cost <= shares[fact.kind])
            if position not in taken and fits:
                taken.add(position)
                all_facts -= cost
                shares[fact.kind] -= cost
    return tuple(offered[position] for position in sorted(taken))


_HEAD = ("headline", "rules", "subjects", "affected")


def _cost(fact: Fact) -> int:
    return estimate(f"{_json(_fields(fact), '')},\n")


def _numbered(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    return tuple(replace(fact, id=f"E{n}") for n, fact in enumerate(facts, 1))
