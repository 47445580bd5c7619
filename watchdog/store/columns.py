"""The column types that the tables share: how times, prose, words and values are kept."""

from dataclasses import fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

import msgspec
from sqlalchemy import DateTime, Dialect, String, Text, TypeDecorator

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

EnumT = TypeVar("EnumT", bound=StrEnum)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware times in, aware UTC out. A naive value is refused: SQLite would drop the offset."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} is naive; times in the store carry a zone")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Prose(TypeDecorator[str]):
    """Text from outside. What a database cannot hold (NUL, half a surrogate pair) is replaced.

    PostgreSQL refuses NUL in text; one byte of a container's log must not fail a whole Run.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


class Word(TypeDecorator[EnumT]):
    """A member of a closed set, stored by its value."""

    impl = String
    cache_ok = True

    def __init__(self, kind: type[EnumT]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: EnumT | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> EnumT | None:
        return None if value is None else self.kind(value)


class Json(TypeDecorator[object]):
    """A value of the vocabulary as JSON text; `kind` is what it is read back as."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: object) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: object, dialect: Dialect) -> str:
        return msgspec.json.encode(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> object:
        return msgspec.json.decode(value or "null", type=self.kind)


def row_of(value: "DataclassInstance") -> dict[str, object]:
    """Return a record's fields by name; the tables name their columns like the records."""
    return {each.name: getattr(value, each.name) for each in fields(value)}
