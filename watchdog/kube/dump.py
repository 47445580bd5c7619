"""A folder of `kubectl get -o yaml` or `-o json` output -> a Snapshot. Nothing is sent anywhere."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import msgspec
import yaml

from watchdog.domain.errors import Misconfigured
from watchdog.domain.objects import corev1, metav1
from watchdog.domain.snapshot import Missing, Snapshot
from watchdog.kube.decode import Malformed, decode_one, sturdily
from watchdog.kube.kind import Kind
from watchdog.kube.kinds import KINDS, NOISY, SERVER, STATS

_SUFFIXES = (".yaml", ".yml", ".json", ".json.gz")
_PACKED = ".gz"
_LARGEST = 500_000_000  # bytes of a packed file: what is more is no dump
_EVENTS = KINDS["events"]  # one kind, of which the lists of others are parts
_PARTS = (KINDS["happenings"], KINDS["scaleups"])
_BY_NAME = {(kind.group, kind.record.KIND): kind for kind in KINDS.values() if kind not in _PARTS}

_OLDEST = ("", "apps", "batch", "autoscaling", "policy")  # groups without a domain
_ADDED = ("metrics.k8s.io", "gateway.networking.k8s.io")  # under the domain, and not built in

# Moments that had passed when the dump was made; deletionTimestamp and notAfter lie ahead.
_PAST = frozenset(
    (
        *("lastHeartbeatTime", "lastTransitionTime", "lastUpdateTime", "renewTime"),
        *("lastTimestamp", "eventTime", "lastObservedTime", "firstTimestamp"),
        *("creationTimestamp", "startedAt", "finishedAt"),
    )
)


class _PlainLoader(yaml.CSafeLoader):
    """Leaves times as text: msgspec reads them, and an unquoted one must not lose its zone."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


class _Reading:
    """What the files read so far held."""

    def __init__(self) -> None:
        self.found: dict[Kind, dict[str, metav1.Object]] = {}
        self.malformed: dict[Kind, str] = {}
        self.newest: datetime | None = None
        self.digest = sha256()

    def add(self, item: dict[str, object]) -> None:
        """Take one object; kinds that no check reads count for the time only."""
        for moment in _moments(item):
            self.newest = max(self.newest or moment, moment)
        group = str(item.get("apiVersion", "")).rpartition("/")[0]
        kind = _BY_NAME.get((group, str(item.get("kind", ""))))
        if kind == _EVENTS:
            for each in (_EVENTS, *_PARTS):
                self.found.setdefault(each, {})
                if _lists(each, item):
                    self._take(each, item)
        elif kind is not None:
            self._take(kind, item)

    def _take(self, kind: Kind, item: dict[str, object]) -> None:
        try:
            record = decode_one(kind.record, item)
        except Malformed as error:
            self.malformed[kind] = str(error)
            return
        self.found.setdefault(kind, {}).setdefault(record.uid or str(record.ref), record)


def _lists(kind: Kind, event: dict[str, object]) -> bool:
    """Whether the live list of this kind of events holds one."""
    if kind == _EVENTS:
        return event.get("type") != "Normal"
    if kind.record is corev1.ScaleUp:
        return event.get("reason") == corev1.ScaleUp.REASON
    about = event.get("involvedObject")
    subject = about.get("kind") if isinstance(about, dict) else None
    return event.get("type") == "Normal" and subject not in NOISY


def snapshot_of_dump(folder: Path) -> Snapshot:
    """Read every *.yaml, *.yml, *.json and *.json.gz of a folder; kinds it lacks are missing as
    "absent".

    `cluster` is the uid of namespace kube-system, else a digest of the files; `taken_at` the newest
    heartbeat, condition, event or start in them. A file named after a need ("jobs.yaml") says that
    this kind was read, even when it lists nothing.

    Raises:
        Misconfigured: no folder, no such files, a file that cannot be parsed, or no time in them.
    """
    reading = _Reading()
    for path in _files(folder):
        reading.digest.update(path.name.encode() + (body := _read(path)))
        if (kind := KINDS.get(path.name.removesuffix(_PACKED).rpartition(".")[0])) is not None:
            reading.found.setdefault(kind, {})
        for document in _documents(path, body):
            for item in _items(document):
                reading.add(item)
    if reading.newest is None:
        raise Misconfigured(
            f"no object with a time in {folder}",
            hint="dump with `kubectl get nodes,pods,events -A -o yaml`",
        )
    return Snapshot(
        cluster=_identity(reading),
        taken_at=reading.newest,
        objects={
            kind.need: tuple(items.values())
            for kind, items in reading.found.items()
            if kind not in reading.malformed
        },
        missing=_missing(reading),
    )


