"""The model path, put together: only where an address and a model are set, and only then loaded."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from zoneinfo import ZoneInfo

from watchdog.config.effective import secrets as own_secrets
from watchdog.config.sections import LlmSettings
from watchdog.config.settings import Settings
from watchdog.config.souls import Texts
from watchdog.domain.model import Turn
from watchdog.domain.ports import Clock
from watchdog.domain.soul import ClusterFacts
from watchdog.domain.triage import Brief, Checked
from watchdog.llm import step
from watchdog.llm.answer import answer_of, complaint
from watchdog.llm.chain import Chain, Words, again
from watchdog.llm.chat import Chat
from watchdog.llm.prompts import Prompts
from watchdog.logic.triage.answer import SCHEMA, check
from watchdog.logic.triage.budget import Limits
from watchdog.loops.explaining import Explaining
from watchdog.loops.finished_run import Ran
from watchdog.loops.gate import Gate
from watchdog.loops.own_state import OwnState
from watchdog.loops.path_state import PathState
from watchdog.loops.settling import settled
from watchdog.loops.triager import QuestionRecorder, Setting, Triager
from watchdog.store.engine import Store

ANSWER_TOKENS = 1200
_SYSTEM_TOKENS = 1400  # the soul, the rules and the schema in words
_LONGEST_BRIEF = 6000


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPath:
    """What knows whom to ask, what asks, and whom it asks."""

    explaining: Explaining
    triager: Triager
    chain: Chain
    gate: Gate
    state: PathState
    store: Store
    texts: Callable[[], Texts]  # the souls and prompts in force

    async def about(self, ran: Ran, seconds: float) -> Ran:
        """Ask about what a Run found, for so many seconds; return the Run as it is then.

        Raises:
            StoreFailed: the records cannot be read or written.
        """
        said = await self.triager.respond(run_id=ran.result.run_id, seconds=seconds)
        return await asyncio.to_thread(settled, self.store, ran, said)


def model_path(
    settings: Settings,
    store: Store,
    clock: Clock,
    *,
    cluster: str,
    namespace: str,
    own: OwnState,
    texts: Callable[[], Texts],
    recorder: QuestionRecorder,
    released: Callable[[], None],
    alone: bool,
) -> ModelPath:
    """Build it; nothing is sent yet.

    `texts` are the souls and prompts in force, `released` hears when messages may go, `alone` says
    that nobody sends them meanwhile.
    """
    llm = settings.llm
    gate = gate_of(settings, store, clock)
    explaining = Explaining(
        store, clock, gate, cluster=cluster, hold=llm.deadline, most=llm.max_triages
    )
    chain = chain_of(settings, clock, repair=lambda wrong: Prompts(texts()).repair(wrong))
    state = PathState(store, clock, own, namespace=namespace, models=llm.chain)
    triager = Triager(
        store,
        clock,
        model=chain,
        turns=_turns(texts),
        read=_read,
        explaining=explaining,
        gate=gate,
        state=state,
        setting=Setting(
            models=llm.chain,
            deadline=llm.deadline,
            schema=SCHEMA,
            limit_tokens=brief_tokens(llm),
            own_secrets=own_secrets(settings),
            alone=alone,
        ),
        recorder=recorder,
        released=released,
    )
    return ModelPath(
        explaining=explaining,
        triager=triager,
        chain=chain,
        gate=gate,
        state=state,
        store=store,
        texts=texts,
    )


def gate_of(settings: Settings, store: Store, clock: Clock) -> Gate:
    """Return what knows whether somebody may be asked now."""
    llm = settings.llm
    return Gate(
        store,
        clock,
        limits=Limits(
            usd=llm.daily_budget_usd,
            tokens=llm.daily_budget_tokens,
            assumed=llm.context_tokens + ANSWER_TOKENS,
        ),
        zone=ZoneInfo(settings.timezone),
        path=_digest(llm),
        models=llm.chain,
    )


def chain_of(
    settings: Settings, clock: Clock, chat: type[Chat] = Chat, repair: Words = again
) -> Chain:
    """Return the models behind the proxy of the settings."""
    llm = settings.llm
    key = llm.api_key.get_secret_value()
    door = chat(llm.base_url, key, read_timeout=llm.read_timeout.total_seconds())
    return Chain(
        door,
        clock,
        usable={"triage": complaint, "ask": step.complaint},
        prices=llm.prices,
        repair=repair,
    )


def longest_prompt(llm: LlmSettings) -> int:
    """The tokens of a question about an Incident with as much evidence as is told."""
    return brief_tokens(llm) + _SYSTEM_TOKENS


def brief_tokens(llm: LlmSettings) -> int:
    """How much of the smallest context is left for the data of a question."""
    return min(_LONGEST_BRIEF, llm.context_tokens - ANSWER_TOKENS - _SYSTEM_TOKENS)


def _turns(
    texts: Callable[[], Texts],
) -> Callable[[Brief, ClusterFacts, str], tuple[Turn, ...]]:
    """Word a question with what is in force then, and with a mark of its own."""

    def turns(told: Brief, cluster: ClusterFacts, soul: str) -> tuple[Turn, ...]:
        return Prompts(texts()).triage(told, cluster, secrets.token_hex(16), soul=soul)

    return turns


def _read(text: str, told: Brief) -> Checked:
    return check(answer_of(text), told)


def _digest(llm: LlmSettings) -> str:
    """Stands for address, key and chain in the records; nobody gets from it to the key."""
    parts = (llm.base_url, llm.api_key.get_secret_value(), *llm.chain)
    return sha256("\n".join(parts).encode()).hexdigest()[:8]
