"""Dials the hosts of Ingresses, reads the dates of what they present, and hangs up.

Nothing is sent but the name of the host. Nothing is verified: an expired certificate is what is
looked for, and no word of the server is believed beyond it.
"""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import suppress

from msgspec.structs import replace

from watchdog.domain.objects import metav1, tlsv1
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.platform.served import Target, dates, targets

_AT_ONCE = 16
_SECONDS = 5.0  # one dial
_ALL_SECONDS = 30.0


class Probe:
    """Dials through the controller at `address`, "" for the address in each Ingress' status."""

    def __init__(self, address: str, *, seconds: float = _SECONDS) -> None:
        """Nothing is dialled yet; `seconds` is the limit of one dial."""
        self._address = address
        self._seconds = seconds

    async def read(self, snapshot: Snapshot) -> tuple[tlsv1.ServedCertificate, ...]:
        """One record per Secret that an Ingress serves; `unread` says why one has no dates."""
        return await _served(targets(snapshot, self._address), self._seconds)


async def _served(wanted: Sequence[Target], seconds: float) -> tuple[tlsv1.ServedCertificate, ...]:
    slots = asyncio.Semaphore(_AT_ONCE)
    found = {target: _record(target, unread="timeout") for target in wanted}

    async def ask(target: Target) -> None:
        async with slots:
            found[target] = await _dial(target, seconds)

    with suppress(TimeoutError):  # who answered in time counts
        async with asyncio.timeout(_ALL_SECONDS), asyncio.TaskGroup() as group:
            for target in wanted:
                group.create_task(ask(target))
    return tuple(found.values())


async def _dial(target: Target, seconds: float) -> tlsv1.ServedCertificate:
    try:
        async with asyncio.timeout(seconds):
            der = await _presented(target)
    except TimeoutError:
        return _record(target, unread="timeout")
    except (OSError, ValueError):  # ssl.SSLError is an OSError
        return _record(target, unread="unreachable")
    known = dates(der, target.host)
    if known is None:  # the controller's own one, which says nothing of the Secret
        return _record(target)
    return replace(_record(target), not_before=known[0], not_after=known[1])


async def _presented(target: Target) -> bytes:
    """The leaf, as bytes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    _, writer = await asyncio.open_connection(
        target.address, target.port, ssl=context, server_hostname=target.host
    )
    try:
        return writer.get_extra_info("ssl_object").getpeercert(binary_form=True) or b""
    finally:
        writer.transport.abort()


def _record(target: Target, *, unread: str = "") -> tlsv1.ServedCertificate:
    return tlsv1.ServedCertificate(
        metadata=metav1.Metadata(name=target.secret_name, namespace=target.ingress.namespace),
        ingress=target.ingress.name,
        host=target.host,
        unread=unread,
    )
