"""What a server presents to whoever dials it."""

from datetime import datetime
from typing import ClassVar

from watchdog.domain.objects.metav1 import Object

NEED = "servedcertificates"


class ServedCertificate(Object, frozen=True):
    """The dates of the certificate that is served for a host of an Ingress.

    Named after the Secret that the Ingress takes it from. `unread` is why there are no dates.
    """

    KIND: ClassVar[str] = "ServedCertificate"
    ingress: str = ""
    host: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    unread: str = ""
