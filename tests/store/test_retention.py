"""Retention: what ended long ago goes, what stands or waits never does."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import HOUR, NOW
from tests.store.builders import CLUSTER, announced, incident, message, run_row, save
from watchdog.domain.incident import Status
from watchdog.store import incidents, journal, ledger, outbox
from watchdog.store.engine import Store
from watchdog.store.retention import prune

BEFORE = NOW + HOUR  # all that the builders make ended before


def test_a_resolved_incident_goes_with_all_that_carries_its_id(store: Store) -> None:
    over = incident(status=Status.RESOLVED)
    save(store, over)
    journal.append(store, over.id, kind="note", text="", at=NOW + 2 * HOUR)
    [said] = outbox.enqueue(store, [("console", message(thread=over.id))], NOW)
    outbox.delivered(store, said, receipt="m-1", now=NOW)

    assert prune(store, before=BEFORE) == 3

    assert incidents.select(store) == ()
    assert incidents.known(store, CLUSTER).openings == {}
    assert journal.entries(store, over.id) == ()
    assert outbox.receipt(store, "console", over.id) == ""


def test_a_resolved_incident_of_yesterday_stays(store: Store) -> None:
    save(store, incident(status=Status.RESOLVED))

    assert prune(store, before=NOW) == 0


@pytest.mark.parametrize("status", [Status.PENDING, Status.OPEN, Status.ACKNOWLEDGED])
def test_an_incident_that_has_not_ended_stays_with_all_it_has(store: Store, status: Status) -> None:
    own = incident(status=status)
    save(store, own)
    journal.append(store, own.id, kind="note", text="", at=NOW)
    [said] = outbox.enqueue(store, [("discord", message(thread=own.id))], NOW)
    outbox.delivered(store, said, receipt="m-1", now=NOW)

    assert prune(store, before=BEFORE) == 0


def test_the_summary_in_which_an_open_incident_was_said_stays(store: Store) -> None:
    save(store, incident(announced=(announced(thread="storm"),)))
    [said] = outbox.enqueue(store, [("discord", message(thread="storm"))], NOW)
    outbox.delivered(store, said, receipt="m-1", now=NOW)

    assert prune(store, before=BEFORE) == 0


def test_what_still_has_to_be_said_stays(store: Store) -> None:
    over = incident(status=Status.RESOLVED)
    save(store, over, messages=[("discord", message(thread=over.id)), ("discord", message())])

    assert prune(store, before=BEFORE) == 0
    assert len(outbox.due(store, BEFORE)) == 2


def test_what_was_said_or_given_up_goes(store: Store) -> None:
    said, given_up = outbox.enqueue(
        store, [("discord", message()), ("discord", message(thread="t-2"))], NOW
    )
    outbox.delivered(store, said, receipt="", now=NOW)
    outbox.failed(store, given_up, error="404", next_try_at=None)

    assert prune(store, before=NOW) == 0
    assert prune(store, before=BEFORE) == 2


def test_the_history_of_a_suspicion_that_came_to_nothing_goes(store: Store) -> None:
    journal.append(store, "a-1", kind="dropped", text="", at=NOW)

    assert prune(store, before=NOW) == 0
    assert prune(store, before=BEFORE) == 1


def test_the_newest_run_of_each_job_stays_as_its_schedule_hangs_on_it(store: Store) -> None:
    for number in range(3):
        save(store, run=run_row(f"r{number}", started_at=NOW - number * HOUR))
    save(store, run=run_row("other", job="certificates"))

    assert prune(store, before=BEFORE) == 2

    assert {entry.run_id for entry in ledger.recent(store)} == {"r0", "other"}


def test_a_run_that_has_not_ended_stays(store: Store) -> None:
    ledger.claim(store, run_id="r1", job="health", trigger="schedule", due_at=NOW, now=NOW)
    save(store, run=run_row("r2", started_at=NOW + timedelta(seconds=1)))

    assert prune(store, before=BEFORE) == 0


def test_small_batches_delete_the_same(store: Store) -> None:
    over = [incident(str(number), Status.RESOLVED) for number in range(7)]
    save(store, *over, replace(over[0], status=Status.OPEN, opening=2))

    assert prune(store, before=BEFORE, batch=2) == 7

    assert len(incidents.select(store)) == 1
