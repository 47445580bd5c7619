"""What was asked about incidents, and the messages that wait for it."""

from dataclasses import replace
from datetime import timedelta

from tests.builders import HOUR, NOW
from tests.store.builders import EXCHANGE, incident, message, run_row, save
from watchdog.domain.evidence import Explanation
from watchdog.domain.incident import Status
from watchdog.domain.model import Call, CallOutcome, Usage
from watchdog.domain.notification import Notification, NotificationKind
from watchdog.domain.triaged import AskedCall, Triage, TriageOutcome
from watchdog.store import calls, exchanges, holds, incidents, journal, outbox, triages
from watchdog.store.engine import Store
from watchdog.store.holds import Holding
from watchdog.store.retention import prune

MINUTE = timedelta(minutes=1)
CART = incident()
CALL = Call(
    purpose="triage",
    at=NOW,
    seconds=1.5,
    outcome=CallOutcome.ANSWERED,
    requested="small",
    served="small",
    call_id="c-1",
    requests=2,
    fallbacks=1,
    usage=Usage(input_tokens=100, output_tokens=20, cost_usd=0.01),
    warnings=("big: 404",),
)
ASKED = AskedCall(call=CALL, run_id="r1", incident=CART.id, path="p")
WORDS = Explanation("the image is gone [E1]", "llm", 0.8)
DONE = Triage(
    incident=CART.id,
    digest="d1",
    at=NOW + MINUTE / 2,
    outcome=TriageOutcome.EXPLAINED,
    explanation=WORDS,
    priority="now",
    confidence=0.8,
    veto=True,
    dropped=2,
    reasons=("names an object nobody saw",),
)


def waiting(store: Store, *kinds: NotificationKind) -> tuple[Notification, ...]:
    """A run that says this of the incident; it waits for a minute."""
    own = [("console", message(kind, CART.id)) for kind in kinds or (NotificationKind.OPENED,)]
    holding = Holding({CART.id}, NOW + MINUTE, NOW)
    return save(store, CART, run=run_row("r1"), messages=own, holding=holding)


def finish(store: Store, *, alone: bool = False, at: timedelta = MINUTE / 2) -> None:
    messages = {each.row: replace(each.message, text="new words") for each in held(store)}
    triages.finish(
        store,
        replace(DONE, at=NOW + at),
        ASKED,
        EXCHANGE,
        explanation=WORDS,
        messages=messages,
        note="explained by small",
        alone=alone,
    )


def held(store: Store) -> tuple[holds.Held, ...]:
    return holds.of(store, CART.id)


def test_a_held_message_is_not_due_before_its_time(store: Store) -> None:
    waiting(store)

    assert outbox.due(store, NOW + MINUTE / 2) == ()
    assert len(outbox.due(store, NOW + MINUTE)) == 1


def test_a_message_about_another_incident_is_not_held(store: Store) -> None:
    own = [("console", message(thread="t-9"))]

    save(store, CART, messages=own, holding=Holding({CART.id}, NOW + MINUTE, NOW))

    assert len(outbox.due(store, NOW)) == 1


def test_an_end_is_not_held(store: Store) -> None:
    waiting(store, NotificationKind.RESOLVED)

    assert len(outbox.due(store, NOW)) == 1
    assert holds.incidents(store) == frozenset()


def test_what_waits_is_known_with_its_run_and_moment(store: Store) -> None:
    waiting(store)

    [found] = held(store)
    assert (found.run_id, found.at) == ("r1", NOW)
    assert holds.incidents(store) == {CART.id}


def test_an_answer_rewords_what_waits_and_lets_it_go(store: Store) -> None:
    waiting(store)

    finish(store)

    [row] = outbox.due(store, NOW + MINUTE / 2)
    assert row.message.text == "new words"
    assert incidents.find(store, CART.id).explanation == WORDS
    assert holds.incidents(store) == frozenset()
    assert [each.kind for each in journal.entries(store, CART.id)] == ["triage"]


def test_a_message_that_was_tried_keeps_its_words(store: Store) -> None:
    [row] = waiting(store)
    outbox.failed(store, row, error="no", next_try_at=NOW + HOUR)

    finish(store)

    [after] = outbox.reread(store, [row.id])
    assert (after.message.text, after.next_try_at) == (row.message.text, NOW + HOUR)


def test_a_message_that_may_be_on_its_way_keeps_its_words(store: Store) -> None:
    [row] = waiting(store)
    late = {row.id: replace(row.message, text="too late")}

    triages.finish(
        store,
        replace(DONE, at=NOW + 2 * MINUTE),
        ASKED,
        EXCHANGE,
        explanation=None,
        messages=late,
        note="",
        alone=False,
    )

    assert outbox.reread(store, [row.id])[0].message.text == row.message.text


