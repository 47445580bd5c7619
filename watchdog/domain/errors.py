"""The error tree. Each adapter translates its library's errors into these once, at its edge.

WatchdogError
├── Transient       may work later: no answer in time, 429, 5xx, connection lost
│   └── RunCancelled  somebody ended the Run before it came to a result
├── Permanent       the same call will not work: 400, 409, 422, a refused message
│   ├── Forbidden   401 or 403: a right or a credential is missing
│   └── Absent      404: the object, or the whole API, is not there
├── Unanswered      no model gave an answer, and the command is nothing without one
└── Misconfigured   refuse to start or to go on: the user has to change something
    ├── OtherCluster  the home belongs to another cluster
    ├── Usage       the command line itself is wrong (exit code 2)
    └── StoreFailed the database or the home cannot be used (disk full, lock, permissions)
"""

from typing import ClassVar


class WatchdogError(Exception):
    """Base of everything this program raises on purpose.

    `hint` is the fix, for people; `reason` one word for scripts, as in `Missing` and `Unknown`.
    """

    reason: ClassVar[str] = "unavailable"
    hint: str

    def __init__(self, text: str, *, hint: str = "") -> None:
        """Keep the one-line error and the one-line hint."""
        super().__init__(text)
        self.hint = hint


class Transient(WatchdogError):
    """It may work later."""


class RunCancelled(Transient):
    """A person ended the Run before it came to a result."""

    reason = "cancelled"


class Permanent(WatchdogError):
    """It will not work, however often it is tried."""

    reason = "refused"


class Forbidden(Permanent):
    """The credential is wrong or lacks a right."""

    reason = "forbidden"


class Absent(Permanent):
    """The object or the API is not there."""

    reason = "absent"


class Unanswered(WatchdogError):
    """No model gave an answer, and the command is nothing without one."""


class Misconfigured(WatchdogError):
    """The user has to change a setting, a file or the environment."""


class OtherCluster(Misconfigured):
    """What the home remembers is of another cluster than the one that answers."""


class Usage(Misconfigured):
    """The command line is wrong."""


class StoreFailed(Misconfigured):
    """The database or the home directory cannot be used."""
