"""opinions: a question is a Run with a record, each call of it is kept at once, and it can be ended."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from datetime import UTC
from pathlib import Path

import pytest

from tests.clock import FakeClock, until
from tests.loops.scripted import Stage, framed, healthy
from tests.loops.test_ask import ScriptedModel, answer, step
from watchdog.domain.errors import RunCancelled, Transient
from watchdog.domain.job import RunState
from watchdog.domain.model import CallOutcome, Question, Reply, Turn
from watchdog.domain.run import RunRequest
from watchdog.domain.soul import ClusterFacts, ToolPolicy
from watchdog.llm.step import SCHEMA, step_of
from watchdog.logic.triage.budget import Limits
from watchdog.loops.ask import Asker
from watchdog.loops.gate import Gate
from watchdog.loops.inquiry import Inquirer, Inquiry, Worded
from watchdog.loops.opinions import Answered, Opinions
from watchdog.loops.under_way import RunsUnderWay, cancel_command
from watchdog.store import calls, exchanges, ledger, records
from watchdog.store.engine import Store, open_store

KEY = "sk-proxy-key-0123456789"
REQUEST = RunRequest(run_id="ask-1", job="ask", trigger="manual", checks=(), silent="always")


class SlowModel(ScriptedModel):
    """Answers everything but the last of its script, which it thinks about for ever."""

    async def ask(self, question: Question) -> Reply:
        if len(self.script) == 1:
            self.seen.append(question)
            await asyncio.Event().wait()
        return await super().ask(question)


class Desk:
    """Questions about a healthy cluster, in a soul of its own."""

    def __init__(self, store: Store, model: ScriptedModel) -> None:
        self.store = store
        self.clock = FakeClock()
        self.model = model
        self.stage = Stage(self.clock, shown=healthy())
        self.under_way = RunsUnderWay(store, self.clock)
        self.counted: list[tuple[str, RunState, bool]] = []

    async def ask(self, question: str = "is all well?") -> Answered:
        asker = Asker(
            self.model,
            self.clock,
            step_of=step_of,
            schema=SCHEMA,
            mark=lambda: "c0ffee",
            context_tokens=8192,
        )
        inquirer = Inquirer(
            self.stage,
            self.store,
            asker=asker,
            gate=Gate(
                self.store, self.clock, limits=Limits(), zone=UTC, path="p", models=("small", "big")
            ),
            worded=lambda _slug: Worded(
                soul="terse", policy=ToolPolicy(enforced=("incidents",)), turns=_turns
            ),
            deadline=30.0,
            own_secrets=(KEY,),
        )
        opinions = Opinions(
            self.store,
            self.clock,
            inquirer=inquirer,
            under_way=self.under_way,
            frame=framed,
            cluster="stage",
            counting=lambda job, state, _took, told: self.counted.append((job, state, told)),
        )
        inquiry = Inquiry(question=question, run_id="ask-1", models=("m",), seconds=60.0)
        return await opinions.run(REQUEST, inquiry)

    async def cancel(self) -> object:
        return await cancel_command(self.store, self.under_way)({"id": "ask-1", "by": "ann"})

    def end(self) -> tuple[RunState, str]:
        [entry] = ledger.recent(self.store)
        return entry.state, entry.text


def _turns(
    inquiry: Inquiry, _facts: ClusterFacts, _tools: Sequence[str], _mark: str, data: str
) -> tuple[Turn, ...]:
    return Turn(role="system", text="rules"), Turn(role="user", text=f"{data}\n{inquiry.question}")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("", home=tmp_path)
    yield opened
    opened.close()


async def test_a_question_is_a_run_with_its_verdict_and_its_answer(store: Store) -> None:
    desk = Desk(store, ScriptedModel([step("incidents"), answer("All is well.")]))

    await desk.ask()

    record = records.find(store, "ask-1")
    assert (desk.end(), record.line.verdict) == ((RunState.OK, ""), "healthy")
    assert (record.result["answer"], record.result["read"]) == ("All is well.", ["incidents"])
    assert record.line.cost.calls == 2
    assert desk.counted == [("ask", RunState.OK, False)]


async def test_a_question_without_an_answer_has_failed(store: Store) -> None:
    desk = Desk(store, ScriptedModel([CallOutcome.NO_ANSWER]))

    answered = await desk.ask()

    assert desk.end()[0] is RunState.FAILED
    assert [each.need for each in answered.result.unknown] == ["model"]
    assert desk.counted == [("ask", RunState.FAILED, False)]


async def test_what_was_sent_and_said_is_kept_turn_by_turn(store: Store) -> None:
    desk = Desk(store, ScriptedModel([step("incidents"), answer("All is well.")]))

    await desk.ask()

    first, second = exchanges.of_run(store, "ask-1")
    assert (first.purpose, first.soul, first.incident) == ("ask", "terse", "")
    assert [turn.role for turn in first.turns] == ["system", "user"]
    assert "is all well?" in first.turns[1].text
    assert [turn.role for turn in second.turns] == ["user"]
    assert json.loads(second.answer)["text"] == "All is well."


async def test_our_own_secrets_are_neither_sent_nor_kept_nor_told(store: Store) -> None:
    desk = Desk(store, ScriptedModel([answer(f"The key is {KEY}.")]))

    answered = await desk.ask(f"is {KEY} the key?")

    [said] = exchanges.of_run(store, "ask-1")
    assert "is <redacted:own#1> the key?" in desk.model.seen[0].turns[1].text
    assert KEY not in said.answer
    assert answered.inquired.opinion.text == "The key is <redacted:own#1>."
    assert records.find(store, "ask-1").result["answer"] == "The key is <redacted:own#1>."


async def test_a_cluster_that_cannot_be_read_is_a_failed_run(store: Store) -> None:
    desk = Desk(store, ScriptedModel([answer("never")]))
    desk.stage.error = Transient("no route")

    with pytest.raises(Transient):
        await desk.ask()

    assert desk.end() == (RunState.FAILED, "Transient: no route")
    assert desk.counted == [("ask", RunState.FAILED, False)]


async def test_a_question_under_way_can_be_cancelled_and_what_it_cost_is_kept(
    store: Store,
) -> None:
    model = SlowModel([step("incidents"), "never"])
    desk = Desk(store, model)
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(_cancelled(desk))
        await until(lambda: len(model.seen) == 2)
        began = asyncio.get_running_loop().time()
        await desk.cancel()

    assert asking.result() == "the run was cancelled by ann"
    assert asyncio.get_running_loop().time() - began < 1
    assert desk.end() == (RunState.CANCELLED, "cancelled by ann")
    assert len(calls.of_run(store, "ask-1")) == len(exchanges.of_run(store, "ask-1")) == 1


async def test_a_stop_of_the_program_is_a_cancelled_run(store: Store) -> None:
    model = SlowModel(["never"])
    desk = Desk(store, model)
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(desk.ask())
        await until(lambda: bool(model.seen))
        asking.cancel()

    assert desk.end() == (RunState.CANCELLED, "the watchdog was stopped")
    assert desk.counted == [("ask", RunState.CANCELLED, False)]


async def _cancelled(desk: Desk) -> str:
    with pytest.raises(RunCancelled) as caught:
        await desk.ask()
    return str(caught.value)


class Hasty(ScriptedModel):
    """Its answer comes in the moment in which a person ends the question."""

    under_way: RunsUnderWay

    async def ask(self, question: Question) -> Reply:
        reply = await super().ask(question)
        batch = self.under_way.find("ask-1")
        assert batch is not None
        batch.reading = False  # the scope is not cut: the answer is there
        batch.cancel("ask-1", "ann")
        return reply


async def test_an_answer_that_comes_with_the_cancellation_is_not_told(store: Store) -> None:
    model = Hasty([answer("All is well.")])
    desk = Desk(store, model)
    model.under_way = desk.under_way

    with pytest.raises(RunCancelled, match="before its answer was kept"):
        await desk.ask()

    assert desk.end() == (RunState.CANCELLED, "cancelled by ann")
