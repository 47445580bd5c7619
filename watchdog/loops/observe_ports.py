"""Whom the observe loop asks and tells: of a model's words, of what could be done, of what was run."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from watchdog.domain.check import Check
from watchdog.domain.incident import Incident
from watchdog.domain.job import Mode
from watchdog.domain.run import RunRequest, RunResult
from watchdog.domain.snapshot import Snapshot
from watchdog.store.holds import Holding


class RunRecorder(Protocol):
    """Takes note of every Run, for pages and figures."""

    def ran(self, request: RunRequest, result: RunResult, *, took: timedelta, told: bool) -> None:
        """Note one finished Run; `told` is whether it caused a message."""
        ...


class Explainer(Protocol):
    """Knows what models said of Incidents, and of which a message should wait for their words."""

    def saw(self, snapshot: Snapshot) -> None:
        """Note what the questions to come say of the cluster."""
        ...

    def explained(self, incidents: Sequence[Incident]) -> tuple[Incident, ...]:
        """Return them, with the words of a model where one has explained these very facts."""
        ...

    def holding(
        self, incidents: Sequence[Incident], *, wait: timedelta | None, at: datetime
    ) -> Holding | None:
        """Return which messages, worded `at` that moment, wait; None when nobody is asked."""
        ...


class Advisor(Protocol):
    """Knows what could be done about Incidents, and what came of what was done."""

    def needs(self, checks: Sequence[Check]) -> frozenset[str]:
        """Return the kinds it wants to see for the Incidents of these checks."""
        ...

    def considered(
        self,
        found: Sequence[Incident],
        snapshot: Snapshot,
        mode: Mode,
        *,
        known: Sequence[Incident],
    ) -> tuple[Incident, ...]:
        """Return them with what is thought of doing; `known` are those of the whole cluster."""
        ...
