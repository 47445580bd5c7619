"""The configuration of the cluster's DNS: the only ConfigMaps whose content is ever read."""

from typing import ClassVar

import msgspec

from watchdog.domain.objects.metav1 import Metadata, Object


class DnsConfig(Object, frozen=True):
    """One ConfigMap of the cluster's DNS. `corefile` is its key with the main file, "" without one.

    A ConfigMap that files may be imported from and that could not be read is `unread`.
    """

    KIND: ClassVar[str] = "ConfigMap"
    metadata: Metadata = msgspec.field(default_factory=Metadata)
    data: dict[str, str] | None = None
    corefile: str = ""
    unread: bool = False
