"""The end of a question becomes rows: its record, and new words wherever they can still be read."""

from collections.abc import Collection
from dataclasses import replace

from watchdog.domain.errors import Usage
from watchdog.domain.exchange import Exchange
from watchdog.domain.incident import Incident
from watchdog.domain.model import Call
from watchdog.domain.notification import Message
from watchdog.domain.triaged import AskedCall, Triage
from watchdog.logic.triage.digest import digest
from watchdog.logic.triage.outcome import words_of
from watchdog.logic.words.kept import kept
from watchdog.logic.words.render import incident_message
from watchdog.store import holds, incidents, triages
from watchdog.store.engine import Store
from watchdog.store.holds import Held


class Recorder:
    """Writes how questions over one path ended."""

    def __init__(
        self, store: Store, *, path: str, own_secrets: Collection[str], alone: bool
    ) -> None:
        """`alone`: the messages are sent by the caller afterwards, by nobody meanwhile."""
        self._store = store
        self._path = path
        self._own_secrets = own_secrets
        self._alone = alone

    def keep(self, done: Triage, call: Call, said: Exchange) -> None:
        """Store the end of a question, in one transaction, and let go what waited for it.

        Raises:
            StoreFailed: nothing of it is stored.
        """
        waiting = holds.of(self._store, done.incident)
        run = said.run_id or next((each.run_id for each in waiting), "")
        worded = self._worded(done)
        triages.finish(
            self._store,
            done,
            AskedCall(call=call, run_id=run, incident=done.incident, path=self._path),
            kept(replace(said, run_id=run), self._own_secrets),
            explanation=worded.explanation if worded else None,
            messages={each.row: _reworded(worded, each) for each in waiting} if worded else {},
            note=words_of(done, call),
            alone=self._alone,
        )

    def _worded(self, done: Triage) -> Incident | None:
        """The Incident in its new words; None when there are none, or its facts have changed."""
        if done.explanation is None:
            return None
        try:
            fresh = incidents.find(self._store, done.incident)
        except Usage:  # it is gone
            return None
        fits = fresh.standing and digest(fresh) == done.digest
        worded = done.explanation.beside(fresh.explanation)
        return replace(fresh, explanation=worded) if fits else None


def _reworded(worded: Incident, held: Held) -> Message:
    message = held.message
    return incident_message(
        worded,
        message.kind,
        message.revision,
        now=held.at,
        run_id=held.run_id,
        quiet=message.quiet,
    )
