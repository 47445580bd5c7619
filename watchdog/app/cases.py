"""What a model says about the causes that the rules named in a recorded cluster."""

import secrets
from dataclasses import dataclass

from watchdog.app.counted_questions import CountedQuestions
from watchdog.app.models import brief_tokens
from watchdog.app.rule_evaluation import Looked
from watchdog.config.effective import secrets as own_secrets
from watchdog.config.settings import Settings
from watchdog.config.souls import Texts
from watchdog.domain.case import Cause
from watchdog.domain.incident import Incident
from watchdog.domain.model import Call, CallOutcome
from watchdog.llm.answer import answer_of
from watchdog.llm.prompts import Prompts
from watchdog.logic.bench.cases import has_fact
from watchdog.logic.triage.answer import SCHEMA, check
from watchdog.logic.triage.brief import brief
from watchdog.logic.triage.cluster_facts import cluster_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was left of a model's answer about one cause."""

    named: bool  # its own sentences have the fact that decides
    dropped: int  # sentences that did not stand: uncited, or about what was never told
    call: Call


async def tell(
    questions: CountedQuestions, model: str, looked: Looked, settings: Settings, texts: Texts
) -> tuple[Told, ...]:
    """Ask a model once about each cause that the rules named, in the words of an alarm.

    Raises:
        Unanswered: going on is useless.
    """
    named = [(cause, each) for cause, each in looked.found.named if each is not None]
    return tuple(
        [
            await _one(questions, model, cause, each, looked, settings, texts)
            for cause, each in named
        ]
    )


async def _one(
    questions: CountedQuestions,
    model: str,
    cause: Cause,
    incident: Incident,
    looked: Looked,
    settings: Settings,
    texts: Texts,
) -> Told:
    told = brief(
        incident, limit_tokens=brief_tokens(settings.llm), own_secrets=own_secrets(settings)
    )
    facts = cluster_facts(looked.snapshot, looked.case.name)
    turns = Prompts(texts).triage(told, facts, secrets.token_hex(16))
    reply = await questions.ask(model, turns, purpose="triage", schema=SCHEMA)
    if reply.call.outcome is not CallOutcome.ANSWERED:
        return Told(named=False, dropped=0, call=reply.call)
    checked = check(answer_of(reply.text), told)
    words = checked.explanation.text if checked.explanation else ""
    return Told(named=has_fact(words, cause), dropped=checked.dropped, call=reply.call)
