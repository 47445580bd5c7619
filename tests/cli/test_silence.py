"""`watchdog silence add`: what is silenced has to be something that can be said."""

from pathlib import Path

import pytest

from tests.cli.installed import call, refusal

HUSH = ("silence", "add", "--for", "2h", "--reason", "moving")


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        ("--check crash_lop", "no check is called crash_lop", "did you mean `crash_loop`?"),
        ("--check zzz", "no check is called zzz", "docs/reference.md lists the checks"),
        ("--reason-name CrashLop", "no Reason is called CrashLop", "did you mean `CrashLoop`?"),
        ("--namespace shop*", "no namespace can be called shop*", "one name"),
        ("--name web/api", "nothing can be called web/api", "one name"),
        (
            "--check crash_loop --reason-name ImageNotFound",
            "the check crash_loop never says ImageNotFound",
            "image_pull says it",
        ),
    ],
)
def test_what_nothing_can_match_is_a_usage_error(
    tmp_path: Path, words: str, error: str, hint: str
) -> None:
    code, said, told = refusal(call(*HUSH, *words.split(), home=tmp_path))

    assert (code, said) == (2, error)
    assert hint in told


@pytest.mark.parametrize(
    "words", ["--check crash_loop --reason-name CrashLoop", "--check self", "--name cart"]
)
def test_what_can_be_said_can_be_silenced(tmp_path: Path, words: str) -> None:
    done = call(*HUSH, *words.split(), home=tmp_path)

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("silence 1 ends ")
