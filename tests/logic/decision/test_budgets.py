"""How often is too often: each limit, and the moment at which there is room again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import HOUR, MINUTE, NOW, ago, deployment, snapshot, template
from tests.logic.decision.planned import attempt, debris, evict, failed, restart
from tests.logic.incidents import API
from watchdog.domain.attempt import Attempt, History, Result, Verified
from watchdog.domain.objects import metav1, podv1
from watchdog.domain.policy import Budgets
from watchdog.domain.ref import Ref
from watchdog.logic.decision.budgets import doubtful, lowered, moment, restarted, spent

DB = Ref("StatefulSet", "shop", "db")
SECOND = timedelta(seconds=1)


def reasons(*attempts: Attempt, limits: Budgets = Budgets()) -> tuple[str, ...]:  # noqa: B008
    return spent(restart(), "1234-1", History(attempts=attempts), limits, NOW)


def other(number: int, age: timedelta) -> Attempt:
    """One on another workload, for another Incident."""
    return failed(NOW - age, plan=restart(Ref("Deployment", "shop", f"w-{number}")))


def test_without_a_past_there_is_room() -> None:
    assert reasons() == ()


def test_an_incident_has_one_attempt_for_ever() -> None:
    before = failed(ago(300 * HOUR), incident="1234-1")

    assert reasons(before) == ("one attempt was made for this incident before",)


def test_tidying_up_may_go_on_for_the_same_incident() -> None:
    before = attempt(debris(), at=NOW - 300 * HOUR, incident="1234-1", verified=Verified.RECOVERED)

    assert reasons(before) == ()


def test_an_owner_and_cause_have_one_attempt_in_six_hours() -> None:
    assert reasons(failed(ago(6 * HOUR - SECOND))) == (
        "Deployment/shop/api was treated for the same cause within 6 hours",
    )
    assert reasons(failed(ago(6 * HOUR))) == ()


def test_an_owner_has_one_attempt_an_hour_whatever_the_cause() -> None:
    assert reasons(failed(ago(HOUR - SECOND), plan=evict())) == (
        "attempts on Deployment/shop/api within an hour: 1 at most",
    )
    assert reasons(failed(ago(HOUR), plan=evict())) == ()


def test_an_owner_has_two_attempts_in_a_day() -> None:
    first, second = failed(ago(24 * HOUR - SECOND)), failed(ago(7 * HOUR), plan=evict())

    assert reasons(first, second) == ("attempts on Deployment/shop/api within 24 hours: 2 at most",)
    assert reasons(replace(first, begun_at=ago(24 * HOUR)), second) == ()


def test_the_cluster_has_five_attempts_an_hour() -> None:
    four = [other(number, 50 * MINUTE) for number in range(4)]

    assert reasons(*four, other(5, HOUR)) == ()
    assert reasons(*four, other(5, HOUR - SECOND)) == (
        "attempts in the cluster within an hour: 5 at most",
    )


def test_an_attempt_on_the_same_name_under_a_new_uid_counts() -> None:
    made_anew = restart(steps=(replace(restart().steps[0], uid="another"),))

    assert len(reasons(failed(ago(MINUTE), plan=made_anew))) == 2


def test_one_attempt_is_in_flight_at_a_time() -> None:
    flying = attempt(restart(DB), at=ago(2 * HOUR))

    assert reasons(flying) == ("what came of another attempt is not known yet",)


@pytest.mark.parametrize("result", [Result.REFUSED, Result.FAILED])
def test_an_attempt_without_effect_counts(result: Result) -> None:
    assert reasons(failed(ago(MINUTE), result=result))


def test_an_attempt_that_seems_to_begin_later_than_now_counts() -> None:
    late = failed(NOW + HOUR, verified=Verified.RECOVERED)

    assert len(reasons(late)) == 2


def test_every_limit_that_is_reached_is_named() -> None:
    many = [other(number, MINUTE) for number in range(5)]

    assert len(reasons(*many, attempt(at=ago(MINUTE), incident="1234-1"))) == 5


def test_a_lowered_limit_holds() -> None:
    assert reasons(limits=Budgets(per_hour=0))
    assert reasons(failed(ago(8 * HOUR)), limits=Budgets(per_owner_day=1))
    assert reasons(failed(ago(8 * HOUR)), limits=Budgets(cause_cooldown=9 * HOUR))


def test_no_limit_can_be_raised() -> None:
    loose = Budgets(
        per_hour=99,
        per_owner_hour=99,
        per_owner_day=99,
        cause_cooldown=MINUTE,
        failures=99,
        debris=99,
    )

    assert lowered(loose) == Budgets()


def test_a_clock_behind_the_journal_is_doubtful() -> None:
    assert doubtful(History(), NOW) == ()
    assert doubtful(History(newest=NOW), NOW) == ()
    assert doubtful(History(newest=NOW + SECOND), NOW) == (
        "the clock is behind the journal, whose newest entry is of 2026-11-20 12:00:01 UTC",
    )


def test_a_clock_behind_an_attempt_is_doubtful() -> None:
    assert doubtful(History(attempts=(failed(NOW + SECOND),), newest=ago(HOUR)), NOW)


def test_more_than_ten_new_incidents_in_five_minutes_are_doubtful() -> None:
    fresh, older = ago(5 * MINUTE - SECOND), ago(5 * MINUTE)

    assert doubtful(History(opened=(fresh,) * 10 + (older,) * 10), NOW) == ()
    assert doubtful(History(opened=(fresh,) * 11), NOW) == (
        "11 new incidents in 5 minutes: something larger is going on",
    )


def marked(text: str) -> podv1.PodTemplate:
    annotations = metav1.Annotations(restarted_at=text)
    return podv1.PodTemplate(
        metadata=metav1.PlainMetadata(annotations=annotations), spec=template().spec
    )


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("2026-11-20T11:00:01Z", True),
        ("2026-11-20T12:30:00+01:00", True),
        ("2026-11-20T11:00:00Z", False),
        ("2026-11-20T11:30:00", False),
        ("yesterday", False),
        ("", False),
    ],
)
def test_a_restart_that_the_object_tells_of_counts_for_an_hour(text: str, counts: bool) -> None:
    seen = snapshot(deployment(API, pod_template=marked(text)))

    assert bool(restarted(restart(), seen)) is counts


def test_an_owner_without_a_mark_or_a_template_was_not_restarted() -> None:
    assert restarted(restart(), snapshot(deployment(API))) == ()
    assert restarted(restart(), snapshot()) == ()


def test_only_a_time_with_a_zone_is_a_moment() -> None:
    assert moment("2026-11-20T12:00:00Z") == NOW
    assert moment("2026-11-20T12:00:00") is None
