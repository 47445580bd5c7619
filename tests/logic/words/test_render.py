"""The message of an Incident: everything to decide, whole commands, never too long."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from tests.builders import HOUR, MINUTE, NOW, ago
from tests.logic.incidents import API, BROKEN, POD
from watchdog.domain.evidence import Evidence, Explanation, Proposal
from watchdog.domain.incident import Status
from watchdog.domain.notification import Message, NotificationKind
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.logic.words.render import LIMIT, incident_message, incident_text, notice

OPENED = NotificationKind.OPENED
UPDATED = NotificationKind.UPDATED
RESOLVED = NotificationKind.RESOLVED


def said(message: Message) -> str:
    return f"{message.title}\n{message.text}"


def test_an_opened_incident_says_all_that_is_needed_to_decide() -> None:
    message = incident_message(BROKEN, OPENED, 1, now=NOW, run_id="r1")

    assert said(message) == snapshot("""\
CRITICAL: no pod of api can start: image shop/api:2.0 does not exist
Where: Deployment/shop/api
Since: 2026-11-20 11:25 UTC (35 min)
Affected: 1 (Pod/shop/api-7d9f8b6c5d-x2x4z)
Why: The registry answered 404. Revision 2 brought this tag.
Evidence:
```
2026-11-20 11:59 UTC event Pod/shop/api-7d9f8b6c5d-x2x4z: Failed to pull image "shop/api:2.0": not found
```
Next: Go back to revision 1.
```
kubectl -n shop rollout undo deployment/api
```
incident 8fe23be6-1 · image_pull/ImageNotFound · run r1\
""")
    assert (message.thread, message.revision, message.quiet) == (BROKEN.id, 1, False)


def test_a_resolved_incident_says_how_long_it_lasted_and_asks_for_nothing() -> None:
    over = replace(BROKEN, status=Status.RESOLVED, resolved_at=NOW)

    message = incident_message(over, RESOLVED, 2, now=NOW)

    assert said(message) == snapshot("""\
RESOLVED: no pod of api can start: image shop/api:2.0 does not exist
Where: Deployment/shop/api
Lasted 35 min: 2026-11-20 11:25 UTC to 2026-11-20 12:00 UTC
incident 8fe23be6-1 · image_pull/ImageNotFound\
""")
    assert message.quiet


def test_an_updated_incident_says_what_changed() -> None:
    message = incident_message(BROKEN, UPDATED, 2, now=NOW, was=("2 of 3 pods", "now 3 of 3"))

    assert message.title.startswith("CRITICAL (changed): ")
    assert "\nChanged: 2 of 3 pods; now 3 of 3\n" in message.text


def test_a_reminder_says_how_long_it_has_been() -> None:
    message = incident_message(BROKEN, NotificationKind.REMINDER, 3, now=NOW + 24 * HOUR)

    assert message.title.startswith("CRITICAL, still there after 1 d: ")
    assert not message.quiet


@pytest.mark.parametrize(("kind", "quiet"), [(UPDATED, False), (RESOLVED, True)])
def test_an_end_asks_for_no_push_and_a_change_when_it_is_told_so(
    kind: NotificationKind, quiet: bool
) -> None:
    assert incident_message(BROKEN, kind, 2, now=NOW).quiet is quiet
    assert incident_message(BROKEN, kind, 2, now=NOW, quiet=True).quiet


def test_what_needs_nobody_any_more_says_so() -> None:
    message = incident_message(replace(BROKEN, severity=Severity.INFO), UPDATED, 2, now=NOW)

    assert message.title.startswith("INFO (now only informational): ")


def test_what_flaps_says_so_once_and_why_it_stays_open() -> None:
    flaps = replace(BROKEN, reopened=2)
    message = incident_message(flaps, OPENED, 1, now=NOW)

    assert message.title.startswith("CRITICAL, flapping: ")
    assert "Flapping: it came back 2 times within hours; it is over when" in message.text
    assert "Flapping: it came back 2 times" in incident_text(flaps)


def test_a_title_without_the_subject_gets_it() -> None:
    incident = replace(BROKEN, title="the image does not exist")

    message = incident_message(incident, OPENED, 1, now=NOW)

    assert message.title == "CRITICAL: the image does not exist (Deployment/shop/api)"


def test_an_incident_without_words_is_named_by_its_reason() -> None:
    bare = replace(
        BROKEN, title="", explanation=Explanation(""), evidence=(), proposal=None, affected=()
    )

    assert said(incident_message(bare, OPENED, 1, now=NOW)) == snapshot("""\