def test_who_sends_for_himself_rewords_also_what_is_due(store: Store) -> None:
    [row] = waiting(store)

    finish(store, alone=True, at=2 * MINUTE)

    assert outbox.reread(store, [row.id])[0].message.text == "new words"


def test_without_an_explanation_the_incident_keeps_its_own(store: Store) -> None:
    waiting(store)

    triages.finish(
        store, DONE, ASKED, EXCHANGE, explanation=None, messages={}, note="no answer", alone=False
    )

    assert incidents.find(store, CART.id).explanation == CART.explanation
    assert len(outbox.due(store, DONE.at)) == 1


def test_a_triage_and_its_call_are_read_as_they_were_written(store: Store) -> None:
    finish(store)

    [found] = triages.of(store, [CART.id])
    assert found == DONE
    assert calls.of_run(store, "r1") == (ASKED,)
    assert exchanges.of_run(store, "r1") == (EXCHANGE,)
    assert calls.of_run(store, "r2") == ()


def test_a_call_that_nobody_priced_stays_without_a_price(store: Store) -> None:
    calls.add(store, replace(ASKED, call=replace(CALL, usage=Usage())))

    [found] = calls.recent(store, 5)
    assert found.call.usage == Usage()


def test_calls_come_newest_first_and_from_their_time_on(store: Store) -> None:
    for hours in (0, 2, 1):
        calls.add(store, replace(ASKED, call=replace(CALL, at=NOW + hours * HOUR)))

    assert [each.call.at for each in calls.since(store, NOW + HOUR)] == [
        NOW + 2 * HOUR,
        NOW + HOUR,
    ]
    assert len(calls.recent(store, 1)) == 1


def test_a_question_that_starts_again_counts_again(store: Store) -> None:
    triages.begin(store, CART.id, "d1", NOW)
    triages.begin(store, CART.id, "d1", NOW + MINUTE)

    [found] = triages.of(store, [CART.id])
    assert (found.outcome, found.tries, found.at) == (TriageOutcome.ASKING, 2, NOW + MINUTE)


def test_the_end_of_a_question_keeps_the_count_of_its_tries(store: Store) -> None:
    triages.begin(store, CART.id, "d1", NOW)

    finish(store)

    [found] = triages.of(store, [CART.id])
    assert (found.outcome, found.tries) == (TriageOutcome.EXPLAINED, 1)


def test_what_is_left_out_is_noted_and_its_messages_go(store: Store) -> None:
    waiting(store)

    triages.leave_out(store, {CART.id: "d1"}, NOW)

    [found] = triages.of(store, [CART.id])
    assert found.outcome is TriageOutcome.LEFT_OUT
    assert len(outbox.due(store, NOW)) == 1


def test_nothing_left_out_is_nothing_noted(store: Store) -> None:
    triages.leave_out(store, {}, NOW)

    assert triages.of(store, [CART.id]) == ()


def test_what_waits_goes_when_it_is_told_to(store: Store) -> None:
    waiting(store)

    holds.release_all(store, [CART.id], NOW)

    assert len(outbox.due(store, NOW)) == 1
    assert holds.incidents(store) == frozenset()


def test_to_release_nothing_changes_nothing(store: Store) -> None:
    waiting(store)

    holds.release_all(store, [], NOW)

    assert outbox.due(store, NOW) == ()


def test_old_calls_triages_and_holds_go_with_time(store: Store) -> None:
    waiting(store)
    finish(store)
    over = replace(CART, status=Status.RESOLVED, resolved_at=NOW)
    save(store, over)
    [row] = outbox.due(store, NOW + MINUTE)
    outbox.delivered(store, row, receipt="", now=NOW)

    prune(store, before=NOW + HOUR)

    assert triages.of(store, [CART.id]) == ()
    assert calls.recent(store, 5) == ()


def test_the_triage_of_what_stands_stays(store: Store) -> None:
    waiting(store)
    finish(store)

    prune(store, before=NOW + HOUR)

    assert len(triages.of(store, [CART.id])) == 1


def test_the_triage_of_what_nobody_knows_any_more_goes(store: Store) -> None:
    triages.begin(store, "gone-1", "d", NOW)

    prune(store, before=NOW + HOUR)

    assert triages.of(store, ["gone-1"]) == ()


def test_an_old_hold_without_a_message_goes_and_one_with_stays(store: Store) -> None:
    [row] = waiting(store)
    prune(store, before=NOW + HOUR)
    assert holds.incidents(store) == {CART.id}
    outbox.delivered(store, row, receipt="", now=NOW)

    prune(store, before=NOW + HOUR)

    assert holds.incidents(store) == frozenset()
