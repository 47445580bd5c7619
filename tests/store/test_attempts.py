"""attempts: the intent before the call, once; the result after it; what was seen since."""

from dataclasses import replace
from threading import Barrier, Thread

from tests.builders import HOUR, MINUTE, NOW
from tests.logic.decision.planned import ask, attempt, seen
from tests.store.builders import CLUSTER
from watchdog.domain.attempt import Answer, Result, Verified
from watchdog.domain.ports import Done
from watchdog.store import approvals, attempts, identity, journal
from watchdog.store.engine import Store, open_store

INTENT = attempt(cluster=CLUSTER, result=Result.INTENDED)
OTHER = replace(INTENT, id="other-a", incident="other")
DONE = Done(result=Result.APPLIED, text="HTTP 201")


def lines(store: Store) -> list[str]:
    return [f"{each.kind}: {each.text}" for each in journal.entries(store, INTENT.incident)]


def test_an_intent_is_written_as_it_is(store: Store) -> None:
    assert attempts.begin(store, INTENT) == ""

    assert attempts.of(store, [INTENT.incident]) == (INTENT,)
    assert lines(store) == [f"attempt: {INTENT.id} k8s:restart:Deployment/shop/api"]


def test_the_same_attempt_is_not_made_twice(store: Store) -> None:
    attempts.begin(store, INTENT)
    attempts.looked(store, replace(INTENT, verified=Verified.RECOVERED, verified_at=NOW))

    assert "was made before" in attempts.begin(store, INTENT)


def test_one_is_in_flight_at_a_time(store: Store) -> None:
    attempts.begin(store, INTENT)

    assert "is not verified yet" in attempts.begin(store, OTHER)
    assert attempts.of(store, ["other"]) == ()


def test_a_yes_is_used_up_with_the_intent_or_not_at_all(store: Store) -> None:
    yes = ask(incident=INTENT.incident, answer=Answer.APPROVED, by="ann")
    approvals.ask(store, yes)
    attempts.begin(store, OTHER)

    assert attempts.begin(store, INTENT, yes)
    assert approvals.of(store, [INTENT.incident]) == (yes,)

    attempts.looked(store, replace(OTHER, verified=Verified.RECOVERED, verified_at=NOW))
    assert attempts.begin(store, INTENT, yes) == ""
    [used] = approvals.of(store, [INTENT.incident])
    assert (used.answer, used.by) == (Answer.CARRIED_OUT, "ann")


def test_a_yes_that_is_settled_starts_nothing(store: Store) -> None:
    yes = ask(incident=INTENT.incident, answer=Answer.APPROVED)
    approvals.ask(store, replace(yes, answer=Answer.EXPIRED))

    assert attempts.begin(store, INTENT, yes) == "k-1 was settled meanwhile"
    assert attempts.of(store, [INTENT.incident]) == ()


def test_two_processes_cannot_both_start(url: str, store: Store, tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    identity.claim_cluster(store, CLUSTER, "home", NOW)
    second = open_store(url, home=tmp_path_factory.mktemp("b")) if url else store
    gate, said = Barrier(2), []

    def start(own: Store, intent: object) -> None:
        gate.wait()
        said.append(attempts.begin(own, intent))  # type: ignore[arg-type]

    threads = [Thread(target=start, args=each) for each in ((store, INTENT), (second, OTHER))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if url:
        second.close()

    assert sorted(map(bool, said)) == [False, True]


def test_a_result_is_written_once(store: Store) -> None:
    attempts.begin(store, INTENT)

    attempts.finish(store, INTENT, DONE, NOW + MINUTE)
    attempts.finish(store, INTENT, Done(result=Result.UNKNOWN, text="late"), NOW + HOUR)

    [found] = attempts.of(store, [INTENT.incident])
    assert (found.result, found.text, found.result_at) == (Result.APPLIED, "HTTP 201", NOW + MINUTE)
    assert lines(store)[1:] == [f"result: {INTENT.id} applied: HTTP 201"]


def test_a_result_without_words_is_a_result(store: Store) -> None:
    attempts.begin(store, INTENT)

    attempts.finish(store, INTENT, Done(result=Result.APPLIED, text=""), NOW)

    assert lines(store)[1:] == [f"result: {INTENT.id} applied"]


def test_looks_are_kept_until_the_end_which_is_written_once(store: Store) -> None:
    attempts.begin(store, INTENT)
    once = replace(INTENT, looks=(seen(MINUTE),))
    end = replace(
        once, verified=Verified.NOT_RECOVERED, verified_at=NOW + HOUR, reasons=("it is worse",)
    )

    attempts.looked(store, once)
    attempts.looked(store, end)
    attempts.looked(store, replace(end, verified=Verified.RECOVERED))

    [found] = attempts.of(store, [INTENT.incident])
    assert (found.looks, found.verified, found.reasons) == (
        end.looks,
        Verified.NOT_RECOVERED,
        ("it is worse",),
    )
    assert lines(store)[1:] == [f"verification: {INTENT.id} not_recovered; it is worse"]


def test_what_is_recent_or_in_flight_is_found(store: Store) -> None:
    old = replace(INTENT, begun_at=NOW - 30 * HOUR)
    attempts.begin(store, old)

    assert [each.id for each in attempts.since(store, CLUSTER, NOW - 24 * HOUR)] == [old.id]
    attempts.looked(store, replace(old, verified=Verified.RECOVERED, verified_at=NOW))
    assert attempts.since(store, CLUSTER, NOW - 24 * HOUR) == ()
    assert attempts.since(store, "another", NOW - 90 * HOUR) == ()


def test_who_said_yes_stands_in_the_journal(store: Store) -> None:
    attempts.begin(store, replace(INTENT, approved_by="ann"))

    assert lines(store)[0].endswith(", approved by ann")
