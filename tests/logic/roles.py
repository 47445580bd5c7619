"""Short ways to say who may do what."""

from tests.builders import meta
from watchdog.domain import objects as k8s
from watchdog.domain.ref import Ref

ACCOUNT = Ref("ServiceAccount", "ops", "cleaner")


def rule(verbs: str, resources: str, *, group: str = "", names: str = "") -> k8s.PolicyRule:
    """A rule; verbs, resources and names are words."""
    return k8s.PolicyRule(
        verbs=tuple(verbs.split()),
        api_groups=(group,),
        resources=tuple(resources.split()),
        resource_names=tuple(names.split()) or None,
    )


def cluster_role(
    name: str, *rules: k8s.PolicyRule, aggregated: bool = False, built_in: bool = False
) -> k8s.ClusterRole:
    """A ClusterRole of somebody, of a controller, or of the control plane."""
    labels = {"kubernetes.io/bootstrapping": "rbac-defaults"} if built_in else None
    return k8s.ClusterRole(
        metadata=meta(Ref("ClusterRole", "", name), labels=labels),
        rules=rules or None,
        aggregation_rule=k8s.Aggregation() if aggregated else None,
    )


def role(namespace: str, name: str, *rules: k8s.PolicyRule) -> k8s.Role:
    """A Role."""
    return k8s.Role(metadata=meta(Ref("Role", namespace, name)), rules=rules or None)


def bind_all(name: str, *subjects: k8s.RoleSubject) -> k8s.ClusterRoleBinding:
    """A ClusterRoleBinding of ClusterRole `name`, to ACCOUNT unless told otherwise."""
    return k8s.ClusterRoleBinding(
        metadata=meta(Ref("ClusterRoleBinding", "", name)),
        subjects=subjects or (subject(),),
        role_ref=k8s.RoleRef(kind="ClusterRole", name=name),
    )


def bind(
    namespace: str, name: str, *subjects: k8s.RoleSubject, kind: str = "Role"
) -> k8s.RoleBinding:
    """A RoleBinding of Role or ClusterRole `name`."""
    return k8s.RoleBinding(
        metadata=meta(Ref("RoleBinding", namespace, name)),
        subjects=subjects or (subject(),),
        role_ref=k8s.RoleRef(kind=kind, name=name),
    )


def subject(
    name: str = ACCOUNT.name, namespace: str = ACCOUNT.namespace, kind: str = "ServiceAccount"
) -> k8s.RoleSubject:
    """Who is bound."""
    return k8s.RoleSubject(kind=kind, name=name, namespace=namespace)


def refusal(
    verb: str = "patch",
    resource: str = "configmaps",
    *,
    group: str = "",
    where: str = "shop",
    name: str = "state",
    account: Ref = ACCOUNT,
) -> str:
    """What the API server answers, as a controller logs it."""
    scope = f'in the namespace "{where}"' if where else "at the cluster scope"
    return (
        f'E reconciler error="{resource} \\"{name}\\" is forbidden: User '
        f'"system:serviceaccount:{account.namespace}:{account.name}" cannot {verb} resource '
        f'"{resource}" in API group "{group}" {scope}"'
    )
