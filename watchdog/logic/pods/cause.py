"""One cause of crashes as a value, and what the causes have in common: ends, last words, looks."""

from dataclasses import dataclass
from datetime import timedelta

from watchdog.domain.evidence import Evidence, Proposal
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic import command
from watchdog.logic.pods.crash import Crash
from watchdog.logic.symptom import quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A crash cause: the Reason, how long it must stand, and what people should know and do."""

    reason: str
    hold: timedelta
    headline: str
    why: str
    proposal: Proposal
    spec: tuple[str, ...] = ()  # facts of the spec that prove it
    logs: tuple[Evidence, ...] = ()  # what several workloads say alike
    blames: tuple[Ref, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The crashes of one workload, for which a cause is looked for."""

    snapshot: Snapshot
    owner: Ref
    group: tuple[Crash, ...]

    @property
    def workload(self) -> Workload | None:
        """The owner, where it is one that has a template."""
        return self.snapshot.workloads.get(self.owner)

    @property
    def exits(self) -> str:
        """The exit codes in parentheses, with a space before; "" when none is known."""
        codes = sorted({crash.end.exit_code for crash in self.group if crash.end})
        return f" (exit code {', '.join(map(str, codes))})" if codes else ""

    @property
    def said(self) -> str:
        """A sentence with the last line of a log, with a space after; "" without one."""
        lines = next((crash.lines for crash in self.group if crash.lines), ())
        return quoted("Its last words", lines)


def looks(owner: Ref, crash: Crash) -> tuple[str, ...]:
    """Commands that only read: the log of the end, and the owner."""
    return (command.logs(crash.pod.ref, crash.status.name, previous=True), command.describe(owner))
