"""What one Snapshot shows of the cluster as a whole, in words for a prompt.

Versions, architectures and controllers are written by kubelets and charts: what does not look like
one is left out, so that no sentence gets into the part of a prompt that is no data.
"""

import re
from collections.abc import Iterable

from watchdog.domain.objects import customv1, gatewayv1, networkingv1, serverv1
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.soul import UNKNOWN, ClusterFacts

NONE = "none"
MOST = 5  # of one kind; more say nothing about the cluster
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_+-]{0,62}")
_DISPLAY = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_+@:-]{0,127}")
_GITOPS = {
    "Argo CD": ("applications", "applications.argoproj.io"),
    "Flux": ("kustomizations", "kustomizations.kustomize.toolkit.fluxcd.io"),
}
_CERTIFICATES = {"cert-manager": ("certificates", "certificates.cert-manager.io")}


def cluster_facts(snapshot: Snapshot, name: str) -> ClusterFacts:
    """Describe the cluster; `name` is its display name. What was not read is "unknown"."""
    nodes = snapshot.nodes.values()
    return ClusterFacts(
        name=name if _DISPLAY.fullmatch(name) else UNKNOWN,
        version=_version(snapshot),
        nodes=str(len(nodes)) if snapshot.has("nodes") else UNKNOWN,
        architectures=_listed(node.status.node_info.architecture for node in nodes),
        namespaces=str(len(snapshot.namespaces)) if snapshot.has("namespaces") else UNKNOWN,
        gitops=_installed(snapshot, _GITOPS),
        ingress=_ingress(snapshot),
        certificates=_installed(snapshot, _CERTIFICATES),
    )


def _version(snapshot: Snapshot) -> str:
    """The API server's own, else that of the kubelets, which may be older."""
    servers = snapshot.of("apiserver", serverv1.APIServer).values()
    said = _listed(server.version for server in servers)
    if said != UNKNOWN:
        return said
    kubelets = _listed(node.status.node_info.kubelet_version for node in snapshot.nodes.values())
    return kubelets if kubelets == UNKNOWN else f"{kubelets} (kubelets)"


def _installed(snapshot: Snapshot, tools: dict[str, tuple[str, str]]) -> str:
    """Which of these tools have their API here."""
    answers = {tool: _has_api(snapshot, need, crd) for tool, (need, crd) in tools.items()}
    found = [tool for tool, answer in answers.items() if answer]
    if found:
        return ", ".join(found)
    return UNKNOWN if None in answers.values() else NONE


def _has_api(snapshot: Snapshot, need: str, crd: str) -> bool | None:
    """Whether an API is installed, by its list or by its definition; None when neither was read."""
    if snapshot.has(need):
        return True
    missing = snapshot.missing.get(need)
    if missing is not None and missing.reason == "absent":
        return False
    if not snapshot.has("customresourcedefinitions"):
        return None
    definitions = snapshot.of("customresourcedefinitions", customv1.CustomResourceDefinition)
    return any(ref.name == crd for ref in definitions)


def _ingress(snapshot: Snapshot) -> str:
    """Controllers of ingress classes, and names of gateway classes."""
    classes = snapshot.of("ingressclasses", networkingv1.IngressClass).values()
    gateways = snapshot.of("gatewayclasses", gatewayv1.GatewayClass)
    found = _listed(
        (*(each.spec.controller for each in classes), *(ref.name for ref in gateways)),
    )
    nothing = found == UNKNOWN and not classes and not gateways
    return NONE if nothing and snapshot.has("ingressclasses") else found


def _listed(words: Iterable[str]) -> str:
    """The words that look like one, each once; "unknown" when none does."""
    found = sorted({word for word in words if _WORD.fullmatch(word)})
    return ", ".join(found[:MOST]) or UNKNOWN
