"""Does a sentence of a model name only what its brief names? Identifiers, amounts, codes, objects.

Source: requirements.md R15.2. An ordinary word may be chosen freely; what looks like a name, a
number, a host, a path or a code has to stand in the brief as it is, and not inside a longer one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from watchdog.domain.ref import Ref
from watchdog.domain.triage import Brief, Fact
from watchdog.logic.triage.common_words import ACRONYMS, AFTER_A_KIND, COMPOUNDS, KINDS
from watchdog.logic.triage.sanitize import plain

_UNITS = {
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("h", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("%", "percent"), "%"),
    **{f"{each}b": each for each in ("k", "m", "g", "t", "ki", "mi", "gi", "ti")},
    **{each: each for each in ("k", "g", "t", "ki", "mi", "gi", "ti")},
    **dict.fromkeys(("byte", "bytes"), "b"),
    **dict.fromkeys(("core", "cores", "cpu", "cpus"), "cores"),
    **dict.fromkeys(("millicore", "millicores"), "m"),
}
_AMOUNT = re.compile(
    rf"(?<![\w.,:/-])(\d+(?:\.\d+)?)[ -]?({'|'.join(sorted(map(re.escape, _UNITS), key=len, reverse=True))})"
    r"(?![\w/])",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"\S+")
_EDGES = ".,;:!?()[]{}<>\"'`’‘“”…*|"
_INNER = re.compile(r"\w[-./:_@=+#\\~%&$]+\w|^[/~\\$%#&=_-]+\w|\w/$")
_CAMEL = re.compile(r"[a-z][A-Z]|[A-Z]{2}")
_QUOTED = re.compile(r"[\"`“']([^\"`“”']{1,200})[\"`”'](?!\w)")

_NAMED_KIND = (
    r"(?:namespace|ns|pod|deployment|statefulset|daemonset|replicaset|service|node|job|cronjob"
    r"|configmap|secret|ingress|container|image|host|claim|volume|user|database)"
)
_VERBS = (
    r"(?:is|are|was|were|has|have|had|does|do|did|can|cannot|could|will|would|in|on|and|which|that)"
)
_NAMED = re.compile(
    rf"\b{_NAMED_KIND} (?!{_VERBS}\b)([a-z][a-z]*)(?= {_VERBS}\b|[.,;:)](?!\w)|\Z)", re.IGNORECASE
)
_NAMESPACE = re.compile(r"\b([a-z]+) namespace\b", re.IGNORECASE)


@dataclass(frozen=True)
class Vocabulary:
    """Everything that one brief says, for looking up what a sentence says."""

    brief: Brief

    def unknown(self, sentence: str) -> str:
        """Return the first thing that `sentence` names and the brief does not; "" when there is none.

        `sentence` is one line without hidden characters.
        """
        return next(self._strangers(sentence), "")

    def _strangers(self, sentence: str) -> Iterator[str]:
        for amount in _AMOUNT.finditer(sentence):
            if _amount(amount) not in self._amounts:
                yield amount.group()
        rest = _AMOUNT.sub(" ", sentence)
        yield from (each for each in _QUOTED.findall(rest) if not self._has(each))
        tokens = (_bare(token) for token in _TOKEN.findall(rest))
        yield from (each for each in tokens if _telling(each) and not self._has(each))
        named = [*_NAMED.findall(rest), *_NAMESPACE.findall(rest)]
        yield from (
            each for each in named if each.lower() not in AFTER_A_KIND and not self._has(each)
        )

    def _has(self, word: str) -> bool:
        """Whether the brief has `word` as a whole: `api` is not in `api-7d9f`, `2.4` not in `2.4.1`."""
        forms = (word, _singular(word)) if _CAMEL.search(word) else (word,)
        found = (rf"(?<![\w.-]){re.escape(each.casefold())}(?!\w|[.-]\w)" for each in forms)
        return any(re.search(pattern, self._said) for pattern in found)

    @cached_property
    def _said(self) -> str:
        brief = self.brief
        facts = [f"{fact.kind} {_when(fact)} {fact.text}" for fact in brief.facts]
        refs = (*brief.subjects, *brief.affected, *(fact.ref for fact in brief.facts))
        counts = f"{len(brief.subjects)} {len(brief.affected)}"
        said = [brief.headline, brief.rule_text, counts, brief.remediation]
        said += [*facts, *(form for ref in refs for form in _forms(ref))]
        return "\n".join(plain(each) for each in said).casefold()

    @cached_property
    def _amounts(self) -> frozenset[tuple[str, str]]:
        return frozenset(_amount(match) for match in _AMOUNT.finditer(self._said))


def _amount(match: re.Match[str]) -> tuple[str, str]:
    return match.group(1), _UNITS[match.group(2).lower()]


def _when(fact: Fact) -> str:
    """The moment as the brief prints it, and the ways to shorten that."""
    return f"{fact.at:%Y-%m-%d %H:%M:%S} {fact.at:%H:%M}" if fact.at else ""


def _forms(ref: Ref) -> tuple[str, ...]:
    """The ways in which an object is written."""
    return (str(ref), f"{ref.kind}/{ref.name}", f"{ref.namespace}/{ref.name}", *ref)


def _bare(token: str) -> str:
    word = token.strip(_EDGES)
    return re.sub(r"['’]s\Z", "", word)


def _singular(word: str) -> str:
    return word.removesuffix("s")


def _telling(word: str) -> bool:
    """Whether it is a name, number or code rather than a word of the language."""
    if word.lower() in COMPOUNDS or word in ACRONYMS:
        return False
    if _singular(word.lower()) in KINDS:
        return False
    return bool(
        re.search(r"\d", word) or _INNER.search(word) or _CAMEL.search(word) or _mixed(word)
    )


def _mixed(word: str) -> bool:
    """Letters of two alphabets in one word: made to look like another word."""
    letters = [each for each in word if each.isalpha()]
    latin = [each for each in letters if each < "\u0250"]
    return bool(latin) and len(latin) < len(letters)
