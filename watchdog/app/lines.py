"""What `watchdog doctor` says: one line for each thing looked at."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a line is meant: a `fault` makes doctor exit with 1, the others do not."""

    OK = "ok"
    NOTE = "note"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing looked at; every note and fault has a hint."""

    state: State
    text: str
    hint: str = ""
