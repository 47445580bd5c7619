"""A Run of the daemon's own parts behind the real proxy, which is restarted under its hands."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import snapshot
from tests.clock import FakeClock
from tests.doubles.upstream import Upstream, hangs, says
from tests.litellm.proxy import Proxy, backend
from tests.store.builders import CLUSTER, incident, message, run_row, save
from watchdog.app.models import ModelPath, model_path
from watchdog.config.settings import load_settings
from watchdog.config.souls import read_texts
from watchdog.domain.evidence import Evidence
from watchdog.domain.incident import Incident, Status
from watchdog.domain.model import Call, CallOutcome
from watchdog.logic.incident.own_faults import MODEL_PATH_DOWN
from watchdog.loops.own_state import SELF, OwnState
from watchdog.store import calls, identity, incidents, outbox
from watchdog.store.engine import Store, open_store

ANSWER = json.dumps(
    {
        "claims": ["The disk is full [E1]."],
        "priority": "now",
        "confidence": 0.8,
        "veto": False,
        "veto_reason": "",
        "unexplained": "",
    }
)


class _Nobody:
    """Implements `loops.triager.QuestionRecorder`."""

    def asked(self, call: Call, *, dropped: int) -> None:
        return


class Daemon:
    """The part of it that asks, before the proxy."""

    def __init__(self, store: Store, home: Path, proxy: Proxy) -> None:
        self.store, self.clock, self.runs = store, FakeClock(), 0
        environ = {
            "OPENAI_BASE_URL": proxy.url,
            "OPENAI_API_KEY": "sk-good",
            "WATCHDOG_LLM__MODEL": "first",
            "WATCHDOG_LLM__FALLBACKS": "second",
        }
        texts = read_texts(home)
        self.path: ModelPath = model_path(
            load_settings(config=None, home=home, environ=environ),
            store,
            self.clock,
            cluster="home",
            namespace="own",
            own=OwnState(store, self.clock, ("log",)),
            texts=lambda: texts,
            recorder=_Nobody(),
            released=lambda: None,
            alone=False,
        )
        identity.claim_cluster(store, CLUSTER, "home", self.clock.now())
        self.path.explaining.saw(snapshot())

    def opened(self, *names: str) -> None:
        """A Run that opens Incidents, whose messages wait for the words of a model."""
        found = [_incident(name) for name in names]
        holding = self.path.explaining.holding(found, wait=None, at=self.clock.now())
        self.runs += 1
        run = run_row(f"run-{self.runs}", started_at=self.clock.now())
        run = replace(run, finished_at=self.clock.now())
        told = [("log", message(thread=each.id)) for each in found]
        save(self.store, *found, run=run, messages=told, holding=holding)

    async def respond(self) -> None:
        await self.path.triager.respond()

    @property
    def due(self) -> int:
        """How many messages may go now."""
        return len(outbox.due(self.store, self.clock.now()))

    def outcomes(self, run: str) -> list[CallOutcome]:
        return [each.call.outcome for each in calls.of_run(self.store, run)][::-1]

    def own_faults(self) -> list[tuple[str, Status]]:
        found = [each for each in incidents.select(self.store) if each.check == SELF]
        return [(each.reason, each.status) for each in found]


def _incident(name: str) -> Incident:
    base = incident(name)
    fact = Evidence(kind="log", ref=base.subjects[0], text="the disk is full")
    return replace(base, evidence=(fact,), title=f"{name} crashes")


@pytest.fixture
async def daemon(proxy: Proxy, tmp_path: Path) -> AsyncIterator[Daemon]:
    store = open_store("", home=tmp_path)
    made = Daemon(store, tmp_path, proxy)
    yield made
    await made.path.chain.close()
    store.close()


async def test_an_incident_is_explained_through_the_proxy(behind: Upstream, daemon: Daemon) -> None:
    behind.script(backend("first"), says(ANSWER))
    daemon.opened("cart")

    await daemon.respond()

    [found] = incidents.select(daemon.store)
    assert (found.explanation.source, found.explanation.text) == ("llm", "The disk is full.")
    assert daemon.due == 1


async def test_a_proxy_that_restarts_in_a_run_costs_words_and_no_message_and_its_return_is_told(
    proxy: Proxy, behind: Upstream, daemon: Daemon
) -> None:
    behind.script(backend("first"), hangs(), says(ANSWER))
    daemon.opened("cart", "shop")
    assert daemon.due == 0
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(daemon.respond())
        await behind.wait_asked(1)
        proxy.stop()

    assert daemon.outcomes("run-1") == [CallOutcome.NO_ANSWER] * 2
    assert daemon.own_faults() == [(MODEL_PATH_DOWN, Status.OPEN)]
    assert daemon.due == 3  # both in the rules' words, and what is said of the way

    proxy.start()
    daemon.clock.advance(timedelta(minutes=1))
    daemon.opened("blog")
    await daemon.respond()

    assert daemon.outcomes("run-2") == [CallOutcome.ANSWERED]
    assert daemon.own_faults() == [(MODEL_PATH_DOWN, Status.RESOLVED)]
