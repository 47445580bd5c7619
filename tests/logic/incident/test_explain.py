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


def test_the_headline_of_several_subjects_says_the_fault_and_the_story_names_all() -> None:
    shared = (finding(shared="image x", why="It panics."), finding(WEB, shared="image x"))

    title, explanation = explain(sighting(*shared))

    assert title == f"{CART} keeps crashing; also {WEB}"
    assert explanation.text == f"It panics. The same cause (image x) hits {WEB}."


def test_without_a_shared_name_the_story_has_no_brackets() -> None:
    assert "(" not in explain(sighting(finding(), finding(WEB)))[1].text


def test_a_long_headline_of_several_subjects_still_says_how_many_they_are() -> None:
    many = [finding(Ref("Deployment", "shop", f"d{i}"), message="long " * 90) for i in range(4)]

    title, explanation = explain(sighting(*many))

    assert title.endswith("long…; also 3 more")
    assert len(title) <= 150
    assert all(f"Deployment/shop/d{i}" in explanation.text for i in (1, 2, 3))


def test_workloads_that_suffer_are_named_and_pods_are_not() -> None:
    pod = Ref("Pod", "shop", "web-1")

    _, explanation = explain(sighting(finding(affected=(WEB, pod))))

    assert explanation.text == f"Affected: {WEB}."


def test_who_suffers_is_not_named_twice() -> None:
    longer = Ref("Deployment", "shop", f"{WEB.name}-2")
    told = finding(affected=(WEB, longer), why=f"{WEB} writes to it.")

    _, explanation = explain(sighting(told))

    assert explanation.text == f"{WEB} writes to it. Also affected: {longer}."


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


def test_words_for_the_first_subject_say_for_whom_else_they_hold() -> None:
    findings = [
        finding(subject, shared="registry x", proposal=Proposal(f"return to {subject.name}:1"))
        for subject in (CART, WEB)
    ]

    assert proposal(sighting(*findings)) == Proposal(f"return to cart:1 Likewise for {WEB}.")


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
