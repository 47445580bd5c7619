"""The names of what is installed, and the form that all of it shares."""

from collections.abc import Mapping
from typing import Any

NAMESPACE = "platform-engineer"
ACCOUNT = "platform-engineer"
READER = "platform-engineer-reader"
ACTOR = "platform-engineer-actor"  # a ClusterRole, and with short-lived-actor an account as well
STOP = "platform-engineer-stop"
STOP_SWITCH = "watchdog-stop"  # the ConfigMap whose existence stops every write
TOKEN = "platform-engineer-token"
LEASE = "platform-engineer-lease"  # the Role; the Lease itself is called as follows
LEASE_NAME = "watchdog"
CANARY_NAMESPACE = "platform-engineer-canary"
CANARY = "canary"
# Every account of our namespace is fenced, not only ours.
GROUP = f"system:serviceaccounts:{NAMESPACE}"

RESTART_ONLY = "watchdog-restart-only"
PODS = "watchdog-pods"
NOTHING_ELSE = "watchdog-nothing-else"
SCALE = "watchdog-scale"
JOBS = "watchdog-jobs"

Body = Mapping[str, Any]


def manifest(api: str, kind: str, name: str, body: Body, *, namespace: str = "") -> dict[str, Any]:
    """An object with our label."""
    where = {"namespace": namespace} if namespace else {}
    labels = {"app.kubernetes.io/name": "kube-watchdog"}
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": name, **where, "labels": labels},
        **body,
    }
