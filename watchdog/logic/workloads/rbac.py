"""What a ServiceAccount was refused, by the API server's own words, and which role has to allow it.

Source of the words: k8s.io/apiserver, `responsewriters.ForbiddenStatusError`. A log may claim
anything: what counts is that roles and bindings, as they are now, refuse the same.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from watchdog.domain.objects import rbacv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command

NEEDS = ("roles", "clusterroles", "rolebindings", "clusterrolebindings")
VERBS = frozenset(
    {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"}
)
# In a log as JSON the quotes are escaped.
_Q = r'\\*"'
_DENIED = re.compile(
    rf"User {_Q}system:serviceaccount:(?P<home>[a-z0-9-]+):(?P<account>[a-z0-9.-]+){_Q} "
    rf"cannot (?P<verb>[a-z]+) resource {_Q}(?P<resource>[a-z0-9]+(?:/[a-z]+)?){_Q}"
    rf" in API group {_Q}(?P<group>[a-z0-9.-]*){_Q}"
    rf"(?: in the namespace {_Q}(?P<where>[a-z0-9-]+){_Q})?"
)
# Who may do these can make himself more rights: nothing a log says is a reason to grant them.
_POWERFUL = frozenset(
    {
        "secrets",
        "serviceaccounts/token",
        "pods/exec",
        "pods/attach",
        "pods/portforward",
        "pods/ephemeralcontainers",
        "nodes/proxy",
        "certificatesigningrequests/approval",
    }
)
_RBAC = "rbac.authorization.k8s.io"
_BUILT_IN = "kubernetes.io/bootstrapping"

AnyRole = rbacv1.Role | rbacv1.ClusterRole


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Denied:
    """One request the API server refused; `where` is "" at the scope of the cluster."""

    account: Ref
    verb: str
    group: str
    resource: str
    where: str
    line: str

    def __str__(self) -> str:
        """Return `patch deployments.apps in namespace shop`."""
        name = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{self.verb} {name} {f'in namespace {self.where}' if self.where else 'anywhere'}"


def denied(text: str) -> tuple[Denied, ...]:
    """Return the refusals that a log tells of, each request once, in order of their first line."""
    found: dict[tuple[str, ...], Denied] = {}
    for line in text.splitlines():
        if match := _DENIED.search(line):
            key = match.group("home", "account", "verb", "resource", "group")
            where = match["where"] or ""
            if match["verb"] in VERBS:
                found.setdefault(
                    (*key, where),
                    Denied(
                        account=Ref("ServiceAccount", match["home"], match["account"]),
                        verb=match["verb"],
                        group=match["group"],
                        resource=match["resource"],
                        where=where,
                        line=line.strip()[:500],
                    ),
                )
    return tuple(found.values())


def bound(snapshot: Snapshot, account: Ref, where: str) -> tuple[Ref, ...]:
    """The roles that an account has in a namespace ("" for the cluster), whether they exist or not."""
    found = [
        Ref("ClusterRole", "", everywhere.role_ref.name)
        for everywhere in snapshot.of("clusterrolebindings", rbacv1.ClusterRoleBinding).values()
        if _names(everywhere.subjects or (), account, "")
    ]
    for binding in snapshot.of("rolebindings", rbacv1.RoleBinding).values():
        if where and binding.namespace == where and _names(binding.subjects or (), account, where):
            of_cluster = binding.role_ref.kind == "ClusterRole"
            found.append(
                Ref(binding.role_ref.kind, "" if of_cluster else where, binding.role_ref.name)
            )
    return tuple(dict.fromkeys(found))


def _names(subjects: Iterable[rbacv1.RoleSubject], account: Ref, where: str) -> bool:
    """Whether a binding is about this account, itself or by a group it is in."""
    groups = {
        "system:serviceaccounts",
        f"system:serviceaccounts:{account.namespace}",
        "system:authenticated",
    }
    user = f"system:serviceaccount:{account.namespace}:{account.name}"
    return any(
        (
            subject.kind == "ServiceAccount"
            and (subject.namespace or where, subject.name) == (account.namespace, account.name)
        )
        or (subject.kind == "Group" and subject.name in groups)
        or (subject.kind == "User" and subject.name == user)
        for subject in subjects
    )


def role(snapshot: Snapshot, ref: Ref) -> AnyRole | None:
    """The role of this name; None when it does not exist."""
    if ref.kind == "Role":
        return snapshot.of("roles", rbacv1.Role).get(ref)
    return snapshot.of("clusterroles", rbacv1.ClusterRole).get(ref)


def rules_of(snapshot: Snapshot, account: Ref, where: str) -> Iterator[rbacv1.PolicyRule]:
    """All rules that hold for an account in a namespace."""
    for ref in bound(snapshot, account, where):
        known = role(snapshot, ref)
        yield from (known.rules or ()) if known is not None else ()


def about(rule: rbacv1.PolicyRule, group: str, resource: str) -> bool:
    """Whether a rule is about a resource, whatever it allows; a rule about single names is not."""
    groups, resources = rule.api_groups or (), rule.resources or ()
    sub = f"*/{resource.partition('/')[2]}" if "/" in resource else resource
    return (
        not rule.resource_names
        and not {group, "*"}.isdisjoint(groups)
        and not {resource, "*", sub}.isdisjoint(resources)
    )


def allowed(snapshot: Snapshot, request: Denied) -> bool:
    """Whether the roles and bindings of now allow what was refused."""
    return any(
        about(rule, request.group, request.resource)
        and not {request.verb, "*"}.isdisjoint(rule.verbs)
        for rule in rules_of(snapshot, request.account, request.where)
    )


def culprit(snapshot: Snapshot, request: Denied) -> Ref:
    """Return the role that has to change; the account itself when nothing that can is bound to it.

    Of several roles it is the one that is about the resource, else about its API group. A role that
    is bound and does not exist explains it as well.
    """
    refs = bound(snapshot, request.account, request.where)
    known = [found for ref in refs if (found := role(snapshot, ref)) is not None and own(found)]
    if known:
        return max(known, key=lambda each: _nearness(each, request)).ref
    gone = [ref for ref in refs if role(snapshot, ref) is None]
    return gone[0] if gone else request.account


def own(found: AnyRole) -> bool:
    """Whether the role is somebody's: not the control plane's, not written by a controller."""
    aggregated = isinstance(found, rbacv1.ClusterRole) and found.aggregation_rule is not None
    return not aggregated and _BUILT_IN not in found.labels


def _nearness(found: AnyRole, request: Denied) -> int:
    rules = found.rules or ()
    if any(about(rule, request.group, request.resource) for rule in rules):
        return 2
    return int(any(request.group in (rule.api_groups or ()) for rule in rules))


def granting(snapshot: Snapshot, subject: Ref, requests: Iterable[Denied]) -> str:
    """Return the command that allows exactly these requests; "" when no role is there to change.

    It adds rules and widens none. What gives power over others is left to a person, unless the role
    is about that resource already.
    """
    known = role(snapshot, subject) if subject.kind in ("Role", "ClusterRole") else None
    wanted: dict[tuple[str, str], list[str]] = {}
    for each in requests:
        wanted.setdefault((each.group, each.resource), []).append(each.verb)
    # The API server lets a role be called almost anything, a shell does not.
    if known is None or not command.safe_name(known.name):
        return ""
    if not all(_harmless(known, *key) for key in wanted):
        return ""
    rules = [
        {"apiGroups": [group], "resources": [resource], "verbs": sorted(set(verbs))}
        for (group, resource), verbs in wanted.items()
    ]
    if not known.rules:
        return command.patch(
            subject, [{"op": "add", "path": "/rules", "value": rules}], kind="json"
        )
    steps = [{"op": "add", "path": "/rules/-", "value": rule} for rule in rules]
    return command.patch(subject, steps, kind="json")


def _harmless(known: AnyRole, group: str, resource: str) -> bool:
    return not powerful(group, resource) or any(
        about(rule, group, resource) for rule in known.rules or ()
    )


def powerful(group: str, resource: str) -> bool:
    """Whether a right to it gives power over others."""
    return resource in _POWERFUL or group == _RBAC
