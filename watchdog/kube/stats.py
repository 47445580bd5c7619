"""Disk statistics straight from the kubelets: only where TLS proves who answers.

Every kubelet is asked at its node's own address, with the API server's credential. The token could
be replayed at the API server, so nothing is sent before the certificate of the kubelet has been
verified against the cluster's own authority. Through the API server's proxy the same figures would
take a right that also runs commands in every pod.
"""

import asyncio
import ssl
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import aiohttp
import msgspec
from msgspec.structs import replace

from watchdog.domain.errors import Forbidden, Permanent, Transient, WatchdogError
from watchdog.domain.objects import corev1, metav1, statsv1
from watchdog.domain.snapshot import Missing
from watchdog.kube.answers import TimedOut, Untrusted, error_of
from watchdog.kube.client import Connection
from watchdog.kube.decode import Malformed, decode_one, uncollected

_AT_ONCE = 16
_LIMITS = aiohttp.ClientTimeout(total=10, sock_connect=5)
_SECONDS = 30.0  # all kubelets together

Answers = Mapping[str, statsv1.NodeStats | WatchdogError]


@dataclass(frozen=True, slots=True)
class _Access:
    """How to speak to any kubelet of this cluster."""

    tls: ssl.SSLContext
    headers: Mapping[str, str]


class Kubelets:
    """The kubelets of one cluster. Remembers which nodes have ever answered."""

    def __init__(self, connection: Connection) -> None:
        """Use the credential of `connection`; nothing is sent yet."""
        self._connection = connection
        self._answered: set[str] = set()

    async def read(self, nodes: Collection[corev1.Node]) -> tuple[statsv1.NodeStats, ...] | Missing:
        """Return one record per Ready node that answered, or why there is none.

        Statistics that never were reachable or verifiable from here are `absent`. A node that once
        answered and now does not makes the whole kind missing: half of it would look like health.
        """
        ready = [node for node in nodes if node.ready]
        access = await self._access()
        if access is None:
            text = "the credential names no authority to verify a kubelet with"
            return Missing("absent", f"cannot read kubelet statistics: {text}")
        answers = await _ask(ready, access)
        failed = {name: each for name, each in answers.items() if isinstance(each, WatchdogError)}
        found = tuple(each for each in answers.values() if isinstance(each, statsv1.NodeStats))
        lost = {name: each for name, each in failed.items() if name in self._answered}
        self._answered |= answers.keys() - failed.keys()
        if lost:
            return Missing(_reason(lost.values()), _text(lost))
        if failed and not found:
            refused = all(isinstance(each, Forbidden) for each in failed.values())
            return Missing("forbidden" if refused else "absent", _text(failed))
        return found

    async def _access(self) -> _Access | None:
        configuration = self._connection.configuration
        authority = configuration.ssl_ca_cert or configuration.ca_cert_data
        if not authority or not configuration.verify_ssl:
            return None
        tls = ssl.create_default_context(
            cafile=configuration.ssl_ca_cert, cadata=configuration.ca_cert_data
        )
        # As for the API server: certificates of k3s and older kubeadm lack some extensions.
        tls.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if configuration.cert_file:
            tls.load_cert_chain(configuration.cert_file, keyfile=configuration.key_file)
        return _Access(tls, await self._connection.authorization())


async def _ask(nodes: Iterable[corev1.Node], access: _Access) -> Answers:
    """Ask every node; one that did not answer in time has a TimedOut."""
    urls = {node.name: _url(node) for node in nodes}
    late = TimedOut(f"no answer within {_SECONDS:g} s")
    answers: dict[str, statsv1.NodeStats | WatchdogError] = dict.fromkeys(urls, late)
    slots = asyncio.Semaphore(_AT_ONCE)
    connector = aiohttp.TCPConnector(ssl=access.tls, limit=_AT_ONCE, force_close=True)
    session = aiohttp.ClientSession(connector=connector, headers=access.headers, timeout=_LIMITS)

    async def ask(name: str, url: str) -> None:
        async with slots:
            try:
                answers[name] = _decode(name, await _get(session, url))
            except WatchdogError as error:
                answers[name] = error

    async with session:
        try:
            async with asyncio.timeout(_SECONDS), asyncio.TaskGroup() as group:
                for name, url in urls.items():
                    group.create_task(ask(name, url))
        except TimeoutError:
            return answers  # who answered in time counts
    return answers


def _url(node: corev1.Node) -> str:
    """Where the node's kubelet listens; "" when the node does not say."""
    port = node.status.daemon_endpoints.kubelet_endpoint.port
    for address in node.status.addresses:
        if address.type == "InternalIP" and port:
            host = f"[{address.address}]" if ":" in address.address else address.address
            return f"https://{host}:{port}/stats/summary"
    return ""


async def _get(session: aiohttp.ClientSession, url: str) -> bytes:
    """One GET, never redirected: the answer of another host would get the credential, too.

    Raises:
        Transient: no answer.
        Permanent: the certificate is not the cluster's, or the kubelet refuses.
    """
    if not url:
        raise Permanent("the node names no InternalIP or no port of its kubelet")
    try:
        async with session.get(url, allow_redirects=False) as reply:
            body = await reply.read()
    except (aiohttp.ClientSSLError, ssl.SSLError) as error:
        raise Untrusted("its certificate is not of the cluster's authority") from error
    except TimeoutError as error:
        raise TimedOut("no answer in time") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise Transient(type(error).__name__) from error
    if reply.status != 200:
        raise error_of(reply.status, reply.headers, body)
    return body


def _decode(name: str, body: bytes) -> statsv1.NodeStats:
    """The statistics under the name of the node; volumes of no claim are left out.

    Raises:
        Malformed: it cannot be read.
    """
    with uncollected():
        try:
            stats = decode_one(statsv1.NodeStats, msgspec.json.decode(body))
        except ValueError as error:
            raise Malformed(f"not readable: {error}") from error
    return replace(
        stats,
        metadata=metav1.Metadata(name=name),
        pods=tuple(
            replace(pod, volumes=tuple(each for each in pod.volumes or () if each.pvc_ref))
            for pod in stats.pods or ()
        ),
    )


def _reason(errors: Iterable[WatchdogError]) -> str:
    return "timeout" if any(isinstance(each, TimedOut) for each in errors) else "unavailable"


def _text(failed: Mapping[str, WatchdogError]) -> str:
    """Name a few nodes and what the first of them said."""
    names = sorted(failed)
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    where = f"{', '.join(names[:3])}{more}"
    return f"cannot read kubelet statistics of {where}: {failed[names[0]]}"
