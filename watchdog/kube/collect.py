"""The union of needs -> one Snapshot. A kind that cannot be read completely is missing, with why."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from watchdog.domain.custom import CustomKind, Spec, Writer
from watchdog.domain.errors import Absent, Forbidden, Transient, WatchdogError
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.objects import corev1, metav1, serverv1
from watchdog.domain.ports import Clock, Right
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import BASE_NEEDS, Missing, Snapshot
from watchdog.kube.answers import Refused, Unreachable, Untrusted
from watchdog.kube.client import Connection
from watchdog.kube.customs import Customs
from watchdog.kube.dnsconfig import DnsSource, dns_right, read_dns_config
from watchdog.kube.events import read_events
from watchdog.kube.kind import Kind
from watchdog.kube.kinds import DNS, KINDS, KUBELETS, LOGS, SERVED, SERVER, STATS
from watchdog.kube.listing import read_kind
from watchdog.kube.logs import read_logs
from watchdog.kube.rights import ask_rights
from watchdog.kube.server import explained, read_server
from watchdog.kube.sharing import Sharing
from watchdog.kube.stats import Kubelets

_PAGE = 500
_LISTS_AT_ONCE = 4
_NAMESPACES = KINDS["namespaces"]
_NOT_LISTED = {DNS, KUBELETS, LOGS, SERVED, SERVER, STATS, _NAMESPACES.need}
_SYSTEM = "kube-system"  # its uid is the identity of the cluster

Items = tuple[metav1.Object, ...]


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the lists of one Snapshot have in common: equal parts, and how long each list took."""

    sharing: Sharing = field(default_factory=Sharing)
    times: list[serverv1.ListTime] = field(default_factory=list)


