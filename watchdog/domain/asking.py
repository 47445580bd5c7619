"""A question to the model: what it may look up on the way, what it was given, and how it ended."""

from dataclasses import dataclass
from enum import StrEnum

from watchdog.domain.model import Call


class Tool(StrEnum):
    """What a model may ask for. All of them read, none of them reads a Secret."""

    LIST = "list"
    GET = "get"
    LOGS = "logs"
    EVENTS = "events"
    TOP = "top"
    INCIDENTS = "incidents"
    ROLLOUT_HISTORY = "rollout_history"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What the model wants next. `tool` is as it wrote it: nobody has looked yet if there is one."""

    tool: str
    kind: str = ""
    namespace: str = ""
    name: str = ""
    container: str = ""
    previous: bool = False
    text: str = ""  # the answer, when the tool is "answer"

    @property
    def answers(self) -> bool:
        """Whether it is done with looking."""
        return self.tool == ANSWER


ANSWER = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One Step carried out: what the model was given for it, or why there was nothing to give."""

    what: str  # in canonical words: two Steps that ask for the same have the same
    text: str
    ok: bool = True


class Stop(StrEnum):
    """Why the model was stopped before it had answered."""

    EXACT_FAILURE = "exact_failure"
    NO_PROGRESS = "no_progress"
    CALLS = "calls"
    TOKENS = "tokens"
    TIME = "time"


SHUT = "shut"  # nobody is asked for a while: the last questions had no answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What came of a question. `text` is "" when the model gave no answer; then `note` says why."""

    text: str
    readings: tuple[Reading, ...] = ()
    calls: tuple[Call, ...] = ()
    note: str = ""  # for people: why it was stopped, or answered without looking
    doubt: str = ""  # for people: what it names and was given nowhere
    failed: str = ""  # the end of the model path in a word: a CallOutcome, a Stop or SHUT

    @property
    def whole(self) -> bool:
        """Whether it answered, and everything it asked for could be read."""
        return not self.failed and not self.note and all(each.ok for each in self.readings)
