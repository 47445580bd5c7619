"""The outbox: at least once, in order within a thread, and only the newest of several updates."""

from dataclasses import replace

import pytest

from tests.builders import HOUR, MINUTE, NOW
from tests.store.builders import message
from watchdog.domain.notification import Notification, NotificationKind
from watchdog.store import outbox
from watchdog.store.engine import Store

OPENED, UPDATED, RESOLVED = (
    NotificationKind.OPENED,
    NotificationKind.UPDATED,
    NotificationKind.RESOLVED,
)


def say(
    store: Store, kind: NotificationKind = OPENED, thread: str = "t-1", target: str = "discord"
) -> Notification:
    [added] = outbox.enqueue(store, [(target, message(kind, thread))], NOW)
    return added


def test_a_row_comes_back_as_it_was_added(store: Store) -> None:
    text = replace(message(), quiet=True, revision=7)
    [added] = outbox.enqueue(store, [("discord", text)], NOW)

    assert outbox.due(store, NOW) == (added,)
    assert added == Notification(
        id=added.id, target="discord", message=text, created_at=NOW, next_try_at=NOW
    )


def test_what_is_delivered_is_not_due_again(store: Store) -> None:
    outbox.delivered(store, say(store), receipt="m-1", now=NOW)

    assert outbox.due(store, NOW) == ()


def test_what_failed_is_due_when_its_time_has_come(store: Store) -> None:
    added = say(store)

    outbox.failed(store, added, error="503", next_try_at=NOW + MINUTE)

    later = replace(added, tries=1, failed="503", next_try_at=NOW + MINUTE)
    assert outbox.due(store, NOW) == ()
    assert outbox.due(store, NOW + MINUTE) == (later,)


def test_asking_for_an_id_does_not_wait_for_its_time(store: Store) -> None:
    added = say(store)
    other = say(store, thread="t-2")
    outbox.failed(store, added, error="503", next_try_at=NOW + HOUR)

    assert [each.id for each in outbox.due(store, NOW, ids=[added.id])] == [added.id]
    assert other in outbox.due(store, NOW)


def test_what_is_given_up_is_never_due_again(store: Store) -> None:
    added = say(store)

    outbox.failed(store, added, error="404", next_try_at=None)

    assert outbox.due(store, NOW + HOUR, ids=[added.id]) == ()


def test_of_a_thread_only_the_oldest_waiting_row_is_due(store: Store) -> None:
    first, second = say(store), say(store, RESOLVED)

    assert outbox.due(store, NOW) == (first,)
    assert outbox.due(store, NOW, ids=[second.id]) == ()

    outbox.delivered(store, first, receipt="", now=NOW)
    assert outbox.due(store, NOW) == (second,)


def test_a_row_that_waits_for_its_next_try_holds_its_thread_back(store: Store) -> None:
    first = say(store)
    say(store, RESOLVED)
    outbox.failed(store, first, error="503", next_try_at=NOW + HOUR)

    assert outbox.due(store, NOW) == ()


def test_a_row_that_was_given_up_lets_the_next_one_pass(store: Store) -> None:
    first, second = say(store), say(store, RESOLVED)

    outbox.failed(store, first, error="404", next_try_at=None)

    assert outbox.due(store, NOW) == (second,)


def test_threads_and_targets_do_not_wait_for_each_other(store: Store) -> None:
    rows = (say(store), say(store, thread="t-2"), say(store, target="jsonl"))

    assert outbox.due(store, NOW) == rows
    assert outbox.due(store, NOW, limit=2) == rows[:2]


def test_of_several_waiting_updates_the_newest_is_sent(store: Store) -> None:
    opened = say(store)
    say(store, UPDATED)
    newest = say(store, UPDATED)

    outbox.delivered(store, opened, receipt="", now=NOW)
    assert outbox.due(store, NOW) == (newest,)


@pytest.mark.parametrize("kind", [kind for kind in NotificationKind if kind != UPDATED])
def test_nothing_but_an_update_gives_way_to_an_update(store: Store, kind: NotificationKind) -> None:
    first = say(store, kind)
    say(store, UPDATED)

    assert outbox.due(store, NOW) == (first,)


def test_a_quiet_update_that_takes_the_place_of_a_loud_one_is_loud(store: Store) -> None:
    loud, quiet = message(UPDATED, "t-1"), replace(message(UPDATED, "t-1"), quiet=True)

    rows = [outbox.enqueue(store, [("discord", each)], NOW)[0] for each in (quiet, loud, quiet)]

    assert [each.message.quiet for each in rows] == [True, False, False]
    assert [each.message.quiet for each in outbox.due(store, NOW)] == [False]


def test_an_update_elsewhere_supersedes_nothing(store: Store) -> None:
    rows = (
        say(store, UPDATED),
        say(store, UPDATED, thread="t-2"),
        say(store, UPDATED, target="jsonl"),
    )

    assert outbox.due(store, NOW) == rows


def test_a_superseded_row_that_was_already_on_its_way_counts_as_delivered(store: Store) -> None:
    on_its_way = say(store, UPDATED)
    say(store, UPDATED)

    outbox.delivered(store, on_its_way, receipt="m-9", now=NOW)

    assert outbox.receipt(store, "discord", "t-1") == "m-9"


def test_a_superseded_row_whose_sending_fails_stays_superseded(store: Store) -> None:
    on_its_way = say(store, UPDATED)
    newest = say(store, UPDATED)

    outbox.failed(store, on_its_way, error="503", next_try_at=NOW)

    assert outbox.due(store, NOW) == (newest,)


def test_the_receipt_is_that_of_the_newest_delivered_message(store: Store) -> None:
    for receipt in ("m-1", "m-2"):
        outbox.delivered(store, say(store), receipt=receipt, now=NOW)
    say(store, UPDATED)
    outbox.delivered(store, say(store, target="jsonl"), receipt="line", now=NOW)

    assert outbox.receipt(store, "discord", "t-1") == "m-2"


def test_a_thread_that_was_never_delivered_has_no_receipt(store: Store) -> None:
    say(store)

    assert outbox.receipt(store, "discord", "t-1") == ""


def test_overdue_counts_what_still_waits_after_some_time(store: Store) -> None:
    outbox.delivered(store, say(store), receipt="", now=NOW)
    outbox.failed(store, say(store, thread="t-2"), error="404", next_try_at=None)
    say(store, thread="t-3")

    assert outbox.overdue(store, NOW + 9 * MINUTE, 10 * MINUTE) == 0
    assert outbox.overdue(store, NOW + 10 * MINUTE, 10 * MINUTE) == 1


def test_the_next_due_time_is_that_of_the_first_row_which_may_be_sent(store: Store) -> None:
    assert outbox.next_due_at(store) is None

    first = say(store)
    say(store, RESOLVED)
    outbox.failed(store, first, error="503", next_try_at=NOW + HOUR)

    assert outbox.next_due_at(store) == NOW + HOUR


def test_an_id_never_comes_back_as_it_is_the_nonce(store: Store) -> None:
    last = say(store)
    with store.write() as connection:
        connection.exec_driver_sql("DELETE FROM outbox")

    assert say(store).id > last.id
