"""The binding that a ServiceAccount has lost: a role that allows what it needs and is bound to nobody."""

from collections.abc import Sequence

from watchdog.domain.objects import rbacv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command
from watchdog.logic.workloads.rbac import AnyRole, Denied, about, own, powerful


def rebinding(snapshot: Snapshot, account: Ref, requests: Sequence[Denied]) -> str:
    """Return the command that binds the account to the one role made for these requests.

    "" unless exactly one role of somebody allows them all, gives nothing away (no rule for
    everything), is bound to nobody, and its name is free for the new binding.
    """
    places = {request.where for request in requests}
    if len(places) != 1 or any(powerful(each.group, each.resource) for each in requests):
        return ""
    [where] = places
    found = [
        role
        for role in _roles(snapshot, where)
        if _allows_all(role, requests) and not _bound(snapshot, role.ref)
    ]
    if len(found) != 1 or not command.safe_name(found[0].name) or _taken(snapshot, found[0], where):
        return ""
    kind, name = found[0].KIND.lower(), found[0].name
    what = "rolebinding" if where else "clusterrolebinding"
    place = Ref("RoleBinding", where, name) if where else Ref("ClusterRoleBinding", "", name)
    return command.kubectl(
        place,
        f"create {what} {name} --{kind}={name}",
        f"--serviceaccount={account.namespace}:{account.name}",
    )


def _roles(snapshot: Snapshot, where: str) -> list[AnyRole]:
    everywhere = snapshot.of("clusterroles", rbacv1.ClusterRole).values()
    local = snapshot.of("roles", rbacv1.Role).values()
    return [
        *(role for role in everywhere if own(role)),
        *(role for role in local if role.namespace == where),
    ]


def _allows_all(role: AnyRole, requests: Sequence[Denied]) -> bool:
    return not any("*" in (rule.resources or ()) for rule in role.rules or ()) and all(
        any(
            about(rule, request.group, request.resource)
            and not {request.verb, "*"}.isdisjoint(rule.verbs)
            for rule in role.rules or ()
        )
        for request in requests
    )


def _bound(snapshot: Snapshot, role: Ref) -> bool:
    """Whether any binding refers to the role, whoever its subjects are."""
    everywhere = snapshot.of("clusterrolebindings", rbacv1.ClusterRoleBinding).values()
    local = snapshot.of("rolebindings", rbacv1.RoleBinding).values()
    refs = [each.role_ref for each in everywhere]
    refs += [
        each.role_ref for each in local if each.namespace == role.namespace or not role.namespace
    ]
    return any((found.kind, found.name) == (role.kind, role.name) for found in refs)


def _taken(snapshot: Snapshot, role: AnyRole, where: str) -> bool:
    """Whether a binding of the role's name is there already, of another role."""
    if where:
        return Ref("RoleBinding", where, role.name) in snapshot.of(
            "rolebindings", rbacv1.RoleBinding
        )
    known = snapshot.of("clusterrolebindings", rbacv1.ClusterRoleBinding)
    return Ref("ClusterRoleBinding", "", role.name) in known
