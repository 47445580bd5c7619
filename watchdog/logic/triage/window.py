"""A conversation that does not outgrow what the smallest of the models can read.

A server that cuts a prompt does it at the front, where the rules stand: here the oldest results go
instead, and the model is told that they did.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from watchdog.domain.model import Turn
from watchdog.logic.triage.opinion import fence
from watchdog.logic.triage.tokens import estimate, trim


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One result, and the words by which the model asked for it."""

    said: str
    text: str


def fits(text: str, room: int) -> str:
    """Return `text` as it is where it has at most `room` tokens, else its start."""
    return text if estimate(text) <= room else trim(text, room)


def tokens(turns: Sequence[Turn]) -> int:
    """Return the most tokens that a prompt of these turns has."""
    return sum(estimate(turn.text) for turn in turns)


def fitting(given: Sequence[Given], delimiter: str, room: int) -> tuple[tuple[Turn, ...], int]:
    """Return the turns of the newest results that have at most `room` tokens together, and how many
    older ones are left out; the newest is there in any case, cut where it has to be."""
    for left_out in range(len(given) - 1):
        turns = _turns(given[left_out:], delimiter, left_out)
        if tokens(turns) <= room:
            return turns, left_out
    older = max(0, len(given) - 1)
    turns = _turns(given[older:], delimiter, older)
    over = tokens(turns) - room
    if given and over > 0:
        newest = replace(given[-1], text=trim(given[-1].text, estimate(given[-1].text) - over))
        turns = _turns([newest], delimiter, older)
    return turns, older


def _turns(given: Sequence[Given], delimiter: str, left_out: int) -> tuple[Turn, ...]:
    turns = []
    for number, each in enumerate(given):
        before = _left_out(left_out) if not number else ""
        turns += [
            Turn(role="assistant", text=each.said),
            Turn(role="user", text=f"{before}{fence(each.text, delimiter)}"),
        ]
    return tuple(turns)


def _left_out(count: int) -> str:
    if not count:
        return ""
    return (
        f"What you read before is left out, {count} in all: there is no room for it any more.\n\n"
    )
