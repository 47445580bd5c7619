"""reconcile: when a suspicion becomes an Incident, and when an Incident is over."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import HOUR, MINUTE, NOW
from watchdog.domain.evidence import Evidence, Proposal
from watchdog.domain.finding import Finding, fingerprint
from watchdog.domain.incident import Incident, Status
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.logic.incident.group import Seen, group
from watchdog.logic.incident.reconcile import Look, Reconciled, reconcile

CART = Ref("Deployment", "shop", "cart")
WEB = Ref("Deployment", "shop", "web")


def finding(subject: Ref = CART, **fields: Any) -> Finding:
    base = Finding(
        reason="CrashLoop",
        subject=subject,
        severity=Severity.WARNING,
        message=f"{subject} keeps crashing",
        since=NOW - HOUR,
        hold=5 * MINUTE,
        evidence=(Evidence(kind="status", ref=subject, text="exit code 1"),),
    )
    return replace(base, **fields)


def run(
    known: tuple[Incident, ...],
    *findings: Finding,
    at: timedelta = timedelta(0),
    judged: tuple[str, ...] = ("crash_loop",),
    uncertain: bool = False,
    inhibited_by: str = "",
    unjudged: tuple[Ref, ...] = (),
    openings: dict[str, int] | None = None,
    retired: tuple[str, ...] = (),
    gone: dict[str, str] | None = None,
    lately: dict[str, tuple[datetime, ...]] | None = None,
) -> Reconciled:
    seen = [
        Seen(check="crash_loop", finding=each, uncertain=uncertain, inhibited_by=inhibited_by)
        for each in findings
    ]
    look = Look(
        cluster="c0ffee",
        at=NOW + at,
        judged=judged,
        unjudged=frozenset(unjudged),
        retired=retired,
        gone=gone or {},
        lately=lately or {},
    )
    return reconcile(known, group(seen), look, openings or {})


def opened(*findings: Finding) -> tuple[Incident, ...]:
    return run((), *(findings or (finding(),))).incidents


def test_a_fault_that_has_stood_for_its_hold_opens_in_the_first_run() -> None:
    result = run((), finding())

    [incident] = result.incidents
    assert incident.status is Status.OPEN
    assert incident.id == f"{incident.fingerprint[:8]}-1"
    assert [(each.before, each.after) for each in result.transitions] == [(None, Status.OPEN)]


def test_a_younger_fault_is_pending() -> None:
    [incident] = run((), finding(since=NOW - MINUTE)).incidents

    assert incident.status is Status.PENDING


def test_a_pending_fault_opens_once_its_hold_has_passed() -> None:
    young = finding(since=NOW - MINUTE)
    pending = run((), young).incidents

    [incident] = run(pending, young, at=5 * MINUTE).incidents

    assert (incident.status, incident.since) == (Status.OPEN, NOW - MINUTE)


def test_a_pending_fault_that_goes_away_leaves_nothing() -> None:
    pending = run((), finding(since=NOW - MINUTE)).incidents

    result = run(pending, at=5 * MINUTE)

    assert (result.incidents, result.dropped) == ((), pending)


def test_without_a_time_of_its_own_a_fault_needs_sightings_a_minute_apart() -> None:
    sampled = finding(since=None, sightings=2)
    first = run((), sampled).incidents
    too_soon = run(first, sampled, at=timedelta(seconds=30)).incidents
    second = run(too_soon, sampled, at=timedelta(seconds=70)).incidents

    assert [each[0].status for each in (first, too_soon, second)] == [
        Status.PENDING,
        Status.PENDING,
        Status.OPEN,
    ]


def test_two_clear_runs_resolve() -> None:
    first = run(opened(), at=15 * MINUTE)
    second = run(first.incidents, at=30 * MINUTE)

    assert first.incidents[0].status is Status.OPEN
    assert second.incidents[0].status is Status.RESOLVED
    assert second.transitions[0].reason == "clear in 2 runs"


def test_two_clear_runs_within_a_minute_are_one() -> None:
    first = run(opened(), at=15 * MINUTE)
    second = run(first.incidents, at=15 * MINUTE + timedelta(seconds=10))

    assert second.incidents[0].clear_runs == 1


def test_a_check_that_could_not_see_resolves_nothing() -> None:
    known = opened()

    assert run(known, at=15 * MINUTE, judged=()).incidents == known


def test_an_incident_whose_pod_is_out_of_sight_is_not_resolved() -> None:
    pod = Ref("Pod", "shop", "cart-1")
    known = opened(finding(affected=(pod,)))

    assert run(known, at=15 * MINUTE, unjudged=(pod,)).incidents == known


def test_a_resolved_fault_that_returns_is_the_next_opening_of_the_same_fingerprint() -> None:
    [before] = opened()

    [again] = run((), finding(), openings={before.fingerprint: 1}).incidents

    assert (again.fingerprint, again.opening) == (before.fingerprint, 2)


def test_an_inhibited_fault_does_not_open() -> None:
    [incident] = run((), finding(), inhibited_by="NodeNotReady of Node/w-1").incidents

    assert incident.status is Status.PENDING


def test_an_open_incident_that_becomes_inhibited_stays_open() -> None:
    [incident] = run(opened(), finding(), inhibited_by="NodeNotReady of Node/w-1").incidents

    assert (incident.status, incident.inhibited_by) == (Status.OPEN, "NodeNotReady of Node/w-1")


def test_one_cause_with_two_subjects_is_one_incident() -> None:
    [incident] = opened(finding(shared="image x"), finding(WEB, shared="image x"))

    assert incident.subjects == (CART, WEB)
    assert str(WEB) in incident.title
    assert "image x" in incident.explanation.text


def test_a_subject_that_joins_changes_neither_id_nor_since() -> None:
    [alone] = opened(finding(shared="image x"))

    both_now = (finding(shared="image x"), finding(WEB, shared="image x"))
    [both] = run((alone,), *both_now, at=15 * MINUTE).incidents

    assert (both.id, both.since, both.subjects) == (alone.id, alone.since, (CART, WEB))


def test_the_incident_goes_on_when_its_first_subject_leaves() -> None:
    [both] = opened(finding(shared="image x"), finding(WEB, shared="image x"))

    [rest] = run((both,), finding(WEB, shared="image x"), at=HOUR).incidents

    assert (rest.id, rest.subjects) == (both.id, (WEB,))


def test_a_young_subject_does_not_open_on_the_back_of_an_old_one() -> None:
    young = finding(WEB, shared="image x", since=NOW - MINUTE)

    [incident] = opened(finding(shared="image x"), young)

    assert incident.subjects == (CART,)


def test_two_faults_of_one_object_have_two_ids() -> None:
    x, y = finding(shared="image x"), finding(shared="image y")

    both = run((), x, y).incidents

    assert [each.id[8:] for each in both] == ["-1", "-2"]
    assert len({each.fingerprint for each in both}) == 1


def test_two_faults_of_one_object_keep_their_incidents_in_any_order() -> None:
    x, y = finding(shared="image x"), finding(shared="image y", since=NOW - 2 * HOUR)
    before = {each.shared: each.id for each in run((), x, y).incidents}
    known = run((), x, y).incidents

    after = run(known, replace(x, since=NOW - 3 * HOUR), y, at=15 * MINUTE).incidents

    assert {each.shared: each.id for each in after} == before


def test_fingerprints_that_begin_alike_have_two_ids() -> None:
    [incident] = opened()
    alike = incident.fingerprint[:8] + "0" * 56

    [numbered] = run((), finding(), openings={alike: 3}).incidents

    assert numbered.id == f"{incident.fingerprint[:8]}-4"


def test_when_a_cause_splits_the_incident_stays_with_it() -> None:
    known = opened(finding(shared="image x"), finding(WEB, shared="image x"))

    moved = finding(WEB, shared="image y", since=NOW - 2 * HOUR)
    after = run(known, finding(shared="image x"), moved, at=15 * MINUTE).incidents

    assert {each.subjects: each.id == known[0].id for each in after} == {
        (CART,): True,
        (WEB,): False,
    }


def test_an_incident_opens_under_the_name_of_a_subject_it_has() -> None:
    young = [finding(each, shared="image x", since=NOW - MINUTE) for each in (CART, WEB)]
    pending = run((), *young).incidents

    result = run(pending, young[1], at=10 * MINUTE)

    [incident] = result.incidents
    assert incident.status is Status.OPEN
    assert incident.fingerprint == fingerprint("c0ffee", "crash_loop", "CrashLoop", WEB)
    assert result.dropped == pending


def test_a_clock_that_was_set_back_does_not_keep_an_incident_open() -> None:
    known = opened()
    once = run(known, at=-HOUR).incidents

    [incident] = run(once, at=-HOUR + 15 * MINUTE).incidents

    assert incident.status is Status.RESOLVED


def test_what_a_check_saw_that_is_switched_off_is_over() -> None:
    result = run(opened(), judged=(), retired=("crash_loop",), unjudged=(CART,))

    assert [each.status for each in result.incidents] == [Status.RESOLVED]
    assert [each.reason for each in result.transitions] == ["its check is switched off"]


def test_an_unread_log_keeps_the_more_specific_incident() -> None:
    known = opened(finding(reason="BadRollout"))

    [incident] = run(known, finding(), at=HOUR, uncertain=True).incidents

    assert (incident.reason, incident.clear_runs) == ("BadRollout", 0)


def test_nothing_of_an_incident_holds_a_secret_or_is_endless() -> None:
    secret, endless = "https://ann:hunter2secret@git.example/x", "x " * 100_000
    told = finding(
        message=f"{secret} {endless}",
        why=f"{secret} {endless}",
        shared=f"repository {secret}",
        evidence=(Evidence(kind="status", ref=CART, text=f"{secret} {endless}"),),
        proposal=Proposal(f"Look at {secret} {endless}"),
    )

    [known] = run((), told).incidents
    [again] = run((known,), told, at=15 * MINUTE).incidents

    assert "hunter2secret" not in repr(again)
    assert len(repr(again)) < 12_000
    assert again.id == known.id


def test_another_reason_on_the_same_object_is_another_incident() -> None:
    result = run(opened(finding(reason="BadRollout")), finding(), at=HOUR)

    assert sorted(each.reason for each in result.incidents) == ["BadRollout", "CrashLoop"]


def flapping() -> tuple[Incident, ...]:
    [before] = opened()
    return run((), finding(), lately={before.fingerprint: (NOW - HOUR, NOW - 2 * HOUR)}).incidents


def test_what_came_back_twice_within_hours_is_flapping() -> None:
    [before] = opened()
    times = (NOW - HOUR, NOW - 2 * HOUR)

    once = run((), finding(), lately={before.fingerprint: times[:1]})
    twice = run((), finding(), lately={before.fingerprint: times})

    assert [each.incidents[0].flapping for each in (once, twice)] == [False, True]
    assert twice.transitions[0].reason == "flapping: open for time 3 within 6 h"


def test_what_flaps_stays_open_through_a_short_pause() -> None:
    paused = run(run(flapping(), at=15 * MINUTE).incidents, at=30 * MINUTE)
    again = run(paused.incidents, finding(), at=45 * MINUTE)

    assert (paused.incidents[0].status, paused.transitions) == (Status.OPEN, ())
    assert (again.incidents[0].clear_runs, again.transitions) == (0, ())


def test_what_flaps_is_over_when_it_has_stayed_away_for_an_hour() -> None:
    paused = run(flapping(), at=45 * MINUTE).incidents

    result = run(paused, at=HOUR)

    assert [each.status for each in result.incidents] == [Status.RESOLVED]
    assert result.transitions[0].reason == "clear for 1 h"


def test_what_an_api_knew_that_is_not_installed_any_more_is_over_after_two_runs() -> None:
    gone = {"crash_loop": "applications"}

    first = run(opened(), judged=(), gone=gone, at=15 * MINUTE)
    second = run(first.incidents, judged=(), gone=gone, at=30 * MINUTE)

    assert first.incidents[0].status is Status.OPEN
    assert second.incidents[0].status is Status.RESOLVED
    assert second.transitions[0].reason == "applications is not installed any more"


FINDINGS = st.lists(
    st.builds(
        finding,
        st.sampled_from([CART, WEB]),
        reason=st.sampled_from(["CrashLoop", "BadRollout"]),
        shared=st.sampled_from(["", "image x"]),
        since=st.sampled_from([NOW - HOUR, NOW - MINUTE, None]),
        severity=st.sampled_from(list(Severity)),
    ),
    max_size=4,
    unique_by=lambda each: (each.reason, each.subject),
)


@given(FINDINGS, FINDINGS)
def test_the_same_look_twice_changes_nothing(first: list[Finding], second: list[Finding]) -> None:
    known = run((), *first).incidents
    once = run(known, *second, at=HOUR)

    twice = run(
        tuple(i for i in once.incidents if i.status is not Status.RESOLVED), *second, at=HOUR
    )

    assert not [
        each for each in twice.transitions if each.before is not None and each.after is None
    ]
    assert {i.id: i for i in twice.incidents} == {
        i.id: i for i in once.incidents if i.status is not Status.RESOLVED
    }


@given(FINDINGS)
def test_a_blind_run_never_opens_and_never_resolves(findings: list[Finding]) -> None:
    known = run((), *findings).incidents

    result = run(known, at=HOUR, judged=())

    assert (result.incidents, result.transitions) == (known, ())
