"""expect.yaml: what is true of a recorded cluster, and what is wrong with the file."""

from pathlib import Path

import pytest

from watchdog.config.cases import case_folders, read_case
from watchdog.domain.case import Case, Cause
from watchdog.domain.errors import Misconfigured

TEXT = """
title: a missing key
complete: true
root_causes: [{kind: Secret, ns: blog, name: mail, reason: MissingConfigKey, fact: smtp}]
also_ok: [{kind: Node, name: "w-.*", reason: [NodeNotReady, NodeFlapping]}]
"""


def case(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "expect.yaml").write_text(text)
    return folder


def test_a_file_becomes_a_case(tmp_path: Path) -> None:
    mail = Cause(
        kind="Secret", namespace="blog", name="mail", reasons=("MissingConfigKey",), fact="smtp"
    )
    node = Cause(kind="Node", name="w-.*", reasons=("NodeNotReady", "NodeFlapping"), fact="")

    assert read_case(case(tmp_path / "mail", TEXT)) == Case(
        name="mail", title="a missing key", causes=(mail,), also_ok=(node,), complete=True
    )


def test_a_folder_is_a_case_or_holds_some(tmp_path: Path) -> None:
    one, two = case(tmp_path / "a", TEXT), case(tmp_path / "b", TEXT)
    (tmp_path / "c").mkdir()

    assert case_folders(tmp_path) == (one, two)
    assert case_folders(one) == (one,)


def test_every_case_of_this_version_can_be_read() -> None:
    cases = [read_case(folder) for folder in case_folders(None)]

    assert len(cases) >= 6
    assert any(not each.causes for each in cases)


def test_a_folder_without_cases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"no expect\.yaml"):
        case_folders(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("root_causes: [{kind: Node, name: '(', reason: X, fact: y}]", "no regular expression"),
        ("root_causes: [{kind: Node, name: w, reason: X}]", "fact"),
        ("root_causes: [{kind: Node, name: w, reason: [], fact: y}]", "reason"),
        ("causes: []", "root_causes"),
        ("root_causes: [", "cannot be parsed"),
        ("", "the file"),
    ],
)
def test_what_is_wrong_is_named_with_its_file(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said) as caught:
        read_case(case(tmp_path, text))

    assert str(tmp_path / "expect.yaml") in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot read"):
        read_case(tmp_path)
