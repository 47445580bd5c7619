"""Custom resources: one list for each kind that is asked for, and single ones with their spec.

Where a kind is served is asked of discovery, which every identity may read. Reading the objects is
a right that the shipped role does not ask for: without it they are missing, and nothing is wrong.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

import msgspec

from watchdog.domain.custom import CustomKind, Leaf, Spec, Writer
from watchdog.domain.errors import Absent, WatchdogError
from watchdog.domain.objects import customv1, metav1
from watchdog.domain.snapshot import Missing
from watchdog.domain.workload import managed_by
from watchdog.kube.client import Connection
from watchdog.kube.decode import Malformed, decode_page, sturdily

_KINDS = 30  # one call; a cluster has a handful of operators
_ITEMS = 500  # one page: what fills more holds data rather than workloads
_SPECS = 20  # one call, and each of them at most
_ABOVE = 2  # custom resources above it
_LEAVES = 5000
_AT_ONCE = 4

Items = tuple[metav1.Object, ...]


class _Resource(msgspec.Struct):
    name: str = ""
    kind: str = ""
    namespaced: bool = True


class _Resources(msgspec.Struct):
    resources: tuple[_Resource, ...] = ()


class _Whole(msgspec.Struct):
    metadata: metav1.Metadata = msgspec.field(default_factory=metav1.Metadata)
    spec: object = None


class Customs:
    """Reads for one call; what discovery said is kept for its length only."""

    def __init__(self, connection: Connection) -> None:
        """Read through `connection`."""
        self._connection = connection
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._versions: dict[str, tuple[_Resource, ...] | WatchdogError] = {}

    async def lists(self, kinds: Sequence[CustomKind]) -> dict[CustomKind, Items | Missing]:
        """All objects of each kind, or why not: as `Snapshot.missing`, and "limit" beyond a page."""
        asked = list(dict.fromkeys(kinds))
        answers: dict[CustomKind, Items | Missing] = dict.fromkeys(
            asked[_KINDS:], Missing("limit", f"more than {_KINDS} kinds of custom resources")
        )
        await self._learn(kind.api_version for kind in asked[:_KINDS])
        async with asyncio.TaskGroup() as group:
            reads = {kind: group.create_task(self._list(kind)) for kind in asked[:_KINDS]}
        return answers | {kind: done.result() for kind, done in reads.items()}

    async def specs(self, writers: Sequence[Writer]) -> dict[Writer, Spec | Missing]:
        """The spec of each, and of what it is made from in turn, or why not."""
        answers: dict[Writer, Spec | Missing] = {}
        turn = list(dict.fromkeys(writers))
        for _ in range(1 + _ABOVE):
            turn = turn[: _SPECS - len(answers)]
            await self._learn(writer.api_version for writer in turn)
            async with asyncio.TaskGroup() as group:
                reads = {writer: group.create_task(self._spec(writer)) for writer in turn}
            found = {writer: done.result() for writer, done in reads.items()}
            answers |= found
            above = [each.writer for each in found.values() if isinstance(each, Spec)]
            turn = [each for each in dict.fromkeys(above) if each and each not in answers]
        return answers

    async def _list(self, kind: CustomKind) -> Items | Missing:
        try:
            resource = self._resource(kind)
            async with self._slots:
                body = await self._connection.get(
                    f"/apis/{quote(kind.api_version)}/{resource.name}", [("limit", _ITEMS)]
                )
            page = decode_page(customv1.CustomResource, body)
        except WatchdogError as error:
            return Missing(error.reason, f"cannot list {kind}: {error}")
        if page.metadata.next:
            return Missing("limit", f"cannot list {kind}: more than {_ITEMS} objects")
        return page.items or ()

    async def _spec(self, writer: Writer) -> Spec | Missing:
        try:
            resource = self._resource(writer.kind)
            where = f"namespaces/{quote(writer.ref.namespace)}/" if resource.namespaced else ""
            async with self._slots:
                body = await self._connection.get(
                    f"/apis/{quote(writer.api_version)}/{where}{resource.name}/{quote(writer.ref.name)}"
                )
            return sturdily(
                lambda text: _spec(
                    writer,
                    msgspec.json.decode(text, type=_Whole),
                    namespaced=resource.namespaced,
                ),
                body,
            )
        except WatchdogError as error:
            return Missing(error.reason, f"cannot get {writer.ref}: {error}")
        except ValueError:
            return Missing("malformed", f"cannot get {writer.ref}: no object")

    def _resource(self, kind: CustomKind) -> _Resource:
        known = self._versions[kind.api_version]
        if isinstance(known, WatchdogError):
            raise known
        for resource in known:
            if kind.name in (resource.name, resource.kind) and "/" not in resource.name:
                return resource
        raise Absent(f"{kind.api_version} has no {kind.name}")

    async def _learn(self, api_versions: Iterable[str]) -> None:
        """Ask once how each version names its resources."""
        new = dict.fromkeys(each for each in api_versions if each not in self._versions)
        async with asyncio.TaskGroup() as group:
            asked = {each: group.create_task(self._discover(each)) for each in new}
        self._versions |= {each: done.result() for each, done in asked.items()}

    async def _discover(self, api_version: str) -> tuple[_Resource, ...] | WatchdogError:
        try:
            async with self._slots:
                body = await self._connection.get(f"/apis/{quote(api_version)}")
            return msgspec.json.decode(body, type=_Resources).resources
        except WatchdogError as error:
            return error
        except ValueError:
            return Malformed(f"/apis/{api_version} is no list of resources")


def _spec(writer: Writer, whole: _Whole, *, namespaced: bool) -> Spec:
    owner = next((each for each in whole.metadata.owner_references if each.controller), None)
    above = None
    if owner is not None:
        above = Writer(owner.api_version, writer.ref._replace(kind=owner.kind, name=owner.name))
    leaves = []
    for leaf in _leaves(("spec",), whole.spec):
        leaves.append(leaf)
        if len(leaves) == _LEAVES:
            break
    return Spec(
        leaves=tuple(leaves),
        writer=above,
        namespaced=namespaced,
        gitops=managed_by(
            whole.metadata.annotations or metav1.Annotations(), whole.metadata.labels or {}
        ),
    )


def _leaves(path: tuple[str, ...], value: object) -> Iterator[Leaf]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves((*path, str(key)), inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves((*path, str(index)), inner)
    elif isinstance(value, bool):
        yield Leaf(path, "true" if value else "false")
    elif value is not None:
        yield Leaf(path, str(value))
