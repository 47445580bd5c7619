"""patience: what explains must be said some day, or what it hides speaks for itself."""

from dataclasses import replace
from datetime import timedelta

from tests.builders import HOUR, MINUTE, NOW
from tests.logic.incident.test_reconcile import finding
from watchdog.domain.finding import Finding
from watchdog.domain.incident import Incident
from watchdog.logic.incident.group import Seen, group
from watchdog.logic.incident.inhibit import inhibit
from watchdog.logic.incident.patience import with_patience
from watchdog.logic.incident.reconcile import Look, reconcile

CHECKS = ("a", "b", "c")
VICTIM = finding(reason="ReplicasUnavailable", since=NOW - HOUR)
CAUSE = finding(reason="BadRollout", since=NOW - MINUTE)


def run(
    findings: tuple[Finding, ...],
    known: tuple[Incident, ...] = (),
    *,
    at: timedelta = timedelta(0),
    own: tuple[str, ...] = CHECKS,
) -> tuple[Incident, ...]:
    """One Run; the first Finding is of check a, the next of b, and so on."""
    seen = [Seen(check=check, finding=each) for check, each in zip(CHECKS, findings, strict=False)]
    marked = inhibit(with_patience(seen, known, own=own, now=NOW + at), {}, ())
    look = Look(cluster="c0ffee", at=NOW + at, judged=own)
    mine = [each for each in marked if each.check in own]
    return reconcile(known, group(mine), look, {}).incidents


def open_ones(incidents: tuple[Incident, ...]) -> list[str]:
    return [each.reason for each in incidents if each.standing]


def test_what_is_explained_waits_for_its_explanation() -> None:
    first = run((VICTIM, CAUSE))
    second = run((VICTIM, CAUSE), first, at=5 * MINUTE)

    assert (open_ones(first), open_ones(second)) == ([], ["BadRollout"])


def test_what_waits_for_an_explanation_that_never_stands_speaks_in_the_end() -> None:
    first = run((VICTIM, CAUSE))
    early = replace(CAUSE, since=NOW + 30 * MINUTE)
    later = run((VICTIM, early), first, at=31 * MINUTE)
    late = replace(CAUSE, since=NOW + 34 * MINUTE)

    assert open_ones(later) == []
    assert open_ones(run((VICTIM, late), later, at=35 * MINUTE)) == ["ReplicasUnavailable"]


def test_an_explanation_that_people_are_told_of_hides_for_as_long_as_it_stands() -> None:
    told = run((VICTIM, CAUSE), run((VICTIM, CAUSE)), at=5 * MINUTE)
    moving = replace(CAUSE, since=NOW + 9 * HOUR)

    assert open_ones(run((VICTIM, moving), told, at=9 * HOUR)) == ["BadRollout"]


def test_an_explanation_whose_check_no_job_runs_hides_nothing_for_ever() -> None:
    old = replace(CAUSE, since=NOW - HOUR)
    first = run((VICTIM, old), own=("a",))

    assert open_ones(first) == []
    assert open_ones(run((VICTIM, old), first, at=HOUR, own=("a",))) == ["ReplicasUnavailable"]


def test_a_victim_that_has_not_stood_for_its_own_hold_does_not_count_its_wait() -> None:
    young = replace(VICTIM, since=NOW + 59 * MINUTE)
    first = run((young, CAUSE))
    moving = replace(CAUSE, since=NOW + 59 * MINUTE)

    by_reason = {each.reason: each for each in run((young, moving), first, at=HOUR)}

    assert by_reason["ReplicasUnavailable"].inhibited_by == "BadRollout of Deployment/shop/cart"


def test_a_sampled_victim_waits_from_its_last_needed_sample_on() -> None:
    sampled = replace(VICTIM, since=None, sightings=2)
    first = run((sampled, CAUSE))
    moving = replace(CAUSE, since=NOW + 59 * MINUTE)
    second = run((sampled, moving), first, at=HOUR)
    still = replace(CAUSE, since=NOW + 119 * MINUTE)

    assert open_ones(second) == []
    assert open_ones(run((sampled, still), second, at=2 * HOUR)) == ["ReplicasUnavailable"]


def test_a_chain_that_ends_in_what_is_told_hides_all_of_it() -> None:
    quota, victim = finding(reason="QuotaRejects"), finding(reason="RBACForbidden")
    moving = replace(CAUSE, since=NOW + 59 * MINUTE)
    first = run((victim, CAUSE, quota))

    assert open_ones(run((victim, moving, quota), first, at=HOUR)) == ["QuotaRejects"]
