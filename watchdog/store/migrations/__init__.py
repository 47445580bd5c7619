"""The schema's revisions, one module each in versions/; named here so that opening needs no Alembic."""

REVISIONS = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
)  # oldest first; the last one is what this code reads and writes
