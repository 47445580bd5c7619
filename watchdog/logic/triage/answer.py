"""What is left of a model's answer once it is held against what the model was told.

Source: requirements.md R15.2, failures.md L02. Every claim stands on facts of the brief and names
nothing else; the others are dropped and counted. Whatever the answer says, it changes no subject, no
severity, no command and no verdict: only the words of the explanation, and a veto makes things
stricter.
"""

import json
import math
import re
from collections.abc import Sequence

from watchdog.domain.evidence import Explanation
from watchdog.domain.triage import Answer, Brief, Checked, Claim
from watchdog.logic.triage.objections import objection
from watchdog.logic.triage.sanitize import plain
from watchdog.logic.triage.vocabulary import Vocabulary

CLAIMS = 6
LENGTH = 240  # characters of one claim

_READ = 1000  # characters of one that are looked at

_TEXT = {"type": "string"}
SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {
            "claims": {
                "type": "array",
                "items": {
                    "type": "string",
                    "description": "one sentence that ends with the ids of its facts, like [E1, E3]",
                },
            },
            "priority": {"type": "string", "enum": ["now", "today", "later"]},
            "confidence": {"type": "number", "description": "from 0 to 1"},
            "veto": {"type": "boolean"},
            "veto_reason": _TEXT,
            "unexplained": _TEXT,
        },
        "required": [
            "claims",
            "priority",
            "confidence",
            "veto",
            "veto_reason",
            "unexplained",
        ],
        "additionalProperties": False,
    }
)

_IDS = re.compile(
    r"\s{0,3}[\[(]\s{0,3}(E\d{1,6}(?:[\s,;&-]{1,4}(?:and\s{1,3})?E\d{1,6}){0,20})\s{0,3}[\])]",
    re.IGNORECASE,
)
_ID = re.compile(r"E\d+", re.IGNORECASE)
_DRESS = re.compile(r"\A(?:[-*•]|\d{1,2}[.)])\s+|\*\*")
_END = re.compile(r"[.!?…]\Z")


def claim(sentence: str) -> Claim:
    """Read one claim: its words, and the ids that stand in brackets behind or within it."""
    sentence = sentence[:_READ]
    ids = tuple(
        dict.fromkeys(
            each.upper() for group in _IDS.findall(sentence) for each in _ID.findall(group)
        )
    )
    return Claim(text=" ".join(_IDS.sub("", sentence).split()), evidence=ids)


def check(answer: Answer, brief: Brief) -> Checked:
    """Keep the claims that cite facts of the brief and name nothing that is not in it."""
    known = Vocabulary(brief)
    ids = frozenset(fact.id for fact in brief.facts)
    kept: list[str] = []
    reasons: list[str] = []
    for number, each in enumerate(answer.claims, 1):
        wrong = (
            _uncited(each, ids) or _wrong(each.text, known)
            if number <= CLAIMS
            else "is one too many"
        )
        if wrong:
            reasons.append(f"claim {number} {wrong}")
        else:
            kept.append(_sentence(each.text))
    dropped = len(reasons)
    open_end, unsaid = _unexplained(answer.unexplained, known)
    confidence = _confidence(answer.confidence, len(kept), len(answer.claims))
    return Checked(
        explanation=_explanation([*kept, *open_end], confidence) if kept else None,
        priority=answer.priority,
        veto=answer.veto,
        confidence=confidence,
        dropped=dropped + len(unsaid),
        reasons=(*reasons, *unsaid, *_veto(answer, known)),
    )


def _uncited(claim: Claim, ids: frozenset[str]) -> str:
    if not claim.evidence:
        return "cites nothing"
    unknown = [each for each in claim.evidence if each not in ids]
    return f"cites {unknown[0][:12]}, which was not given" if unknown else ""


def _wrong(text: str, known: Vocabulary) -> str:
    if len(text) > LENGTH:
        return f"is longer than {LENGTH} characters"
    sentence = _undressed(text)
    if not any(letter.isalpha() for letter in sentence):
        return "says nothing"
    if why := objection(sentence):
        return why
    # Code marks name things: what stands in them is looked up before they go, and after.
    strange = known.unknown(" ".join(plain(text).split())) or known.unknown(sentence)
    return "names what the facts do not" if strange else ""


def _undressed(text: str) -> str:
    """One line without the bullet, bold and code marks that models put on plain sentences."""
    line = " ".join(_DRESS.sub("", " ".join(plain(text).split())).split())
    return line if "```" in line else line.replace("`", "")


def _sentence(text: str) -> str:
    said = _undressed(text)
    return said if _END.search(said) else f"{said}."


def _unexplained(text: str, known: Vocabulary) -> tuple[list[str], list[str]]:
    """The sentence for what the cause leaves open, or why it is not said."""
    said = claim(text).text
    if not said:
        return [], []
    if wrong := _wrong(said, known):
        return [], [f"what is left unexplained {wrong}"]
    return [f"Not explained: {_sentence(said)}"], []


def _veto(answer: Answer, known: Vocabulary) -> list[str]:
    if not answer.veto:
        return []
    why = claim(answer.veto_reason).text
    usable = why and not _wrong(why, known)
    return [f"veto: {_sentence(why)}" if usable else "veto, without a reason that can be repeated"]


def _confidence(said: float, kept: int, claims: int) -> float:
    """Between 0 and 1, and lower by the share of what did not stand."""
    if math.isnan(said) or not claims:
        return 0.0
    return round(min(1.0, max(0.0, said)) * kept / claims, 3)


def _explanation(sentences: Sequence[str], confidence: float) -> Explanation:
    return Explanation(" ".join(sentences), source="llm", confidence=confidence)
