"""Exit codes, and which error leads to which. Scripts rely on them."""

from collections.abc import Iterable
from enum import IntEnum

from watchdog.domain.errors import Misconfigured, Unanswered, Usage, WatchdogError


class ExitCode(IntEnum):
    """What a command tells the shell. Below 10: what was found; above: the command itself broke."""

    OK = 0
    NEEDS_HUMAN = 1  # an incident of severity warning or critical is open or acknowledged
    USAGE = 2
    CONFIGURATION = 3  # configuration, lock, home or store
    CLUSTER = 4  # not read, fully or in part
    MODEL = 5
    DELIVERY = 6
    BUG = 70  # sysexits' EX_SOFTWARE: no finding may be mistaken for a defect of this program
    INTERRUPTED = 130  # as a shell reports SIGINT
    BROKEN_PIPE = 141  # as a shell reports SIGPIPE


_MOST_SEVERE_FIRST = (
    ExitCode.USAGE,
    ExitCode.CONFIGURATION,
    ExitCode.CLUSTER,
    ExitCode.DELIVERY,
    ExitCode.MODEL,
    ExitCode.NEEDS_HUMAN,
)
_HINTS = {
    ExitCode.USAGE: "`watchdog --help` lists the commands and the global options",
    ExitCode.CONFIGURATION: "`watchdog config check` and `watchdog doctor` say what to change",
    ExitCode.CLUSTER: "check --kubeconfig and --context; `watchdog doctor` says what is missing",
    ExitCode.MODEL: "check OPENAI_BASE_URL and OPENAI_API_KEY; `watchdog doctor` tries them",
    ExitCode.DELIVERY: "`watchdog test-alert` tries every target",
}


class CommandFailed(WatchdogError):
    """A command ends with a code of its own: where the kind of error alone does not tell it."""

    exit_code: ExitCode

    def __init__(self, text: str, *, exit_code: ExitCode, hint: str = "") -> None:
        """Keep the one-line error, the one-line hint and the code."""
        super().__init__(text, hint=hint)
        self.exit_code = exit_code


def exit_code_of(error: WatchdogError) -> ExitCode:
    """The code of an error that ends a command. What an adapter raised is the cluster's."""
    match error:
        case CommandFailed():
            return error.exit_code
        case Usage():
            return ExitCode.USAGE
        case Misconfigured():
            return ExitCode.CONFIGURATION
        case Unanswered():
            return ExitCode.MODEL
        case _:
            return ExitCode.CLUSTER


def hint_of(error: WatchdogError) -> str:
    """The error's own hint, else where to look for this kind of error."""
    return error.hint or _HINTS.get(exit_code_of(error), _HINTS[ExitCode.USAGE])


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """The most severe of several outcomes: 3, 4, 6, 5, 1; OK when there is none."""
    present = set(codes)
    return next((code for code in _MOST_SEVERE_FIRST if code in present), ExitCode.OK)
