"""own_state: what watchdog says of itself is said at once, once, and taken back at once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.clock import FakeClock
from tests.doubles.messages import message
from tests.store.builders import EXCHANGE
from watchdog.domain.incident import Status
from watchdog.domain.notification import NotificationKind
from watchdog.logic.incident.own_faults import CONFIG_INVALID, config_invalid
from watchdog.loops.own_state import OwnState
from watchdog.loops.upkeep import Upkeep
from watchdog.metrics import Metrics
from watchdog.store import exchanges, incidents, ledger, outbox
from watchdog.store.engine import Store, open_store

LATE = timedelta(minutes=11)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("", home=tmp_path)
    yield opened
    opened.close()


def said(store: Store, clock: FakeClock) -> list[NotificationKind]:
    rows = outbox.reread(store, range(1, 100))
    return [row.message.kind for row in rows]


async def test_a_bad_edit_is_said_once_and_closed_by_the_repair(store: Store) -> None:
    clock = FakeClock()
    own = OwnState(store, clock, ["console"])
    finding = config_invalid("own", what="jobs.json", error="line 3", hint="", now=clock.now())

    await own.stands(finding)
    await own.stands(finding)
    await own.is_over(CONFIG_INVALID)

    assert said(store, clock) == [NotificationKind.SELF, NotificationKind.RESOLVED]
    [incident] = incidents.select(store)
    assert incident.status is Status.RESOLVED


async def test_what_goes_on_unchanged_is_no_new_row_of_the_ledger(store: Store) -> None:
    clock = FakeClock()
    own = OwnState(store, clock, ["console"])
    for error in ("line 3", "line 3", "line 3"):
        await own.stands(
            config_invalid("own", what="jobs.json", error=error, hint="", now=clock.now())
        )
        clock.advance(timedelta(seconds=30))

    assert len(ledger.recent(store)) == 1


async def test_the_end_of_nothing_is_nothing(store: Store) -> None:
    clock = FakeClock()

    await OwnState(store, clock, ["console"]).is_over(CONFIG_INVALID)

    assert said(store, clock) == []


def upkeep(store: Store, clock: FakeClock, metrics: Metrics) -> Upkeep:
    return Upkeep(
        store=store,
        clock=clock,
        own=OwnState(store, clock, ["jsonl", "discord"]),
        metrics=metrics,
        namespace="own",
        retention=timedelta(days=90),
        exchanges_limit=10**6,
        overdue_after=timedelta(minutes=10),
    )


async def test_a_message_that_waits_too_long_is_an_incident_until_it_arrives(store: Store) -> None:
    clock, metrics = FakeClock(), Metrics()
    [row] = outbox.enqueue(store, [("discord", message())], clock.now())
    care = upkeep(store, clock, metrics)
    clock.advance(LATE)

    await care.turn()
    late = [each.reason for each in incidents.select(store, statuses=[Status.OPEN])]
    outbox.delivered(store, row, receipt="1", now=clock.now())
    await care.turn()

    assert late == ["DeliveryFailing"]
    assert incidents.select(store, statuses=[Status.OPEN]) == ()


async def test_a_refused_message_is_an_incident(store: Store) -> None:
    clock = FakeClock()
    [row] = outbox.enqueue(store, [("discord", message())], clock.now())
    outbox.failed(store, row, error="401", next_try_at=None)

    await upkeep(store, clock, Metrics()).turn()

    assert [each.reason for each in incidents.select(store)] == ["DeliveryFailing"]


async def test_a_target_that_refuses_everything_is_told_of_once(store: Store) -> None:
    clock = FakeClock()
    care = upkeep(store, clock, Metrics())
    outbox.enqueue(store, [("jsonl", message())], clock.now())
    for _ in range(6):
        for row in outbox.due(store, clock.now()):
            outbox.failed(store, row, error="404", next_try_at=None)
        await care.turn()
        clock.advance(timedelta(minutes=40))

    assert len(incidents.select(store)) == 1


async def test_a_refusal_is_an_incident_until_its_target_takes_another_message(
    store: Store,
) -> None:
    clock, metrics = FakeClock(), Metrics()
    care = upkeep(store, clock, metrics)
    [row] = outbox.enqueue(store, [("discord:1", message())], clock.now())
    outbox.failed(store, row, error="400", next_try_at=None)
    await care.turn()
    for said in outbox.due(store, clock.now()):
        outbox.delivered(store, said, receipt="1", now=clock.now())
    clock.advance(timedelta(hours=9))
    await care.turn()
    later = [each.status for each in incidents.select(store)]

    [other] = outbox.enqueue(store, [("discord:1", message())], clock.now())
    outbox.delivered(store, other, receipt="2", now=clock.now())
    await care.turn()

    assert later == [Status.OPEN]
    assert [each.status for each in incidents.select(store)] == [Status.RESOLVED]


async def test_what_a_notifier_refused_that_is_not_set_up_any_more_is_no_incident(
    store: Store,
) -> None:
    clock = FakeClock()
    [row] = outbox.enqueue(store, [("pager", message())], clock.now())
    outbox.failed(store, row, error="404", next_try_at=None)

    await upkeep(store, clock, Metrics()).turn()

    assert incidents.select(store) == ()


async def test_the_outbox_is_measured(store: Store) -> None:
    clock, metrics = FakeClock(), Metrics()
    outbox.enqueue(store, [("discord", message())], clock.now())
    clock.advance(timedelta(minutes=1))

    await upkeep(store, clock, metrics).turn()

    assert metrics.registry.get_sample_value("watchdog_outbox_messages") == 1
    assert metrics.registry.get_sample_value("watchdog_outbox_oldest_age_seconds") == 60


async def test_the_oldest_answers_go_when_there_are_too_many(store: Store) -> None:
    for run_id in ("r1", "r2"):
        exchanges.keep(store, replace(EXCHANGE, run_id=run_id, answer="x" * 600_000))

    await upkeep(store, FakeClock(), Metrics()).turn()

    kept = [run_id for run_id in ("r1", "r2") if exchanges.of_run(store, run_id)]
    assert kept == ["r2"]
