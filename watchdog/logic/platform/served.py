"""Certificates as they are served: whom to dial for them, what their bytes say, who has to change."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from watchdog.domain.objects import certmanagerv1, networkingv1, tlsv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Missing, Snapshot
from watchdog.logic.symptom import listed

_MOST = 50  # dials per look
_HTTPS = 443
_HOST = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z"
)
_SEQUENCE, _UTC_TIME, _GENERALIZED = 0x30, 0x17, 0x18


@dataclass(frozen=True, slots=True)
class Target:
    """One dial: to an address, under the name of a host, for what is in a Secret."""

    host: str
    address: str
    port: int
    ingress: Ref
    secret_name: str


def targets(snapshot: Snapshot, address: str) -> tuple[Target, ...]:
    """One host for each Secret that Ingresses serve, in order of Ref; wildcards cannot be dialled.

    `address` is HOST or HOST:PORT of the controller, "" for what each Ingress has in its status.
    """
    found: dict[tuple[str, str], Target] = {}
    for item in snapshot.of("ingresses", networkingv1.Ingress).values():
        for each in () if item.deleting else _targets(item, address):
            found.setdefault((item.namespace, each.secret_name), each)
    return tuple(found.values())[:_MOST]


def _targets(item: networkingv1.Ingress, address: str) -> Iterator[Target]:
    place, port = _split(address or _published(item))
    for entry in item.spec.tls or ():
        hosts = [each for each in entry.hosts or () if _HOST.match(each)]
        if place and entry.secret_name and hosts:
            yield Target(hosts[0], place, port, item.ref, entry.secret_name)


def _split(address: str) -> tuple[str, int]:
    """Host and port; a lone IPv6 address has colons, and no port."""
    host, _, port = address.rpartition(":")
    if port.isdecimal() and host and (":" not in host or host.endswith("]")):
        return host.strip("[]"), int(port)
    return address.strip("[]"), _HTTPS


def _published(item: networkingv1.Ingress) -> str:
    """The address that its controller put into its status."""
    addresses = item.status.load_balancer.ingress or ()
    return next((each.ip or each.hostname for each in addresses if each.ip or each.hostname), "")


# ------------------------------------------------------------------------------- the certificate
def dates(der: bytes, host: str) -> tuple[datetime, datetime] | None:
    """notBefore and notAfter of a certificate made for `host`, None for another one.

    A controller without the Secret presents one of its own, which says nothing of the Secret.
    Source: RFC 5280, 4.1; the names in it are plain text.
    """
    try:
        signed = _children(_value(der, 0)[1])[0][1]
        validity = [body for tag, body in _children(signed) if tag == _SEQUENCE][2]
        start, end = (_moment(tag, body) for tag, body in _children(validity))
    except (IndexError, KeyError, ValueError):
        return None
    parent = host.partition(".")[2]
    names = (host.encode(), f"*.{parent}".encode())
    return (start, end) if any(name in der for name in names) else None


def _children(body: bytes) -> list[tuple[int, bytes]]:
    """Tag and content of each value in a row of them."""
    found, at = [], 0
    while at < len(body):
        tag, content, at = _value(body, at)
        found.append((tag, content))
    return found


def _value(der: bytes, at: int) -> tuple[int, bytes, int]:
    """Tag, content and the place behind it."""
    tag, length, start = der[at], der[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length, start = int.from_bytes(der[start : start + size]), start + size
    return tag, der[start : start + length], start + length


def _moment(tag: int, body: bytes) -> datetime:
    form = {_UTC_TIME: "%y%m%d%H%M%SZ", _GENERALIZED: "%Y%m%d%H%M%SZ"}[tag]
    return datetime.strptime(body.decode("ascii"), form).replace(tzinfo=UTC)


# ------------------------------------------------------------------------------- in the Snapshot
def with_served(snapshot: Snapshot, found: tuple[tlsv1.ServedCertificate, ...]) -> Snapshot:
    """The same Snapshot with what is served; missing when nobody at all could be dialled."""
    if not snapshot.has("ingresses"):
        why = snapshot.missing.get("ingresses") or Missing("unread", "nobody listed the Ingresses")
        return replace(snapshot, missing={**snapshot.missing, tlsv1.NEED: why})
    if found and all(each.unread for each in found):
        hosts = listed(f"{each.host} ({each.unread})" for each in found)
        why = Missing("unreachable", f"no host of an Ingress can be judged by dialling it: {hosts}")
        return replace(snapshot, missing={**snapshot.missing, tlsv1.NEED: why})
    return replace(snapshot, objects={**snapshot.objects, tlsv1.NEED: found})


# ------------------------------------------------------------------------------- whose it is
def certificate_of(
    snapshot: Snapshot, item: tlsv1.ServedCertificate
) -> certmanagerv1.Certificate | None:
    """The Certificate that fills the Secret; None when there is none."""
    for each in snapshot.of("certificates", certmanagerv1.Certificate).values():
        if (each.namespace, each.spec.secret_name) == (item.namespace, item.name):
            return each
    return None


def subject_of(snapshot: Snapshot, item: tlsv1.ServedCertificate) -> Ref:
    """What has to be changed: the Certificate, or the Secret that nobody fills."""
    known = certificate_of(snapshot, item)
    return known.ref if known else Ref("Secret", item.namespace, item.name)


def undialled(snapshot: Snapshot) -> frozenset[Ref]:
    """What cannot be judged now, because its host did not answer."""
    served = snapshot.of(tlsv1.NEED, tlsv1.ServedCertificate).values()
    return frozenset(subject_of(snapshot, each) for each in served if each.unread)
