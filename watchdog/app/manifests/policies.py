"""The admission policies: what the API server itself refuses to watchdog, whatever RBAC grants.

Written over keys, so that fields of future versions are closed until somebody opens them, and one
policy serves three kinds. `dyn()` keeps the API server from complaining about types it cannot know.
Source: safety.md §5.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from watchdog.app.manifests import names
from watchdog.app.manifests.names import manifest
from watchdog.domain.policy import PROTECTED_NAMESPACES

Rule = Mapping[str, str]

_API = "admissionregistration.k8s.io/v1"
_OURS = {"name": "ours", "expression": f"'{names.GROUP}' in request.userInfo.groups"}
# A RoleBinding may stand in any of these by mistake, and act-everywhere reaches them all.
_PROTECTED = "request.namespace in [\n  {}\n]".format(
    ",\n  ".join(f"'{name}'" for name in PROTECTED_NAMESPACES)
)
_DRY = "request.?dryRun.orValue(false)"
_NOT_PROTECTED = {
    "expression": f"!({_PROTECTED})",
    "message": "nothing is written in a protected namespace",
}
_ON_CANARY = f"request.namespace == '{names.CANARY_NAMESPACE}' && {_DRY}"
_HOOKS = ("helm.sh/hook", "argocd.argoproj.io/hook")

MOST_REPLICAS = 10  # the component's default; the operator's own bounds are narrower, or are edited


def _rule(message: str, *lines: str) -> Rule:
    return {"expression": "\n".join(lines), "message": message}


_NAMED = _rule("one object, by its name", "request.?name.orValue('') != ''")
_WITH_UID = _rule(
    "the very object that was looked at, by its uid",
    "variables.opts.?preconditions.?uid.orValue('') != ''",
)
_RESTART_RULES: Sequence[Rule] = (
    _rule("a workload is neither created nor deleted", "request.operation == 'UPDATE'"),
    {  # the self-test tries its restart on the canary, without effect
        "expression": _NOT_PROTECTED["expression"] + f"\n|| ({_ON_CANARY})",
        "message": _NOT_PROTECTED["message"],
    },
    _rule(
        "outside of the pod template the spec stays as it is",
        "dyn(object.spec).all(k, k == 'template'",
        "  || (k in oldObject.spec && object.spec[k] == oldObject.spec[k]))",
        "&& dyn(oldObject.spec).all(k, k in object.spec)",
    ),
    _rule(
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
    _rule(
        "the metadata stays as it is",
        "dyn(object.metadata).all(k,",
        "  k in ['generation', 'managedFields', 'resourceVersion', 'annotations']",
        "  || (k in oldObject.metadata && object.metadata[k] == oldObject.metadata[k]))",
        "&& dyn(oldObject.metadata).all(k, k in object.metadata)",
    ),
    _rule(  # the API server itself counts up this one on a DaemonSet
        "the annotations stay as they are",
        "variables.newMeta.all(k, k == 'deprecated.daemonset.template.generation'",
        "  || (k in variables.oldMeta && variables.newMeta[k] == variables.oldMeta[k]))",
        "&& variables.oldMeta.all(k, k in variables.newMeta)",
    ),
    _rule(
        "of the template's annotations only restartedAt may change",
        "variables.new.all(k, k == variables.key",
        "  || (k in variables.old && variables.new[k] == variables.old[k]))",
        "&& variables.old.all(k, k in variables.new)",
    ),
    _rule(
        "restartedAt is a time in UTC, in seconds",
        "variables.key in variables.new && variables.new[variables.key].matches(",
        "  '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$')",
    ),
)


def restart_only() -> dict[str, Any]:
    """Of a workload, nothing but the template's annotation restartedAt may change."""
    kinds = ["deployments", "statefulsets", "daemonsets"]
    return _policy(
        names.RESTART_ONLY,
        [_matched("apps", kinds, ["CREATE", "UPDATE", "DELETE"])],
        variables={
            "key": "'kubectl.kubernetes.io/restartedAt'",
            "new": "object.spec.template.metadata.?annotations.orValue({})",
            "old": "oldObject.spec.template.metadata.?annotations.orValue({})",
            "newMeta": "object.metadata.?annotations.orValue({})",
            "oldMeta": "oldObject.metadata.?annotations.orValue({})",
        },
        rules=_RESTART_RULES,
    )


