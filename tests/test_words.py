"""What people read is written for people: the house rules of texts, held over the whole source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "watchdog"


def texts(path: Path) -> Iterator[str]:
    """Every string literal of a module, those within f-strings included."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("folder", ["checks", "logic", "remediations"])
def test_a_count_is_followed_by_the_right_plural(folder: str) -> None:
    lazy = [
        f"{path.name}: {text}"
        for path in (SOURCE / folder).rglob("*.py")
        for text in texts(path)
        if "(s)" in text
    ]

    assert lazy == []
