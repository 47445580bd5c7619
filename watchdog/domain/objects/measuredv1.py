"""What only a Prometheus knows of a cluster."""

from datetime import datetime
from typing import ClassVar

from watchdog.domain.objects.metav1 import Object

NEED = "kubeletcertificates"


class KubeletCertificate(Object, frozen=True):
    """The client certificate of a kubelet, under the name of its node.

    `longest_seconds` is the most that was ever left of one in the last month, 0 when unknown: a
    lower bound of its lifetime, which no metric tells.
    """

    KIND: ClassVar[str] = "KubeletCertificate"
    ends_at: datetime | None = None
    longest_seconds: float = 0.0
