"""Opening the store, its transactions, and what it says when the database cannot be used."""

import signal
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select, text

from tests.builders import NOW
from tests.store import child
from watchdog.domain.errors import Misconfigured, StoreFailed
from watchdog.store import notes
from watchdog.store.engine import Store, backup, open_store
from watchdog.store.migrations import REVISIONS
from watchdog.store.tables import note


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("", home=tmp_path)
    yield opened
    opened.close()


def add(store: Store, text: str = "seen") -> None:
    notes.add(store, text, author="ada", now=NOW)


# ---------------------------------------------------------------------------------------- opening
def test_the_default_is_a_sqlite_file_in_the_home(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"

    open_store("", home=home).close()

    assert [path.name for path in home.iterdir()] == ["state.db"]


@pytest.mark.parametrize("name", ["a b.db", "what?.db", "#1.db", "100%41.db", "ä.db"])
def test_any_file_name_works(tmp_path: Path, name: str) -> None:
    home = tmp_path / name
    store = open_store("", home=home)
    add(store)

    assert len(notes.recent(store)) == 1
    store.close()


def test_a_file_elsewhere_can_be_named(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/other.db", home=tmp_path / "home").close()

    assert (tmp_path / "other.db").exists()


def test_what_was_written_is_there_when_opened_again(url: str, tmp_path: Path) -> None:
    for _ in range(2):
        store = open_store(url, home=tmp_path)
        add(store)
        store.close()

    store = open_store(url, home=tmp_path)
    assert len(notes.recent(store)) == 2
    store.close()


def test_an_up_to_date_database_is_opened_without_alembic(tmp_path: Path) -> None:
    open_store("", home=tmp_path).close()
    script = """
import sys; from pathlib import Path
from watchdog.store.engine import open_store
open_store("", home=Path(sys.argv[1])).close(); print("alembic" in sys.modules)
"""

    assert child.run(script, tmp_path) == (0, "False\n")


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://root:secret@db/x",
        "postgresql+psycopg2://root:secret@db/x",
        "postgresql://root:secret@db",
        "postgresql://root:secret@db:port/x",
        "sqlite://",
        "sqlite:///:memory:",
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_its_password(
    tmp_path: Path, url: str
) -> None:
    with pytest.raises(Misconfigured, match=r"store\.url") as refused:
        open_store(url, home=tmp_path)

    assert "secret" not in f"{refused.value} {refused.value.hint} {refused.value.__cause__}"


def test_a_newer_schema_is_refused(url: str, tmp_path: Path) -> None:
    store = open_store(url, home=tmp_path)
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()

    with pytest.raises(StoreFailed, match="written by a newer watchdog: schema 9999") as refused:
        open_store(url, home=tmp_path)

    assert "restore a backup" in refused.value.hint


def test_an_existing_file_is_backed_up_before_it_is_migrated(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "state.db")) as before:
        before.execute("CREATE TABLE precious (word TEXT)")

    open_store("", home=tmp_path).close()

    with closing(sqlite3.connect(tmp_path / "backups" / f"before-{REVISIONS[-1]}.db")) as copy:
        assert copy.execute("SELECT name FROM sqlite_master").fetchall() == [("precious",)]


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "state.db")) as before:
        before.execute("CREATE TABLE silence (in_the_way TEXT)")  # not the first one to be made

    with pytest.raises(Exception, match="already exists"):
        open_store("", home=tmp_path)

    with closing(sqlite3.connect(tmp_path / "state.db")) as after:
        assert after.execute("SELECT name FROM sqlite_master").fetchall() == [("silence",)]


def test_a_backup_has_what_is_not_yet_in_the_main_file(sqlite: Store, tmp_path: Path) -> None:
    add(sqlite)
    target = tmp_path / "backups" / "today.db"

    backup(sqlite, target)
    backup(sqlite, target)

    assert [path.name for path in target.parent.iterdir()] == ["today.db"]
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("SELECT text FROM note").fetchall() == [("seen",)]


def test_a_backup_that_cannot_be_written_says_so(sqlite: Store, tmp_path: Path) -> None:
    (tmp_path / "backups").touch()

    with pytest.raises(StoreFailed, match=r"backup .*: File exists"):
        backup(sqlite, tmp_path / "backups" / "today.db")


# ----------------------------------------------------------------------------------- transactions
def test_an_exception_undoes_the_whole_transaction(store: Store) -> None:
    def half() -> None:
        with store.write() as connection:
            connection.execute(note.insert().values(at=NOW, author="ada", text="half"))
            raise InterruptedError

    with pytest.raises(InterruptedError):
        half()

    assert notes.recent(store) == ()


def test_a_reader_does_not_wait_for_a_writer_nor_see_half_of_it(store: Store) -> None:
    with store.write() as connection:
        connection.execute(note.insert().values(at=NOW, author="ada", text="half"))

        assert notes.recent(store) == ()

    assert len(notes.recent(store)) == 1


def test_a_reader_sees_what_another_process_has_written_since(tmp_path: Path) -> None:
    ours, theirs = open_store("", home=tmp_path), open_store("", home=tmp_path)
    assert notes.recent(ours) == ()

    add(theirs)

    assert len(notes.recent(ours)) == 1
    theirs.close()
    ours.close()


