"""What was said to models: kept per Run, forgotten in time, and never too much of it."""

from dataclasses import replace

from tests.builders import HOUR, NOW
from tests.store.builders import EXCHANGE, incident, save
from watchdog.domain.incident import Status
from watchdog.store import exchanges
from watchdog.store.engine import Store
from watchdog.store.retention import prune


def test_what_was_said_comes_back_as_it_was(store: Store) -> None:
    exchanges.keep(store, EXCHANGE)
    exchanges.keep(store, replace(EXCHANGE, run_id="r2", brief=None, cluster=None))

    assert exchanges.of_run(store, "r1") == (EXCHANGE,)
    assert exchanges.of_run(store, "r2")[0].brief is None
    assert exchanges.of_run(store, "r3") == ()


def test_what_is_old_goes_unless_its_incident_stands(store: Store) -> None:
    stands, over = incident("cart"), incident("web", Status.RESOLVED)
    save(store, stands, over)
    for each in (stands.id, over.id, ""):
        exchanges.keep(store, replace(EXCHANGE, incident=each))

    assert prune(store, before=NOW) == 0
    prune(store, before=NOW + HOUR)

    assert [each.incident for each in exchanges.of_run(store, "r1")] == [stands.id]


def test_the_oldest_go_when_there_is_too_much(store: Store) -> None:
    for number in range(5):
        exchanges.keep(store, replace(EXCHANGE, run_id=f"r{number}", answer="x" * 1000))

    assert exchanges.shrink(store, most_bytes=10**6) == 0
    assert exchanges.shrink(store, most_bytes=3500, batch=1) == 3

    assert [bool(exchanges.of_run(store, f"r{number}")) for number in range(5)] == [
        False,
        False,
        False,
        True,
        True,
    ]
