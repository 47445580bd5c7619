"""rbac/ grants what the checks read: not one right less, not one more."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import pytest

from tests.manifests import ROOT, documents, read
from watchdog.app.rbac import Triple, reader_rights
from watchdog.app.registry import all_checks
from watchdog.domain.run import WHEN_GRANTED
from watchdog.kube.dnsconfig import DnsSource

ROLE = "10-reader.yaml"
OPTIONAL = "rbac/components/configmaps"
NEVER = (
    "secrets",
    "configmaps",
    "pods/exec",
    "pods/attach",
    "pods/portforward",
    "pods/ephemeralcontainers",
    "nodes/proxy",
    "services/proxy",
    "serviceaccounts/token",
)


def granted(role: Mapping[str, object]) -> list[Triple]:
    """Every (group, resource, verb) of a role, doubles included."""
    rules = role["rules"]
    assert isinstance(rules, list)
    return [
        (group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]


def lines(triples: Iterable[Triple]) -> list[str]:
    """The rules as lines of YAML, to be copied or taken out."""
    verbs: dict[tuple[str, str], list[str]] = defaultdict(list)
    for group, resource, verb in sorted(triples):
        verbs[group, resource].append(verb)
    return [
        f'- {{apiGroups: ["{group}"], resources: [{resource}], verbs: [{", ".join(names)}]}}'
        for (group, resource), names in verbs.items()
    ]


def test_the_reader_may_do_what_the_checks_need_and_nothing_else() -> None:
    wanted = reader_rights(all_checks())
    found = granted(read(f"rbac/{ROLE}"))

    missing, superfluous = lines(wanted - set(found)), lines(set(found) - wanted)

    assert not missing, f"rbac/{ROLE} lacks:\n" + "\n".join(missing)
    assert not superfluous, f"rbac/{ROLE} has too much:\n" + "\n".join(superfluous)
    assert len(found) == len(set(found)), f"rbac/{ROLE} grants something twice"


def test_a_missing_right_is_printed_as_the_line_to_add() -> None:
    missing = {("apps", "deployments", verb) for verb in ("get", "list", "watch")}

    assert lines(missing) == [
        '- {apiGroups: ["apps"], resources: [deployments], verbs: [get, list, watch]}'
    ]


def test_a_rule_is_limited_to_nothing_but_resources() -> None:
    for rule in read(f"rbac/{ROLE}")["rules"]:
        assert set(rule) == {"apiGroups", "resources", "verbs"}


def test_every_right_only_reads() -> None:
    assert {verb for _, _, verb in reader_rights(all_checks())} == {"get", "list", "watch"}


@pytest.mark.parametrize("resource", NEVER)
def test_what_is_never_granted_is_in_no_rule(resource: str) -> None:
    assert resource not in {name for _, name, _ in granted(read(f"rbac/{ROLE}"))}


def test_logs_can_be_read_and_not_listed() -> None:
    verbs = {verb for _, name, verb in reader_rights(all_checks()) if name == "pods/log"}

    assert verbs == {"get"}


def test_what_is_used_only_when_granted_is_not_derived() -> None:
    needed = {need for check in all_checks() for need in (*check.needs, *check.optional)}

    assert needed & WHEN_GRANTED  # a check wants it, so leaving it out is a decision
    assert not {name for _, name, _ in reader_rights(all_checks())} & WHEN_GRANTED


def test_one_role_is_bound_to_one_account() -> None:
    [role, binding] = documents("rbac").values()

    assert (role["kind"], binding["kind"]) == ("ClusterRole", "ClusterRoleBinding")
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": "platform-engineer", "namespace": "platform-engineer"}
    ]


def test_configmaps_are_granted_by_a_component_that_nothing_else_includes() -> None:
    lister, binding, role, named = documents(OPTIONAL).values()

    assert lister["rules"] == [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}]
    assert role["metadata"]["namespace"] == DnsSource().namespace
    assert role["rules"] == [
        {
            "apiGroups": [""],
            "resources": ["configmaps"],
            "resourceNames": list(DnsSource().names),
            "verbs": ["get"],
        }
    ]
    for each, to in ((binding, lister), (named, role)):
        assert each["roleRef"]["name"] == to["metadata"]["name"]
        assert [(one["name"], one["namespace"]) for one in each["subjects"]] == [
            ("platform-engineer", "platform-engineer")
        ]
    for path in (*ROOT.glob("rbac/*.yaml"), *ROOT.glob("deploy/**/*.yaml")):
        assert "components/configmaps" not in path.read_text(encoding="utf-8")
