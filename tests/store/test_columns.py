"""Column types: what may go in, and what comes out."""

from datetime import datetime

import pytest
from sqlalchemy.exc import StatementError

from tests.builders import NOW
from watchdog.store import notes
from watchdog.store.engine import Store


def test_a_naive_time_is_refused(store: Store) -> None:
    naive = datetime(2026, 11, 20, 12, 0)  # noqa: DTZ001

    with pytest.raises(StatementError, match="is naive"):
        notes.add(store, "", author="ada", now=naive)

    assert notes.recent(store) == ()


@pytest.mark.parametrize(
    ("said", "kept"), [("a\0b", "a\ufffdb"), ("half \ud83d", "half ?"), ("Grüße 🎉", "Grüße 🎉")]
)
def test_text_a_database_cannot_hold_is_replaced(store: Store, said: str, kept: str) -> None:
    assert notes.add(store, said, author="ada", now=NOW).text == kept
