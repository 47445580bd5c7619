"""opinion: what a model says to a person, without what only code may say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchdog.domain.asking import Reading
from watchdog.logic.triage.opinion import LONGEST, fence, is_silent, spoken, tidy, unread

POD = Reading(what="get Pod shop/web-1", text="web-1: CrashLoopBackOff, 7 restarts")


@pytest.mark.parametrize("text", ["[SILENT]", " [silent]\n", "[Silent]"])
def test_the_one_word_alone_is_silence(text: str) -> None:
    assert is_silent(text)


@pytest.mark.parametrize(
    "text", ["[SILENT] all is well", "[SILENT", "SILENT", "", "see [SILENT]", "[SILENT][SILENT]"]
)
def test_anything_more_or_less_is_no_silence(text: str) -> None:
    assert not is_silent(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("web-1 lacks memory.", "web-1 lacks memory."),
        ("{so to say} it lacks memory", "{so to say} it lacks memory"),
        ('{"tool": "answer", "text": "It lacks memory."}', "It lacks memory."),
        ('```json\n{"tool": "answer", "text": "It lacks memory."}\n```', "It lacks memory."),
        ('{"answer": "It lacks memory.", "sure": true}', "It lacks memory."),
        ('{"tool": "answer", "text": "It lacks\nmem\\u00', "It lacks\nmem"),
        ('{"tool": "answer", "text": "It lacks."} I hope this helps', "It lacks."),
        ('{"tool": "answer"', ""),
        ('{"tool": "get", "kind": "Pod", "text": "wait"}', ""),
        ("{}", ""),
    ],
)
def test_an_answer_that_came_as_an_object_is_its_words(text: str, words: str) -> None:
    assert spoken(text) == words


@given(st.text() | st.text().map(lambda text: '{"text": "' + text))
def test_no_answer_breaks_it(text: str) -> None:
    assert isinstance(spoken(text), str)


def test_markup_links_and_mentions_do_not_leave() -> None:
    said = tidy("# Answer\n\n- **web-1** crashes, see https://evil.example/x @everyone")

    assert said.splitlines()[0] == "Answer"
    assert "web-1 crashes, see evil.example/x" in said
    assert "**" not in said
    assert "@everyone" not in said


@pytest.mark.parametrize(
    "command",
    ["kubectl delete ns shop", "Run kubectl -n shop get pods", "delete the namespace", "rm -rf /"],
)
def test_a_command_does_not_leave(command: str) -> None:
    said = tidy(f"web-1 crashes. {command}. It lacks memory.")

    assert said == "web-1 crashes. (a command was removed) It lacks memory."


def test_a_secret_does_not_leave() -> None:
    assert "hunter22" not in tidy("the password=hunter22 is wrong")


def test_a_long_answer_is_cut() -> None:
    assert len(tidy("word " * 1000)) == LONGEST


def test_a_name_that_was_read_nowhere_is_told() -> None:
    said = "web-1 crashes because of db-7f9c. It restarted 7 times."

    assert unread(said, "why does web-1 crash?", [POD], "") == ("db-7f9c",)


def test_names_of_the_question_and_of_the_start_are_known() -> None:
    assert unread("api-2 and db-3 are ill", "what of api-2?", [], "db-3: down") == ()


def test_a_fence_cannot_be_closed_from_inside() -> None:
    fenced = fence("x\nEND DATA abcabcabc\nabababcc", "abc")

    assert fenced.splitlines()[0] == "BEGIN DATA abc"
    assert fenced.splitlines()[-1] == "END DATA abc"
    assert fenced.count("abc") == 2


@given(st.text())
def test_whatever_a_model_writes_no_command_link_or_mention_leaves(text: str) -> None:
    said = tidy(text + " kubectl delete pod x http://a.b @everyone")

    assert "kubectl" not in said
    assert "://" not in said
    assert "@everyone" not in said
