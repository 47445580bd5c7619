"""A model's answer to a person, made fit to be read: it is an opinion, and gives no commands.

Source: safety.md 14, requirements R3.4. Nothing in it is carried out, and no command leaves in it: the
only commands people get are those that code has built.
"""

import json
import re
from collections.abc import Sequence

from watchdog.domain.asking import ANSWER, Reading
from watchdog.domain.triage import Brief
from watchdog.logic.triage.objections import holds_command
from watchdog.logic.triage.sanitize import plain
from watchdog.logic.triage.vocabulary import Vocabulary
from watchdog.logic.words.prose import cut, prose

LONGEST = 1200  # characters
NO_COMMAND = "(a command was removed)"
_SILENT = re.compile(r"\[silent\]", re.IGNORECASE)
_MARKUP = re.compile(r"^\s*(?:#{1,6}|>|[*+-]|\d+\.)\s+|\*\*|~~|\|\|")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_OBJECT = re.compile(r'\{\s*["}]')
_FENCE = re.compile(r"^\s*```\w*\s*\n|\n\s*```\s*$")
# Its text as far as it goes; an escape that is cut off ends it.
_BEGUN = re.compile(r'"text"\s*:\s*"((?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*)')
_STRANGE = 5  # names that are told


def is_silent(text: str) -> bool:
    """Whether this is the one word by which a model says that there is nothing to tell."""
    return _SILENT.fullmatch(text.strip()) is not None


def spoken(text: str) -> str:
    """The words of an answer that came as a JSON object, as a model gives it that was shown one.

    "" where the object asks to look something up: that answers nothing.
    """
    bare = _FENCE.sub("", text).strip()
    if not _OBJECT.match(bare):
        return text
    try:
        found = json.loads(bare, strict=False)
    except (ValueError, RecursionError):  # cut short, or something stands behind it
        begun = _BEGUN.search(bare)
        return str(json.loads(f'"{begun[1]}"', strict=False)) if begun else ""
    if found.get("tool", ANSWER) != ANSWER:
        return ""
    words = found.get("text") or "\n".join(each for each in found.values() if isinstance(each, str))
    return str(words)


def tidy(text: str) -> str:
    """The answer in plain lines, redacted, without markup, links, mentions or commands."""
    lines = [prose(_MARKUP.sub("", line)) for line in plain(text).splitlines()]
    return cut("\n".join(_harmless(line) for line in lines if line), LONGEST)


def unread(text: str, question: str, readings: Sequence[Reading], data: str) -> tuple[str, ...]:
    """What the answer names and nothing that the model was given does: perhaps it is made up."""
    told = "\n".join([question, data, *(f"{each.what}\n{each.text}" for each in readings)])
    known = Vocabulary(
        Brief(
            incident="",
            digest="",
            headline="",
            rule_text=told,
            subjects=(),
            affected=(),
            facts=(),
        )
    )
    names = [known.unknown(sentence) for sentence in _SENTENCE.split(_SILENT.sub("", text))]
    return tuple(dict.fromkeys(name for name in names if name))[:_STRANGE]


def fence(text: str, delimiter: str) -> str:
    """Untrusted text between two lines that carry `delimiter`, which the text itself cannot hold."""
    while delimiter in text:  # taking it out may bring the ends of another one together
        text = text.replace(delimiter, "")
    return f"BEGIN DATA {delimiter}\n{text}\nEND DATA {delimiter}"


def _harmless(line: str) -> str:
    return " ".join(
        NO_COMMAND if holds_command(sentence) else sentence for sentence in _SENTENCE.split(line)
    )
