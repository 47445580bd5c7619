"""rbac/ grants what the plugins declare: not one right less, not one more, and fenced in."""

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from tests.manifests import ROOT, documents, read
from watchdog.app.manifests import names, policies
from watchdog.app.manifests.render import documents as rendered
from watchdog.app.manifests.render import files
from watchdog.app.manifests.tree import ACT, Folder, folders
from watchdog.app.rbac import (
    COMPONENTS,
    Triple,
    actor_rights,
    component_rights,
    reader_rights,
)
from watchdog.app.registry import all_checks, all_remediations
from watchdog.domain.policy import ALONE, PROTECTED_NAMESPACES
from watchdog.domain.run import WHEN_GRANTED
from watchdog.kube import actuate, selftest
from watchdog.kube.dnsconfig import DnsSource

FOLDERS = folders(all_checks(), all_remediations())
FILES = files(FOLDERS)
HOW = "run `.venv/bin/watchdog rbac render --folder rbac`, and read the difference"
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
Manifest = Mapping[str, Any]


def granted(role: Manifest) -> list[Triple]:
    """Every (group, resource, verb) of a role, doubles included."""
    return [
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]


def objects(chosen: list[Folder]) -> dict[tuple[str, str, str], Manifest]:
    """What these folders come to, by kind, namespace and name."""
    found = [yaml.safe_load(text) for text in rendered(chosen)]
    return {
        (each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"]): each
        for each in found
    }


def act_with(*components: str) -> dict[tuple[str, str, str], Manifest]:
    """The folder `act` with these components."""
    chosen = [each for each in FOLDERS if each.path == ACT or each.component in components]
    return objects(chosen)


@pytest.mark.parametrize("path", FILES)
def test_a_file_says_what_the_code_declares(path: str) -> None:
    assert (ROOT / "rbac" / path).read_text(encoding="utf-8") == FILES[path], HOW


def test_nothing_else_lies_in_the_folder() -> None:
    found = {str(path.relative_to(ROOT / "rbac")) for path in (ROOT / "rbac").rglob("*.yaml")}

    assert found == set(FILES)


def test_the_reader_may_do_what_the_plugins_need_and_nothing_else() -> None:
    found = granted(read("rbac/10-reader.yaml"))

    assert set(found) == reader_rights(all_checks(), all_remediations())
    assert len(found) == len(set(found))


def test_a_need_of_a_remediation_alone_is_granted_as_well() -> None:
    [scale] = [each for each in all_remediations() if each.name == "Scale"]

    added = reader_rights([], [scale]) - reader_rights([])

    assert ("autoscaling", "horizontalpodautoscalers", "list") in added


def test_a_rule_is_limited_to_nothing_but_resources() -> None:
    for rule in read("rbac/10-reader.yaml")["rules"]:
        assert set(rule) == {"apiGroups", "resources", "verbs"}


def test_every_right_of_the_reader_only_reads() -> None:
    assert {verb for _, _, verb in reader_rights(all_checks())} == {"get", "list", "watch"}


@pytest.mark.parametrize("resource", NEVER)
def test_what_is_never_granted_is_in_no_rule(resource: str) -> None:
    for role in ("rbac/10-reader.yaml", "rbac/act/10-actor.yaml"):
        assert resource not in {name for _, name, _ in granted(read(role))}


def test_no_role_grants_by_wildcard() -> None:
    roles = [yaml.safe_load(text) for text in FILES.values() if "\nrules:" in text]

    assert len(roles) > 3
    assert not any("*" in word for role in roles for triple in granted(role) for word in triple)


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


def test_the_actor_may_make_the_calls_of_what_is_done_alone() -> None:
    assert set(granted(read("rbac/act/10-actor.yaml"))) == {
        ("apps", "daemonsets", "patch"),
        ("apps", "deployments", "patch"),
        ("apps", "statefulsets", "patch"),
        ("", "pods", "create"),
        ("", "pods", "delete"),
        ("", "pods/eviction", "create"),
    }


def test_what_a_person_is_asked_about_is_in_a_component_of_its_own() -> None:
    asked = {each.name for each in all_remediations() if each.asks}
    assert asked == set(COMPONENTS) == {"Scale", "DeleteJob"}
    assert {each.name for each in all_remediations() if not each.asks} == set(ALONE)
    assert component_rights(all_remediations(), "jobs") == {("batch", "jobs", "delete")}


@pytest.mark.parametrize("component", COMPONENTS.values())
def test_a_component_adds_its_rights_to_the_actor(component: str) -> None:
    role = act_with(component)["ClusterRole", "", names.ACTOR]

    wanted = actor_rights(all_remediations()) | component_rights(all_remediations(), component)
    assert set(granted(role)) == wanted


def test_without_a_component_asking_takes_no_right() -> None:
    role = act_with()["ClusterRole", "", names.ACTOR]

    assert set(granted(role)) == actor_rights(all_remediations())


@pytest.mark.parametrize("component", policies.EXEMPTIONS)
def test_a_component_opens_the_closed_set_for_its_own_call_alone(component: str) -> None:
    key = ("ValidatingAdmissionPolicy", "", names.NOTHING_ELSE)
    plain, opened = act_with()[key]["spec"], act_with(component)[key]["spec"]

    added = [each for each in opened["matchConditions"] if each not in plain["matchConditions"]]
    assert [each["name"] for each in added] == [policies.EXEMPTIONS[component]["name"]]
    assert opened["validations"] == plain["validations"]


@pytest.mark.parametrize("component", COMPONENTS.values())
def test_what_leaves_the_closed_set_has_a_policy_of_its_own(component: str) -> None:
    found = act_with(component)

    assert ("ValidatingAdmissionPolicy", "", f"watchdog-{component}") in found
    assert ("ValidatingAdmissionPolicyBinding", "", f"watchdog-{component}") in found


def every_policy() -> list[Manifest]:
    """The policies of all components together."""
    found = act_with(*(each.component for each in FOLDERS))
    return [each for (kind, _, _), each in found.items() if kind == "ValidatingAdmissionPolicy"]


def test_every_policy_fails_closed_forbids_and_is_in_force() -> None:
    found = act_with(*(each.component for each in FOLDERS))

    for policy in every_policy():
        name, spec = policy["metadata"]["name"], policy["spec"]
        bound = found["ValidatingAdmissionPolicyBinding", "", name]["spec"]
        assert spec["failurePolicy"] == "Fail"
        assert {each["reason"] for each in spec["validations"]} == {"Forbidden"}
        assert bound == {"policyName": name, "validationActions": ["Deny", "Audit"]}
        assert spec["matchConditions"][0]["name"] == "ours"


def test_every_policy_that_lets_something_through_knows_the_protected_namespaces() -> None:
    for policy in every_policy():
        texts = [each["expression"] for each in policy["spec"]["validations"]]
        if policy["metadata"]["name"] == names.NOTHING_ELSE:
            continue
        [listed] = [text for text in texts if "request.namespace in [" in text]
        inside = listed.split("[")[1].split("]")[0]
        assert tuple(each.strip(" \n'") for each in inside.split(",")) == PROTECTED_NAMESPACES


def test_the_names_are_those_that_the_writer_goes_by() -> None:
    assert (
        selftest.CANARY.namespace,
        selftest.CANARY.name,
    ) == (names.CANARY_NAMESPACE, names.CANARY)
    assert (names.RESTART_ONLY, names.NOTHING_ELSE) == (
        selftest.RESTART_ONLY,
        selftest.NOTHING_ELSE,
    )
    assert (names.NAMESPACE, names.STOP_SWITCH) == (actuate.OWN_NAMESPACE, actuate.STOP)
    assert {names.NAMESPACE, names.CANARY_NAMESPACE} <= set(PROTECTED_NAMESPACES)


def test_the_switch_is_read_by_its_name_and_nothing_beside_it() -> None:
    role = act_with()["Role", names.NAMESPACE, names.STOP]

    assert role["rules"] == [
        {
            "apiGroups": [""],
            "resources": ["configmaps"],
            "verbs": ["get"],
            "resourceNames": ["watchdog-stop"],
        }
    ]


def test_one_lease_may_be_read_and_updated_and_is_shipped_without_a_holder() -> None:
    found = act_with("lease-fence")

    lease = found["Lease", names.NAMESPACE, names.LEASE_NAME]
    assert "spec" not in lease  # to apply it again takes it from nobody
    assert found["Role", names.NAMESPACE, names.LEASE]["rules"] == [
        {
            "apiGroups": ["coordination.k8s.io"],
            "resources": ["leases"],
            "verbs": ["get", "update"],
            "resourceNames": ["watchdog"],
        }
    ]


def test_the_actor_is_bound_nowhere_but_on_the_canary_until_somebody_says_where() -> None:
    bound = [
        namespace
        for (kind, namespace, _), each in act_with().items()
        if "Binding" in kind and each.get("roleRef", {}).get("name") == names.ACTOR
    ]

    assert bound == [names.CANARY_NAMESPACE]


def test_act_everywhere_binds_it_in_all_namespaces() -> None:
    everywhere = act_with("act-everywhere")["ClusterRoleBinding", "", names.ACTOR]

    assert everywhere["roleRef"]["name"] == names.ACTOR


def test_the_short_lived_actor_takes_over_every_binding() -> None:
    found = act_with("act-everywhere", "short-lived-actor")
    subjects = [
        each["subjects"]
        for (kind, _, _), each in found.items()
        if kind in ("RoleBinding", "ClusterRoleBinding") and each["roleRef"]["name"] == names.ACTOR
    ]

    actor = {"kind": "ServiceAccount", "name": names.ACTOR, "namespace": names.NAMESPACE}
    assert subjects == [[actor], [actor]]
    assert found["Role", names.NAMESPACE, names.TOKEN]["rules"] == [
        {
            "apiGroups": [""],
            "resources": ["serviceaccounts/token"],
            "verbs": ["create"],
            "resourceNames": [names.ACTOR],
        }
    ]


def test_the_overlay_binds_the_actor_as_the_code_does() -> None:
    [stated] = yaml.safe_load_all((ROOT / "deploy/overlays/act/namespaces.yaml").read_text())

    wanted = [yaml.safe_load(text) for text in rendered([], ["default"])]
    assert [stated] == wanted


def test_configmaps_are_granted_by_a_component_that_nothing_else_includes() -> None:
    lister, binding, role, named = documents("rbac/components/configmaps").values()

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


@pytest.mark.parametrize("component", [each.component for each in FOLDERS if each.component])
def test_no_overlay_includes_a_component_by_itself(component: str) -> None:
    for path in ROOT.glob("deploy/**/kustomization.yaml"):
        listed = yaml.safe_load(path.read_text(encoding="utf-8")).get("components") or []
        assert not [name for name in listed if name.endswith(f"/{component}")]
