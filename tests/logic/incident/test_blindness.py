"""blindness: what could not be read stays an open question until it is read again."""

from dataclasses import replace

from tests.logic.incident.test_reconcile import opened
from watchdog.domain.ref import Ref
from watchdog.domain.run import Unknown
from watchdog.logic.incident.blindness import REASON, blindness, still_unread

OWN = Ref("Namespace", "", "platform-engineer")
NO_PODS = Unknown(check="crash_loop", need="pods", reason="forbidden", text="cannot list pods")


BROKEN = Unknown(check="crash_loop", need="check", reason="failed", text="ZeroDivisionError")


def names(*unknown: Unknown, before: str = "") -> str:
    unread = [Ref("APIResource", "", before)] if before else []
    found = blindness(unknown, before=unread, namespace=OWN.name)
    return " ".join(ref.name for finding in found for ref in finding.affected)


def unread(*untried: str) -> list[str]:
    [known] = opened()
    affected = (Ref("APIResource", "", "certificates"), Ref("Check", "", "dns"))
    earlier = replace(known, reason=REASON, affected=affected)
    return sorted(ref.name for ref in still_unread([earlier, known], untried))


def test_a_kind_that_cannot_be_read_is_a_finding_on_the_own_namespace() -> None:
    [finding] = blindness([NO_PODS], before=(), namespace=OWN.name)

    assert (finding.reason, finding.subject, finding.sightings) == (REASON, OWN, 2)
    assert finding.since is None
    assert "cannot list pods" in finding.evidence[0].text


def test_when_all_was_read_there_is_nothing() -> None:
    assert names() == ""


def test_an_api_that_is_not_installed_is_nothing() -> None:
    assert names(replace(NO_PODS, reason="absent")) == ""


def test_a_right_that_is_never_granted_is_nothing() -> None:
    assert names(replace(NO_PODS, need="configmaps")) == ""


def test_what_this_run_did_not_try_is_still_unread() -> None:
    assert unread("certificates", "dns", "nodes") == ["certificates", "dns"]


def test_what_this_run_tried_or_nobody_needs_is_not() -> None:
    assert unread("nodes") == []


def test_a_run_that_only_did_not_try_says_nothing() -> None:
    assert names(before="certificates") == ""


def test_several_kinds_are_one_finding() -> None:
    assert names(NO_PODS, before="certificates") == "certificates pods"


def test_a_check_that_breaks_is_named() -> None:
    [alone] = blindness([BROKEN], before=(), namespace=OWN.name)
    [both] = blindness([BROKEN, NO_PODS], before=(), namespace=OWN.name)

    assert alone.message == "watchdog cannot carry out crash_loop"
    assert both.message == "watchdog cannot read pods and cannot carry out crash_loop"


def test_a_cluster_that_cannot_be_reached_is_one_short_sentence() -> None:
    why = "cannot reach https://10.0.0.10:6443: Connection refused"
    unread = [
        Unknown(check="snapshot", need=need, reason="unreachable", text=why)
        for need in ("pods", "nodes", "events", "services")
    ]

    [finding] = blindness(unread, before=(), namespace=OWN.name)

    assert finding.message == f"watchdog cannot read the cluster: {why}"
    assert finding.why.startswith("All checks say nothing")
    assert [each.text for each in finding.evidence] == [f"unreachable: {why}"]


def test_of_many_kinds_five_are_named() -> None:
    unread = [
        replace(NO_PODS, need=f"kind{number}", text=f"cannot list kind{number}")
        for number in range(7)
    ]

    [finding] = blindness(unread, before=(), namespace=OWN.name)

    assert finding.message.endswith("kind3, kind4 and 2 more")
