"""trials: the right answers pass, and what is nearly right does not."""

import pytest

from tests.doubles.scholar import ANSWERS
from watchdog.logic.bench.score import HARD as SEVEN
from watchdog.logic.bench.score import STANDARD as SIX
from watchdog.logic.bench.trials import (
    CONTEXT_TOKENS,
    HARD,
    STANDARD,
    TOOL_TRIAL,
    Ask,
    Trial,
    context_trial,
)
from watchdog.logic.triage.tokens import estimate

EVERY = {each.name: each for each in (*STANDARD, *HARD, context_trial())}


def asks(trial: Trial) -> list[Ask]:
    return [ask for talk in trial.talks for ask in talk]


def right(name: str, *answers: str) -> bool:
    pairs = zip(asks(EVERY[name]), answers, strict=True)
    return all(ask.right(answer) for ask, answer in pairs)


def test_there_are_six_tests_and_seven_hard_ones() -> None:
    assert (len(STANDARD), len(HARD)) == (SIX, SEVEN)
    assert TOOL_TRIAL == "the right remediation, or none"
    assert set(ANSWERS) == set(EVERY)


@pytest.mark.parametrize("name", EVERY)
def test_the_right_answers_pass(name: str) -> None:
    assert right(name, *ANSWERS[name])


@pytest.mark.parametrize("name", EVERY)
def test_an_empty_answer_and_a_talkative_one_fail_everywhere(name: str) -> None:
    for wrong in ("", "As a model I would say that it depends: 1, 2 or 3?"):
        assert not any(ask.right(wrong) for ask in asks(EVERY[name]))


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("four ordered steps", ("1. cordon\n2. reboot\n3. drain\n4. uncordon",)),
        ("four ordered steps", ("1. cordon\n2. drain\n3. reboot",)),
        ("four ordered steps", ("cordon\ndrain\nreboot\nuncordon",)),
        ("arithmetic in two parts", ("a = 408, b = 623",)),
        ("strict JSON", ('Here: {"name": "api", "replicas": 3, "ready": false}',)),
        ("strict JSON", ('{"name": "api", "replicas": "3", "ready": false}',)),
        ("the right remediation, or none", ("delete_debris", "rollout_restart")),
        ("the right remediation, or none", ("delete_debris or none", "none")),
        ("three multiplications", ("56 * 9 = 504, and 1512",)),
        ("reasoning", ("7",)),
        ("cites only what was given", ("It is E7, by [E2].",)),
        ("cites only what was given", ("3 replicas are wanted [E1].",)),
        ("summary after a tool", ("I would look at the logs.", "redis refuses")),
        ("summary after a tool", ('{"tool": "logs", "name": "cart-0"}', '{"tool": "logs"}')),
        ("recovery from an error", ('{"tool": "get", "name": "cart"}',) * 2 + ("2.4.1",)),
        ("grounding over several turns", ("noted", "8", "0")),
    ],
)
def test_what_is_nearly_right_fails(name: str, answers: tuple[str, ...]) -> None:
    assert not right(name, *answers)


def test_the_long_prompt_is_as_long_as_it_says_and_no_longer() -> None:
    [ask] = asks(context_trial())

    assert CONTEXT_TOKENS - 100 < len(ask.text.split()) < CONTEXT_TOKENS
    assert estimate(ask.text) < 2 * CONTEXT_TOKENS
