"""rbac: what was refused, whether it still is, and which role has to allow it."""

import json

import pytest

from tests.builders import snapshot
from tests.logic.roles import (
    ACCOUNT,
    bind,
    bind_all,
    cluster_role,
    refusal,
    role,
    rule,
    subject,
)
from watchdog.domain.objects import rbacv1
from watchdog.domain.ref import Ref
from watchdog.logic.workloads.rbac import Denied, allowed, culprit, denied, granting

REQUEST = Denied(
    account=ACCOUNT, verb="patch", group="", resource="configmaps", where="shop", line=""
)
ANYWHERE = Denied(account=ACCOUNT, verb="patch", group="", resource="configmaps", where="", line="")


def test_a_refusal_is_read_from_a_log_once() -> None:
    [found] = denied(f"starting\n{refusal()}\n{refusal()}")

    assert (found.account, found.verb, found.resource) == (ACCOUNT, "patch", "configmaps")
    assert str(found) == "patch configmaps in namespace shop"


def test_a_refusal_is_read_from_a_log_in_json() -> None:
    line = json.dumps({"msg": refusal("list", "deployments", group="apps", where="")})

    [found] = denied(line)

    assert str(found) == "list deployments.apps anywhere"


def test_what_is_no_refusal_of_an_account_or_no_known_verb_is_not_read() -> None:
    assert denied("forbidden: User cannot patch resource") == ()
    assert denied(refusal("impersonate")) == ()


@pytest.mark.parametrize(
    "given",
    [
        rule("patch", "configmaps"),
        rule("*", "*"),
        rbacv1.PolicyRule(verbs=("patch",), api_groups=("*",), resources=("configmaps",)),
    ],
)
def test_a_role_that_is_bound_allows_what_its_rules_say(given: rbacv1.PolicyRule) -> None:
    everywhere = snapshot(cluster_role("cleaner", given), bind_all("cleaner"))
    there = snapshot(role("shop", "cleaner", given), bind("shop", "cleaner"))
    of_cluster = snapshot(
        cluster_role("cleaner", given), bind("shop", "cleaner", kind="ClusterRole")
    )

    assert allowed(everywhere, REQUEST)
    assert allowed(everywhere, ANYWHERE)
    assert [allowed(look, REQUEST) for look in (there, of_cluster)] == [True, True]
    assert [allowed(look, ANYWHERE) for look in (there, of_cluster)] == [False, False]


@pytest.mark.parametrize(
    "given",
    [
        rule("get", "configmaps"),
        rule("patch", "configmaps", group="apps"),
        rule("patch", "secrets"),
        rule("patch", "configmaps", names="other"),
        rbacv1.PolicyRule(verbs=("get",)),
    ],
)
def test_a_rule_about_something_else_allows_nothing(given: rbacv1.PolicyRule) -> None:
    assert not allowed(snapshot(cluster_role("cleaner", given), bind_all("cleaner")), REQUEST)


def test_a_rule_about_a_subresource_of_all_kinds_is_understood() -> None:
    request = Denied(
        account=ACCOUNT, verb="patch", group="apps", resource="deployments/scale", where="", line=""
    )
    given = cluster_role("cleaner", rule("patch", "*/scale", group="apps"))

    assert allowed(snapshot(given, bind_all("cleaner")), request)


@pytest.mark.parametrize(
    ("who", "matches"),
    [
        (subject("system:serviceaccounts", "", "Group"), True),
        (subject("system:serviceaccounts:ops", "", "Group"), True),
        (subject("system:serviceaccounts:shop", "", "Group"), False),
        (subject("system:serviceaccount:ops:cleaner", "", "User"), True),
        (subject("cleaner", "shop"), False),
        (subject("other"), False),
    ],
)
def test_an_account_is_bound_by_name_and_by_its_groups(
    who: rbacv1.RoleSubject, *, matches: bool
) -> None:
    given = cluster_role("cleaner", rule("patch", "configmaps"))

    assert allowed(snapshot(given, bind_all("cleaner", who)), REQUEST) is matches


def test_a_binding_of_another_namespace_counts_for_nothing() -> None:
    given = role("ops", "cleaner", rule("patch", "configmaps"))

    assert not allowed(snapshot(given, bind("ops", "cleaner")), REQUEST)


def test_of_several_roles_the_nearest_has_to_change() -> None:
    look = snapshot(
        *(cluster_role("a", rule("get", "pods", group="apps")), bind_all("a")),
        *(cluster_role("b", rule("get", "secrets")), bind_all("b")),
        *(cluster_role("c", rule("get", "configmaps")), bind_all("c")),
    )

    assert culprit(look, REQUEST) == Ref("ClusterRole", "", "c")


def test_a_role_of_the_control_plane_or_of_a_controller_is_not_changed() -> None:
    look = snapshot(
        *(cluster_role("view", rule("get", "configmaps"), built_in=True), bind_all("view")),
        *(cluster_role("all", rule("get", "configmaps"), aggregated=True), bind_all("all")),
        *(role("shop", "own"), bind("shop", "own")),
    )

    assert culprit(look, REQUEST) == Ref("Role", "shop", "own")


def test_a_bound_role_that_does_not_exist_is_the_fault() -> None:
    assert culprit(snapshot(bind_all("gone")), REQUEST) == Ref("ClusterRole", "", "gone")


def test_an_account_without_any_role_is_itself_the_subject() -> None:
    assert culprit(snapshot(), REQUEST) == ACCOUNT


def grant(known: rbacv1.Role | rbacv1.ClusterRole, *requests: Denied) -> str:
    return granting(snapshot(known), known.ref, requests or (REQUEST,))


def test_a_right_is_added_as_a_rule_of_its_own() -> None:
    known = cluster_role("cleaner", rule("get list", "configmaps secrets"))

    assert grant(known) == (
        'kubectl patch clusterrole cleaner --type=json -p \'[{"op":"add","path":"/rules/-","value":'
        '{"apiGroups":[""],"resources":["configmaps"],"verbs":["patch"]}}]\''
    )


def test_a_role_without_rules_gets_its_first() -> None:
    assert '"path":"/rules","value":[{' in grant(role("shop", "cleaner"))


def test_what_gives_power_is_granted_only_where_the_role_is_about_it_already() -> None:
    secrets = Denied(
        account=ACCOUNT, verb="list", group="", resource="secrets", where="shop", line=""
    )
    roles = Denied(
        account=ACCOUNT,
        verb="patch",
        group="rbac.authorization.k8s.io",
        resource="clusterroles",
        where="",
        line="",
    )
    plain = cluster_role("cleaner", rule("get", "configmaps"))

    assert grant(plain, secrets) == ""
    assert grant(plain, REQUEST, roles) == ""
    assert '"list"' in grant(cluster_role("cleaner", rule("get", "secrets")), secrets)


def test_nothing_is_granted_to_what_is_no_role_or_has_no_plain_name() -> None:
    assert granting(snapshot(), ACCOUNT, (REQUEST,)) == ""
    assert granting(snapshot(), Ref("ClusterRole", "", "gone"), (REQUEST,)) == ""
    assert grant(cluster_role("x; reboot", rule("get", "pods"))) == ""
