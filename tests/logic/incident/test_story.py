"""story: a Finding's own facts come first, and ten lines are enough."""

from tests.logic.incident.test_reconcile import CART, finding
from watchdog.domain.evidence import Evidence
from watchdog.logic.incident.story import with_story


def facts(kind: str, count: int) -> tuple[Evidence, ...]:
    return tuple(Evidence(kind="status", ref=CART, text=f"{kind}{n}") for n in range(count))


def told(own: int, story: int) -> list[str]:
    found = with_story(finding(evidence=facts("own", own)), facts("story", story))
    return [each.text for each in found.evidence]


def test_the_story_follows_the_findings_own_facts() -> None:
    assert told(2, 2) == ["own0", "own1", "story0", "story1"]


def test_without_a_story_nothing_is_cut() -> None:
    assert len(told(12, 0)) == 12


def test_ten_lines_are_kept_and_five_of_them_are_the_findings_own() -> None:
    assert told(9, 8) == [f"own{n}" for n in range(5)] + [f"story{n}" for n in range(5)]


def test_a_short_story_takes_no_more_than_it_needs() -> None:
    assert told(12, 2) == [f"own{n}" for n in range(8)] + ["story0", "story1"]
