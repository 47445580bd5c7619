"""opinion: a model's answer as people get it, and what they get where there is none."""

from dataclasses import replace

from tests.logic.incidents import BROKEN
from watchdog.domain.asking import Opinion
from watchdog.domain.incident import Status
from watchdog.logic.words.opinion import opinion_message


def test_an_answer_is_marked_as_an_opinion() -> None:
    told = opinion_message("weekly", "weekly-1", 7, Opinion(text="Disks grow.\nSlowly."))

    assert told.title == "INFO: weekly: a model's opinion"
    assert told.text == "Disks grow.\nSlowly."
    assert (told.thread, told.revision, told.kind.value) == ("weekly-1", 7, "report")


def test_doubts_and_notes_come_first() -> None:
    opinion = Opinion(text="Fine.", doubt="named in nothing that was read: db-1")

    told = opinion_message("weekly", "weekly-1", 7, opinion, note="not all was read")

    assert told.text.splitlines() == [
        "Note: named in nothing that was read: db-1",
        "Note: not all was read",
        "Fine.",
    ]


def test_a_long_line_is_wrapped_and_not_cut() -> None:
    told = opinion_message("weekly", "weekly-1", 7, Opinion(text="word " * 100 + "end"))

    assert told.text.endswith("end")


def test_without_an_answer_the_rules_speak() -> None:
    over = replace(BROKEN, status=Status.RESOLVED)
    failed = Opinion(text="", note="stopped: the model read the same 5 times", failed="no_progress")

    told = opinion_message("weekly", "weekly-1", 7, failed, incidents=[BROKEN, over])

    assert told.title == "INFO: weekly: a model gave no answer"
    assert told.text.splitlines() == [
        "Note: stopped: the model read the same 5 times",
        "What the rules found stands: 1",
        f"- critical: {BROKEN.title} ({BROKEN.id})",
    ]


def test_without_an_answer_and_incidents_nothing_stands() -> None:
    told = opinion_message("weekly", "weekly-1", 7, Opinion(text="", failed="calls"))

    assert told.text == "What the rules found stands: nothing"