CRITICAL: ImageNotFound (Deployment/shop/api)
Where: Deployment/shop/api
Since: 2026-11-20 11:25 UTC (35 min)
Next: look at the whole story
```
watchdog incidents show 8fe23be6-1
```
incident 8fe23be6-1 · image_pull/ImageNotFound\
""")


def test_many_objects_are_counted_and_three_are_named() -> None:
    pods = tuple(Ref("Pod", "shop", f"api-{n}") for n in range(9))

    text = incident_message(replace(BROKEN, affected=pods), OPENED, 1, now=NOW).text

    assert "Affected: 9 (Pod/shop/api-0, Pod/shop/api-1, Pod/shop/api-2 and 6 more)" in text


def test_the_opinion_of_a_model_is_labelled() -> None:
    sure = replace(BROKEN, explanation=Explanation("tag deleted", "llm", 0.8))
    unsure = replace(BROKEN, explanation=Explanation("tag deleted", "llm"))

    assert "A model's opinion, 80% sure: tag deleted" in incident_text(sure)
    assert "A model's opinion: tag deleted" in incident_text(unsure)


def test_where_there_is_no_room_the_models_words_go_first() -> None:
    names = tuple(Ref("Deployment", "n" * 60, f"{'x' * 60}-{n}") for n in range(3))
    full = replace(
        BROKEN,
        title="t" * 300,
        subjects=names,
        affected=names,
        proposal=Proposal("w" * 900, ("kubectl get " + "p" * 100, "kubectl get " + "q" * 100)),
        explanation=Explanation("m" * 900, "llm", 0.8).beside(Explanation("r" * 900)),
    )

    message = incident_message(full, OPENED, 1, now=NOW, run_id="r" * 60)

    assert "Why: rrr" in message.text
    assert "A model's opinion" not in message.text
    assert len(message.title) + 1 + len(message.text) <= LIMIT


def test_what_the_rules_say_stands_before_a_models_words() -> None:
    rules = Explanation(f"A restart does not help. {'r' * 900}")
    opinion = Explanation("m" * 900, "llm", 0.8).beside(rules)

    message = incident_message(replace(BROKEN, explanation=opinion), OPENED, 1, now=NOW)

    why, words = (message.text.index(text) for text in ("Why: A restart", "A model's opinion"))
    assert why < words
    assert len(message.title) + 1 + len(message.text) <= LIMIT


def test_a_long_command_stands_whole_and_the_facts_make_room() -> None:
    long = f"kubectl -n shop patch deployment api -p '{'x' * 600}'"
    incident = replace(BROKEN, proposal=Proposal("w" * 340, (long,)))

    message = incident_message(incident, OPENED, 1, now=NOW)

    assert long in message.text
    assert len(message.title) + 1 + len(message.text) <= LIMIT


def test_a_command_that_does_not_fit_is_left_out_whole() -> None:
    long = f"kubectl -n shop patch deployment api -p '{'x' * 1200}'"
    incident = replace(BROKEN, proposal=Proposal("Patch it.", ("kubectl get pods", long)))

    text = incident_message(incident, OPENED, 1, now=NOW).text

    assert f"```\nkubectl get pods\nwatchdog incidents show {BROKEN.id}\n```" in text


def test_a_long_story_leaves_room_for_the_fact_that_proves_it() -> None:
    first = Evidence(kind="status", ref=POD, text="f" * 300)
    long = f"kubectl -n shop patch deployment api -p '{'x' * 400}'"
    incident = replace(
        BROKEN,
        explanation=Explanation("it fails " * 90),
        evidence=(first, *BROKEN.evidence),
        proposal=Proposal("Patch it.", (long,)),
    )

    message = incident_message(incident, OPENED, 1, now=NOW, run_id="r" * 60)

    assert "Evidence:\n```\nstatus Pod/shop/" in message.text
    assert "Why: it fails it fails" in message.text
    assert long in message.text
    assert len(message.title) + 1 + len(message.text) <= LIMIT


def test_at_most_ten_facts_are_shown() -> None:
    facts = tuple(Evidence(kind="log", ref=POD, text=f"line {n}") for n in range(20))

    text = incident_message(replace(BROKEN, evidence=facts), OPENED, 1, now=NOW).text

    assert text.count("log Pod/shop/") == 10


HOSTILE = st.text(
    alphabet=st.sampled_from("ab `@*_~|<>[]()#\n\\é🔴\u202e\x1b[0"), max_size=900
) | st.just("x" * 900)
NAMES = st.text("abc-", min_size=1, max_size=253)


@given(
    texts=st.tuples(HOSTILE, HOSTILE, HOSTILE, HOSTILE),
    names=st.lists(NAMES, min_size=1, max_size=5),
    commands=st.lists(st.text("kubectl -`", max_size=500), max_size=4),
    kind=st.sampled_from(NotificationKind),
    facts=st.integers(min_value=0, max_value=14),
    age=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=900)),
)
def test_no_message_is_too_long_or_leaves_a_code_block_open(
    texts: tuple[str, str, str, str],
    names: list[str],
    commands: list[str],
    kind: NotificationKind,
    facts: int,
    age: timedelta,
) -> None:
    title, why, fact, words = texts
    refs = tuple(Ref("Pod", name, name) for name in names)
    incident = replace(
        BROKEN,
        title=title,
        subjects=refs,
        affected=refs,
        since=NOW - age,
        explanation=Explanation(why),
        evidence=tuple(Evidence(kind="log", ref=POD, at=NOW, text=fact) for _ in range(facts)),
        proposal=Proposal(words, tuple(commands)),
    )

    message = incident_message(incident, kind, 1, now=NOW, run_id="r" * 60, was=(why,))

    assert len(said(message)) <= LIMIT
    assert message.text.count("```") % 2 == 0
    assert f"incident {BROKEN.id}" in message.text


def test_a_notice_is_no_incident_but_looks_like_one() -> None:
    message = notice(
        NotificationKind.SELF,
        "jobs-file",
        1,
        severity=Severity.WARNING,
        title="jobs.json is not valid",
        lines=["line 3: unknown schedule `evry 5m`", "the last good version stays in force"],
        commands=["watchdog cron list"],
    )

    assert said(message) == snapshot("""\
