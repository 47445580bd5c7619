"""repairing: when a message waits for a repair, and when people have to hear of one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import HOUR, MINUTE, NOW
from tests.logic.decision.planned import attempt, restart
from tests.logic.incident.test_reconcile import opened
from tests.logic.incident.test_suppress import HERE, announced, over, say
from watchdog.domain.attempt import Considered, Verified
from watchdog.domain.incident import Incident
from watchdog.domain.notification import NotificationKind
from watchdog.domain.policy import Decision, Outcome
from watchdog.domain.severity import Severity
from watchdog.logic.incident.repairing import with_failure

RECOVERED, IN_VAIN = Verified.RECOVERED, Verified.NOT_RECOVERED


def considered(outcome: Outcome = Outcome.ALLOW, **fields: Any) -> Considered:
    base = Considered(
        name="RolloutRestart", decision=Decision(outcome=outcome), plan=restart(), mode="act"
    )
    return replace(base, **fields)


def fresh(**fields: Any) -> Incident:
    [incident] = opened()
    thought = considered(**fields)
    return replace(incident, opened_at=NOW, severity=Severity.WARNING, remediation=thought)


def kinds(*found: Incident, at: timedelta = timedelta(0)) -> list[NotificationKind]:
    return [each.kind for each in say(*found, at=at).speeches]


def test_nobody_is_told_of_what_is_about_to_be_repaired() -> None:
    spoken = say(fresh())

    assert spoken.speeches == ()
    assert list(spoken.unsaid.values()) == ["it is about to be repaired"]


def test_nobody_is_told_while_a_repair_is_verified() -> None:
    waits = fresh(attempt=attempt())

    assert kinds(waits, at=20 * MINUTE) == []
    assert list(say(waits).unsaid.values()) == [f"attempt {attempt().id} is being verified"]


def test_a_message_waits_for_a_repair_no_longer_than_it_may_take() -> None:
    assert kinds(fresh(), at=10 * MINUTE) == [NotificationKind.OPENED]
    assert kinds(fresh(attempt=attempt()), at=25 * MINUTE) == [NotificationKind.OPENED]


def test_an_outage_is_told_at_once_whatever_is_done() -> None:
    assert kinds(replace(fresh(), severity=Severity.CRITICAL)) == [NotificationKind.OPENED]


@pytest.mark.parametrize("fields", [{"outcome": Outcome.ASK}, {"mode": "suggest"}])
def test_what_is_not_done_alone_is_told(fields: dict[str, Any]) -> None:
    assert kinds(fresh(**fields)) == [NotificationKind.OPENED]


def test_what_was_never_open_waits_for_no_repair() -> None:
    assert kinds(replace(fresh(), opened_at=None)) == [NotificationKind.OPENED]


def test_what_did_not_help_is_told_when_nobody_knew() -> None:
    failed = fresh(attempt=attempt(verified=IN_VAIN, verified_at=NOW))

    assert kinds(failed) == [NotificationKind.OPENED]


def test_what_did_not_help_is_loud_news_once_to_who_knew() -> None:
    tried = attempt(verified=IN_VAIN, verified_at=NOW + MINUTE)
    known = replace(announced(), remediation=considered(attempt=tried))

    [speech] = say(known, at=2 * MINUTE).speeches
    assert (speech.kind, speech.loud) == (NotificationKind.UPDATED, True)
    assert kinds(*say(known, at=2 * MINUTE).incidents, at=3 * MINUTE) == []


def test_a_cause_that_remains_is_news_as_well() -> None:
    tried = attempt(verified=RECOVERED, verified_at=NOW + MINUTE, reasons=("the cause remains",))
    known = replace(announced(), remediation=considered(attempt=tried))

    assert kinds(known, at=2 * MINUTE) == [NotificationKind.UPDATED]


@pytest.mark.parametrize(
    "tried", [attempt(), attempt(verified=RECOVERED, verified_at=NOW + MINUTE)]
)
def test_what_helps_is_no_news_before_the_end(tried: Any) -> None:
    known = replace(announced(), remediation=considered(attempt=tried))

    assert kinds(known, at=2 * MINUTE) == []


def test_a_repair_that_nobody_was_told_of_is_told_at_its_end() -> None:
    mended = over(fresh(attempt=attempt(verified=RECOVERED, verified_at=NOW)))

    [speech] = say(mended).speeches

    assert (speech.kind, speech.loud) == (NotificationKind.RESOLVED, False)


def test_an_operator_may_not_want_to_hear_of_repairs() -> None:
    mended = over(fresh(attempt=attempt(verified=RECOVERED, verified_at=NOW)))

    assert say(mended, manners=replace(HERE, tell_repairs=False)).speeches == ()


def test_what_was_tidied_up_is_told_to_nobody() -> None:
    mended = over(fresh(attempt=attempt(verified=RECOVERED, verified_at=NOW)))

    assert kinds(replace(mended, severity=Severity.INFO)) == []


def test_an_end_after_an_attempt_in_vain_is_not_its_merit() -> None:
    assert kinds(over(fresh(attempt=attempt(verified=IN_VAIN, verified_at=NOW)))) == []
    assert kinds(over(fresh())) == []
    assert kinds(replace(over(fresh()), remediation=None), at=HOUR) == []


def test_an_attempt_in_vain_is_the_first_fact_of_the_incident_it_served() -> None:
    tried = attempt(verified=IN_VAIN, verified_at=NOW, reasons=("fewer are ready",))

    told = with_failure(fresh(attempt=tried))

    assert told.evidence[0].text.startswith("RemediationFailed: restart Deployment/shop/api: fewer")
    assert told.evidence[0].ref == tried.plan.owner
    assert "RemediationFailed" in say(told).speeches[0].incident.evidence[0].text


@pytest.mark.parametrize(
    "fields", [{}, {"attempt": attempt()}, {"attempt": attempt(verified=RECOVERED)}]
)
def test_what_helps_or_was_not_tried_adds_no_fact(fields: dict[str, Any]) -> None:
    assert with_failure(fresh(**fields)) == fresh(**fields)
    assert with_failure(announced()) == announced()
