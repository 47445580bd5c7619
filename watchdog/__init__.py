"""watchdog: an autonomous platform engineer for one Kubernetes cluster."""
