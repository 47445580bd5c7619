"""What an identity holds, against what is declared: every difference is named, and nothing else."""

from dataclasses import replace

import pytest

from watchdog.app.audit import REFUSED, compare, declared_by, evidence
from watchdog.app.lines import Line, State
from watchdog.app.registry import all_checks, all_remediations
from watchdog.domain.ports import Right
from watchdog.kube.dnsconfig import DnsSource
from watchdog.kube.rights import Held, Holdings

DECLARED = declared_by(all_checks(), all_remediations())
LEASE = [Held("coordination.k8s.io", "leases", verb, "watchdog") for verb in ("get", "update")]
OWN, CANARY = "platform-engineer", "platform-engineer-canary"
READS = frozenset(Held(*each) for each in DECLARED.reader)
ACTS = frozenset(Held(*each) for each in DECLARED.actor)
REVIEW = Held("authorization.k8s.io", "selfsubjectaccessreviews", "create")
ANSWERS = (
    *(Right(*each, True) for each in sorted(DECLARED.reader)),
    *(Right(*each, False) for each in REFUSED),
)


def held(*more: Held, acts: bool = False, complete: bool = True) -> Holdings:
    """What the reader holds, with more."""
    return Holdings(READS | {REVIEW, *more} | (ACTS if acts else set()), complete=complete)


def audited(answers: tuple[Right, ...] = ANSWERS, **holdings: Holdings) -> list[Line]:
    """The lines, for namespaces by name; without any there is one of the reader alone."""
    found = {name.replace("_", "-"): each for name, each in (holdings or {"shop": held()}).items()}
    return list(compare(DECLARED, answers, found, DnsSource()))


def texts(lines: list[Line], state: State) -> list[str]:
    """The texts of one state."""
    return [line.text for line in lines if line.state is state]


def test_the_shipped_reader_has_no_fault_and_no_note() -> None:
    lines = audited()

    assert {line.state for line in lines} == {State.OK}
    assert "may act nowhere" in texts(lines, State.OK)
    assert "denied: get, list, watch, create on secrets" in texts(lines, State.OK)
    assert "granted: get, list, watch on leases of coordination.k8s.io" in texts(lines, State.OK)


def test_a_right_that_is_missing_is_named() -> None:
    gone = ("", "pods/log", "get")
    answers = tuple(
        replace(each, allowed=False) if (each.group, each.resource, each.verb) == gone else each
        for each in ANSWERS
    )

    assert texts(audited(answers), State.FAULT) == ["not granted: get pods/log"]


def test_a_right_that_nothing_asks_for_is_named() -> None:
    answers = tuple(
        replace(each, allowed=True) if (each.resource, each.verb) == ("secrets", "list") else each
        for each in ANSWERS
    )
    lines = audited(answers)

    assert texts(lines, State.FAULT) == ["granted, and nothing asks for it: list secrets"]
    assert "denied: get, watch, create on secrets" in texts(lines, State.OK)


def test_where_it_may_act_is_said() -> None:
    lines = audited(shop=held(acts=True), pay=held(acts=True), kube_system=held())

    assert "may act in pay, shop" in texts(lines, State.OK)
    assert texts(lines, State.FAULT) == []


def test_a_component_is_said_where_it_acts() -> None:
    jobs = [Held(*each) for each in DECLARED.components["jobs"]]

    lines = audited(shop=held(*jobs, acts=True), pay=held())

    assert "may act in shop (with jobs)" in texts(lines, State.OK)


def test_nowhere_but_on_the_canary_is_a_note() -> None:
    lines = audited(platform_engineer_canary=held(acts=True), shop=held())

    assert texts(lines, State.NOTE) == ["may act nowhere but on the canary"]
    assert texts(lines, State.FAULT) == []


def test_half_of_what_acting_takes_is_a_fault() -> None:
    half = [each for each in ACTS if each.resource != "pods/eviction"]

    lines = audited(shop=held(*half), pay=held())

    assert texts(lines, State.FAULT) == ["may act in shop by half: not create pods/eviction"]


def test_a_binding_in_a_protected_namespace_is_a_fault() -> None:
    lines = audited(kube_system=held(acts=True), shop=held())

    assert texts(lines, State.FAULT) == ["may act in the protected namespace kube-system"]


