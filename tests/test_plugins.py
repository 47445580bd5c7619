"""The house rules for checks: each can be found, explained, scheduled, granted and tested."""

import re
from collections import Counter
from pathlib import Path

import pytest

from watchdog.app.registry import all_checks
from watchdog.config.catalogue import CATALOGUE
from watchdog.domain.check import Check
from watchdog.kube.kinds import DNS, KINDS, KUBELETS, LOGS, SERVED, SERVER, STATS

ROOT = Path(__file__).parent.parent
CHECKS = all_checks()
_SILENT = re.compile(r"== \[\]|== \(\)|== set\(\)|assert not |is None")
each_check = pytest.mark.parametrize("check", CHECKS, ids=[check.id for check in CHECKS])


def test_every_module_of_the_folder_holds_one_check_of_its_name() -> None:
    modules = {path.stem for path in (ROOT / "watchdog" / "checks").glob("[a-z]*.py")}

    assert {check.id for check in CHECKS} == modules
    assert len(CHECKS) == len(modules)


def test_each_reason_belongs_to_exactly_one_check() -> None:
    counts = Counter(reason for check in CHECKS for reason in check.reasons)

    assert [reason for reason, count in counts.items() if count > 1] == []


@each_check
def test_a_check_says_what_it_sees(check: Check) -> None:
    assert check.doc.strip() != ""


@each_check
def test_a_check_stands_in_the_catalogue_with_its_family(check: Check) -> None:
    assert CATALOGUE.get(check.id) == check.family


@each_check
def test_a_check_has_a_test_file(check: Check) -> None:
    assert (ROOT / "tests" / "checks" / f"test_{check.id}.py").is_file()


@each_check
def test_each_reason_is_tried_and_its_near_misses_stay_silent(check: Check) -> None:
    folders = (ROOT / "tests" / name for name in ("checks", "logic"))
    tests = [path.read_text() for folder in folders for path in folder.rglob("test_*.py")]

    for reason in check.reasons:
        naming = [text for text in tests if f'"{reason}"' in text]
        assert naming, reason
        assert any(_SILENT.search(text) for text in naming), reason


@each_check
def test_a_check_reads_known_kinds_only_and_each_once(check: Check) -> None:
    read = [*check.needs, *check.optional]

    assert set(read) - {DNS, *KINDS, KUBELETS, LOGS, SERVED, SERVER, STATS} == set()
    assert len(read) == len(set(read))


@each_check
def test_a_check_names_its_reasons_in_camel_case(check: Check) -> None:
    assert check.reasons != ()
    assert [name for name in check.reasons if not name.isalnum() or not name[0].isupper()] == []


@each_check
def test_a_check_describes_each_of_its_settings_and_runs_without_them(check: Check) -> None:
    described = [field.description for field in check.params.model_fields.values()]

    assert all(described)
    check.params()
