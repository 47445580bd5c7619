"""speak: what is said once, what is edited, and what stays unsaid with its reason."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import HOUR, MINUTE, NOW
from tests.logic.incident.test_reconcile import CART, WEB, finding, opened, run
from watchdog.domain.incident import Incident, Status
from watchdog.domain.notification import NotificationKind
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.silence import Silence
from watchdog.logic.incident.speech import Manners, Spoken
from watchdog.logic.incident.storm import progress_message, summary_message
from watchdog.logic.incident.suppress import speak

HERE = Manners(targets=("discord",))
NOBODY = Manners(targets=())
SILENT = replace(HERE, silent="always")
LOG = Manners(targets=("log",))


def say(
    *incidents: Incident,
    silences: tuple[Silence, ...] = (),
    manners: Manners | None = None,
    at: timedelta = timedelta(0),
) -> Spoken:
    return speak(
        incidents,
        recent=incidents,
        silences=silences,
        manners=manners or HERE,
        now=NOW + at,
    )


def announced() -> Incident:
    [incident] = say(*opened()).incidents
    return incident


def over(incident: Incident) -> Incident:
    return replace(incident, status=Status.RESOLVED)


def silence(**fields: Any) -> Silence:
    base = Silence(id=1, reason="known", author="ann", created_at=NOW - HOUR, ends_at=NOW + HOUR)
    return replace(base, **fields)


def test_an_open_incident_is_announced_loudly() -> None:
    [speech] = say(*opened()).speeches

    assert (speech.kind, speech.loud) == (NotificationKind.OPENED, True)


def test_it_is_announced_once() -> None:
    spoken = say(announced(), at=15 * MINUTE)

    assert (spoken.speeches, list(spoken.unsaid.values())) == ((), ["already announced"])


def test_a_new_subject_edits_the_message() -> None:
    [speech] = say(replace(announced(), subjects=(CART, WEB)), at=MINUTE).speeches

    assert (speech.kind, speech.loud) == (NotificationKind.UPDATED, False)


def test_new_words_say_nothing() -> None:
    assert say(replace(announced(), title="other words"), at=MINUTE).speeches == ()


def test_a_rise_of_severity_is_said_loudly() -> None:
    [speech] = say(replace(announced(), severity=Severity.CRITICAL), at=MINUTE).speeches

    assert (speech.kind, speech.loud) == (NotificationKind.UPDATED, True)


def test_what_swings_between_two_severities_pings_once() -> None:
    known = announced()
    loud = []
    for turn in range(1, 7):
        severity = Severity.CRITICAL if turn % 2 else Severity.WARNING
        spoken = say(replace(known, severity=severity), at=turn * MINUTE)
        loud += [each.loud for each in spoken.speeches]
        [known] = spoken.incidents

    assert loud == [True, False, False, False, False, False]


def test_a_reminder_comes_after_a_day() -> None:
    [speech] = say(announced(), at=24 * HOUR).speeches

    assert (speech.kind, speech.loud) == (NotificationKind.REMINDER, True)


def test_an_edit_does_not_put_off_the_reminder() -> None:
    [edited] = say(replace(announced(), subjects=(CART, WEB)), at=23 * HOUR).incidents

    [speech] = say(edited, at=24 * HOUR).speeches

    assert speech.kind is NotificationKind.REMINDER


def test_the_end_edits_the_message() -> None:
    [speech] = say(replace(announced(), status=Status.RESOLVED)).speeches

    assert (speech.kind, speech.loud) == (NotificationKind.RESOLVED, False)


def test_an_end_that_was_held_back_is_said_later_and_once() -> None:
    over = replace(announced(), status=Status.RESOLVED)

    for manners in (NOBODY, SILENT):
        held = say(over, manners=manners)
        told = say(*held.incidents)

        assert (held.speeches, [each.kind for each in told.speeches]) == (
            (),
            [NotificationKind.RESOLVED],
        )
        assert say(*told.incidents).speeches == ()


def test_the_end_of_what_was_never_said_is_not_said() -> None:
    [incident] = opened()

    assert say(replace(incident, status=Status.RESOLVED)).speeches == ()


def test_info_is_not_said() -> None:
    [incident] = opened(finding(severity=Severity.INFO))

    assert say(incident).unsaid == {incident.id: "severity info"}


def test_pending_is_not_said() -> None:
    [incident] = run((), finding(since=NOW)).incidents

    assert say(incident).unsaid == {incident.id: "not confirmed yet"}


def test_a_run_without_audience_leaves_the_announcement_due() -> None:
    kept = say(*opened(), manners=NOBODY).incidents

    assert [each.kind for each in say(*kept).speeches] == [NotificationKind.OPENED]


def test_a_silent_job_records_only() -> None:
    assert say(*opened(), manners=SILENT).speeches == ()


def test_an_inhibited_incident_is_not_said() -> None:
    [incident] = opened()

    spoken = say(replace(incident, inhibited_by="NodeNotReady of Node/w-1"))

    assert spoken.unsaid == {incident.id: "explained by NodeNotReady of Node/w-1"}


def test_a_silence_in_force_holds_it_back_and_its_end_lets_it_out() -> None:
    held = say(*opened(), silences=(silence(),))

    assert held.speeches == ()
    assert [each.kind for each in say(*held.incidents).speeches] == [NotificationKind.OPENED]


def test_a_silence_for_another_namespace_holds_nothing_back() -> None:
    assert say(*opened(), silences=(silence(namespace="blog"),)).speeches


def test_an_acknowledged_incident_is_quiet_until_it_gets_worse() -> None:
    known = replace(announced(), status=Status.ACKNOWLEDGED, acknowledged_by="ann")
    more = replace(known, subjects=(CART, WEB))
    worse = replace(known, severity=Severity.CRITICAL)

    assert say(more, at=25 * HOUR).unsaid == {known.id: "acknowledged by ann"}
    assert [each.loud for each in say(worse, at=MINUTE).speeches] == [True]


def test_what_cannot_be_read_is_told_as_unknown() -> None:
    [incident] = opened()
    blind = replace(incident, check="self", reason="ClusterUnreadable")
    broken = replace(incident, check="self", reason="SelfConfigInvalid")

    assert [each.kind for each in say(blind).speeches] == [NotificationKind.UNKNOWN]
    assert [each.kind for each in say(broken).speeches] == [NotificationKind.SELF]


def storm(count: int) -> tuple[Incident, ...]:
    spaces = ("shop", "blog", "")
    subjects = [Ref("Deployment", spaces[i % 3], f"app-{i}") for i in range(count)]
    return opened(*(finding(subject) for subject in subjects))


def test_a_storm_becomes_one_summary_per_namespace() -> None:
    spoken = say(*storm(12))

    assert spoken.speeches == ()
    assert [(each.namespace, len(each.incidents)) for each in spoken.summaries] == [
        ("", 4),
        ("blog", 4),
        ("shop", 4),
    ]


def test_ten_at_once_are_no_storm() -> None:
    assert len(say(*storm(10)).speeches) == 10


def test_a_clock_that_was_set_back_makes_no_storm() -> None:
    spoken = say(*storm(2), at=-HOUR)
    before = say(*storm(10)).incidents

    later = speak(storm(2), recent=before, silences=(), manners=HERE, now=NOW - HOUR)

    assert (spoken.summaries, later.summaries) == ((), ())


@pytest.mark.parametrize(
    ("changed", "at", "title"),
    [
        ({}, 25 * HOUR, "4 incidents are still there in namespace shop"),
        ({"severity": Severity.CRITICAL}, HOUR, "4 incidents got worse in namespace shop"),
    ],
)
def test_many_reminders_or_rises_are_one_summary(
    changed: dict[str, Any], at: timedelta, title: str
) -> None:
    known = [incident for each in storm(12) for incident in say(each).incidents]
    now = [replace(each, **changed) for each in known]

    spoken = say(*now, at=at)

    assert spoken.speeches == ()
    assert [summary_message(each, 1).title for each in spoken.summaries][-1:] == [title]
    assert len(spoken.summaries) == 3
    assert say(*spoken.incidents, at=at + HOUR).speeches == ()


def test_the_end_of_what_was_told_again_in_a_summary_still_edits_its_message() -> None:
    known = [incident for each in storm(12) for incident in say(each).incidents]
    reminded = say(*known, at=25 * HOUR).incidents

    spoken = say(replace(reminded[0], status=Status.RESOLVED), at=26 * HOUR)

    assert [each.kind for each in spoken.speeches] == [NotificationKind.RESOLVED]


def test_what_a_summary_told_is_neither_told_again_nor_edited() -> None:
    first = say(*storm(12)).incidents
    moved = tuple(replace(each, subjects=(WEB,)) for each in first)
    ended = tuple(over(each) for each in first)

    assert say(*moved, at=MINUTE).speeches == ()
    assert say(*ended, at=MINUTE).speeches == ()


def test_the_ends_of_what_a_summary_told_edit_the_summary() -> None:
    first = say(*storm(12)).incidents
    gone, *rest = [each for each in first if each.subjects[0].namespace == "shop"]

    some = say(over(gone), *rest, at=HOUR)
    last = say(*(over(each) for each in rest), at=2 * HOUR)

    [edit] = [progress_message(each, 2) for each in some.progress]
    [end] = [progress_message(each, 3) for each in last.progress]
    assert (edit.kind, edit.quiet) == (NotificationKind.UPDATED, True)
    assert edit.thread == end.thread == gone.announced[0].summary
    assert edit.title == "3 of 4 incidents are still there in namespace shop"
    assert edit.text.startswith("1 of 4 have ended.\n- warning: CrashLoop")
    assert (end.kind, end.title) == (
        NotificationKind.RESOLVED,
        "RESOLVED: all 4 incidents in namespace shop",
    )


def test_a_summary_of_reminders_leaves_the_first_summary_to_be_edited() -> None:
    reminded = say(*say(*storm(12)).incidents, at=25 * HOUR).incidents

    spoken = say(over(reminded[0]), *reminded[1:], at=26 * HOUR)

    assert [(each.of, len(each.rest)) for each in spoken.progress] == [(4, 3)]


def test_an_end_that_nobody_is_told_of_edits_the_summary_later() -> None:
    first = say(*storm(12)).incidents

    held = say(over(first[0]), *first[1:], manners=NOBODY, at=HOUR)
    told = say(*held.incidents, at=2 * HOUR)

    assert held.progress == ()
    assert [len(each.rest) for each in told.progress] == [3]


def test_what_was_told_in_a_summary_and_then_by_itself_has_two_messages_to_edit() -> None:
    first = say(*storm(12)).incidents
    worse = say(replace(first[0], severity=Severity.CRITICAL), *first[1:], at=MINUTE).incidents

    spoken = say(over(worse[0]), *worse[1:], at=HOUR)

    assert [each.kind for each in spoken.speeches] == [NotificationKind.RESOLVED]
    assert [(each.of, len(each.rest)) for each in spoken.progress] == [(4, 3)]


def test_each_target_is_told_once() -> None:
    logged = say(*opened(), manners=LOG)
    posted = say(*logged.incidents)
    again = say(*posted.incidents, manners=Manners(targets=("discord", "log")))

    assert [each.target for each in logged.speeches] == ["log"]
    assert [(each.target, each.kind) for each in posted.speeches] == [
        ("discord", NotificationKind.OPENED)
    ]
    assert again.speeches == ()


def test_an_edit_and_the_end_go_to_whoever_has_the_message() -> None:
    known = announced()
    edited = say(replace(known, subjects=(CART, WEB)), manners=LOG)
    ended = say(over(known), manners=LOG)

    assert [(each.target, each.kind) for each in edited.speeches] == [
        ("log", NotificationKind.OPENED),
        ("discord", NotificationKind.UPDATED),
    ]
    assert [each.target for each in ended.speeches] == ["discord"]


def test_a_rise_waits_for_the_run_that_tells_its_target() -> None:
    known = say(announced(), manners=LOG).incidents[0]
    worse = say(replace(known, severity=Severity.CRITICAL), manners=LOG)

    [later] = say(*worse.incidents).speeches

    assert [each.target for each in worse.speeches] == ["log"]
    assert (later.target, later.kind, later.loud) == ("discord", NotificationKind.UPDATED, True)


def test_what_a_run_does_not_see_any_more_is_told_to_nobody_new() -> None:
    [fading] = run(opened(), at=15 * MINUTE).incidents

    assert say(fading, at=15 * MINUTE).unsaid == {fading.id: "not seen in this run"}


def test_a_storm_counts_for_each_target_by_itself() -> None:
    known = say(*storm(6)).incidents
    more = opened(*(finding(Ref("Job", "shop", f"j{i}")) for i in range(6)))

    spoken = say(*known, *more, manners=Manners(targets=("discord", "log")))

    assert {(each.target, each.kind) for each in spoken.summaries} == {
        ("discord", NotificationKind.OPENED),
        ("log", NotificationKind.OPENED),
    }
    assert spoken.speeches == ()


def test_what_needs_nobody_any_more_edits_its_message_and_is_no_reminder() -> None:
    info = replace(announced(), severity=Severity.INFO)
    dropped = say(info, at=HOUR)
    [known] = dropped.incidents

    assert [(each.kind, each.loud) for each in dropped.speeches] == [
        (NotificationKind.UPDATED, False)
    ]
    assert say(known, at=30 * HOUR).speeches == ()


@pytest.mark.parametrize(("after", "loud"), [(30 * MINUTE, False), (2 * HOUR, True)])
def test_what_comes_back_after_it_was_long_informational_pings(
    after: timedelta, loud: bool
) -> None:
    [info] = say(replace(announced(), severity=Severity.INFO), at=HOUR).incidents

    [back] = say(replace(info, severity=Severity.WARNING), at=HOUR + after).speeches

    assert (back.kind, back.loud) == (NotificationKind.UPDATED, loud)


def test_a_summary_names_the_worst_and_counts_the_rest() -> None:
    [summary] = say(*opened(*(finding(Ref("Job", "shop", f"j{i}")) for i in range(20)))).summaries

    message = summary_message(summary, revision=1)

    assert message.title == "20 new incidents in namespace shop"
    assert "and 5 more" in message.text


def test_a_summary_without_a_namespace_speaks_of_the_cluster() -> None:
    [summary] = say(*opened(*(finding(Ref("Node", "", f"w-{i}")) for i in range(12)))).summaries

    message = summary_message(summary, revision=1)

    assert message.title == "12 new incidents across the cluster"
    assert "more" not in message.text
