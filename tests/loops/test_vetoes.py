"""A model and what code would do: its objection asks a person, and nothing it says does more."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.logic.decision.deciding import ACT
from tests.loops.models import Asked
from tests.loops.repairing import Repair, stuck
from watchdog.domain.model import Call, CallOutcome, Question, Reply, Turn
from watchdog.domain.plan import Plan
from watchdog.domain.policy import Outcome, Policy
from watchdog.domain.soul import ClusterFacts
from watchdog.domain.triage import Brief, Checked
from watchdog.llm.answer import answer_of, complaint
from watchdog.logic.triage.answer import SCHEMA, check
from watchdog.logic.triage.budget import Limits
from watchdog.logic.words.render import incident_text
from watchdog.loops.explaining import Explaining
from watchdog.loops.gate import Gate
from watchdog.loops.own_state import OwnState
from watchdog.loops.path_state import PathState
from watchdog.loops.triager import Setting, Triager
from watchdog.store import calls, exchanges, journal
from watchdog.store.engine import open_store

MINUTE = timedelta(minutes=1)
STRICTNESS = {Outcome.ALLOW: 0, Outcome.ASK: 1, Outcome.DENY: 2}
POLICIES = (ACT, Policy(mode="suggest"), Policy(mode="act", enabled=()))


@dataclass
class Voice:
    """Implements `domain.ports.Model`: one text for everything; what is no answer is none."""

    repair: Repair
    text: str
    asked: list[Question] = field(default_factory=list)

    async def ask(self, question: Question) -> Reply:
        self.asked.append(question)
        usable = not complaint(self.text)
        call = Call(
            purpose=question.purpose,
            at=self.repair.clock.now(),
            seconds=1.0,
            outcome=CallOutcome.ANSWERED if usable else CallOutcome.UNUSABLE,
            requested="m",
            served="m" if usable else "",
        )
        return Reply(call=call, text=self.text if usable else "")

    async def names(self) -> Sequence[str]:
        return ("m",)

    async def close(self) -> None:
        return


def answering(**said: object) -> str:
    """An answer of the right shape."""
    whole = {
        "claims": [],
        "priority": "now",
        "confidence": 1.0,
        "veto": False,
        "veto_reason": "",
        "unexplained": "",
    }
    return json.dumps({**whole, **said})


VETO = answering(veto=True, veto_reason="The pod may be writing.")


async def ask(repair: Repair, text: str) -> Voice:
    """Put every question that is due to a model that always says this."""
    voice, store, clock = Voice(repair, text), repair.store, repair.clock
    gate = Gate(store, clock, limits=Limits(), zone=UTC, path="p", models=("small", "big"))
    explaining = Explaining(store, clock, gate, cluster="stage", hold=MINUTE, most=5)
    explaining.saw(repair.stage.shown)
    own = OwnState(store, clock, ("console",))
    triager = Triager(
        store,
        clock,
        model=voice,
        turns=_turns,
        read=_read,
        explaining=explaining,
        gate=gate,
        state=PathState(store, clock, own, namespace="own", models=("m",)),
        setting=Setting(
            models=("m",),
            deadline=MINUTE,
            schema=SCHEMA,
            limit_tokens=3000,
            own_secrets=(),
            alone=True,
        ),
        recorder=Asked(),
        released=lambda: None,
    )
    await triager.respond(run_id="run-1")
    return voice


def _turns(told: Brief, _cluster: ClusterFacts, _soul: str) -> tuple[Turn, ...]:
    return (Turn(role="user", text=f"{told.headline}; candidate: {told.remediation}"),)


def _read(text: str, told: Brief) -> Checked:
    return check(answer_of(text), told)


@pytest.fixture
async def allowed(tmp_path: Path) -> AsyncIterator[Repair]:
    """One Plan was allowed in the last Run."""
    store = open_store("", home=tmp_path)
    repair = Repair(store)
    await repair.run(stuck())
    assert repair.outcome is Outcome.ALLOW, repair.reasons
    yield repair
    store.close()


async def test_a_model_is_told_what_code_would_do(allowed: Repair) -> None:
    [question] = (await ask(allowed, answering())).asked

    assert question.turns[0].text.endswith("candidate: EvictPod")


async def test_an_objection_keeps_what_was_allowed_from_being_done(allowed: Repair) -> None:
    await ask(allowed, VETO)

    await allowed.act()

    assert (allowed.hands.made, allowed.attempts) == ([], ())


async def test_an_objection_makes_the_next_run_ask_a_person(allowed: Repair) -> None:
    await ask(allowed, VETO)
    await allowed.run()

    assert allowed.outcome is Outcome.ASK
    assert "a model objects: veto: The pod may be writing." in allowed.reasons
    assert "a model objects: veto: The pod may be writing." in incident_text(allowed.incident())
    assert len(allowed.asks) == 1


async def test_the_objection_stands_in_the_record_of_the_run_and_in_the_journal(
    allowed: Repair,
) -> None:
    await ask(allowed, VETO)

    [said] = exchanges.of_run(allowed.store, "run-1")
    told = [each.text for each in journal.entries(allowed.store, allowed.incident().id)]
    assert json.loads(said.answer)["veto_reason"] == "The pod may be writing."
    assert any("it objects to what would be done" in each for each in told)


async def test_a_yes_takes_the_place_of_the_asking_that_an_objection_made(allowed: Repair) -> None:
    await ask(allowed, VETO)
    await allowed.run()
    allowed.say(yes=True)

    await allowed.act()

    assert len(allowed.hands.made) == 1


async def test_without_an_objection_it_is_done_as_without_a_model(allowed: Repair) -> None:
    await ask(allowed, answering())
    await allowed.act()

    assert len(allowed.hands.made) == 1


async def test_a_model_that_does_not_answer_objects_to_nothing(allowed: Repair) -> None:
    await ask(allowed, "I would rather not")
    await allowed.act()

    assert [each.call.outcome for each in calls.of_run(allowed.store, "run-1")] == [
        CallOutcome.UNUSABLE
    ]
    assert len(allowed.hands.made) == 1


VALUES = st.one_of(
    st.booleans(),
    st.none(),
    st.floats(),
    st.sampled_from(["now", "EvictPod", "allow", "kubectl delete ns shop", "Do it now [E1]."]),
    st.lists(st.sampled_from(["Evict shop/cart-1 [E1].", "It is safe [E1].", "act"]), max_size=3),
)
KEYS = st.sampled_from(
    [
        *("claims", "priority", "confidence", "veto", "veto_reason", "unexplained"),
        *("remediation", "decision", "steps", "approved", "mode", "tool"),
    ]
)
ANSWERS = st.one_of(
    st.dictionaries(KEYS, VALUES, max_size=9).map(json.dumps),
    st.dictionaries(KEYS, VALUES, max_size=9).map(
        lambda said: json.dumps({**json.loads(answering()), **said})
    ),
    st.text(max_size=60),
)


async def what_happens(policy: Policy, text: str | None) -> tuple[Outcome | None, list[Plan]]:
    """The Decision after a Run, a question and one more Run, and what was carried out."""
    with TemporaryDirectory() as folder:
        store = open_store("", home=Path(folder))
        repair = Repair(store, policy)
        await repair.run(stuck())
        if text is not None:
            await ask(repair, text)
        await repair.act()
        await repair.run()
        await repair.act()
        found = repair.incident().remediation
        made = [plan for _, plan in repair.hands.made]
        store.close()
    return found.decision.outcome if found else None, made


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(POLICIES), ANSWERS)
def test_no_answer_of_a_model_adds_anything_to_what_is_done(policy: Policy, text: str) -> None:
    bare, without = asyncio.run(what_happens(policy, None))
    told, made = asyncio.run(what_happens(policy, text))

    assert made in ([], without)
    assert (bare is None) == (told is None)
    if bare is not None and told is not None:
        assert STRICTNESS[told] >= STRICTNESS[bare]
