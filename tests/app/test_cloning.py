"""clone_request: the same once more, whatever became of the job since."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import HOUR, NOW
from tests.logic.words.test_report import HEALTHY
from tests.logic.words.test_run_view import RECORD
from tests.loops.scripted import broken, buggy
from watchdog.app.cloning import clone_request
from watchdog.app.requests import Targets
from watchdog.domain.errors import Usage
from watchdog.domain.job import Mode
from watchdog.domain.record import Frame
from watchdog.domain.run import RunRequest
from watchdog.logic.words.run_record import run_record

ASKED = RunRequest(
    run_id="r1",
    job="dns",
    trigger="schedule",
    checks=("broken", "gone"),
    params={"broken": {"hold": "5m"}},
    silent="never",
    deliver=("log", "discord:1:2", "jsonl"),
    summary=True,
    timeout=timedelta(minutes=3),
    schedule="every 1h",
    soul="terse",
    model="big",
    fallbacks=("small",),
)


def clone(asked: RunRequest = ASKED, mode: Mode = "suggest", **how: Any) -> RunRequest:
    result = run_record(asked, Frame(version="1", sha="0", soul=asked.soul), HEALTHY, (), unsaid={})
    return clone_request(
        replace(RECORD, result=result),
        checks=(broken, buggy),
        targets=Targets(("log", "discord")),
        mode=mode,
        now=NOW + HOUR,
        **how,
    )


def test_a_clone_asks_for_the_same_by_hand_and_under_an_id_of_its_own() -> None:
    assert clone() == replace(
        ASKED,
        run_id="dns-20261120T130000.000000Z",
        trigger="manual",
        checks=("broken",),
        deliver=("log", "discord:1:2"),
        clone_of="r1",
    )


def test_a_clone_can_tell_nobody() -> None:
    assert clone(silently=True).deliver == ()


@pytest.mark.parametrize(
    ("then", "now", "found"),
    [("act", "observe", "observe"), ("observe", "act", "observe"), ("act", "act", "act")],
)
def test_a_clone_may_do_no_more_than_then_and_now(then: Mode, now: Mode, found: Mode) -> None:
    assert clone(replace(ASKED, mode=then), now).mode == found


def test_a_run_without_a_record_cannot_be_cloned() -> None:
    with pytest.raises(Usage, match="r1 left no record") as refused:
        clone_request(
            replace(RECORD, result={}), checks=(), targets=Targets(()), mode="act", now=NOW
        )

    assert refused.value.hint == "run its job as it is now: watchdog run dns"
