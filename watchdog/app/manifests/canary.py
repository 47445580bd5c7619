"""The canary: a workload of no pods in a namespace where none may be, to try the fences on.

Its self-test is safety.md §5.2: with the policies gone the quota, which is asked later, still
refuses the pod that it tries to make.
"""

from typing import Any

from watchdog.app.manifests.names import CANARY, CANARY_NAMESPACE, manifest

_LEVELS = ("enforce", "audit", "warn")


def namespace() -> dict[str, Any]:
    """Its namespace: Pod Security `restricted`, like ours."""
    made = manifest("v1", "Namespace", CANARY_NAMESPACE, {})
    for level in _LEVELS:
        made["metadata"]["labels"][f"pod-security.kubernetes.io/{level}"] = "restricted"
    return made


def quota() -> dict[str, Any]:
    """No pod at all."""
    body = {"spec": {"hard": {"pods": "0"}}}
    return manifest("v1", "ResourceQuota", CANARY, body, namespace=CANARY_NAMESPACE)


def deployment() -> dict[str, Any]:
    """No replicas, of an image that resolves nowhere."""
    labels = {"app.kubernetes.io/name": CANARY}
    spec = {
        "replicas": 0,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": _pod()},
    }
    return manifest("apps/v1", "Deployment", CANARY, {"spec": spec}, namespace=CANARY_NAMESPACE)


def _pod() -> dict[str, Any]:
    """What Pod Security `restricted` admits."""
    return {
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65534,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": CANARY,
                "image": "registry.invalid/canary:0",
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
            }
        ],
    }
