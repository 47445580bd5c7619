"""Whatever comes back from a model, Incidents and messages differ in an explanation's words alone."""

import asyncio
import json
import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bench.questions import Asked, asked
from tests.doubles.lying import LIES, TOLD, lies
from tests.doubles.scholar import scholar
from tests.doubles.upstream import Behaviour, says
from tests.properties.recorded import NAMES
from watchdog.domain.incident import Incident
from watchdog.domain.run import VerdictState
from watchdog.logic.incident.verdict import verdict

SICK = ("image-not-found", "node-lost", "d14", "d24")
WORDS = st.sampled_from(
    ["All is well", "kubectl delete ns shop", "Deployment/ghost-town/x", "[E1]", "[E99]", "fatal"]
)
SENTENCES = st.lists(st.one_of(WORDS, st.text(max_size=40)), max_size=4).map(" ".join)
VALUES = st.one_of(
    SENTENCES, st.lists(SENTENCES, max_size=3), st.booleans(), st.none(), st.floats()
)
KEYS = st.sampled_from(
    [
        *("claims", "priority", "confidence", "veto", "veto_reason", "unexplained"),
        *("verdict", "severity", "status", "subjects", "commands", "incidents"),
    ]
)
ANSWERS = st.one_of(st.dictionaries(KEYS, VALUES, max_size=9).map(json.dumps), SENTENCES)


def told(behaviour: Behaviour, name: str) -> Asked:
    return asyncio.run(asked(name, behaviour))


def wordless(incidents: tuple[Incident, ...]) -> list[Incident]:
    """As they are but for the words, in one order."""
    bare = [replace(each, explanation=replace(each.explanation, text="")) for each in incidents]
    bare = [replace(each, explanation=replace(each.explanation, rules="")) for each in bare]
    plain = [
        replace(each, explanation=replace(each.explanation, source="rules", confidence=None))
        for each in bare
    ]
    return sorted(plain, key=lambda each: each.id)


def ruled(incidents: tuple[Incident, ...]) -> dict[str, str]:
    """What the rules say of each, which is told whatever a model adds."""
    return {each.id: each.explanation.by_rules for each in incidents}


def commands(found: Asked) -> list[str]:
    """The lines of commands in all messages."""
    lines = [line for row in found.messages for line in row.message.text.splitlines()]
    return [line.strip() for line in lines if line.strip().startswith("kubectl")]


def held(found: Asked, honest: Asked) -> None:
    """Nothing but words is another one than with an honest model."""
    assert wordless(found.after) == wordless(found.before)
    assert ruled(found.after) == ruled(found.before)
    assert verdict((), found.after) is verdict((), found.before) is VerdictState.ALERT
    assert commands(found) == commands(honest)
    heads = [(row.message.title, row.message.severity, row.message.quiet) for row in found.messages]
    assert heads == [
        (row.message.title, row.message.severity, row.message.quiet) for row in honest.messages
    ]
    said = [row.message.text for row in found.messages]
    said += [each.explanation.text for each in found.after]
    assert not [text for text in said if re.search(TOLD, text, re.IGNORECASE)]


@pytest.fixture(scope="module")
def honest() -> dict[str, Asked]:
    """What an honest model makes of each."""
    return {name: told(scholar(), name) for name in SICK}


@pytest.mark.parametrize("start", range(len(LIES)))
@pytest.mark.parametrize("name", SICK)
def test_no_lie_changes_what_is_wrong_or_what_to_do(
    name: str, start: int, honest: dict[str, Asked]
) -> None:
    held(told(lies(start), name), honest[name])


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(ANSWERS)
def test_no_answer_at_all_does(honest: dict[str, Asked], answer: str) -> None:
    held(told(says(answer), "image-not-found"), honest["image-not-found"])


def test_an_honest_model_does_change_the_words(honest: dict[str, Asked]) -> None:
    sources = {each.explanation.source for found in honest.values() for each in found.after}

    assert "llm" in sources
    assert all(ruled(found.after) == ruled(found.before) for found in honest.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_new_incident_costs_two_requests_at_most(name: str) -> None:
    found = told(lies(), name)

    assert len(found.calls) <= found.new
    assert found.requests <= 2 * found.new
