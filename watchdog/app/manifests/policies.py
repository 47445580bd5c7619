"""The admission policies: what the API server itself refuses to watchdog, whatever RBAC grants.

Written over keys, so that fields of future versions are closed until somebody opens them, and one
policy serves three kinds. `dyn()` keeps the API server from complaining about types it cannot know.
Source: safety.md §5.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from watchdog.app.manifests import names
from watchdog.app.manifests.admission import Rule, matched, policy, rule
from watchdog.domain.policy import PROTECTED_NAMESPACES

_DRY = "request.?dryRun.orValue(false)"
# The self-test tries its restart there.
_ON_CANARY = f"request.namespace == '{names.CANARY_NAMESPACE}' && {_DRY}"
_PATTERN = set("*?[")
_HOOKS = ("helm.sh/hook", "argocd.argoproj.io/hook")

MOST_REPLICAS = 10  # where the operator sets no bound


def _outside(protected: Sequence[str], but: str = "") -> Rule:
    """Refuse what is done in these namespaces; a RoleBinding may stand there by mistake."""
    plain = [name for name in protected if not _PATTERN & set(name)]
    listed = ",\n  ".join(f"'{name}'" for name in plain)
    tests = [f"request.namespace in [\n  {listed}\n]"]
    tests += [
        f"request.namespace.matches('{_regex(name)}')" for name in protected if name not in plain
    ]
    return rule(
        "nothing is written in a protected namespace",
        f"!({' || '.join(tests)})",
        *((f"|| ({but})",) if but else ()),
    )


def _regex(pattern: str) -> str:
    """A shell pattern of namespaces as RE2 takes it: their names have no character of its own."""
    text = pattern.replace("[!", "[^").replace("*", ".*").replace("?", ".")
    return f"^{text}$"


_NAMED = rule("one object, by its name", "request.?name.orValue('') != ''")
_WITH_UID = rule(
    "the very object that was looked at, by its uid",
    "variables.opts.?preconditions.?uid.orValue('') != ''",
)
_NOTHING_BUT_THE_TIME: Sequence[Rule] = (
    rule(
        "outside of the pod template the spec stays as it is",
        "dyn(object.spec).all(k, k == 'template'",
        "  || (k in oldObject.spec && object.spec[k] == oldObject.spec[k]))",
        "&& dyn(oldObject.spec).all(k, k in object.spec)",
    ),
    rule(
        "of the pod template only annotations may change",
        "dyn(object.spec.template).all(k, k == 'metadata'",
        "  || object.spec.template[k] == oldObject.spec.template[k])",
        "&& dyn(oldObject.spec.template).all(k, k in object.spec.template)",
        "&& dyn(object.spec.template.metadata).all(k, k == 'annotations'",
        "  || (k in oldObject.spec.template.metadata",
        "    && object.spec.template.metadata[k] == oldObject.spec.template.metadata[k]))",
        "&& dyn(oldObject.spec.template.metadata).all(k, k == 'annotations'",
        "  || k in object.spec.template.metadata)",
    ),
    rule(
        "the metadata stays as it is",
        "dyn(object.metadata).all(k,",
        "  k in ['generation', 'managedFields', 'resourceVersion', 'annotations']",
        "  || (k in oldObject.metadata && object.metadata[k] == oldObject.metadata[k]))",
        "&& dyn(oldObject.metadata).all(k, k in object.metadata)",
    ),
    rule(  # the API server itself counts up this one on a DaemonSet
        "the annotations stay as they are",
        "variables.newMeta.all(k, k == 'deprecated.daemonset.template.generation'",
        "  || (k in variables.oldMeta && variables.newMeta[k] == variables.oldMeta[k]))",
        "&& variables.oldMeta.all(k, k in variables.newMeta)",
    ),
    rule(
        "of the template's annotations only restartedAt may change",
        "variables.new.all(k, k == variables.key",
        "  || (k in variables.old && variables.new[k] == variables.old[k]))",
        "&& variables.old.all(k, k in variables.new)",
    ),
    rule(
        "restartedAt is a time in UTC, in seconds",
        "variables.key in variables.new && variables.new[variables.key].matches(",
        "  '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$')",
    ),
)


def restart_only(protected: Sequence[str] = PROTECTED_NAMESPACES) -> dict[str, Any]:
    """Of a workload, nothing but the template's annotation restartedAt may change."""
    kinds = ["deployments", "statefulsets", "daemonsets"]
    return policy(
        names.RESTART_ONLY,
        [matched("apps", kinds, ["CREATE", "UPDATE", "DELETE"])],
        variables={
            "key": "'kubectl.kubernetes.io/restartedAt'",
            "new": "object.spec.template.metadata.?annotations.orValue({})",
            "old": "oldObject.spec.template.metadata.?annotations.orValue({})",
            "newMeta": "object.metadata.?annotations.orValue({})",
            "oldMeta": "oldObject.metadata.?annotations.orValue({})",
        },
        rules=[
            rule("a workload is neither created nor deleted", "request.operation == 'UPDATE'"),
            _outside(protected, but=_ON_CANARY),
            *_NOTHING_BUT_THE_TIME,
        ],
    )


