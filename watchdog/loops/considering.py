"""The observe loop's side of remediation: what could be done, and what came of what was done.

It writes nothing to the cluster: it keeps what the respond loop and people decide on.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from watchdog.domain.attempt import Answer, Approval, Attempt, Considered, History
from watchdog.domain.check import Check
from watchdog.domain.incident import Incident
from watchdog.domain.job import Mode
from watchdog.domain.policy import Outcome
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.decision.consider import Past, Setting, consider
from watchdog.logic.decision.next_step import Ask, Change, Expire, Withdraw, next_step
from watchdog.logic.decision.verify import look, verdict
from watchdog.logic.incident.repairing import with_failure
from watchdog.logic.triage.choose import past as asked
from watchdog.logic.triage.digest import digest
from watchdog.store import approvals, attempts, breaker, journal, triages
from watchdog.store.engine import Store

log = structlog.get_logger()

_DAY = timedelta(hours=24)
_AGAIN = timedelta(hours=1)  # until a Plan that was refused at the last gate is tried again
_ENDS = {Withdraw: Answer.WITHDRAWN, Expire: Answer.EXPIRED, Change: Answer.CHANGED}
_BURST = timedelta(minutes=5)  # in which too many new Incidents stop everything
_SKEW = timedelta(minutes=1)  # between our clock and the API server's: both write the Journal


class AttemptRecorder(Protocol):
    """Takes note of what was done, for figures."""

    def attempted(self, attempt: Attempt) -> None:
        """Note how the calls of an Attempt ended."""
        ...

    def verified(self, attempt: Attempt) -> None:
        """Note what later looks showed of it."""
        ...


class Considering:
    """Thinks of every standing Incident what could be done about it."""

    def __init__(
        self,
        store: Store,
        setting: Setting,
        *,
        recorder: AttemptRecorder,
        new_id: Callable[[], str],
    ) -> None:
        """`new_id` makes the ids of asks, which nobody can guess."""
        self._store = store
        self._recorder = recorder
        self.setting = setting
        self._new_id = new_id

    def needs(self, checks: Sequence[Check]) -> frozenset[str]:
        """The kinds that Remediations for what these checks find want to see, or look at if they can."""
        if self.setting.policy.mode == "observe":
            return frozenset()
        reasons = {reason for check in checks for reason in check.reasons}
        return frozenset(
            need
            for each in self.setting.remediations
            if each.name in self.setting.policy.enabled and reasons.intersection(each.fixes)
            for need in (*each.needs, *each.optional)
        )

    def considered(
        self,
        found: Sequence[Incident],
        snapshot: Snapshot,
        mode: Mode,
        *,
        known: Sequence[Incident],
    ) -> tuple[Incident, ...]:
        """Return the Incidents with what is thought of doing about each; in a thread.

        `known` are those of the whole cluster. What was done is looked at once more, and asks that
        nobody can answer any more come to their end.

        Raises:
            StoreFailed: what was done before cannot be read: then nothing is considered.
        """
        history = self.history(snapshot, (*found, *known))
        seen = tuple(self._seen(each, snapshot, found, known) for each in history.attempts)
        history = replace(history, attempts=seen)
        tried = {each.incident: each for each in seen}  # the newest: what is tidied up has several
        asks = approvals.of(self._store, [each.id for each in found])
        vetoes = self.vetoes(found)
        after = []
        for incident in found:
            own = [each for each in asks if each.incident == incident.id]
            past = Past(
                history=history,
                attempt=tried.get(incident.id),
                approval=own[-1] if own else None,
                vetoed=vetoes.get(incident.id, ""),
            )
            considered = self._considered(incident, snapshot, mode, past)
            if considered is not None:
                considered = self._moved(incident, considered, history, own, snapshot.taken_at)
            after.append(with_failure(replace(incident, remediation=considered)))
        return tuple(after)

    def history(self, snapshot: Snapshot, known: Sequence[Incident]) -> History:
        """Return what Policy has to know of the past."""
        since = snapshot.taken_at - _DAY
        done = attempts.since(self._store, snapshot.cluster, since)
        extra = attempts.of(self._store, [each.id for each in known if each.standing])
        every = {each.id: each for each in (*extra, *done)}
        times = [at for each in every.values() for at in _times(each)]
        if (latest := journal.newest(self._store)) is not None:
            times.append(latest - _SKEW)
        recent = snapshot.taken_at - _BURST
        opened = {each.id: each.opened_at for each in known if each.severity.needs_human}
        return History(
            attempts=tuple(sorted(every.values(), key=lambda each: each.begun_at)),
            opened=tuple(at for at in opened.values() if at is not None and at >= recent),
            breaker=breaker.reason(self._store),
            newest=max(times, default=None),
        )

    def _considered(
        self, incident: Incident, snapshot: Snapshot, mode: Mode, past: Past
    ) -> Considered | None:
        """What is thought of it now; of what is over, what was thought last."""
        before = incident.remediation
        if not incident.standing:
            return replace(before, attempt=past.attempt) if before else None
        considered = consider(incident, snapshot, setting=self.setting, mode=mode, past=past)
        if considered is None and past.approval is not None:
            return before
        if considered is not None and _refused_before(before, considered, snapshot):
            return before
        return considered

    def _moved(
        self,
        incident: Incident,
        considered: Considered,
        history: History,
        asks: Sequence[Approval],
        now: datetime,
    ) -> Considered:
        """Ask, or settle an ask, where that comes next; what is done comes in its own loop."""
        move = next_step(incident, considered, attempts=history.attempts, approvals=asks, now=now)
        if isinstance(move, Ask):
            return self._asking(incident, considered, now)
        if isinstance(move, Withdraw | Expire | Change):
            return settle(self._store, considered, move, now)
        return considered

    def _asking(self, incident: Incident, considered: Considered, now: datetime) -> Considered:
        if considered.plan is None:
            return considered
        ask = Approval(
            id=self._new_id(),
            incident=incident.id,
            plan=considered.plan,
            asked_at=now,
            expires_at=now + self.setting.policy.approval_ttl,
        )
        return replace(considered, approval=ask) if approvals.ask(self._store, ask) else considered

    def _seen(
        self,
        attempt: Attempt,
        snapshot: Snapshot,
        found: Sequence[Incident],
        known: Sequence[Incident],
    ) -> Attempt:
        """The Attempt, richer by what this Snapshot shows of it while that is open."""
        judged = {each.id: each for each in found}
        others = {each.id for each in known} - judged.keys()
        if not attempt.in_flight or attempt.cluster != snapshot.cluster:
            return attempt
        if attempt.incident in others:  # a Run of other checks does not know of the cause
            return attempt
        own = judged.get(attempt.incident)  # None: it was resolved before
        cause_seen = own is not None and own.standing and not own.clear_runs
        after = _looked_at(attempt, snapshot, cause_seen=cause_seen)
        if not after.in_flight:
            log.info("attempt verified", attempt=after.id, verified=after.verified.value)
            self._recorder.verified(after)
        attempts.looked(self._store, after)
        return after

    def vetoes(self, found: Sequence[Incident]) -> dict[str, str]:
        """What models object to, by id of Incidents whose facts are still those they were told."""
        known = asked(triages.of(self._store, [each.id for each in found]))
        vetoes = {}
        for each in found:
            said = known.get((each.id, digest(each)))
            if said is not None and said.veto:
                own = [why for why in said.reasons if why.startswith("veto")]
                vetoes[each.id] = "; ".join(own) or "veto"
        return vetoes


def _looked_at(attempt: Attempt, snapshot: Snapshot, *, cause_seen: bool) -> Attempt:
    """The Attempt with one look more, and with its end where the looks prove one.

    What cannot be judged is not recovered: it stays open, and a bug there must not end the Run.
    """
    try:
        seen = look(attempt, snapshot, cause_seen=cause_seen)
        looks = (*attempt.looks, *([seen] if seen else []))
        verified, reasons = verdict(replace(attempt, looks=looks), snapshot.taken_at)
    except Exception:
        log.exception("attempt cannot be judged", attempt=attempt.id)
        return attempt
    after = replace(attempt, looks=looks, verified=verified, reasons=tuple(reasons))
    return after if after.in_flight else replace(after, verified_at=snapshot.taken_at)


def _refused_before(before: Considered | None, now: Considered, snapshot: Snapshot) -> bool:
    """Whether this very Plan was refused at the last gate a while ago: it is not tried at once."""
    if before is None or before.refused_at is None or before.plan is None or now.plan is None:
        return False
    allowed = now.decision.outcome is Outcome.ALLOW and now.plan.digest == before.plan.digest
    return allowed and snapshot.age(before.refused_at) < _AGAIN


def settle(
    store: Store, considered: Considered, move: Withdraw | Expire | Change, now: datetime
) -> Considered:
    """Bring an ask to its end, unless somebody else has.

    Raises:
        StoreFailed: it stays as it is.
    """
    end = _ENDS[type(move)]
    if not approvals.settle(store, move.approval, end, now):
        return considered
    return replace(considered, approval=replace(move.approval, answer=end, answered_at=now))


def _times(attempt: Attempt) -> list[datetime]:
    times = (attempt.begun_at, attempt.result_at, attempt.verified_at)
    return [at for at in times if at is not None]
