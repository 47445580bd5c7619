"""templates: what a soul or a prompt may say, and where it says what it may not."""

import pytest

from watchdog.config.templates import LONGEST, check_template, render
from watchdog.domain.errors import Misconfigured

SHAPES = {"cluster": frozenset({"name", "version"}), "soul": frozenset[str]()}
SAMPLE = {"cluster": {"name": "prod", "version": "v1.34.2"}, "soul": "you"}


def refusal(text: str) -> Misconfigured:
    with pytest.raises(Misconfigured) as caught:
        check_template(text, where="SOUL.md", sample=SAMPLE, shapes=SHAPES)
    return caught.value


def test_facts_conditions_loops_and_filters_are_a_template() -> None:
    text = (
        "{% if cluster.version != 'unknown' %}{{ cluster.name|upper }}{% endif %}"
        "{% for letter in soul %}{{ letter }}{% endfor %}{{ 'a' if soul else 'b' }}"
    )

    used = check_template(text, where="SOUL.md", sample=SAMPLE, shapes=SHAPES)

    assert used == {"cluster", "soul"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("one\n{{ clster.name }}", 'SOUL.md:2: there is no "clster" here'),
        ("one\ntwo {{ cluster.nmae }}", 'SOUL.md:2: there is no ".nmae" here'),
        ("{{ soul }}\n\n{{ broken", "SOUL.md:3: unexpected end of template, expected"),
        ("{% if soul %}\nno end", "SOUL.md:2: Unexpected end of template"),
        ("{{ soul|shout }}", "SOUL.md:1: No filter named 'shout'"),
        ("\n{{ 3|join }}", "SOUL.md:2: 'int' object is not iterable"),
        ("\n{{ soul > 3 }}", "SOUL.md:2: '>' not supported"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, said: str) -> None:
    assert str(refusal(text)).startswith(said)


def test_the_nearest_fact_is_proposed() -> None:
    assert "`name`" in refusal("{{ cluster.nme }}").hint


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__ }}",
        "{{ soul.__class__.__mro__ }}",
        "{% if false %}{{ ''.__class__ }}{% endif %}",
        "{{ cluster['__class__'] }}",
        "{{ soul|attr('__class__') }}",
        "{{ (soul, 1).index }}",
        "{{ range(9) }}",
        "{{ self }}",
        "{{ lipsum }}",
        "{{ cycler }}",
        "{{ soul.format(1) }}",
        "{{ 'x' * 99999999 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{% set x = soul %}{{ x }}",
        "{% include '/etc/passwd' %}",
        "{% import 'x' as x %}",
        "{% extends 'x' %}",
        "{% macro m() %}{% endmacro %}",
        "{% for a in soul recursive %}{{ loop(a) }}{% endfor %}",
        "{% filter center(99999999) %}x{% endfilter %}",
    ],
)
def test_a_way_out_of_the_sandbox_is_refused(text: str) -> None:
    assert str(refusal(f"one\n{text}")).startswith("SOUL.md:2: ")


def test_what_is_too_long_for_a_small_model_is_refused() -> None:
    assert "too many for a small model" in str(refusal("x" * (LONGEST + 1)))


def test_a_value_that_is_missing_is_an_error_and_no_empty_place() -> None:
    with pytest.raises(Misconfigured, match="'soul' is undefined"):
        render("{{ soul }}", {})


def test_text_for_a_model_is_not_escaped_and_has_no_blank_ends() -> None:
    assert render("\n{{ soul }}\n\n", {"soul": "a < b & {{ c }}"}) == "a < b & {{ c }}"