def pods() -> dict[str, Any]:
    """Pods are evicted by name and uid, and deleted only when they have failed."""
    return _policy(
        names.PODS,
        [_matched("", ["pods"], ["DELETE"]), _matched("", ["pods/eviction"], ["CREATE"])],
        variables={
            "evict": "request.operation == 'CREATE'",
            "opts": (
                "request.operation == 'CREATE'\n? object.?deleteOptions.orValue({})\n"
                ": dyn(request).?options.orValue({})"
            ),
        },
        rules=[
            _NOT_PROTECTED,
            _NAMED,
            _WITH_UID,
            # The server itself sets 0 for a failed pod before it asks here: for evictions only.
            _rule(
                "a pod gets time to end",
                "!variables.evict || variables.opts.?gracePeriodSeconds.orValue(30) > 0",
            ),
            _rule(
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
    return _policy(
        names.NOTHING_ELSE,
        [_matched("*", ["*/*"], ["*"])],
        variables={"what": what},
        rules=[
            {
                "expression": allowed,
                "messageExpression": "'not in the closed set: ' + variables.what",
            }
        ],
    )


def scale() -> dict[str, Any]:
    """Replicas change by one, between 1 and a bound."""
    return _policy(
        names.SCALE,
        [_matched("apps", ["deployments/scale", "statefulsets/scale"], ["UPDATE"])],
        variables={
            "new": "object.?spec.?replicas.orValue(0)",
            "old": "oldObject.?spec.?replicas.orValue(0)",
        },
        rules=[
            _NOT_PROTECTED,
            _rule(
                f"replicas stay between 1 and {MOST_REPLICAS}",
                f"variables.new >= 1 && variables.new <= {MOST_REPLICAS}",
            ),
            _rule(
                "replicas change by one",
                "variables.new - variables.old <= 1 && variables.old - variables.new <= 1",
            ),
        ],
    )


def jobs() -> dict[str, Any]:
    """A Job is deleted only when it has failed, a CronJob made it, and nothing hooks on it."""
    hooks = ", ".join(f"'{name}'" for name in _HOOKS)
    return _policy(
        names.JOBS,
        [_matched("batch", ["jobs"], ["DELETE"])],
        variables={"opts": "dyn(request).?options.orValue({})"},
        rules=[
            _NOT_PROTECTED,
            _NAMED,
            _WITH_UID,
            _rule(
                "its pods go with it",
                "variables.opts.?propagationPolicy.orValue('Background') != 'Orphan'",
                "&& !variables.opts.?orphanDependents.orValue(false)",
            ),
            _rule(
                "only a failed Job of a CronJob is deleted",
                "oldObject.?status.?conditions.orValue([]).exists(c,",
                "  c.type == 'Failed' && c.status == 'True')",
                "&& oldObject.metadata.?ownerReferences.orValue([]).exists(o,",
                "  o.?controller.orValue(false) && o.kind == 'CronJob')",
            ),
            _rule(
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


def bound(policy: str) -> dict[str, Any]:
    """The binding that puts a policy in force everywhere."""
    body = {"spec": {"policyName": policy, "validationActions": ["Deny", "Audit"]}}
    return manifest(_API, "ValidatingAdmissionPolicyBinding", policy, body)


def _matched(group: str, resources: Sequence[str], operations: Sequence[str]) -> dict[str, Any]:
    return {
        "apiGroups": [group],
        "apiVersions": ["*"],
        "operations": list(operations),
        "resources": list(resources),
        "scope": "*",  # the API server's default: left out, every apply would be a change
    }


def _policy(
    name: str,
    matched: Sequence[Mapping[str, Any]],
    *,
    variables: Mapping[str, str],
    rules: Sequence[Rule],
) -> dict[str, Any]:
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": list(matched)},
        "matchConditions": [_OURS],
        "variables": [{"name": key, "expression": text} for key, text in variables.items()],
        "validations": [{**rule, "reason": "Forbidden"} for rule in rules],
    }
    return manifest(_API, "ValidatingAdmissionPolicy", name, {"spec": spec})
