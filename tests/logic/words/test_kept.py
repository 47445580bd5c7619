"""kept: of an exchange with a model stays no secret, nothing invisible and not too much."""

from dataclasses import replace

from tests.store.builders import EXCHANGE
from watchdog.domain.model import Turn
from watchdog.logic.words.kept import LONGEST, kept


def test_what_is_harmless_is_kept_as_it_is() -> None:
    assert kept(EXCHANGE) == EXCHANGE


def test_secrets_are_masked_in_questions_and_answers() -> None:
    turn = Turn(role="user", text="password: hunter2hunter2")
    told = kept(replace(EXCHANGE, turns=(turn,), answer="use own-key-1"), ["own-key-1"])

    assert "hunter2" not in told.turns[0].text
    assert told.answer == "use <redacted:own#1>"


def test_invisible_characters_are_taken_out() -> None:
    assert kept(replace(EXCHANGE, answer="a\u200bb\x00")).answer == "ab"


def test_what_is_too_long_is_cut_and_says_so() -> None:
    told = kept(replace(EXCHANGE, answer="ab " * LONGEST))

    assert told.answer[:LONGEST] == ("ab " * LONGEST)[:LONGEST]
    assert told.answer.endswith("[cut here: the rest was not kept]")
