"""Notes: kept, newest first."""

from tests.builders import NOW
from watchdog.store import notes
from watchdog.store.engine import Store
from watchdog.store.notes import Note


def test_a_note_comes_back_as_it_was_added(store: Store) -> None:
    added = notes.add(store, "we drain w-1 tonight", author="ada", now=NOW)

    assert added == Note(id=added.id, at=NOW, author="ada", text="we drain w-1 tonight")
    assert notes.recent(store) == (added,)


def test_the_newest_note_comes_first(store: Store) -> None:
    for text in ("one", "two", "three"):
        notes.add(store, text, author="ada", now=NOW)

    assert [note.text for note in notes.recent(store, limit=2)] == ["three", "two"]
