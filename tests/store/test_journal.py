"""The Journal: in order, complete, and telling one kind of change from another."""

from tests.builders import HOUR, MINUTE, NOW
from watchdog.domain.incident import Status, Transition
from watchdog.store import journal
from watchdog.store.engine import Store
from watchdog.store.journal import Entry


def test_entries_come_back_in_the_order_they_were_written(store: Store) -> None:
    journal.append(store, "a-1", kind="evidence", text="first", at=NOW)
    journal.append(store, "b-1", kind="evidence", text="of another", at=NOW)
    journal.append(store, "a-1", kind="note", text="second", at=NOW - HOUR)

    assert [(entry.at, entry.kind, entry.text) for entry in journal.entries(store, "a-1")] == [
        (NOW, "evidence", "first"),
        (NOW - HOUR, "note", "second"),
    ]


def test_an_unknown_incident_has_no_history(store: Store) -> None:
    assert journal.entries(store, "a-1") == ()


def test_an_entry_has_every_field(store: Store) -> None:
    journal.append(store, "a-1", kind="note", text="seen", at=NOW)

    [entry] = journal.entries(store, "a-1")

    assert entry == Entry(id=entry.id, incident="a-1", at=NOW, kind="note", text="seen")


def test_a_transition_is_named_after_the_status_it_comes_to() -> None:
    steps = [
        (None, Status.PENDING),
        (Status.PENDING, Status.OPEN),
        (Status.OPEN, Status.OPEN),
        (Status.OPEN, Status.RESOLVED),
        (Status.PENDING, None),
    ]

    kinds = [
        journal.line_of(
            Transition(incident="a-1", before=before, after=after, at=NOW, reason="so")
        )[2]
        for before, after in steps
    ]

    assert kinds == ["pending", "open", "changed", "resolved", "dropped"]


def test_the_newest_entry_is_the_latest_in_time_not_the_last_written(store: Store) -> None:
    assert journal.newest(store) is None
    for minutes in (5, 9, 2):
        at = NOW + minutes * MINUTE
        journal.append(store, "1a2b3c4d-1", kind="decision", text="no", at=at)

    assert journal.newest(store) == NOW + 9 * MINUTE