WARNING: jobs.json is not valid
line 3: unknown schedule 'evry 5m'
the last good version stays in force
```
watchdog cron list
```\
""")


@given(
    title=HOSTILE,
    lines=st.lists(HOSTILE, min_size=1, max_size=20),
    commands=st.lists(st.text(max_size=500), max_size=3),
)
def test_no_notice_is_too_long(title: str, lines: list[str], commands: list[str]) -> None:
    message = notice(
        NotificationKind.SELF, "t", 1,
        severity=Severity.INFO, title=title, lines=lines, commands=commands, quiet=True,
    )  # fmt: skip

    assert len(said(message)) <= LIMIT


def test_the_long_form_tells_everything() -> None:
    incident = replace(
        BROKEN,
        status=Status.RESOLVED,
        resolved_at=NOW,
        acknowledged_by="anna",
        inhibited_by="node n1 is down",
    )

    assert incident_text(incident) == snapshot("""\
8fe23be6-1  resolved  critical
no pod of api can start: image shop/api:2.0 does not exist

Reason:   ImageNotFound (check image_pull)
Since:    2026-11-20 11:25 UTC
Opened:   2026-11-20 11:30 UTC
Resolved: 2026-11-20 12:00 UTC
Acknowledged by anna
Not said: node n1 is down
Subjects:
  Deployment/shop/api
Affected:
  Pod/shop/api-7d9f8b6c5d-x2x4z

Why: The registry answered 404. Revision 2 brought this tag.

Evidence:
  2026-11-20 11:59 UTC event Pod/shop/api-7d9f8b6c5d-x2x4z: Failed to pull image "shop/api:2.0": not found

Next: Go back to revision 1.
  kubectl -n shop rollout undo deployment/api\
""")


def test_the_long_form_of_a_young_incident_has_no_empty_headings() -> None:
    young = replace(
        BROKEN,
        status=Status.PENDING,
        subjects=(API,),
        affected=(),
        since=ago(MINUTE),
        opened_at=None,
        explanation=Explanation(""),
        evidence=(),
        proposal=None,
    )

    assert incident_text(young) == snapshot("""\
8fe23be6-1  pending  critical
no pod of api can start: image shop/api:2.0 does not exist

Reason:   ImageNotFound (check image_pull)
Since:    2026-11-20 11:59 UTC
Subjects:
  Deployment/shop/api\
""")
