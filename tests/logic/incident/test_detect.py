"""detect: which checks may judge a Snapshot, with which settings, and which logs are worth reading."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pydantic import Field

from tests.builders import HOUR, MINUTE, NOW, snapshot
from tests.logic.incident.test_reconcile import finding, opened
from watchdog.domain.check import NoParams, Params, check
from watchdog.domain.errors import Misconfigured
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref
from watchdog.domain.run import VerdictState
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import BASE_NEEDS, Missing, Snapshot
from watchdog.logic.incident.detect import (
    MAX_STREAMS,
    base_unknowns,
    can_see,
    needs_of,
    reads_logs,
    run_check,
    uninstalled,
    unread_logs,
    unreadable,
    wanted_logs,
)
from watchdog.logic.incident.verdict import unknowns, verdict

POD = Ref("Pod", "shop", "cart-1")


class Limits(Params):
    """Settings of the check below."""

    most: int = Field(default=1, ge=1)


@check(
    family="pods",
    needs=("pods", "services"),
    optional=("configmaps", "resourcequotas"),
    reasons=("TooMany",),
    params=Limits,
)
def sample(look: Snapshot, params: Limits) -> Iterator[Finding]:
    """Too many."""
    if params.most > 1:
        yield finding(reason="TooMany")


def missing(need: str, reason: str = "forbidden") -> Snapshot:
    look = snapshot(missing=(need,))
    return replace(look, missing={need: Missing(reason, f"cannot list {need}")})


@pytest.mark.parametrize(
    ("need", "reason", "gone"),
    [
        ("services", "absent", "services"),
        ("services", "forbidden", ""),
        ("services", "timeout", ""),
        ("configmaps", "absent", ""),
    ],
)
def test_only_an_api_that_discovery_does_not_have_is_gone(
    need: str, reason: str, gone: str
) -> None:
    assert uninstalled(sample, missing(need, reason)) == gone


def test_kubelets_that_never_answered_are_not_gone() -> None:
    assert uninstalled(replace(sample, needs=("stats",)), missing("stats", "absent")) == ""


def test_what_is_read_is_not_gone() -> None:
    assert uninstalled(sample, snapshot()) == ""


def test_what_is_read_along_is_asked_for_and_leaves_nobody_blind() -> None:
    along = replace(sample, aside=("nodemetrics",))
    unread = missing("nodemetrics", "timeout")

    assert "nodemetrics" in needs_of([along])
    assert can_see(along, unread)
    assert not can_see(replace(sample, optional=("nodemetrics",)), unread)


def test_a_check_that_declares_logs_judges_those_others_asked_for() -> None:
    assert reads_logs(replace(sample, optional=("logs",)))
    assert not reads_logs(sample)


def test_everything_needed_is_read_and_the_base_set() -> None:
    assert needs_of([sample]) == {
        *BASE_NEEDS,
        "pods",
        "services",
        "configmaps",
        "resourcequotas",
    }


@pytest.mark.parametrize(
    ("look", "sees"),
    [
        (snapshot(), True),
        (missing("services"), False),
        (missing("services", "absent"), False),
        (missing("resourcequotas"), False),
        (missing("resourcequotas", "absent"), True),
        (missing("configmaps"), True),
        (missing("endpointslices"), True),
    ],
)
def test_a_check_judges_only_what_it_can_see(look: Snapshot, sees: bool) -> None:
    assert can_see(sample, look) is sees


def test_what_is_missing_is_named_with_its_reason() -> None:
    [unknown] = unreadable(sample, missing("services"))

    assert (unknown.check, unknown.need, unknown.reason) == ("sample", "services", "forbidden")


def test_a_missing_kind_of_the_base_set_blinds_every_run() -> None:
    assert [each.need for each in base_unknowns(missing("nodes"))] == ["nodes"]


def test_settings_reach_the_check() -> None:
    assert len(run_check(sample, snapshot(), {"most": 2})) == 1
    assert run_check(sample, snapshot(), {}) == ()


def test_settings_that_do_not_fit_name_check_and_key() -> None:
    with pytest.raises(Misconfigured, match=r"checks\.sample: most"):
        run_check(sample, snapshot(), {"most": 0})


def test_a_check_refuses_the_settings_of_another() -> None:
    with pytest.raises(TypeError, match="sample takes Limits"):
        list(sample.detect(snapshot(), NoParams()))


def queries(count: int, name: str = "cart") -> tuple[LogQuery, ...]:
    return tuple(LogQuery(Ref("Pod", "shop", f"{name}-{i}"), "app") for i in range(count))


def test_logs_are_read_for_what_stood_for_its_hold() -> None:
    young = finding(since=NOW - MINUTE, logs=queries(1))

    assert wanted_logs([young, finding(logs=queries(1, "web"))], snapshot()) == queries(1, "web")


def test_each_finding_gets_its_first_stream_before_any_gets_a_second() -> None:
    greedy, modest = finding(logs=queries(MAX_STREAMS)), finding(logs=queries(1, "web"))

    wanted = wanted_logs([greedy, modest], snapshot())

    assert len(wanted) == MAX_STREAMS
    assert queries(1, "web")[0] in wanted


def test_what_was_read_is_not_read_again() -> None:
    look = snapshot().with_logs({queries(1)[0]: Log("x")})

    assert wanted_logs([finding(logs=queries(1))], look) == ()


def test_without_wishes_nothing_is_read() -> None:
    assert wanted_logs([finding()], snapshot()) == ()


@pytest.mark.parametrize(("log", "unread"), [(Log(unread="timeout"), True), (Log(), False)])
def test_an_unanswered_stream_makes_a_finding_uncertain(log: Log, unread: bool) -> None:
    look = snapshot().with_logs({queries(1)[0]: log})

    assert unread_logs(finding(logs=queries(1)), look) is unread


def test_a_stream_nobody_asked_for_does_not() -> None:
    assert not unread_logs(finding(logs=queries(1)), snapshot())


def test_unknown_wins_over_alert() -> None:
    blind = unreadable(sample, missing("services"))

    assert verdict(blind, opened()) is VerdictState.UNKNOWN
    assert verdict((), opened()) is VerdictState.ALERT
    assert verdict((), ()) is VerdictState.HEALTHY


def test_info_and_absent_apis_are_healthy() -> None:
    info = opened(finding(severity=Severity.INFO, since=NOW - HOUR))

    assert verdict(unreadable(sample, missing("services", "absent")), info) is VerdictState.HEALTHY


def test_a_kind_that_a_check_named_is_not_named_again_by_the_base_set() -> None:
    look = missing("pods")
    blind = {"sample": unreadable(sample, look)}

    assert [each.check for each in unknowns(blind, ["sample"], look)] == ["sample"]
    assert [each.check for each in unknowns({}, ["sample"], look)] == ["snapshot"]
