"""path_state: what people are told of the way to the models, and how often."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from tests.clock import FakeClock
from tests.store.builders import CLUSTER, call_of
from watchdog.domain.incident import Incident, Status
from watchdog.domain.model import Call, CallOutcome
from watchdog.domain.notification import Notification, NotificationKind
from watchdog.logic.incident.own_faults import MODEL_PATH_DOWN
from watchdog.loops.own_state import OwnState
from watchdog.loops.path_state import PathState
from watchdog.store import identity, incidents, outbox
from watchdog.store.engine import Store, open_store

HOUR = timedelta(hours=1)
GOOD = call_of(requested="small", served="small").call
LOST = replace(GOOD, outcome=CallOutcome.NO_ANSWER, served="", error="small: 503")
REFUSED = replace(GOOD, outcome=CallOutcome.REFUSED_KEY, served="", error="small: 401 blocked")
SAID, OVER = NotificationKind.SELF, NotificationKind.RESOLVED


class Way:
    """A PathState with a store, a clock, and two targets."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = FakeClock()
        identity.claim_cluster(store, CLUSTER, "stage", self.clock.now())
        own = OwnState(store, self.clock, ["console", "discord"])
        self.state = PathState(store, self.clock, own, namespace="own", models=("small", "big"))

    async def judge(self, *calls: Call) -> list[tuple[str, NotificationKind]]:
        return told(await self.state.judge(calls))

    def standing(self) -> list[Incident]:
        return [each for each in incidents.select(self.store) if each.status is Status.OPEN]


def told(rows: tuple[Notification, ...]) -> list[tuple[str, NotificationKind]]:
    return [(each.target, each.message.kind) for each in rows]


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Way]:
    store = open_store("", home=tmp_path)
    yield Way(store)
    store.close()


async def test_nothing_is_said_before_the_first_question(path: Way) -> None:
    assert await path.judge() == []


async def test_one_failure_is_worth_no_message(path: Way) -> None:
    assert await path.judge(LOST, GOOD) == []


async def test_two_failures_in_a_row_are_told_to_everybody_once(path: Way) -> None:
    assert await path.judge(LOST, LOST) == [("console", SAID), ("discord", SAID)]
    assert await path.judge(LOST, LOST, LOST) == []

    [found] = path.standing()
    assert (found.reason, found.subjects[0].namespace) == (MODEL_PATH_DOWN, "own")
    assert (
        "small: 503. Asked in this order, but for jobs that name others: small, big."
        in found.explanation.text
    )


async def test_a_refused_key_is_told_at_once(path: Way) -> None:
    assert len(await path.judge(REFUSED)) == 2


async def test_a_job_that_waits_tells_of_it_at_once(path: Way) -> None:
    assert told(await path.state.is_down("no model answered: small: 503"))[0] == ("console", SAID)


async def test_the_next_good_answer_ends_it(path: Way) -> None:
    await path.judge(LOST, LOST)

    assert await path.judge(GOOD, LOST, LOST) == [("console", OVER), ("discord", OVER)]
    assert path.standing() == []


async def test_a_failure_that_is_not_yet_worth_a_message_ends_nothing(path: Way) -> None:
    await path.judge(REFUSED)

    assert await path.judge(LOST) == []
    assert len(path.standing()) == 1


async def test_what_breaks_again_is_told_again_a_day_later(path: Way) -> None:
    for hours, said in ((0, 2), (1, 0), (25, 2)):
        path.clock.advance(hours * HOUR)
        assert len(await path.judge(LOST, LOST)) == said
        await path.judge(GOOD)


async def test_a_spent_budget_is_told_once_a_day(path: Way) -> None:
    first = await path.state.spent("2026-11-20", "9000 of 8000 tokens a day are spent")
    again = await path.state.spent("2026-11-20", "9100 of 8000 tokens a day are spent")
    next_day = await path.state.spent("2026-11-21", "8100 of 8000 tokens a day are spent")

    assert told(first) == [("console", SAID), ("discord", SAID)]
    assert (told(again), len(next_day)) == ([], 2)
    [row, _] = outbox.reread(path.store, [each.id for each in first])
    assert row.message.text.startswith("9000 of 8000 tokens a day are spent.")
    assert path.standing() == []


def test_a_model_that_was_passed_over_is_logged_once_a_day(path: Way) -> None:
    warned = replace(GOOD, warnings=("big: 404", "small: it reads only a part of a question"))
    with structlog.testing.capture_logs() as lines:
        for day in ("2026-11-20", "2026-11-20", "2026-11-21"):
            path.state.warn(warned, day)

    assert [each["warning"] for each in lines] == [*warned.warnings, *warned.warnings]
