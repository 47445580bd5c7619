"""What watchdog has to say about itself: opened at once, closed at once, said once."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from watchdog.domain.finding import Finding, fingerprint
from watchdog.domain.incident import Incident, Status, Transition
from watchdog.domain.job import RunState
from watchdog.domain.notification import Notification
from watchdog.domain.ports import Clock
from watchdog.logic.incident.group import Seen, group
from watchdog.logic.incident.reconcile import Look, Reconciled, reconcile
from watchdog.logic.incident.speech import Manners
from watchdog.logic.incident.suppress import speak
from watchdog.loops.messages import messages_of
from watchdog.store import identity, incidents
from watchdog.store.engine import Store
from watchdog.store.incidents import RunRow

SELF = "self"


class OwnState:
    """Keeps one Incident per Reason about the program itself, in the same store and outbox."""

    def __init__(self, store: Store, clock: Clock, targets: Sequence[str]) -> None:
        """`targets` are whom such news is told."""
        self._store = store
        self._clock = clock
        self._targets = tuple(targets)

    @property
    def targets(self) -> tuple[str, ...]:
        """Whom such news is told."""
        return self._targets

    def tells(self, target: str) -> bool:
        """Whether the notifier of this target is set up."""
        return target.partition(":")[0] in self._targets

    async def stands(
        self, finding: Finding, *, once_in: timedelta = timedelta(0)
    ) -> tuple[Notification, ...]:
        """It is so now: open an Incident, or keep the one there is; return what is said of it.

        What opened within `once_in` and is over does not open again: nothing is said of it.
        """
        return await asyncio.to_thread(self._save, finding.reason, finding, once_in)

    async def is_over(self, reason: str) -> tuple[Notification, ...]:
        """It is no longer so: close the Incident of this Reason, if there is one."""
        return await asyncio.to_thread(self._save, reason, None, timedelta(0))

    def _save(
        self, reason: str, finding: Finding | None, once_in: timedelta
    ) -> tuple[Notification, ...]:
        now = self._clock.now()
        cluster = identity.known_cluster(self._store)
        known = incidents.known(self._store, cluster)
        own = [each for each in known.incidents if (each.check, each.reason) == (SELF, reason)]
        if finding is None and not own:
            return ()
        if finding and once_in and not own and self._said(cluster, finding, now - once_in):
            return ()
        if finding is None:
            after = _closed(own, now)
        else:
            seen = group([Seen(check=SELF, finding=finding)])
            look = Look(cluster=cluster, at=now, judged={SELF})
            after = reconcile(own, seen, look, known.openings)
        manners = Manners(targets=self._targets)
        spoken = speak(after.incidents, recent=(), silences=(), manners=manners, now=now)
        messages = messages_of(spoken, now=now)
        same_words = [each.title for each in spoken.incidents] == [each.title for each in own]
        if same_words and not after.transitions and not messages:
            return ()  # asked twice a minute: a row for each answer would bury the Runs
        return incidents.save_run(
            self._store,
            run=_row(reason, cluster, now),
            incidents=spoken.incidents,
            dropped=after.dropped,
            transitions=after.transitions,
            messages=messages,
        )

    def _said(self, cluster: str, finding: Finding, since: datetime) -> bool:
        """Whether it opened after that moment, and is over."""
        key = fingerprint(cluster, SELF, finding.reason, finding.subject)
        return key in incidents.opened_since(self._store, cluster, since)


def _closed(own: Sequence[Incident], now: datetime) -> Reconciled:
    return Reconciled(
        incidents=tuple(
            replace(each, status=Status.RESOLVED, resolved_at=now) for each in own if each.standing
        ),
        dropped=tuple(each for each in own if not each.standing),
        transitions=tuple(
            Transition(
                incident=each.id,
                before=each.status,
                after=Status.RESOLVED if each.standing else None,
                at=now,
                reason="mended",
            )
            for each in own
        ),
    )


def _row(reason: str, cluster: str, now: datetime) -> RunRow:
    return RunRow(
        run_id=f"self-{reason}-{now:%Y%m%dT%H%M%S.%fZ}",
        job=SELF,
        trigger="manual",
        cluster=cluster,
        started_at=now,
        finished_at=now,
        state=RunState.OK,
        verdict="healthy",
        result={},
    )
