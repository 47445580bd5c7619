"""explain: the story of an Incident, complete, bounded, and free of secrets."""

from tests.logic.incident.test_reconcile import CART, WEB, finding
from watchdog.domain.evidence import Evidence, Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref
from watchdog.domain.sighting import Sighting
from watchdog.logic.incident.explain import evidence, explain, proposal


def sighting(*findings: Finding) -> Sighting:
    return Sighting(check="crash_loop", findings=findings)


def test_one_subject_is_told_in_its_own_words() -> None:
    title, explanation = explain(sighting(finding(why="It panics.")))

    assert (title, explanation.text) == (f"{CART} keeps crashing", "It panics.")
    assert explanation.source == "rules"


def test_several_subjects_are_all_named_with_what_they_share() -> None:
    shared = (finding(shared="image x"), finding(WEB, shared="image x"))

    title, explanation = explain(sighting(*shared))

    assert title == "CrashLoop: 2 objects with one cause (image x)"
    assert str(CART) in explanation.text
    assert str(WEB) in explanation.text


def test_without_a_shared_name_the_headline_has_no_brackets() -> None:
    assert "(" not in explain(sighting(finding(), finding(WEB)))[0]


def test_workloads_that_suffer_are_named_and_pods_are_not() -> None:
    pod = Ref("Pod", "shop", "web-1")

    _, explanation = explain(sighting(finding(affected=(WEB, pod))))

    assert explanation.text == f"Affected: {WEB}."


def test_a_long_list_is_cut_with_a_count() -> None:
    many = tuple(Ref("Deployment", "shop", f"d{i}") for i in range(14))

    assert explain(sighting(finding(affected=many)))[1].text.endswith("and 2 more.")


def test_each_finding_gives_its_first_fact_before_any_gives_its_second() -> None:
    facts = [Evidence(kind="status", ref=CART, text=str(number)) for number in range(30)]

    kept = evidence(sighting(finding(evidence=tuple(facts[:20])), finding(evidence=(facts[29],))))

    assert len(kept) == 10
    assert [each.text for each in kept[:2]] == ["0", "29"]


def test_every_subject_gets_its_command() -> None:
    findings = [
        finding(subject, shared="image x", proposal=Proposal("undo", (f"undo {subject.name}",)))
        for subject in (CART, WEB)
    ]

    assert proposal(sighting(*findings)) == Proposal("undo", ("undo cart", "undo web"))


def test_a_finding_without_a_proposal_adds_none() -> None:
    mended = finding(proposal=Proposal("undo", ("undo cart",)))

    assert proposal(sighting(mended, finding(WEB))) == Proposal("undo", ("undo cart",))
    assert proposal(sighting(finding(WEB), mended)) is None


def test_secrets_and_control_characters_go_no_further() -> None:
    said = "password=hunter2-hunter2 \x1b[31mred"
    told = finding(message=said, why=said, evidence=(Evidence(kind="log", ref=CART, text=said),))

    title, explanation = explain(sighting(told))
    [fact] = evidence(sighting(told))

    for text in (title, explanation.text, fact.text):
        assert "hunter2" not in text
        assert "\x1b" not in text


def test_a_command_that_would_hold_a_secret_is_left_out() -> None:
    risky = 'kubectl patch deployment/cart -p \'{"args":["--token=hunter22","http://db:81"]}\''

    assert proposal(sighting(finding(proposal=Proposal("undo", (risky, "undo cart"))))) == Proposal(
        "undo", ("undo cart",)
    )
