"""What of an exchange with a model may be kept: no secrets, no invisible characters, not too much."""

from collections.abc import Collection
from dataclasses import replace

from watchdog.domain.exchange import Exchange
from watchdog.logic.redact import clean, redact

LONGEST = 48_000  # characters of one text: more than any brief that fits a model
_CUT = "\n[cut here: the rest was not kept]"


def kept(exchange: Exchange, own_secrets: Collection[str] = ()) -> Exchange:
    """Return the exchange as it may be stored. Facts of a Brief are redacted where they are made."""
    turns = tuple(replace(turn, text=_harmless(turn.text, own_secrets)) for turn in exchange.turns)
    return replace(exchange, turns=turns, answer=_harmless(exchange.answer, own_secrets))


def _harmless(text: str, own_secrets: Collection[str]) -> str:
    text = redact(clean(text), own_secrets)
    return text if len(text) <= LONGEST else text[:LONGEST] + _CUT
