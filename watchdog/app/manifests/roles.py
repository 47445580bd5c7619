"""Roles and their bindings, from rights."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from watchdog.app.manifests.names import ACCOUNT, NAMESPACE, manifest
from watchdog.app.rbac import Triple

_GROUP = "rbac.authorization.k8s.io"
_API = f"{_GROUP}/v1"


def rules_of(rights: Collection[Triple]) -> list[dict[str, Any]]:
    """The rules that grant these rights: one for each API group and list of verbs, sorted."""
    verbs: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for group, resource, verb in sorted(set(rights)):
        verbs[group, resource].append(verb)
    rules: defaultdict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for (group, resource), names in sorted(verbs.items()):
        rules[group, tuple(names)].append(resource)
    return [
        {"apiGroups": [group], "resources": resources, "verbs": list(names)}
        for (group, names), resources in rules.items()
    ]


def cluster_role(name: str, rights: Collection[Triple]) -> dict[str, Any]:
    """A ClusterRole with these rights."""
    return manifest(_API, "ClusterRole", name, {"rules": rules_of(rights)})


def named_role(
    name: str, rights: Collection[Triple], *, namespace: str, only: Sequence[str]
) -> dict[str, Any]:
    """A Role with these rights on objects of these names."""
    rules = [{**rule, "resourceNames": list(only)} for rule in rules_of(rights)]
    return manifest(_API, "Role", name, {"rules": rules}, namespace=namespace)


def binding(
    name: str,
    *,
    namespace: str = "",
    role: str = "ClusterRole",
    accounts: Sequence[str] = (ACCOUNT,),
) -> dict[str, Any]:
    """Give the role of the same name to accounts of ours: in one namespace, or everywhere."""
    body = {
        "roleRef": {"apiGroup": _GROUP, "kind": role, "name": name},
        "subjects": [
            {"kind": "ServiceAccount", "name": account, "namespace": NAMESPACE}
            for account in accounts
        ],
    }
    kind = "RoleBinding" if namespace else "ClusterRoleBinding"
    return manifest(_API, kind, name, body, namespace=namespace)
