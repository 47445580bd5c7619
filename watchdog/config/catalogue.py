"""Every check id of the catalogue with its family, whether or not this version has the check.

A jobs file may name checks that are still to come; a misspelt id is an error. The two can only be
told apart by a list.
"""

from collections.abc import Mapping

_FAMILIES: Mapping[str, str] = {
    "pods": "crash_loop image_pull init_stuck oom_killed pod_config pod_drift pod_failed "
    "pod_pending pod_start probes stale_secret terminating",
    "workloads": "config_lint controllers custom_resource pdb replicas rollout",
    "admission": "create_blocked mutation quota_near rbac_denied",
    "batch": "cronjob job",
    "storage": "claims volume_attach volume_ops volume_usage",
    "nodes": "node_drift node_pressure node_ready node_usage",
    "network": "dns load_balancer network_policy routes service_endpoints service_ports",
    "certificates": "cert_expiry cert_issuance",
    "gitops": "argocd_sync external_secret flux",
    "autoscaling": "hpa",
    "control": "control_plane self warning_events",
}

CATALOGUE: Mapping[str, str] = {
    check: family for family, checks in _FAMILIES.items() for check in checks.split()
}
