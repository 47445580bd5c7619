"""The documents say what the code does: the printed reference, and every name the others mention."""

import re
from pathlib import Path

import pytest

from watchdog.app.notifying import TYPES
from watchdog.app.reference import NOTIFIER_PARAMS
from watchdog.cli.commands import COMMANDS
from watchdog.cli.exits import ExitCode
from watchdog.cli.reference import reference
from watchdog.config.settings import Settings
from watchdog.metrics import Metrics

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference.md"
PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "DECISIONS.md", "CHANGELOG.md")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
CODE = re.compile(r"`([^`\n]+)`")
# Not `tests/checks/test_<name>.py`: that is a form, no file.
HOUSE_PATH = re.compile(r"(?<![\w/.-])(?:watchdog|tests|deploy|rbac|docs|scripts)/[\w./-]*+(?!<)")
COMMAND_LINE = re.compile(r"(?<![\w/.-])watchdog ([a-z][a-z-]*)")
TARGET = re.compile(r"(?<![\w-])make ([a-z-]+)")


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def code_of(page: str) -> list[str]:
    """What a page shows as code: inline pieces, and the lines of its blocks."""
    pieces = text(page).split("```")
    inline = [each for part in pieces[::2] for each in CODE.findall(part)]
    return [*inline, *(line for part in pieces[1::2] for line in part.splitlines())]


def test_the_reference_is_what_the_code_prints() -> None:
    printed = reference()

    assert REFERENCE.read_text(encoding="utf-8") == printed, (
        "docs/reference.md is old: python -m watchdog.cli.reference > docs/reference.md"
    )


def test_the_reference_describes_every_key() -> None:
    tables = [line for line in reference().splitlines() if line.startswith("|")]

    assert [row for row in tables if row.endswith("|  |")] == []


def test_the_reference_has_every_section_of_the_settings() -> None:
    missing = [name for name in Settings.model_fields if f"`{name}" not in reference()]

    assert missing == []


def test_the_reference_has_every_series() -> None:
    ours = [
        family.name
        for family in Metrics().registry.collect()
        if family.name.startswith("watchdog_")
    ]

    assert ours != []
    assert [name for name in ours if f"`{name}" not in reference()] == []


def test_the_reference_has_every_type_of_notifier() -> None:
    assert tuple(NOTIFIER_PARAMS) == TYPES


def test_the_readme_names_every_command() -> None:
    missing = [name for name in COMMANDS if f"`watchdog {name}" not in text("README.md")]

    assert missing == []


def test_the_readme_names_every_exit_code() -> None:
    missing = [code.value for code in ExitCode if f"| {code.value} |" not in text("README.md")]

    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_every_command_a_page_mentions_exists(page: str) -> None:
    named = {name for each in code_of(page) for name in COMMAND_LINE.findall(each)}

    assert named - COMMANDS.keys() == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_a_page_mentions_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), flags=re.MULTILINE))
    named = {name for each in code_of(page) for name in TARGET.findall(each)}

    assert named - targets == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_file_a_page_mentions_exists(page: str) -> None:
    shown = {path for each in code_of(page) for path in HOUSE_PATH.findall(each)}
    named = {*shown, *LINK.findall(text(page))}

    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_the_test_command_of_the_readme_is_the_one_that_ci_runs() -> None:
    assert "exec make test" in text(".ci/run")
    assert "\nmake test" in text("README.md")
