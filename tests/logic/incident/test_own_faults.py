"""own_faults: what watchdog says of itself names the fault and the way out."""

import pytest

from tests.builders import NOW
from watchdog.logic.incident.own_faults import config_invalid, delivery_failing, model_path_down


def test_a_refused_edit_quotes_the_error_and_its_hint() -> None:
    finding = config_invalid(
        "own", what="jobs.json", error="line 3: no such check", hint="write image_pull", now=NOW
    )

    assert finding.message == "the edit of jobs.json is refused"
    assert "line 3: no such check" in finding.why
    assert finding.proposal is not None
    assert finding.proposal.text == "write image_pull"


def test_without_a_hint_it_says_when_the_file_is_read_again() -> None:
    finding = config_invalid("own", what="jobs.json", error="broken", hint="", now=NOW)

    assert finding.proposal is not None
    assert "5 seconds" in finding.proposal.text


@pytest.mark.parametrize(
    ("waiting", "refused", "said"),
    [
        (1, 0, "1 waits"),
        (3, 0, "3 wait"),
        (0, 1, "1 was refused"),
        (3, 2, "3 wait and 2 were refused"),
    ],
)
def test_undelivered_messages_are_counted(waiting: int, refused: int, said: str) -> None:
    finding = delivery_failing("own", waiting=waiting, refused=refused, now=NOW)

    assert finding.message == f"messages do not arrive: {said}"
    assert [each.text for each in finding.evidence] == [f"messages: {said}"]
    assert finding.proposal is not None
    assert finding.proposal.commands == ("watchdog test-alert",)


def test_a_broken_way_to_the_models_names_the_error_and_the_chain() -> None:
    finding = model_path_down("own", error="small: 503", models=("small", "big"), now=NOW)

    assert "small: 503" in finding.why
    assert "small, big" in finding.why
    assert finding.proposal is not None
    assert finding.proposal.commands == ("watchdog doctor",)
