"""requests: from a name and a few wishes to what is run, and whom it is told."""

from datetime import timedelta

import pytest

from tests.builders import NOW
from tests.loops.scripted import broken, buggy
from watchdog.app.requests import Targets, Wish, job_request, request_of
from watchdog.domain.errors import Usage
from watchdog.domain.job import Job, Mode
from watchdog.domain.run import RunRequest

JOB = Job(
    name="watch",
    schedule="every 15m",
    checks=("family:pods", "cert_expiry"),
    deliver=("discord",),
    params={"broken": {}},
    timeout=timedelta(minutes=1),
)
DISCORD = Targets(("discord",))


def ask(wish: Wish, *, mode: Mode = "suggest", targets: Targets = DISCORD) -> RunRequest:
    return request_of(wish, jobs=[JOB], checks=[broken, buggy], targets=targets, mode=mode, now=NOW)


def test_no_name_means_every_check() -> None:
    request = ask(Wish())

    assert (request.job, request.checks) == ("all", ("broken", "buggy"))


def test_a_job_brings_its_checks_and_params_and_leaves_out_what_is_not_here() -> None:
    request = ask(Wish(name="watch"))

    assert (request.job, request.checks) == ("watch", ("broken", "buggy"))
    assert (request.params, request.timeout) == ({"broken": {}}, timedelta(minutes=1))


def test_a_check_can_be_run_by_its_id() -> None:
    assert ask(Wish(name="broken")).checks == ("broken",)


@pytest.mark.parametrize(("name", "hint"), [("wacth", "watch"), ("zzzzzzzz", "watchdog cron list")])
def test_an_unknown_name_gets_a_hint(name: str, hint: str) -> None:
    with pytest.raises(Usage) as refused:
        ask(Wish(name=name))

    assert hint in refused.value.hint


def test_the_mode_can_be_lowered_but_not_raised() -> None:
    assert ask(Wish(mode="observe")).mode == "observe"
    with pytest.raises(Usage, match="above the configured mode"):
        ask(Wish(mode="act"))


def test_a_job_brings_its_schedule_for_the_record() -> None:
    request = job_request(
        Job(name="x", schedule="every 1h"),
        trigger="schedule",
        checks=[],
        targets=DISCORD,
        mode="suggest",
        now=NOW,
    )

    assert request.schedule == "every 1h"


def test_the_stricter_of_job_and_settings_wins() -> None:
    strict = Job(name="x", schedule="every 1h", checks=("broken",), mode="observe")
    loose = Job(name="x", schedule="every 1h", checks=("broken",), mode="act")

    modes = [
        job_request(
            job, trigger="schedule", checks=[broken], targets=DISCORD, mode="suggest", now=NOW
        ).mode
        for job in (strict, loose)
    ]

    assert modes == ["observe", "suggest"]


def test_deliver_none_tells_nobody_and_always_adds_a_summary() -> None:
    assert ask(Wish(deliver="none")).deliver == ()
    assert ask(Wish(name="watch", deliver="none")).deliver == ()
    assert ask(Wish(deliver="always")).summary
    assert ask(Wish(name="watch", deliver="always")).summary


def test_a_job_that_is_never_silent_always_sums_up() -> None:
    report = Job(name="report", schedule="0 8 * * *", silent="never")

    assert job_request(
        report, trigger="schedule", checks=[broken], targets=DISCORD, mode="observe", now=NOW
    ).summary


def test_a_job_brings_its_soul_its_model_and_its_fallbacks() -> None:
    own = Job(
        name="own", schedule="every 1h", soul="terse", model="big", fallbacks=("small", "tiny")
    )

    wanted = job_request(own, trigger="manual", checks=[], targets=DISCORD, mode="observe", now=NOW)

    assert (wanted.soul, wanted.model, wanted.fallbacks) == ("terse", "big", ("small", "tiny"))


def test_a_prompt_is_a_request_without_checks_that_asks() -> None:
    prompt = Job(name="ask", schedule="every 1h", prompt="why?")

    wanted = job_request(
        prompt, trigger="manual", checks=[], targets=DISCORD, mode="observe", now=NOW
    )

    assert (wanted.asks, wanted.checks) == (prompt, ())


@pytest.mark.parametrize(
    ("configured", "deliver", "targets"),
    [
        (("discord",), ("discord",), ("discord",)),
        (("console",), ("discord",), ("console",)),
        (("discord", "jsonl"), ("discord",), ("discord", "jsonl")),
        (("discord",), ("discord:42:7",), ("discord:42:7",)),
        (("console",), ("discord:42",), ("console",)),
        (("discord",), ("log", "discord", "log"), ("log", "discord")),
        (("discord",), ("none",), ()),
    ],
)
def test_discord_means_wherever_people_are_told(
    configured: tuple[str, ...], deliver: tuple[str, ...], targets: tuple[str, ...]
) -> None:
    assert Targets(configured).resolve(deliver) == targets
