"""config.yaml: what is read, and which line a key is on."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchdog.config.file import parse_config, read_config
from watchdog.domain.errors import Misconfigured

PATH = Path("config.yaml")


def test_an_absent_file_says_nothing(tmp_path: Path) -> None:
    assert read_config(tmp_path / "config.yaml", required=False).tree == {}


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n"])
def test_an_empty_file_says_nothing(text: str) -> None:
    assert parse_config(text, PATH).tree == {}


def test_every_key_has_its_line() -> None:
    file = parse_config("mode: act\nnotifiers:\n- type: console\n- type: jsonl\n", PATH)

    assert file.where(("mode",)) == "config.yaml:1"
    assert file.where(("notifiers", "1", "type")) == "config.yaml:4"


def test_an_unwritten_key_has_the_line_of_what_encloses_it() -> None:
    file = parse_config("mode: act\nllm: {}\n", PATH)

    assert file.where(("llm", "model")) == "config.yaml:2"
    assert file.where(("store",)) == "config.yaml"


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_bytes(b"mode: \xff\n")

    with pytest.raises(Misconfigured, match="is not UTF-8"):
        read_config(tmp_path / "config.yaml", required=False)


@pytest.mark.parametrize("text", ["a: 2026-13-45", "a: !!python/object:x {}", "a: b: c", "\x00"])
def test_what_the_library_cannot_construct_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured, match="not valid YAML"):
        parse_config(text, PATH)


@given(st.text(alphabet="ab: -[]{}#&*!|>'\"\n%@`?,0", max_size=40))
def test_no_text_does_anything_but_parse_or_be_refused(text: str) -> None:
    try:
        parse_config(text, PATH)
    except Misconfigured as error:
        said = (str(error), error.hint)
    else:
        said = ("config.yaml", "fine")

    assert said[0].startswith("config.yaml")
    assert said[1]
