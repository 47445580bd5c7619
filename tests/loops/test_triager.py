"""triager: who is asked about what, what becomes of the messages, and what is said when nobody answers."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.loops.models import DEADLINE, WORDS, Talk, checked
from watchdog.domain.errors import Misconfigured
from watchdog.domain.evidence import Evidence
from watchdog.domain.incident import Status
from watchdog.domain.model import CallOutcome
from watchdog.domain.notification import NotificationKind
from watchdog.domain.severity import Severity
from watchdog.domain.triaged import TriageOutcome
from watchdog.logic.incident.own_faults import MODEL_PATH_DOWN
from watchdog.logic.triage.budget import Limits
from watchdog.loops.own_state import SELF
from watchdog.store import calls, exchanges, incidents, outbox, triages
from watchdog.store.engine import Store, open_store

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LOST = CallOutcome.NO_ANSWER
OPENED, SAID, OVER = NotificationKind.OPENED, NotificationKind.SELF, NotificationKind.RESOLVED


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("", home=tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def talk(store: Store) -> Talk:
    return Talk(store)


async def test_without_incidents_nobody_is_asked(talk: Talk) -> None:
    await talk.triager.respond()

    assert talk.model.asked == []


async def test_a_message_waits_and_gets_the_words_of_the_model(talk: Talk) -> None:
    talk.opened("cart")
    assert talk.due() == []

    await talk.triager.respond()

    [text] = talk.due()
    assert WORDS.text in text
    assert "run run-cart" in text
    assert incidents.select(talk.store)[0].explanation == WORDS
    assert talk.released


async def test_the_record_names_run_incident_and_words(talk: Talk) -> None:
    talk.opened("cart")
    id = incidents.select(talk.store)[0].id

    await talk.triager.respond()

    [asked] = calls.of_run(talk.store, "run-cart")
    [said] = exchanges.of_run(talk.store, "run-cart")
    assert (asked.incident, asked.path, said.incident) == (id, "p", id)
    assert [each.outcome for each in triages.of(talk.store, [id])] == [TriageOutcome.EXPLAINED]
    assert len(talk.recorder.calls) == 1


async def test_a_job_is_heard_in_its_own_soul_and_by_its_own_models(talk: Talk) -> None:
    own = {"requested": "tiny", "fallbacks": ["huge"]}
    talk.opened("cart", made={"soul": {"slug": "terse"}, "model": own})
    talk.opened("shop")

    await talk.triager.respond()

    [first, second] = talk.model.asked
    assert (first.models, second.models) == (("tiny", "huge"), ("small", "big"))
    assert first.turns[0].text.startswith("terse")
    [said] = exchanges.of_run(talk.store, "run-cart")
    assert (said.soul, said.requested) == ("terse", "tiny")


async def test_the_same_facts_are_asked_about_once_also_after_a_restart(talk: Talk) -> None:
    talk.opened("cart")
    await talk.triager.respond()

    await talk.triager.respond()
    await talk.build().respond()

    assert len(talk.model.asked) == 1


async def test_a_run_keeps_the_words_of_the_model_for_the_same_facts(talk: Talk) -> None:
    talk.opened("cart")
    await talk.triager.respond()

    [same] = talk.explaining.explained([talk.incident("cart")])
    [other] = talk.explaining.explained([talk.incident("cart", reason="OOMKilled")])

    assert same.explanation == WORDS
    assert other.explanation.source == "rules"


async def test_other_facts_are_asked_about_half_an_hour_later(talk: Talk) -> None:
    talk.opened("cart")
    await talk.triager.respond()
    changed = talk.incident("cart", severity=Severity.CRITICAL)
    talk.seen(changed)

    await talk.triager.respond()
    assert len(talk.model.asked) == 1
    talk.clock.advance(HOUR)
    await talk.triager.respond()

    assert len(talk.model.asked) == 2


async def test_at_most_so_many_are_asked_about_and_the_rest_keeps_the_rules_words(
    store: Store,
) -> None:
    talk = Talk(store, most=2)
    talk.opened("a", "b", "c", severity=Severity.WARNING)

    assert len(talk.due()) == 1
    await talk.triager.respond()
    await talk.triager.respond()

    assert len(talk.model.asked) == 2
    assert len(talk.due()) == 3


async def test_a_model_that_is_down_lets_the_rules_words_go_at_once(talk: Talk) -> None:
    talk.model.outcomes = [LOST]
    [row] = talk.opened("cart")

    await talk.triager.respond()

    assert talk.due() == [row.message.text]
    [found] = triages.of(talk.store, [row.message.thread])
    assert (found.outcome, found.reasons) == (TriageOutcome.FAILED, ("small: no_answer",))


async def test_an_answer_of_which_nothing_stands_leaves_the_rules_words(talk: Talk) -> None:
    talk.checked = checked(None, dropped=3)
    [row] = talk.opened("cart")

    await talk.triager.respond()

    assert talk.due() == [row.message.text]
    assert talk.recorder.calls[0][1] == 3


async def test_a_hanging_model_does_not_hold_a_message_longer_than_the_deadline(
    talk: Talk,
) -> None:
    talk.model.takes, talk.model.outcomes = HOUR, [LOST]
    talk.opened("a", "b")
    began = talk.clock.now()
    due: list[int] = []
    talk.model.meanwhile = lambda: due.append(len(outbox.due(talk.store, began + DEADLINE)))

    await talk.triager.respond()

    assert due == [2, 2]
    assert talk.clock.now() - began == 2 * DEADLINE


async def test_words_that_come_too_late_change_no_message_that_may_be_gone(talk: Talk) -> None:
    talk.model.takes = DEADLINE
    [row] = talk.opened("cart")

    await talk.triager.respond()

    assert talk.due() == [row.message.text]
    assert incidents.select(talk.store)[0].explanation == WORDS


async def test_who_sends_for_himself_waits_for_late_words(talk: Talk) -> None:
    talk.model.takes = DEADLINE
    talk.opened("cart")

    await talk.build(alone=True).respond(seconds=300)

    assert WORDS.text in talk.due()[0]


async def test_facts_that_change_during_the_question_keep_their_own_words(talk: Talk) -> None:
    [row] = talk.opened("cart")
    changed = talk.incident("cart", reason="OOMKilled")
    talk.model.meanwhile = lambda: talk.seen(changed)

    await talk.triager.respond()

    assert incidents.select(talk.store)[0].explanation.source == "rules"
    assert talk.due() == [row.message.text]


async def test_an_incident_that_ends_during_the_question_keeps_its_words(talk: Talk) -> None:
    talk.opened("cart")
    over = talk.incident("cart", status=Status.RESOLVED)
    talk.model.meanwhile = lambda: talk.seen(over)

    await talk.triager.respond()

    assert incidents.select(talk.store)[0].explanation.source == "rules"


async def test_an_acknowledgement_during_the_question_stays(talk: Talk) -> None:
    [row] = talk.opened("cart")
    thread, now = row.message.thread, talk.clock.now()

    def acknowledge() -> None:
        incidents.acknowledge(talk.store, thread, by="me", now=now)

    talk.model.meanwhile = acknowledge

    await talk.triager.respond()

    [after] = incidents.select(talk.store)
    assert (after.status, after.explanation) == (Status.ACKNOWLEDGED, WORDS)


async def test_a_question_the_program_did_not_survive_is_asked_once_more(talk: Talk) -> None:
    talk.opened("cart")
    [found] = incidents.select(talk.store)
    facts = talk.explaining.choose([found]).digests[found.id]
    triages.begin(talk.store, found.id, facts, talk.clock.now())

    await talk.triager.respond()
    assert len(talk.model.asked) == 1

    talk.opened("web")
    [web] = [each for each in incidents.select(talk.store) if each.id != found.id]
    facts = talk.explaining.choose([web]).digests[web.id]
    for _ in range(2):
        triages.begin(talk.store, web.id, facts, talk.clock.now())
    await talk.triager.respond()

    assert len(talk.model.asked) == 1
    assert len(talk.due()) == 2


async def test_a_question_is_noted_before_it_is_asked(talk: Talk) -> None:
    [row] = talk.opened("cart")
    noted: list[TriageOutcome] = []

    def look() -> None:
        noted.extend(each.outcome for each in triages.of(talk.store, [row.message.thread]))

    talk.model.meanwhile = look

    await talk.triager.respond()

    assert noted == [TriageOutcome.ASKING]


async def test_what_is_not_asked_about_any_more_does_not_wait_for_the_others(talk: Talk) -> None:
    talk.opened("a", "b")
    talk.seen(talk.incident("b", inhibited_by="the node"))
    due: list[int] = []
    talk.model.meanwhile = lambda: due.append(len(talk.due()))

    await talk.triager.respond()

    assert due == [1]


async def test_before_the_first_look_nobody_is_asked(talk: Talk) -> None:
    talk.opened("cart")
    talk.explaining.facts = None

    await talk.triager.respond()

    assert talk.model.asked == []
    assert talk.due() == []


async def test_a_prompt_that_cannot_be_filled_in_lets_the_rules_words_go(talk: Talk) -> None:
    talk.wordless = Misconfigured("line 3", hint="mend it")
    talk.opened("cart")

    await talk.triager.respond()

    assert talk.model.asked == []
    assert len(talk.due()) == 1


async def test_no_time_is_no_question(talk: Talk) -> None:
    talk.opened("cart")

    await talk.triager.respond(seconds=0.5)

    assert talk.model.asked == []
    assert len(talk.due()) == 1


async def test_the_time_that_is_left_is_the_deadline_of_the_last_question(talk: Talk) -> None:
    talk.model.takes = timedelta(seconds=50)
    talk.opened("a", "b", "c")

    await talk.triager.respond(seconds=70)

    assert [each.deadline for each in talk.model.asked] == [60, 20]


async def test_a_spent_budget_asks_nobody_and_is_told_once_a_day(store: Store) -> None:
    talk = Talk(store, limits=Limits(tokens=100))
    talk.opened("a")
    await talk.triager.respond()
    assert talk.kinds() == [OPENED]

    for name in ("b", "c"):
        talk.opened(name)
        await talk.triager.respond()

    assert len(talk.model.asked) == 1
    assert talk.kinds() == [OPENED, OPENED, SAID, OPENED]
    assert len(talk.due()) == 4


async def test_a_new_day_is_a_new_budget(store: Store) -> None:
    talk = Talk(store, limits=Limits(tokens=100))
    talk.opened("a")
    await talk.triager.respond()
    talk.clock.advance(timedelta(days=1))

    talk.opened("b")
    await talk.triager.respond()

    assert len(talk.model.asked) == 2


async def test_two_questions_without_an_answer_are_told_once(talk: Talk) -> None:
    talk.model.outcomes = [LOST]
    talk.opened("a", "b")

    said = await talk.triager.respond()

    assert [each.message.kind for each in said] == [SAID]
    assert "small: no_answer" in said[0].message.text


async def test_three_failures_shut_the_way_and_nothing_is_held_any_more(talk: Talk) -> None:
    talk.model.outcomes = [LOST]
    talk.opened("a", "b", "c")
    await talk.triager.respond()

    talk.opened("d")
    assert len(talk.due()) == 5
    await talk.triager.respond()

    assert len(talk.model.asked) == 3


async def test_the_way_is_tried_again_and_its_return_is_told(talk: Talk) -> None:
    talk.model.outcomes = [LOST]
    talk.opened("a", "b", "c")
    await talk.triager.respond()
    talk.clock.advance(4 * MINUTE)
    await talk.triager.respond()
    assert len(talk.model.asked) == 3

    talk.model.outcomes = [CallOutcome.ANSWERED]
    talk.clock.advance(2 * MINUTE)
    said = await talk.triager.respond()

    assert talk.model.asked[-1].purpose == "probe"
    assert [each.message.kind for each in said] == [OVER]
    assert talk.kinds().count(SAID) == 1


async def test_a_way_that_fails_again_the_same_day_is_not_told_again(talk: Talk) -> None:
    talk.model.outcomes = [CallOutcome.REFUSED_KEY, CallOutcome.ANSWERED, CallOutcome.REFUSED_KEY]
    for name in ("a", "b", "c"):
        talk.opened(name)
        await talk.triager.respond()
        talk.clock.advance(61 * MINUTE)

    assert [each for each in talk.kinds() if each is not OPENED] == [SAID, OVER]
    talk.clock.advance(timedelta(days=1))
    await talk.triager.respond()
    assert talk.kinds()[-1] is SAID


async def test_a_refused_key_is_told_at_once(talk: Talk) -> None:
    talk.model.outcomes = [CallOutcome.REFUSED_KEY]
    talk.opened("a", "b")

    await talk.triager.respond()

    assert len(talk.model.asked) == 1
    [found] = [each for each in incidents.select(talk.store) if each.check == SELF]
    assert found.reason == MODEL_PATH_DOWN


async def test_another_model_than_the_one_asked_is_told(talk: Talk) -> None:
    talk.model.served = "tiny"
    talk.opened("a")

    said = await talk.triager.respond()
    await talk.triager.respond()

    assert [each.message.kind for each in said] == [SAID]
    assert len(talk.model.asked) == 1


async def test_a_spent_proxy_is_told_as_a_budget(talk: Talk) -> None:
    talk.model.outcomes = [CallOutcome.BUDGET]
    talk.opened("a", "b")

    said = await talk.triager.respond()

    assert len(talk.model.asked) == 1
    assert "budget" in said[0].message.title
    assert [each.reason for each in incidents.select(talk.store) if each.check == SELF] == []


async def test_a_model_that_is_passed_over_is_logged_once_a_day(
    talk: Talk, capsys: pytest.CaptureFixture[str]
) -> None:
    talk.model.warnings = ("big: 404 model not found",)
    talk.opened("a", "b")

    await talk.triager.respond()

    assert capsys.readouterr().out.count("big: 404") == 1


async def test_what_is_known_of_a_fact_reaches_the_question(talk: Talk) -> None:
    fact = Evidence(kind="log", ref=talk.incident("cart").subjects[0], text="disk is full")
    talk.opened("cart", evidence=(fact,), title="cart crashes")

    await talk.triager.respond()

    [said] = exchanges.of_run(talk.store, "run-cart")
    assert said.brief is not None
    assert "disk is full" in said.brief.facts[0].text
    assert replace(said, brief=None).turns[0].text == "cart crashes"


async def test_who_comes_while_another_asks_waits_no_longer_than_his_time(talk: Talk) -> None:
    talk.opened("cart")
    said: list[object] = []

    async with asyncio.timeout(5):
        async with talk.triager._slot:
            said.append(await talk.triager.respond(seconds=0.05))

    assert said == [()]
    assert talk.model.asked == []
