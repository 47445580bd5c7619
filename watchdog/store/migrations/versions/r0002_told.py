"""What each target was told of an Incident, how often its fault had come back, what may be done."""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    connection = op.get_bind()
    before = sa.Table("incident", sa.MetaData(), autoload_with=connection)
    rows = connection.execute(sa.select(before)).mappings().all()
    targets = connection.execute(
        sa.text("SELECT DISTINCT thread, target FROM outbox WHERE kind != 'resolved'")
    ).all()
    op.drop_table("incident")
    # Made anew, as SQLite cannot add a column without leaving a trace in the table's statement.
    table = op.create_table(
        "incident",
        sa.Column("cluster", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("opening", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("check", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("subjects", sa.Text(), nullable=False),
        sa.Column("affected", sa.Text(), nullable=False),
        sa.Column("shared", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sightings", sa.Integer(), nullable=False),
        sa.Column("clear_runs", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("proposal", sa.Text(), nullable=False),
        sa.Column("remediation", sa.Text(), nullable=False),
        sa.Column("acknowledged_by", sa.Text(), nullable=False),
        sa.Column("inhibited_by", sa.Text(), nullable=False),
        sa.Column("announced", sa.Text(), nullable=False),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("cluster", "fingerprint", "opening"),
        sa.UniqueConstraint("id", name="incident_id"),
    )
    op.create_index("incident_status", "incident", ["status"], unique=False)
    told: dict[str, list[str]] = {}
    for thread, target in targets:
        told.setdefault(thread, []).append(target)
    op.bulk_insert(table, [_row(row, told) for row in rows])


def _row(row: Mapping[Any, Any], told: Mapping[str, list[str]]) -> dict[str, object]:
    """Until now one record stood for all targets: those that have a message of its thread."""
    known = json.loads(str(row["announced"]))
    each = [
        {**known, "target": target, "said": known["severity"]}
        for target in (told.get(known["thread"], []) if known else [])
    ]
    return {**row, "announced": json.dumps(each), "reopened": 0, "remediation": "null"}
