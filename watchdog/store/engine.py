"""Opening the database, its transactions, and the only place that knows one dialect from another."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, TimeoutError

from watchdog.domain.errors import Misconfigured, StoreFailed
from watchdog.store.lock import ensure_home
from watchdog.store.migrations import REVISIONS

if TYPE_CHECKING:
    from sqlalchemy.dialects.sqlite import Insert
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

BUSY_SECONDS = 5
CONNECT_SECONDS = 10

_DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg")

_SPACE = (
    "free some space on that volume, or enlarge it; nothing was lost: the last change is undone"
)
_RIGHTS = "give this user write access to the database file and its directory"
_HEALTH = "check free space and health of the volume (df -h, dmesg)"
_RESTORE = (
    "move the file away and put the newest of backups/ in its place; without one a new file is made, "
    "and what was told before is told again"
)
_OTHER = "another program holds the database; stop it, or try again"
_ROLE = "grant the database role CREATE on the schema and all rights on its tables"
_REACH = "check store.url: host, port, database, user and password"

# SQLite's primary result codes and PostgreSQL's SQLSTATEs. Sources: sqlite.org/rescode.html,
# postgresql.org/docs/current/errcodes-appendix.html
_HINTS: dict[int | str, str] = {
    sqlite3.SQLITE_FULL: _SPACE,
    sqlite3.SQLITE_IOERR: _HEALTH,
    sqlite3.SQLITE_READONLY: _RIGHTS,
    sqlite3.SQLITE_PERM: _RIGHTS,
    sqlite3.SQLITE_CANTOPEN: _RIGHTS,
    sqlite3.SQLITE_CORRUPT: _RESTORE,
    sqlite3.SQLITE_NOTADB: _RESTORE,
    sqlite3.SQLITE_BUSY: _OTHER,
    sqlite3.SQLITE_LOCKED: _OTHER,
    "53100": _SPACE,
    "25006": "the database is read-only (a standby?): point store.url at the primary",
    "42501": _ROLE,
    "55P03": _OTHER,
}


@dataclass(frozen=True)
class Store:
    """An open, migrated database. SQLite: `writer` takes the write lock at begin, `reader` cannot
    write. PostgreSQL: both share one pool, `reader` on autocommit."""

    url: str  # without the password
    writer: Engine
    reader: Engine

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back by any exception.

        Raises:
            StoreFailed: the database did not take it; nothing of it is stored.
        """
        with _translated(self.url), self.writer.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Read committed rows; never waits for a writer.

        Raises:
            StoreFailed: the database cannot be read.
        """
        with _translated(self.url), self.reader.connect() as connection:
            yield connection

    def insert(self, table: Table) -> "Insert":
        """Return an INSERT with ON CONFLICT, which both dialects have under the same names."""
        dialect = import_module(f"sqlalchemy.dialects.{self.writer.dialect.name}")  # loaded by now
        return cast("Insert", dialect.insert(table))

    def close(self) -> None:
        """Return all connections. SQLite then folds the write-ahead log into the file."""
        self.reader.dispose()
        self.writer.dispose()


def open_store(url: str, *, home: Path) -> Store:
    """Open the database at `url` ("": `<home>/state.db`), create it or bring it up to date.

    An existing SQLite database is copied to `<home>/backups/` before it is changed; PostgreSQL
    is backed up by those who run it.

    Raises:
        Misconfigured: `url` cannot be understood, or its driver is not installed.
        StoreFailed: the database cannot be used, or a newer watchdog has written it.
    """
    parsed = _parse(url, home)
    ensure_home(home)
    shown = parsed.render_as_string(hide_password=True)
    engines = _sqlite if parsed.get_backend_name() == "sqlite" else _postgresql
    store = Store(shown, *engines(parsed))
    try:
        _migrate(store, home)
    except BaseException:
        store.close()
        raise
    return store


def backup(store: Store, path: Path) -> None:
    """Write a complete, consistent copy of a SQLite database to `path`, replacing what is there.

    Raises:
        StoreFailed: no space, no right, or not a SQLite database.
    """
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished.unlink(missing_ok=True)
        with store.read() as connection:  # not `write`: VACUUM runs outside of transactions
            connection.execute(text("VACUUM INTO :path"), {"path": str(unfinished)})
        unfinished.replace(path)
    except OSError as error:
        raise StoreFailed(f"backup {path}: {error.strerror or error}", hint=_SPACE) from error


# ------------------------------------------------------------------------------------- engines
def _parse(url: str, home: Path) -> URL:
    if not url:
        return URL.create("sqlite", database=str(home.absolute() / "state.db"))
    with suppress(ArgumentError, ValueError):  # a text that may hold the password
        parsed = make_url(url)
        if parsed.drivername in _DRIVERS and parsed.database not in (None, "", ":memory:"):
            return parsed
    raise Misconfigured(
        "store.url is not the URL of a database this program can use",
        hint="write sqlite:////path/to/state.db or postgresql://user:password@host/database",
    )


def _sqlite(url: URL) -> tuple[Engine, Engine]:
    path = Path(url.database or "").absolute()
    waiting = {"timeout": BUSY_SECONDS}
    writer = create_engine(url.set(database=str(path)), connect_args=waiting)
    event.listen(writer, "connect", _prepare)
    event.listen(writer, "begin", _take_write_lock)
    # A second engine, as a SELECT through the first would take the write lock.
    read_only = url.set(database=f"file:{quote(str(path))}", query={"mode": "ro", "uri": "true"})
    reader = create_engine(read_only, connect_args=waiting)
    event.listen(reader, "connect", _autocommit)
    return writer, reader


def _autocommit(connection: "DBAPIConnection", _entry: "ConnectionPoolEntry") -> None:
    # The module's own transaction control never emits BEGIN IMMEDIATE, so it is switched off.
    connection.isolation_level = None


def _prepare(connection: "DBAPIConnection", entry: "ConnectionPoolEntry") -> None:
    _autocommit(connection, entry)
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _take_write_lock(connection: Connection) -> None:
    # A deferred BEGIN that reads first fails at once when another process has committed since.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _postgresql(url: URL) -> tuple[Engine, Engine]:
    try:
        limits = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_SECONDS}
        writer = create_engine(url, connect_args=limits, pool_pre_ping=True)
    except ImportError as error:
        raise Misconfigured(
            f"the driver for store.url is not installed: {error.name}",
            hint="install the extra: pip install 'kube-watchdog[postgres]'",
        ) from error
    return writer, writer.execution_options(isolation_level="AUTOCOMMIT")


# -------------------------------------------------------------------------------------- schema
def _migrate(store: Store, home: Path) -> None:
    with store.write() as connection:
        tables = inspect(connection).get_table_names()
        revision = None
        if "alembic_version" in tables:
            revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if revision == REVISIONS[-1]:
        return
    if revision is not None and revision not in REVISIONS:
        raise StoreFailed(
            f"{store.url} was written by a newer watchdog: schema {revision}, "
            f"this one knows {REVISIONS[-1]}",
            hint="run the newer version, or restore a backup made by this one",
        )
    if tables and store.writer.dialect.name == "sqlite":
        backup(store, home / "backups" / f"before-{REVISIONS[-1]}.db")
    # Alembic costs more time and memory than all the rest of the store: only when it is due.
    upgrade: Callable[[Connection], None] = import_module("watchdog.store.upgrade").upgrade
    with store.write() as connection:
        upgrade(connection)


# -------------------------------------------------------------------------------------- errors
@contextmanager
def _translated(url: str) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise StoreFailed(f"{url}: no connection became free", hint=_OTHER) from error
    except DBAPIError as error:
        hint = _hint(error)
        if not hint:  # a refused value or statement is a bug and keeps its traceback
            raise
        said = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
        raise StoreFailed(f"{url}: {said[0]}", hint=hint) from error


def _hint(error: DBAPIError) -> str:
    if isinstance(error.orig, sqlite3.Error):
        code: int = getattr(error.orig, "sqlite_errorcode", 0)
        return _HINTS.get(code & 0xFF, "")  # the low byte is the primary code
    sqlstate = getattr(error.orig, "sqlstate", None)  # None: there is no connection
    return _HINTS.get(sqlstate or "", _REACH if isinstance(error, OperationalError) else "")
