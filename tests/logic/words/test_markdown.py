"""A Message as Discord's markdown."""

from hypothesis import given
from hypothesis import strategies as st

from watchdog.logic.words.markdown import LIMIT, markdown

HOSTILE = st.text(alphabet=st.sampled_from("ab`*\\_\n🔴é#> "), max_size=300)


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def test_marks_are_escaped_outside_code_blocks_only() -> None:
    text = "# a_b *c* [d](e)\n```\nx_y *z*\n```\n> f"

    assert markdown("t_1", text) == (
        "**t\\_1**\n\\# a\\_b \\*c\\* \\[d\\](e)\n```\nx_y *z*\n```\n\\> f"
    )


def test_a_code_block_that_was_left_open_is_closed() -> None:
    assert markdown("t", "```\nx") == "**t**\n```\nx\n```"


def test_what_does_not_fit_goes_by_whole_lines_and_closes_its_code_block() -> None:
    assert markdown("t", "```\nabc\n" + "x" * 30 + "\n```", limit=30) == "**t**\n```\nabc\n```\n…"
    assert markdown("t", "abc\n" + "x" * 30, limit=30) == "**t**\nabc\n…"


def test_a_title_that_is_too_long_alone_is_cut() -> None:
    assert markdown("x" * 50, "text", limit=20) == "x" * 19 + "…"


@given(title=HOSTILE, lines=st.lists(HOSTILE | st.just("```"), max_size=30))
def test_it_always_fits_and_every_code_block_is_closed(title: str, lines: list[str]) -> None:
    shown = markdown(title, "\n".join(lines))

    assert 0 < units(shown) <= LIMIT
    assert sum(line == "```" for line in shown.split("\n")) % 2 == 0
