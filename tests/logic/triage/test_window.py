"""window: which results of a conversation a small model still gets."""

from hypothesis import given as drawn
from hypothesis import strategies as st

from watchdog.domain.model import Turn
from watchdog.logic.triage.tokens import estimate
from watchdog.logic.triage.window import Given, fits, fitting, tokens

MARK = "c0ffee00"
LINES = "\n".join(f"pod {word} waits" for word in ("one", "two", "six", "ten") * 9)


def results(count: int) -> list[Given]:
    return [Given(said=f"look {number}", text=f"result {number}") for number in range(count)]


def test_what_fits_stays_as_it_is() -> None:
    turns, left_out = fitting(results(2), MARK, 1000)

    assert left_out == 0
    assert [turn.role for turn in turns] == ["assistant", "user"] * 2
    assert turns[1].text == f"BEGIN DATA {MARK}\nresult 0\nEND DATA {MARK}"


def test_without_results_there_is_nothing_to_leave_out() -> None:
    assert fitting([], MARK, -5) == ((), 0)


def test_the_oldest_go_first_and_the_model_is_told() -> None:
    whole = tokens(fitting(results(4), MARK, 1000)[0])

    turns, left_out = fitting(results(4), MARK, whole - 1)

    assert left_out == 2
    assert [turn.text for turn in turns if turn.role == "assistant"] == ["look 2", "look 3"]
    assert turns[1].text.startswith("What you read before is left out, 2 in all: there is no room")
    assert turns[1].text.endswith(f"BEGIN DATA {MARK}\nresult 2\nEND DATA {MARK}")


def test_the_newest_is_cut_and_keeps_its_fence() -> None:
    turns, left_out = fitting([*results(3), Given(said="look", text=LINES)], MARK, 100)

    assert left_out == 3
    assert tokens(turns) <= 100
    assert turns[1].text.endswith(f"…\nEND DATA {MARK}")
    assert "pod one waits" in turns[1].text


def test_a_newest_that_fits_alone_is_whole() -> None:
    alone = tokens(fitting(results(1), MARK, 1000)[0])

    assert fitting(results(1), MARK, alone) == fitting(results(1), MARK, 1000)


def test_a_text_that_fits_is_not_even_collapsed() -> None:
    told = "web-1 waits\nweb-2 waits"

    assert fits(told, 100) == told
    assert estimate(fits(LINES, 10)) <= 10


@drawn(
    st.lists(st.builds(Given, said=st.text(max_size=40), text=st.text(max_size=400)), max_size=6),
    st.integers(min_value=0, max_value=2000),
)
def test_nothing_is_larger_than_its_room_but_what_cannot_be_smaller(
    given: list[Given], room: int
) -> None:
    turns, left_out = fitting(given, MARK, room)

    bare = _bare(given[-1], left_out) if given else 0
    assert len(turns) == 2 * (len(given) - left_out)
    assert tokens(turns) <= max(room, bare)


def _bare(newest: Given, left_out: int) -> int:
    """The least that the newest one takes: its frame, and the words about the others."""
    fence = [Turn(role="user", text=f"BEGIN DATA {MARK}\n\nEND DATA {MARK}")]
    about = estimate(
        f"What you read before is left out, {left_out} in all: there is no room for it"
    )
    return estimate(newest.said) + tokens(fence) + about + estimate(" any more.\n\n") + 2
