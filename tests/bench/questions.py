"""The incidents of a recorded cluster put to a model, as the daemon would: what is asked and kept."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.clock import FakeClock
from tests.doubles.upstream import Behaviour, upstream
from tests.properties.recorded import NAMES, incidents, recorded
from tests.store.builders import run_row, save
from watchdog.app.models import ModelPath, model_path
from watchdog.config.settings import load_settings
from watchdog.config.souls import read_texts
from watchdog.domain.incident import Incident
from watchdog.domain.model import Call
from watchdog.domain.notification import Notification, NotificationKind
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.words.render import incident_message
from watchdog.loops.own_state import OwnState
from watchdog.store import identity, outbox
from watchdog.store import incidents as stored
from watchdog.store.engine import Store, open_store

MODEL = "scripted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one recorded cluster came to."""

    before: tuple[Incident, ...]  # as its Run found them
    after: tuple[Incident, ...]  # once models were asked
    messages: tuple[Notification, ...]  # of the new ones, as they go out
    calls: tuple[Call, ...]  # questions
    requests: int  # that the model's host has seen

    @property
    def new(self) -> int:
        """How many Incidents people are told of."""
        return len(self.messages)


async def asked(name: str, behaviour: Behaviour) -> Asked:
    """Store what all checks find in a recorded cluster, and ask about it until nothing is due."""
    look = recorded(name)
    found = incidents(look)
    with TemporaryDirectory() as folder:
        store = open_store("", home=Path(folder))
        try:
            async with upstream() as server:
                server.script(MODEL, behaviour)
                calls = await _respond(store, Path(folder), server.url, look, found)
            kept = stored.known(store, look.cluster).incidents
            rows = tuple(outbox.reread(store, range(1, 100)))
        finally:
            store.close()
    return Asked(
        before=found, after=kept, messages=rows, calls=tuple(calls), requests=len(server.seen)
    )


async def _respond(
    store: Store, home: Path, url: str, look: Snapshot, found: Sequence[Incident]
) -> Sequence[Call]:
    clock = FakeClock()
    calls: list[Call] = []
    path = _path(store, clock, home, url, calls)
    identity.claim_cluster(store, look.cluster, "bench", clock.now())
    path.explaining.saw(look)
    told = [each for each in found if each.standing and each.severity.needs_human]
    messages = [
        ("log", incident_message(each, NotificationKind.OPENED, 1, now=look.taken_at))
        for each in told
    ]
    holding = path.explaining.holding(found, wait=None, at=clock.now())
    save(store, *found, run=run_row(cluster=look.cluster), messages=messages, holding=holding)
    try:
        for _ in range(3):  # once more, and after a pause: what was asked is not asked again
            await path.triager.respond(run_id="r1", seconds=None)
            clock.advance(timedelta(minutes=40))
    finally:
        await path.chain.close()
    return calls


def _path(store: Store, clock: FakeClock, home: Path, url: str, calls: list[Call]) -> ModelPath:
    environ = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "k", "WATCHDOG_LLM__MODEL": MODEL}
    texts = read_texts(home)
    return model_path(
        load_settings(config=None, home=home, environ=environ),
        store,
        clock,
        cluster="bench",
        namespace="own",
        own=OwnState(store, clock, ("log",)),
        texts=lambda: texts,
        recorder=_Noted(calls),
        released=lambda: None,
        alone=True,
    )


class _Noted:
    """Implements `loops.triager.QuestionRecorder`."""

    def __init__(self, calls: list[Call]) -> None:
        self._calls = calls

    def asked(self, call: Call, *, dropped: int) -> None:
        self._calls.append(call)


def of_all(behaviour: Behaviour) -> tuple[Asked, ...]:
    """Every recorded cluster, one after the other, before the same model."""

    async def drive() -> tuple[Asked, ...]:
        return tuple([await asked(name, behaviour) for name in NAMES])

    return asyncio.run(drive())