def test_everywhere_is_a_component_and_a_note() -> None:
    lines = audited(kube_system=held(acts=True), shop=held(acts=True))

    assert texts(lines, State.NOTE) == ["may act in every namespace"]
    assert texts(lines, State.FAULT) == []


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (Held("", "secrets", "get"), "get secrets in shop"),
        (Held("", "secrets", "get", "db"), "get secrets (db) in shop"),
        (Held("*", "*", "*"), "* *.* in shop"),
        (Held("apps", "deployments", "update"), "update deployments.apps in shop"),
        (Held("", "configmaps", "get", "watchdog-stop"), "get configmaps (watchdog-stop) in shop"),
        (Held("shop.example.com", "orders", "delete"), "delete orders.shop.example.com in shop"),
        (Held("storage.k8s.io", "csinodes", "list"), "list csinodes.storage.k8s.io in shop"),
    ],
)
def test_a_right_that_is_wider_than_declared_is_a_fault(more: Held, text: str) -> None:
    lines = audited(shop=held(more), pay=held())

    assert texts(lines, State.FAULT) == [f"wider than declared: {text}"]


def test_a_wider_right_everywhere_is_said_once() -> None:
    wide = held(Held("", "secrets", "list"))

    lines = audited(shop=wide, pay=wide)

    assert texts(lines, State.FAULT) == ["wider than declared: list secrets everywhere"]


def test_custom_kinds_may_be_given_for_reading() -> None:
    lines = audited(shop=held(Held("shop.example.com", "orders", "list")), pay=held())

    assert texts(lines, State.NOTE) == ["reads besides: list orders.shop.example.com in shop"]
    assert texts(lines, State.FAULT) == []


def test_what_is_declared_by_name_is_not_wider_where_it_belongs() -> None:
    own = held(
        Held("", "configmaps", "get", "watchdog-stop"),
        Held("", "serviceaccounts/token", "create", "platform-engineer-actor"),
        *LEASE,
    )
    dns = held(Held("", "configmaps", "get", "coredns"), Held("", "pods", "get", "some"))

    assert texts(audited(platform_engineer=own, kube_system=dns), State.FAULT) == []


@pytest.mark.parametrize("lease", ["", "watchdog"])
def test_that_it_may_hold_the_lease_is_said(lease: str) -> None:
    found = {OWN: held(*LEASE)}

    lines = list(compare(DECLARED, ANSWERS, found, DnsSource(), lease))

    assert "may hold the Lease platform-engineer/watchdog" in texts(lines, State.OK)
    assert texts(lines, State.FAULT) == []


@pytest.mark.parametrize("found", [{OWN: held()}, {OWN: held(LEASE[0])}, {"shop": held(*LEASE)}])
def test_a_lease_that_is_set_and_cannot_be_held_is_a_fault(found: dict[str, Holdings]) -> None:
    lines = list(compare(DECLARED, ANSWERS, found, DnsSource(), "watchdog"))

    assert "may not hold the Lease platform-engineer/watchdog" in texts(lines, State.FAULT)


def test_the_right_to_every_lease_is_wider_than_declared() -> None:
    every = Held("coordination.k8s.io", "leases", "update")

    lines = audited(platform_engineer=held(every), shop=held())

    wide = "wider than declared: update leases.coordination.k8s.io in platform-engineer"
    assert texts(lines, State.FAULT) == [wide]


def test_what_the_api_server_cannot_list_is_a_note() -> None:
    lines = audited(shop=held(complete=False))

    assert texts(lines, State.NOTE) == ["the API server could not say everything about shop"]


def test_what_is_denied_is_one_line_of_doctor() -> None:
    line = evidence([Right(*each, False) for each in REFUSED])

    assert line.state is State.OK
    assert line.text.startswith(f"{len(REFUSED)} rights denied, as they should be: secrets, ")


def test_a_person_who_may_more_is_a_note_of_doctor() -> None:
    line = evidence([Right(*each, each[1] == "pods/exec") for each in REFUSED])

    assert (line.state, line.text) == (
        State.NOTE,
        "this identity may do what is never done: get pods/exec, create pods/exec",
    )
