"""Clocks that are late: certificates that look not yet valid on one node, and nowhere else."""

import re
from collections import defaultdict

from watchdog.domain.objects import podv1
from watchdog.domain.snapshot import Snapshot

_WORKLOADS = 2  # one alone may have a certificate that is really made for later
# Source: Go, crypto/x509 CertificateInvalidError (the other half of its sentence is "is after");
# OpenSSL, X509_V_ERR_CERT_NOT_YET_VALID.
_EARLY = re.compile(
    r"not yet valid: current time \S+ is before|certificate is not yet valid", re.IGNORECASE
)


def complaint(snapshot: Snapshot, pod: podv1.Pod) -> str:
    """The line of its log in which a pod finds a certificate not yet valid; "" without one."""
    lines = (
        line
        for query, log in snapshot.log_texts.items()
        if query.pod == pod.ref
        for line in log.text.splitlines()
        if _EARLY.search(line)
    )
    return next(lines, "")


def late(snapshot: Snapshot) -> dict[str, tuple[podv1.Pod, ...]]:
    """The nodes on which unready pods of several workloads find certificates not yet valid, and these.

    Nothing when pods of another node say the same: then it is a certificate, or its issuer.
    """
    found: defaultdict[str, dict[str, podv1.Pod]] = defaultdict(dict)
    for query, log in snapshot.log_texts.items():
        pod = snapshot.pods.get(query.pod)
        if pod is not None and pod.node and not pod.ready and _EARLY.search(log.text):
            found[pod.node][pod.name] = pod
    return {
        name: tuple(pods.values())
        for name, pods in found.items()
        if len(found) == 1
        and len(snapshot.nodes) > 1
        and len(snapshot.owners_of(pods.values())) >= _WORKLOADS
    }
