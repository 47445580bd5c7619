"""The configuration of the cluster's DNS: single ConfigMaps, read by name where that is granted."""

from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from watchdog.domain.errors import Absent, WatchdogError
from watchdog.domain.objects import dnsv1, metav1
from watchdog.domain.ports import Right
from watchdog.domain.snapshot import Missing
from watchdog.kube.client import Connection
from watchdog.kube.decode import Malformed, decode_one, sturdily
from watchdog.kube.rights import allowed

# Where k3s and the managed clusters let people add to a Corefile that they keep themselves.
_CUSTOM = "-custom"


@dataclass(frozen=True, slots=True)
class DnsSource:
    """Where the Corefile is kept."""

    namespace: str = "kube-system"
    name: str = "coredns"
    key: str = "Corefile"

    @property
    def names(self) -> tuple[str, str]:
        """The ConfigMap itself, and the one that its imports may lead to."""
        return self.name, self.name + _CUSTOM


async def read_dns_config(
    connection: Connection, source: DnsSource
) -> tuple[dnsv1.DnsConfig, ...] | Missing:
    """Return the ConfigMap of the DNS and, if there is one, its addition; or why not.

    An addition that may not be read is marked, one that does not exist is left out.
    """
    main, custom = source.names
    try:
        found = replace(await _read(connection, source.namespace, main), corefile=source.key)
    except WatchdogError as error:
        return Missing(error.reason, f"cannot get configmap {source.namespace}/{main}: {error}")
    try:
        return found, await _read(connection, source.namespace, custom)
    except Absent:
        return (found,)
    except WatchdogError:
        return found, dnsv1.DnsConfig(
            metadata=metav1.Metadata(name=custom, namespace=source.namespace), unread=True
        )


async def _read(connection: Connection, namespace: str, name: str) -> dnsv1.DnsConfig:
    body = await connection.get(f"/api/v1/namespaces/{namespace}/configmaps/{name}")
    try:
        return decode_one(dnsv1.DnsConfig, sturdily(msgspec.json.decode, body))
    except ValueError as error:
        raise Malformed("the answer is not complete JSON") from error


async def dns_right(connection: Connection, source: DnsSource) -> Right:
    """Ask for the ConfigMap by its name: a right that is limited to names is answered only so.

    Raises:
        Transient, Forbidden, Permanent: as `Connection.review`.
    """
    attributes = {"resource": "configmaps", "verb": "get", "namespace": source.namespace}
    granted = await allowed(connection, {**attributes, "name": source.name})
    return Right("", "configmaps", "get", granted)
