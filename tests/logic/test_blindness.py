"""blindness: what could not be read stays an open question until it is read again."""

from dataclasses import replace

from tests.logic.test_reconcile import opened
from watchdog.domain.ref import Ref
from watchdog.domain.run import Unknown
from watchdog.logic.blindness import REASON, blindness

OWN = Ref("Namespace", "", "platform-engineer")
NO_PODS = Unknown(check="crash_loop", need="pods", reason="forbidden", text="cannot list pods")


def names(*unknown: Unknown, tried: tuple[str, ...] = ("pods", "nodes"), before: str = "") -> str:
    [known] = opened()
    earlier = replace(known, reason=REASON, affected=(Ref("APIResource", "", before),))
    known_now = (earlier, known) if before else (known,)
    found = blindness(unknown, tried=tried, known=known_now, namespace=OWN.name)
    return " ".join(ref.name for finding in found for ref in finding.affected)


def test_a_kind_that_cannot_be_read_is_a_finding_on_the_own_namespace() -> None:
    [finding] = blindness([NO_PODS], tried=["pods"], known=(), namespace=OWN.name)

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
    assert names(before="certificates") == "certificates"


def test_what_this_run_tried_and_read_is_over() -> None:
    assert names(before="nodes") == ""


def test_several_kinds_are_one_finding() -> None:
    assert names(NO_PODS, before="certificates") == "certificates pods"