def pods(protected: Sequence[str] = PROTECTED_NAMESPACES) -> dict[str, Any]:
    """Pods are evicted by name and uid, and deleted only when they have failed."""
    return policy(
        names.PODS,
        [matched("", ["pods"], ["DELETE"]), matched("", ["pods/eviction"], ["CREATE"])],
        variables={
            "evict": "request.operation == 'CREATE'",
            "opts": (
                "request.operation == 'CREATE'\n? object.?deleteOptions.orValue({})\n"
                ": dyn(request).?options.orValue({})"
            ),
        },
        rules=[
            _outside(protected),
            _NAMED,
            _WITH_UID,
            # The server itself sets 0 for a failed pod before it asks here: for evictions only.
            rule(
                "a pod gets time to end",
                "!variables.evict || variables.opts.?gracePeriodSeconds.orValue(30) > 0",
            ),
            rule(
                "only a failed pod of a ReplicaSet is deleted",
                "variables.evict",
                "|| (oldObject.?status.?phase.orValue('') == 'Failed'",
                "  && oldObject.metadata.?ownerReferences.orValue([]).exists(o,",
                "    o.?controller.orValue(false) && o.kind == 'ReplicaSet')",
                "  && oldObject.metadata.?finalizers.orValue([]).size() == 0",
                "  && !('kubernetes.io/config.mirror' in oldObject.metadata.?annotations.orValue({})))",
            ),
        ],
    )


def nothing_else() -> dict[str, Any]:
    """Whatever is not one of these calls is refused, on every resource of every API."""
    closed = [
        "UPDATE apps/deployments",
        "UPDATE apps/statefulsets",
        "UPDATE apps/daemonsets",
        "CREATE /pods/eviction",
        "DELETE /pods",
    ]
    listed = ",\n  ".join(f"'{call}'" for call in closed)
    what = (
        "request.operation + ' ' + request.resource.group + '/' + request.resource.resource\n"
        "+ (request.?subResource.orValue('') == '' ? '' : '/' + request.subResource)"
    )
    # a new pod is tried and never made: would its replacement be admitted?
    allowed = f"variables.what in [\n  {listed}\n]\n|| (variables.what == 'CREATE /pods' && {_DRY})"
    return policy(
        names.NOTHING_ELSE,
        [matched("*", ["*/*"], ["*"])],
        variables={"what": what},
        rules=[
            {
                "expression": allowed,
                "messageExpression": "'not in the closed set: ' + variables.what",
            }
        ],
    )


def scale(
    protected: Sequence[str] = PROTECTED_NAMESPACES, most: int = MOST_REPLICAS
) -> dict[str, Any]:
    """Replicas change by one, between 1 and a bound."""
    return policy(
        names.SCALE,
        [matched("apps", ["deployments/scale", "statefulsets/scale"], ["UPDATE"])],
        variables={
            "new": "object.?spec.?replicas.orValue(0)",
            "old": "oldObject.?spec.?replicas.orValue(0)",
        },
        rules=[
            _outside(protected),
            rule(
                f"replicas stay between 1 and {most}",
                f"variables.new >= 1 && variables.new <= {most}",
            ),
            rule(
                "replicas change by one",
                "variables.new - variables.old <= 1 && variables.old - variables.new <= 1",
            ),
        ],
    )


def jobs(protected: Sequence[str] = PROTECTED_NAMESPACES) -> dict[str, Any]:
    """A Job is deleted only when it has failed, a CronJob made it, and nothing hooks on it."""
    hooks = ", ".join(f"'{name}'" for name in _HOOKS)
    return policy(
        names.JOBS,
        [matched("batch", ["jobs"], ["DELETE"])],
        variables={"opts": "dyn(request).?options.orValue({})"},
        rules=[
            _outside(protected),
            _NAMED,
            _WITH_UID,
            rule(
                "its pods go with it",
                "variables.opts.?propagationPolicy.orValue('Background') != 'Orphan'",
                "&& !variables.opts.?orphanDependents.orValue(false)",
            ),
            rule(
                "only a failed Job of a CronJob is deleted",
                "oldObject.?status.?conditions.orValue([]).exists(c,",
                "  c.type == 'Failed' && c.status == 'True')",
                "&& oldObject.metadata.?ownerReferences.orValue([]).exists(o,",
                "  o.?controller.orValue(false) && o.kind == 'CronJob')",
            ),
            rule(
                "no hook is deleted, nor what its own clock deletes",
                f"!([{hooks}].exists(k, k in oldObject.metadata.?annotations.orValue({{}})))",
                "&& !has(oldObject.spec.ttlSecondsAfterFinished)",
            ),
        ],
    )


# What a component takes out of the closed set's reach, because a policy of its own guards it.
EXEMPTIONS: Mapping[str, Rule] = {
    "scale": {
        "name": "not-scale",
        "expression": (
            "!(request.operation == 'UPDATE' && request.resource.group == 'apps'\n"
            "  && request.resource.resource in ['deployments', 'statefulsets']\n"
            "  && request.?subResource.orValue('') == 'scale')"
        ),
    },
    "jobs": {
        "name": "not-jobs",
        "expression": (
            "!(request.operation == 'DELETE' && request.resource.group == 'batch'\n"
            "  && request.resource.resource == 'jobs' && request.?subResource.orValue('') == '')"
        ),
    },
    "lease-fence": {
        "name": "not-its-lease",
        "expression": (
            "!(request.operation == 'UPDATE' && request.resource.group == 'coordination.k8s.io'\n"
            "  && request.resource.resource == 'leases' && request.?subResource.orValue('') == ''\n"
            f"  && request.namespace == '{names.NAMESPACE}'\n"
            f"  && request.name == '{names.LEASE_NAME}')"
        ),
    },
    "short-lived-actor": {
        "name": "not-its-token",
        "expression": (
            "!(request.operation == 'CREATE' && request.resource.group == ''\n"
            "  && request.resource.resource == 'serviceaccounts'\n"
            "  && request.?subResource.orValue('') == 'token'\n"
            f"  && request.namespace == '{names.NAMESPACE}'\n"
            f"  && request.name == '{names.ACTOR}'\n"
            "  && object.spec.expirationSeconds <= 600)"
        ),
    },
}
