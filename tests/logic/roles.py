"""Short ways to say who may do what."""

from tests.builders import meta
from watchdog.domain.objects import rbacv1
from watchdog.domain.ref import Ref

ACCOUNT = Ref("ServiceAccount", "ops", "cleaner")


def rule(verbs: str, resources: str, *, group: str = "", names: str = "") -> rbacv1.PolicyRule:
    """A rule; verbs, resources and names are words."""
    return rbacv1.PolicyRule(
        verbs=tuple(verbs.split()),
        api_groups=(group,),
        resources=tuple(resources.split()),
        resource_names=tuple(names.split()) or None,
    )


def cluster_role(
    name: str, *rules: rbacv1.PolicyRule, aggregated: bool = False, built_in: bool = False
) -> rbacv1.ClusterRole:
    """A ClusterRole of somebody, of a controller, or of the control plane."""
    labels = {"kubernetes.io/bootstrapping": "rbac-defaults"} if built_in else None
    return rbacv1.ClusterRole(
        metadata=meta(Ref("ClusterRole", "", name), labels=labels),
        rules=rules or None,
        aggregation_rule=rbacv1.Aggregation() if aggregated else None,
    )


def role(namespace: str, name: str, *rules: rbacv1.PolicyRule) -> rbacv1.Role:
    """A Role."""
    return rbacv1.Role(metadata=meta(Ref("Role", namespace, name)), rules=rules or None)


def bind_all(name: str, *subjects: rbacv1.RoleSubject) -> rbacv1.ClusterRoleBinding:
    """A ClusterRoleBinding of ClusterRole `name`, to ACCOUNT unless told otherwise."""
    return rbacv1.ClusterRoleBinding(
        metadata=meta(Ref("ClusterRoleBinding", "", name)),
        subjects=subjects or (subject(),),
        role_ref=rbacv1.RoleRef(kind="ClusterRole", name=name),
    )


def bind(
    namespace: str, name: str, *subjects: rbacv1.RoleSubject, kind: str = "Role"
) -> rbacv1.RoleBinding:
    """A RoleBinding of Role or ClusterRole `name`."""
    return rbacv1.RoleBinding(
        metadata=meta(Ref("RoleBinding", namespace, name)),
        subjects=subjects or (subject(),),
        role_ref=rbacv1.RoleRef(kind=kind, name=name),
    )


def subject(
    name: str = ACCOUNT.name, namespace: str = ACCOUNT.namespace, kind: str = "ServiceAccount"
) -> rbacv1.RoleSubject:
    """Who is bound."""
    return rbacv1.RoleSubject(kind=kind, name=name, namespace=namespace)


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
