"""`scan --explain`: a model's words for what one look has found; nothing of it is kept."""

import secrets
from collections.abc import Iterator
from dataclasses import replace

from watchdog.app.models import brief_tokens, chain_of
from watchdog.config.effective import secrets as own_secrets
from watchdog.config.settings import Settings
from watchdog.config.souls import read_texts
from watchdog.domain.incident import Incident
from watchdog.domain.model import Call, CallOutcome, Question, Turn
from watchdog.domain.ports import Clock, Model
from watchdog.domain.run import RunResult
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.triage import Brief
from watchdog.domain.triaged import AskedCall
from watchdog.llm.answer import answer_of
from watchdog.llm.prompts import Prompts
from watchdog.logic.triage.answer import SCHEMA, check
from watchdog.logic.triage.brief import brief
from watchdog.logic.triage.cluster_facts import cluster_facts
from watchdog.loops.settling import spent_of


def questions(
    settings: Settings, result: RunResult, snapshot: Snapshot
) -> Iterator[tuple[Incident, Brief, tuple[Turn, ...]]]:
    """What would be sent: of each open incident that needs a human, the worst first, at most
    `llm.max_triages` of them."""
    prompts = Prompts(read_texts(settings.home))
    facts = cluster_facts(snapshot, result.cluster)
    ripe = [each for each in result.incidents if each.standing and each.severity.needs_human]
    ripe.sort(key=lambda each: -each.severity.rank)
    for incident in ripe[: settings.llm.max_triages]:
        told = brief(
            incident,
            limit_tokens=brief_tokens(settings.llm),
            own_secrets=own_secrets(settings),
        )
        yield incident, told, prompts.triage(told, facts, secrets.token_hex(16))


async def explained(
    settings: Settings, clock: Clock, result: RunResult, snapshot: Snapshot
) -> tuple[RunResult, tuple[Call, ...]]:
    """Ask one question for each; return the result in the models' words, and the calls.

    Where no answer stood the rules' words stay.
    """
    chain = chain_of(settings, clock)
    calls: list[Call] = []
    worded: dict[str, Incident] = {}
    try:
        for incident, told, turns in questions(settings, result, snapshot):
            call, better = await _asked(chain, settings, incident, told, turns)
            calls.append(call)
            worded[incident.fingerprint] = better
    finally:
        await chain.close()
    incidents = tuple(worded.get(each.fingerprint, each) for each in result.incidents)
    spent = spent_of([AskedCall(call=call) for call in calls[::-1]])
    return replace(result, incidents=incidents, spent=spent), tuple(calls)


async def _asked(
    model: Model, settings: Settings, incident: Incident, told: Brief, turns: tuple[Turn, ...]
) -> tuple[Call, Incident]:
    reply = await model.ask(
        Question(
            purpose="triage",
            turns=turns,
            models=settings.llm.chain,
            deadline=settings.llm.deadline.total_seconds(),
            schema=SCHEMA,
        )
    )
    if reply.call.outcome is not CallOutcome.ANSWERED:
        return reply.call, incident
    found = check(answer_of(reply.text), told).explanation
    if found is None:
        return reply.call, incident
    return reply.call, replace(incident, explanation=found.beside(incident.explanation))
