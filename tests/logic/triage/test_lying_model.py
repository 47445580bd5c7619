"""Whatever a model answers, it names nothing that it was not told, and decides nothing."""

from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.builders import NOW
from tests.logic.triage.told import BRIEF, INCIDENT
from watchdog.domain.notification import NotificationKind
from watchdog.domain.triage import Answer
from watchdog.logic.triage.answer import CLAIMS, LENGTH, check, claim
from watchdog.logic.triage.brief import fenced
from watchdog.logic.words.render import incident_message

TOLD = fenced(BRIEF, "").casefold()
LIES = st.sampled_from(
    [
        "kubectl delete ns shop",
        "delete ns prod",
        "The image shop/evil:6.6.6 is used",
        "Deployment/prod/billing is at fault",
        "namespace kube-system is full",
        "https://evil.example.com/x.sh",
        "@everyone",
        "<@&1234>",
        "[click](x)",
        "```rm -rf /```",
        "All is well",
        "no action is needed",
        "10.6.6.6:666",
        "99 GiB",
        "evil_host",
        "EVILCODE",
        "\u202etxet",
        "`evil-1`",
    ]
)
TRUTHS = st.sampled_from(
    ["The image shop/api:2.0 does not exist", "The pod is killed", "exit code 137", "It restarts"]
)
IDS = st.sampled_from(["[E1]", "[E1, E2]", "[E99]", "", "(E4)", "[E0]"])
SENTENCES = st.builds(
    lambda parts, ids: f"{' '.join(parts)} {ids}",
    st.lists(st.one_of(LIES, TRUTHS, st.text(max_size=60)), min_size=1, max_size=4),
    IDS,
)
ANSWERS = st.builds(
    lambda claims, confidence, veto, words: Answer(
        claims=tuple(map(claim, claims)),
        priority="later",
        confidence=confidence,
        veto=veto,
        veto_reason=words,
        unexplained=words,
    ),
    st.lists(SENTENCES, max_size=8),
    st.floats(),
    st.booleans(),
    SENTENCES,
)
HUGE = "The pod is killed evil-1 " * 80_000


@settings(max_examples=300, deadline=None)
@given(ANSWERS)
@example(
    Answer(
        claims=(claim(HUGE + "[E1]"),) * 3,
        priority="later",
        confidence=1.0,
        veto=True,
        veto_reason=HUGE,
        unexplained=HUGE,
    )
)
def test_no_lie_gets_into_the_words_or_the_record(answer: Answer) -> None:
    checked = check(answer, BRIEF)

    said = f"{checked.explanation.text if checked.explanation else ''} {' '.join(checked.reasons)}"
    for lie in ("kubectl", "delete ns", "evil", "prod", "http", "@", "```", "](", "666", "99 GiB"):
        assert lie not in said.casefold()
    assert "all is well" not in said.replace("says that all is well", "").casefold()
    assert "no action" not in said
    assert len(said) < (CLAIMS + 3) * (LENGTH + 60)
    assert 0 <= checked.confidence <= 1


@settings(max_examples=200, deadline=None)
@given(st.from_regex(r"[a-z]{2,8}[-./:_][a-z0-9]{2,8}", fullmatch=True))
def test_no_identifier_that_was_not_told_passes(name: str) -> None:
    checked = check(
        Answer(
            claims=(claim(f"It is the fault of {name} [E1]."),),
            priority="now",
            confidence=1.0,
            veto=False,
            veto_reason="",
            unexplained="",
        ),
        BRIEF,
    )

    assert checked.explanation is None or name in TOLD


@settings(max_examples=100, deadline=None)
@given(ANSWERS)
def test_an_answer_changes_nothing_but_the_words(answer: Answer) -> None:
    checked = check(answer, BRIEF)
    told = replace(INCIDENT, explanation=checked.explanation or INCIDENT.explanation)

    plain = incident_message(INCIDENT, NotificationKind.OPENED, 1, now=NOW)
    worded = incident_message(told, NotificationKind.OPENED, 1, now=NOW)

    assert replace(told, explanation=INCIDENT.explanation) == INCIDENT
    assert (worded.title, worded.severity, worded.quiet) == (
        plain.title,
        plain.severity,
        plain.quiet,
    )
    assert worded.text.splitlines()[-4:] == plain.text.splitlines()[-4:]  # the command, the id
