"""Carries out what a model asks for on its way to an answer. Nothing here writes anything."""

from collections.abc import Collection, Sequence

from watchdog.domain.asking import Reading, Step
from watchdog.domain.evidence import LogQuery
from watchdog.domain.incident import Incident
from watchdog.domain.objects import metav1
from watchdog.domain.ports import Cluster
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.soul import Toolbox
from watchdog.logic.triage.kinds import Unread
from watchdog.logic.triage.rows import event_rows
from watchdog.logic.triage.sanitize import sanitize
from watchdog.logic.triage.steps import EventsOf, canonical, wanted
from watchdog.logic.triage.tokens import trim

RESULT_TOKENS = 1000


class Tools:
    """The tools of one question over one look at the cluster."""

    def __init__(
        self,
        cluster: Cluster,
        snapshot: Snapshot,
        incidents: Sequence[Incident],
        tools: Toolbox,
        own_secrets: Collection[str] = (),
    ) -> None:
        """`incidents` are those that watchdog knows of; `own_secrets` never leave."""
        self._own_secrets = own_secrets
        self._cluster = cluster
        self._snapshot = snapshot
        self._incidents = incidents
        self._tools = tools

    async def take(self, step: Step) -> Reading:
        """Carry out one Step. Its text is redacted and bounded, and no order to the reader."""
        found = wanted(step, self._snapshot, self._incidents, self._tools)
        if isinstance(found, LogQuery):
            found = await self._log(found)
        elif isinstance(found, EventsOf):
            found = await self._events(found.item)
        failed = isinstance(found, Unread)
        text = found.text if isinstance(found, Unread) else found
        told = trim(sanitize(text, self._own_secrets), RESULT_TOKENS, end=step.tool == "logs")
        return Reading(
            what=sanitize(canonical(step), self._own_secrets)[:200], text=told, ok=not failed
        )

    async def _log(self, query: LogQuery) -> str | Unread:
        log = (await self._cluster.logs([query]))[query]
        if log.unread:
            return Unread(f"the log could not be read: {log.unread}")
        return log.text or "the log is empty"

    async def _events(self, item: metav1.Object) -> str | Unread:
        """Warnings stand in the look itself; the Normal ones are asked for."""
        if not self._snapshot.has("events"):
            return Unread("events could not be read")
        normal = (await self._cluster.events([item.ref])).get(item.ref, ())
        return event_rows((*self._snapshot.events_of(item), *normal), self._snapshot.taken_at)