def complete(look: Snapshot) -> Snapshot:
    """The Snapshot of a dump for which every built-in kind was asked: one without an object was
    read, and is empty."""
    empty = {need: () for need in look.missing if need in KINDS and _built_in(KINDS[need].group)}
    missing = {need: why for need, why in look.missing.items() if need not in empty}
    return replace(look, objects={**look.objects, **empty}, missing=missing)


def _built_in(group: str) -> bool:
    served = group.endswith(".k8s.io") and group not in _ADDED
    return served or group in _OLDEST


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise Misconfigured(f"no folder {folder}", hint="--snapshot takes a folder of dumps")
    named = (path for path in folder.iterdir() if path.name.endswith(_SUFFIXES))
    files = sorted(path for path in named if path.is_file())
    if not files:
        raise Misconfigured(
            f"no *.yaml, *.yml or *.json in {folder}",
            hint="fill it with `kubectl get pods -A -o yaml > pods.yaml` and so on",
        )
    return files


def _read(path: Path) -> bytes:
    try:
        if path.suffix != _PACKED:
            return path.read_bytes()
        with gzip.open(path) as file:
            return file.read(_LARGEST)
    except (OSError, EOFError, zlib.error) as error:  # BadGzipFile is an OSError without a strerror
        why = getattr(error, "strerror", None) or f"is no whole gzip file ({error})"
        raise Misconfigured(f"cannot read {path}: {why}", hint="check its permissions") from error


def _documents(path: Path, body: bytes) -> Iterator[object]:
    try:
        if path.name.endswith((".json", ".json.gz")):
            yield sturdily(msgspec.json.decode, body)
        else:
            yield from yaml.load_all(body, Loader=_PlainLoader)  # a CSafeLoader
    except (
        ValueError,
        RecursionError,
        yaml.YAMLError,
    ) as error:  # UnicodeDecodeError is a ValueError
        raise Misconfigured(
            f"{path} cannot be parsed: {' '.join(str(error).split())}",
            hint="it has to be what `kubectl get -o yaml` or `-o json` printed",
        ) from error


def _items(document: object) -> Iterator[dict[str, object]]:
    """The objects of one document. Items of a typed list (PodList) do not name their kind."""
    if not isinstance(document, dict):
        return
    items = document.get("items")
    if not isinstance(items, list):
        yield document
        return
    kind = str(document.get("kind", "")).removesuffix("List")
    defaults = {"kind": kind, "apiVersion": document.get("apiVersion", "")}
    for item in items:
        if isinstance(item, dict):
            yield {**defaults, **item}


def _moments(value: object) -> Iterator[datetime]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in _PAST and isinstance(inner, str):
                yield from _moment(inner)
            elif key != "managedFields":
                yield from _moments(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _moments(inner)


def _moment(text: str) -> Iterator[datetime]:
    try:
        moment = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        return
    if moment.tzinfo is not None:
        yield moment.astimezone(UTC)


def _identity(reading: _Reading) -> str:
    for namespace in reading.found.get(KINDS["namespaces"], {}).values():
        if namespace.name == "kube-system" and namespace.uid:
            return namespace.uid
    return reading.digest.hexdigest()


def _missing(reading: _Reading) -> dict[str, Missing]:
    malformed = {
        kind.need: Missing("malformed", f"cannot read {kind.need}: {text}")
        for kind, text in reading.malformed.items()
    }
    absent = {
        kind.need: Missing("absent", f"the dump has no {kind.need}")
        for kind in KINDS.values()
        if kind not in reading.found
    }
    return {
        **absent,
        **malformed,
        STATS: Missing("absent", "the dump has no kubelet statistics"),
        SERVER: Missing("absent", "a dump does not tell how the API server is"),
    }
