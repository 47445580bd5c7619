"""A question from its words to its answer: one look, the conversation, rows for each of its calls."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from watchdog.domain.asking import SHUT, Opinion, Tool
from watchdog.domain.exchange import Exchange
from watchdog.domain.incident import Incident
from watchdog.domain.model import CallOutcome, Reply, Turn
from watchdog.domain.ports import Cluster
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.soul import ClusterFacts, Toolbox, ToolPolicy
from watchdog.domain.triaged import AskedCall
from watchdog.logic.redact import clean, redact
from watchdog.logic.triage.cluster_facts import cluster_facts
from watchdog.logic.triage.evidence import evidence, standing
from watchdog.logic.triage.kinds import NEEDS
from watchdog.logic.triage.sanitize import sanitize
from watchdog.logic.triage.tools import allowed
from watchdog.logic.words.kept import kept
from watchdog.loops.ask import Asker, Wanted
from watchdog.loops.gate import Gate
from watchdog.loops.tools import Tools
from watchdog.store import exchanges, incidents
from watchdog.store.engine import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """What a person or a job asks."""

    question: str
    run_id: str
    models: tuple[str, ...]  # the chain, the chosen one first
    seconds: float
    soul: str = ""  # a slug; "" for the default one
    tools: tuple[str, ...] = ()  # that a job names; none: what the soul has on
    context: str = ""  # what other jobs found
    patient: bool = True  # a job waits while the way to the models is shut; a person tries it


@dataclass(frozen=True, slots=True, kw_only=True)
class Worded:
    """The texts in force, as far as a question needs them."""

    soul: str  # the slug
    policy: ToolPolicy
    turns: Callable[[Inquiry, ClusterFacts, Sequence[str], str, str], tuple[Turn, ...]]
    """inquiry, cluster, tools, delimiter, fenced data -> the first turns"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquired:
    """The answer, and the look at the cluster that it is about."""

    opinion: Opinion
    snapshot: Snapshot
    incidents: tuple[Incident, ...]


class Inquirer:
    """Answers questions. Nothing is written but the calls and what was said in them."""

    def __init__(
        self,
        cluster: Cluster,
        store: Store,
        *,
        asker: Asker,
        gate: Gate,
        worded: Callable[[str], Worded],
        deadline: float,
        own_secrets: tuple[str, ...],
    ) -> None:
        """`worded` gives the texts of a soul's slug; `deadline` is that of one turn, in seconds."""
        self._cluster = cluster
        self._store = store
        self._asker = asker
        self._gate = gate
        self._worded = worded
        self._deadline = deadline
        self._own_secrets = own_secrets

    async def ask(self, inquiry: Inquiry) -> Inquired:
        """Look and ask; each call is recorded as it comes.

        Raises:
            Transient, Permanent: the cluster cannot be read at all.
            StoreFailed: the records cannot be read or written.
        """
        inquiry = replace(inquiry, question=self._redacted(inquiry.question))
        snapshot = await self._cluster.snapshot(NEEDS)
        known = await asyncio.to_thread(incidents.known, self._store, snapshot.cluster)
        opinion = await self._shut(inquiry) or await self._asked(inquiry, snapshot, known.incidents)
        opinion = replace(opinion, text=self._redacted(opinion.text))
        return Inquired(opinion=opinion, snapshot=snapshot, incidents=known.incidents)

    async def _shut(self, inquiry: Inquiry) -> Opinion | None:
        """Why nobody is asked now."""
        passage = await asyncio.to_thread(self._gate.look)
        if passage.spent:
            why = f"no model was asked: {passage.spent}"
            return Opinion(text="", note=why, failed=CallOutcome.BUDGET.value)
        if passage.shut and inquiry.patient:
            return Opinion(text="", note=passage.shut, failed=SHUT)
        return None

    async def _asked(
        self, inquiry: Inquiry, snapshot: Snapshot, known: tuple[Incident, ...]
    ) -> Opinion:
        worded = await asyncio.to_thread(self._worded, inquiry.soul)
        box = allowed(worded.policy, inquiry.tools, tuple(Tool))
        data = self._data(inquiry, snapshot, known, box)
        facts = cluster_facts(snapshot, self._cluster.name)
        wanted = Wanted(
            question=inquiry.question,
            begin=lambda mark, fenced: worded.turns(
                inquiry, facts, sorted(box.allowed), mark, fenced
            ),
            models=inquiry.models,
            seconds=inquiry.seconds,
            deadline=self._deadline,
            data=data,
            more=lambda: self._more(inquiry, snapshot, box),
            heard=lambda reply, turns: asyncio.to_thread(
                self._keep, inquiry, worded.soul, reply, turns
            ),
        )
        tools = Tools(self._cluster, snapshot, known, box, self._own_secrets)
        return await self._asker.ask(wanted, tools)

    def _redacted(self, text: str) -> str:
        return redact(clean(text), self._own_secrets)

    def _keep(self, inquiry: Inquiry, soul: str, reply: Reply, turns: tuple[Turn, ...]) -> None:
        """Record one call at once: what comes after it may be cancelled."""
        call = reply.call
        said = Exchange(
            run_id=inquiry.run_id,
            purpose=call.purpose,
            at=call.at,
            turns=turns,
            answer=reply.text,
            requested=call.requested,
            served=call.served,
            soul=soul,
        )
        asked = AskedCall(call=call, run_id=inquiry.run_id, path=self._gate.path)
        exchanges.add(self._store, asked, kept(said, self._own_secrets))

    def _data(
        self, inquiry: Inquiry, snapshot: Snapshot, known: tuple[Incident, ...], box: Toolbox
    ) -> str:
        parts = [sanitize(inquiry.context, self._own_secrets)]
        if Tool.INCIDENTS in box.allowed:
            parts.append(standing(snapshot, known, self._own_secrets))
        return "\n".join(part for part in parts if part)

    def _more(self, inquiry: Inquiry, snapshot: Snapshot, box: Toolbox) -> str:
        return (
            evidence(inquiry.question, snapshot, self._own_secrets)
            if Tool.GET in box.allowed
            else ""
        )