class KubeCluster:
    """A real cluster. Implements `domain.ports.Cluster`."""

    def __init__(
        self,
        connection: Connection,
        clock: Clock,
        *,
        dns: DnsSource | None = None,
        page: int = _PAGE,
    ) -> None:
        """Read through `connection`, `page` objects at a time; `close` ends it."""
        self._dns = dns or DnsSource()
        self._connection = connection
        self._clock = clock
        self._page = page
        self._kubelets = Kubelets(connection)

    @property
    def name(self) -> str:
        """The kubeconfig context, or "in-cluster"."""
        return self._connection.name

    async def snapshot(self, needs: Collection[str]) -> Snapshot:
        """Read BASE_NEEDS and `needs` once; `cluster` is "" when kube-system may not be read.

        Raises:
            Transient: no answer, or nothing but failures that may pass.
            Forbidden: the identity is refused altogether (401).
            Permanent: TLS that cannot be trusted.
        """
        wanted = {*BASE_NEEDS, *needs} - _NOT_LISTED
        reading = _Reading()
        # First and alone: whether anybody answers at all is known after one connect limit.
        namespaces = await self._outcome(_NAMESPACES, reading)
        if isinstance(namespaces, Refused | Unreachable | Untrusted):
            raise await explained(self._connection, namespaces)
        try:
            cluster = await self._identity(namespaces)
        except Transient as error:
            raise await explained(self._connection, error) from error
        kinds = [KINDS[need] for need in sorted(wanted)]
        # One question instead of one for each kind of each API nobody has installed.
        groups = await self._groups() if any(kind.optional for kind in kinds) else None
        absent = [kind for kind in kinds if kind.optional and not _installed(kind, groups)]
        outcomes = await self._outcomes([kind for kind in kinds if kind not in absent], reading)
        outcomes[_NAMESPACES] = namespaces
        if (blinding := _blinding(outcomes.values())) is not None:
            raise await explained(self._connection, blinding)
        outcomes |= {kind: Absent(f"{kind.group} is not installed") for kind in absent}
        objects = {
            kind.need: outcome for kind, outcome in outcomes.items() if isinstance(outcome, tuple)
        }
        missing = await self._missing(outcomes, groups)
        if STATS in needs:
            await self._add_stats(objects, missing)
        if SERVER in needs:
            server = await read_server(self._connection, self._clock, reading.times)
            if isinstance(server, Missing):
                missing[SERVER] = server
            else:
                objects[SERVER] = (server,)
        if DNS in needs:
            config = await read_dns_config(self._connection, self._dns)
            if isinstance(config, Missing):
                missing[DNS] = config
            else:
                objects[DNS] = config
        return Snapshot(
            cluster=cluster,
            taken_at=self._connection.server_time or self._clock.now(),
            objects=objects,
            missing=missing,
        )

    async def logs(self, queries: Sequence[LogQuery]) -> Mapping[LogQuery, Log]:
        """Read redacted log tails; see `kube.logs`."""
        return await read_logs(self._connection, queries)

    async def events(self, refs: Sequence[Ref]) -> Mapping[Ref, tuple[corev1.Event, ...]]:
        """Read Normal events of single objects; see `kube.events`."""
        return await read_events(self._connection, refs)

    async def customs(self, kinds: Sequence[CustomKind]) -> Mapping[CustomKind, Items | Missing]:
        """List kinds of custom resources; see `kube.customs`."""
        return await Customs(self._connection).lists(kinds)

    async def specs(self, writers: Sequence[Writer]) -> Mapping[Writer, Spec | Missing]:
        """Read single custom resources; see `kube.customs`."""
        return await Customs(self._connection).specs(writers)

    async def rights(self, needs: Collection[str]) -> Sequence[Right]:
        """Ask what this identity may do with each need; see `kube.rights`."""
        rights = await ask_rights(self._connection, set(needs) - {DNS})
        if DNS not in needs:
            return rights
        return (*rights, await dns_right(self._connection, self._dns))

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()

    async def _outcomes(
        self, kinds: Iterable[Kind], reading: _Reading
    ) -> dict[Kind, Items | WatchdogError]:
        slots = asyncio.Semaphore(_LISTS_AT_ONCE)

        async def read(kind: Kind) -> Items | WatchdogError:
            async with slots:
                return await self._outcome(kind, reading)

        async with asyncio.TaskGroup() as group:
            reads = {kind: group.create_task(read(kind)) for kind in kinds}
        return {kind: done.result() for kind, done in reads.items()}

    async def _outcome(self, kind: Kind, reading: _Reading) -> Items | WatchdogError:
        """One kind, or why not: a value, as the other kinds go on without it."""
        started = self._clock.monotonic()
        try:
            items = await read_kind(
                self._connection, kind, page=self._page, sharing=reading.sharing
            )
        except WatchdogError as error:
            return error
        seconds = self._clock.monotonic() - started
        reading.times.append(serverv1.ListTime(kind.need, seconds, len(items)))
        return items

    async def _add_stats(self, objects: dict[str, Items], missing: dict[str, Missing]) -> None:
        """Ask the kubelets of the nodes that were listed."""
        if "nodes" in missing:
            reason = missing["nodes"].reason
            missing[STATS] = Missing(reason, "cannot read kubelet statistics without the nodes")
            return
        nodes = [node for node in objects["nodes"] if isinstance(node, corev1.Node)]
        found = await self._kubelets.read(nodes)
        if isinstance(found, Missing):
            missing[STATS] = found
        else:
            objects[STATS] = found

    async def _identity(self, namespaces: Items | WatchdogError) -> str:
        if isinstance(namespaces, tuple):
            return next((each.uid for each in namespaces if each.name == _SYSTEM), "")
        try:
            body = await self._connection.get(f"{_NAMESPACES.path}/{_SYSTEM}")
            return msgspec.json.decode(body, type=corev1.Namespace).uid
        except (Forbidden, Absent, ValueError):
            return ""

    async def _missing(
        self, outcomes: Mapping[Kind, Items | WatchdogError], groups: frozenset[str] | None
    ) -> dict[str, Missing]:
        errors = {kind: each for kind, each in outcomes.items() if isinstance(each, WatchdogError)}
        # Without a right the API server says 403 even for a group that is not installed.
        refused = any(kind.group and isinstance(each, Forbidden) for kind, each in errors.items())
        if refused and groups is None:
            groups = await self._groups()
        return {kind.need: _missing(kind, error, groups) for kind, error in errors.items()}

    async def _groups(self) -> frozenset[str] | None:
        """The API groups that are installed; None when that cannot be known."""
        try:
            found = msgspec.json.decode(await self._connection.get("/apis"), type=_GroupList)
        except (WatchdogError, ValueError):
            return None
        return frozenset(group.name for group in found.groups) or None  # no server has none


class _Group(msgspec.Struct):
    name: str = ""


class _GroupList(msgspec.Struct):
    groups: tuple[_Group, ...] = ()


def _blinding(outcomes: Iterable[Items | WatchdogError]) -> WatchdogError | None:
    """What hit every kind, and a 401 even if it came halfway."""
    everything = tuple(outcomes)
    refused = next((each for each in everything if isinstance(each, Refused)), None)
    if refused is not None:
        return refused
    failures = [each for each in everything if isinstance(each, Transient)]
    return failures[0] if len(failures) == len(everything) else None


def _installed(kind: Kind, groups: frozenset[str] | None) -> bool:
    """Whether the API of a kind is there, as far as it is known."""
    return not kind.group or groups is None or kind.group in groups


def _missing(kind: Kind, error: WatchdogError, groups: frozenset[str] | None) -> Missing:
    if isinstance(error, Forbidden) and not _installed(kind, groups):
        return Missing("absent", f"cannot list {kind.need}: {kind.group} is not installed")
    return Missing(error.reason, f"cannot list {kind.need}: {error}")
