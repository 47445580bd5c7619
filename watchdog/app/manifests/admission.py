"""The form of an admission policy: for calls of our namespace's accounts, and closed when in doubt."""

from collections.abc import Mapping, Sequence
from typing import Any

from watchdog.app.manifests.names import GROUP, manifest

Rule = Mapping[str, str]

_API = "admissionregistration.k8s.io/v1"
_OURS = {"name": "ours", "expression": f"'{GROUP}' in request.userInfo.groups"}


def rule(message: str, *lines: str) -> Rule:
    """What has to be true, in CEL, and what is said when it is not."""
    return {"expression": "\n".join(lines), "message": message}


def matched(group: str, resources: Sequence[str], operations: Sequence[str]) -> dict[str, Any]:
    """Which calls a policy is asked about; with a subresource as "pods/eviction"."""
    return {
        "apiGroups": [group],
        "apiVersions": ["*"],
        "operations": list(operations),
        "resources": list(resources),
        "scope": "*",  # the API server's default: left out, every apply would be a change
    }


def policy(
    name: str,
    matched: Sequence[Mapping[str, Any]],
    *,
    variables: Mapping[str, str],
    rules: Sequence[Rule],
) -> dict[str, Any]:
    """A policy with all of these rules."""
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": list(matched)},
        "matchConditions": [_OURS],
        "variables": [{"name": key, "expression": text} for key, text in variables.items()],
        "validations": [{**rule, "reason": "Forbidden"} for rule in rules],
    }
    return manifest(_API, "ValidatingAdmissionPolicy", name, {"spec": spec})


def bound(policy: str) -> dict[str, Any]:
    """The binding that puts a policy in force everywhere."""
    body = {"spec": {"policyName": policy, "validationActions": ["Deny", "Audit"]}}
    return manifest(_API, "ValidatingAdmissionPolicyBinding", policy, body)
