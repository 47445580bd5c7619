"""The schema: all revisions together make exactly what tables.py says."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from tests.builders import NOW
from tests.store.builders import announced, incident, message
from watchdog.domain.incident import Incident
from watchdog.store import incidents, outbox
from watchdog.store.columns import row_of
from watchdog.store.engine import Store, open_store
from watchdog.store.migrations import REVISIONS
from watchdog.store.tables import metadata
from watchdog.store.tables import outbox as outbox_table
from watchdog.store.upgrade import config


def test_all_revisions_make_the_tables_of_the_code(store: Store) -> None:
    with store.write() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})

        assert compare_metadata(context, metadata) == []


def test_all_revisions_make_the_very_statements_of_the_code(tmp_path: Path) -> None:
    """Alembic does not compare primary keys, nullable keys or AUTOINCREMENT."""
    query = text(
        "SELECT name, sql FROM sqlite_master WHERE tbl_name != 'alembic_version'"
        " AND name NOT LIKE 'sqlite_%' ORDER BY name"
    )
    wanted = create_engine("sqlite://")
    metadata.create_all(wanted)
    store = open_store("", home=tmp_path)

    with wanted.connect() as from_code, store.read() as migrated:
        assert migrated.execute(query).all() == from_code.execute(query).all()

    store.close()
    wanted.dispose()


def test_the_list_of_revisions_is_that_of_the_folder(store: Store) -> None:
    with store.write() as connection:
        scripts = ScriptDirectory.from_config(config(connection)).walk_revisions()

    assert tuple(script.revision for script in scripts)[::-1] == REVISIONS


def test_an_open_database_is_at_the_last_revision(store: Store) -> None:
    with store.read() as connection:
        assert "alembic_version" in inspect(connection).get_table_names()
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == REVISIONS[-1]


def first_schema(home: Path, announcements: dict[Incident, str]) -> None:
    """A database as the first version left it, with these Incidents."""
    later = ("announced", "reopened", "remediation")
    columns = [name for name in row_of(incident()) if name not in later]
    names = ", ".join(f'"{name}"' for name in ("id", *columns, "announced"))
    marks = ", ".join(f":{name}" for name in ("id", *columns, "announced"))
    made = create_engine(f"sqlite:///{home / 'state.db'}")
    with made.begin() as connection:
        command.upgrade(config(connection), "0001")
        for each, told in announcements.items():
            row = {name: STORED.get(name, value) for name, value in row_of(each).items()}
            row |= {"id": each.id, "announced": told}
            connection.execute(text(f"INSERT INTO incident ({names}) VALUES ({marks})"), row)
    made.dispose()


# How the first version wrote what is no plain text or number.
MOMENT = "2026-11-20 12:00:00.000000"
STORED = {
    "subjects": '[["Deployment", "shop", "cart"]]',
    "affected": "[]",
    "explanation": '{"text": "", "source": "rules", "confidence": null}',
    "evidence": "[]",
    "proposal": "null",
    "since": MOMENT,
    "first_seen_at": MOMENT,
    "last_seen_at": MOMENT,
    "counted_at": MOMENT,
    "opened_at": MOMENT,
    "resolved_at": None,
}


def test_what_was_announced_to_all_is_known_of_each_target_afterwards(tmp_path: Path) -> None:
    said, unsaid = incident("cart"), incident("web")
    told = (
        '{"at": "2026-11-20T12:00:00Z", "severity": "warning", "digest": "d",'
        f' "pinged_at": "2026-11-20T12:00:00Z", "thread": "{said.id}"}}'
    )
    first_schema(tmp_path, {said: told, unsaid: "null"})
    made = create_engine(f"sqlite:///{tmp_path / 'state.db'}")
    with made.begin() as connection:
        for target in ("discord", "log"):
            row = row_of(message(thread=said.id)) | {"target": target, "created_at": NOW}
            row |= {"next_try_at": NOW, "tries": 0, "failed": "", "receipt": "", "abandoned": False}
            connection.execute(outbox_table.insert().values(**row))
    made.dispose()

    store = open_store("", home=tmp_path)

    assert incidents.find(store, said.id).announced == (
        announced("discord", thread=said.id),
        announced("log", thread=said.id),
    )
    assert incidents.find(store, unsaid.id).announced == ()
    assert [row.target for row in outbox.due(store, NOW)] == ["discord", "log"]
    store.close()