def test_the_reader_of_a_file_cannot_write(sqlite: Store) -> None:
    with pytest.raises(StoreFailed, match="readonly"), sqlite.read() as connection:
        connection.execute(note.insert().values(at=NOW, author="ada", text="no"))


def test_writers_that_read_first_wait_for_each_other(tmp_path: Path) -> None:
    """A deferred BEGIN would fail here at once, however long the busy timeout is."""
    stores = [open_store("", home=tmp_path) for _ in range(2)]

    def count_up(number: int) -> None:
        with stores[number % 2].write() as connection:
            known = connection.scalar(select(func.count()).select_from(note))
            connection.execute(note.insert().values(at=NOW, author="ada", text=str(known)))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(count_up, range(60)))

    seen = sorted(int(each.text) for each in notes.recent(stores[0], limit=100))
    assert seen == list(range(60))
    for store in stores:
        store.close()


def test_a_file_is_written_ahead_and_its_keys_are_kept(sqlite: Store) -> None:
    with sqlite.write() as connection:
        kept = [
            connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    assert kept == ["wal", 1, 1]


def test_a_process_killed_in_the_middle_of_a_run_leaves_nothing_of_it(tmp_path: Path) -> None:
    script = """
import os, signal, sys; from pathlib import Path
from tests.store.builders import incident, message, save
from watchdog.store.engine import open_store
store = open_store("", home=Path(sys.argv[1]))
def messages():
    yield "console", message()
    os.kill(os.getpid(), signal.SIGKILL)
save(store, incident("first")) if sys.argv[2] == "saved" else save(store, messages=messages())
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = (-signal.SIGKILL, "")
    assert child.run(script, tmp_path, "saved") == killed
    assert child.run(script, tmp_path, "half") == killed

    store = open_store("", home=tmp_path)
    with store.read() as connection:
        rows = {
            table: connection.scalar(text(f"SELECT count(*) FROM {table}"))
            for table in ("incident", "run", "outbox")
        }
    store.close()

    assert rows == {"incident": 1, "run": 1, "outbox": 0}


# ----------------------------------------------------------------------------------------- errors
def fill(store: Store) -> None:
    for _ in range(1000):
        add(store, "x" * 100_000)


def test_a_full_disk_is_one_line_and_a_hint_and_undoes_the_last_change(sqlite: Store) -> None:
    add(sqlite)
    with sqlite.write() as connection:
        connection.execute(text("PRAGMA max_page_count = 60"))

    with pytest.raises(StoreFailed) as refused:
        fill(sqlite)

    assert str(refused.value) == f"{sqlite.url}: database or disk is full"
    assert "free some space" in refused.value.hint
    assert notes.recent(sqlite)[-1].text == "seen"


def test_a_real_write_that_does_not_fit_is_translated_too(tmp_path: Path) -> None:
    open_store("", home=tmp_path).close()
    script = """
import resource, sys; from pathlib import Path
from tests.store.test_engine import fill
from watchdog.domain.errors import StoreFailed
from watchdog.store.engine import open_store
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
try:
    fill(open_store("", home=Path(sys.argv[1])))
except StoreFailed as error:
    print(error, error.hint, sep="|")
"""

    code, said = child.run(script, tmp_path)

    assert (code, said.count("\n")) == (0, 1)
    assert "state.db: disk I/O error|check free space" in said


def test_a_database_that_stays_locked_is_said_to_be_in_use(sqlite: Store, tmp_path: Path) -> None:
    with sqlite.write() as connection:
        connection.execute(text("PRAGMA busy_timeout = 0"))

    with closing(sqlite3.connect(tmp_path / "state.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreFailed, match="database is locked") as refused:
            add(sqlite)

    assert "another program" in refused.value.hint


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"not a database, but long enough to be looked at" * 99)

    with pytest.raises(StoreFailed, match="not a database") as refused:
        open_store("", home=tmp_path)

    assert "backups/" in refused.value.hint


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    open_store("", home=tmp_path).close()
    with (tmp_path / "state.db").open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 4000)

    with pytest.raises(StoreFailed, match="malformed") as refused:
        open_store("", home=tmp_path)

    assert "backups/" in refused.value.hint


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state.db").mkdir()

    with pytest.raises(StoreFailed, match="unable to open database file") as refused:
        open_store("", home=tmp_path)

    assert "write access" in refused.value.hint


def test_a_wrong_statement_keeps_its_traceback(store: Store) -> None:
    with pytest.raises(Exception, match="no_such_table") as raised, store.read() as connection:
        connection.execute(text("SELECT * FROM no_such_table"))

    assert not isinstance(raised.value, StoreFailed)


def test_a_server_that_does_not_answer_is_named_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match=r"postgresql://ada:\*\*\*@127\.0\.0\.1:1/x") as refused:
        open_store("postgresql://ada:secret@127.0.0.1:1/x", home=tmp_path)

    assert "secret" not in str(refused.value)
    assert "store.url" in refused.value.hint


def test_a_role_without_rights_is_told_which_it_needs(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    url = new_database()
    admin = create_engine(url)
    with admin.begin() as connection:
        connection.execute(text("CREATE ROLE guest LOGIN"))
    admin.dispose()

    with pytest.raises(StoreFailed, match="permission denied") as refused:
        open_store(url.replace("tests@", "guest@"), home=tmp_path)

    assert "grant" in refused.value.hint
