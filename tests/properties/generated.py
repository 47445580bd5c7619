"""Snapshots nobody thought of: generated field by field, and recorded ones with fields exchanged.

The first kind reaches every field of every record; the second keeps the objects linked, so that it
reaches deep into the checks.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from types import UnionType
from typing import Any, Union, get_args, get_origin

from hypothesis import strategies as st
from msgspec import UNSET, Struct, structs

from watchdog.domain.objects import metav1, statsv1
from watchdog.domain.snapshot import Snapshot
from watchdog.kube.kinds import KINDS, STATS

NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
NAMES = ("web", "db", "web-6d4cf56db6", "web-6d4cf56db6-abcde", "w-1", "coredns", "default")
NAMESPACES = ("shop", "kube-system", "media", "")
HOSTILE = (
    "'; kubectl delete ns shop; '",
    "$(reboot)",
    "web\n  @everyone",
    "\x1b[31mred\u202e",
    'configmap "web" not found',
    "exceeded quota: web, requested: pods=1",
    "failed calling webhook",
    "https://web.shop.svc:8080/x",
    "db:5432",
    "10Gi",
    "250m",
    "True",
    "False",
    "Unknown",
    "Deployment",
    "ReplicaSet",
    "Node",
    "CrashLoopBackOff",
    "ImagePullBackOff",
    "OOMKilled",
    "Unschedulable",
    "Ready",
    "Pending",
    "Failed",
    "0/4 nodes are available: 4 Insufficient cpu.",
    "*/5 * * * *",
    "z" * 400,
)
TEXTS = st.sampled_from((*NAMES, *NAMESPACES, *HOSTILE)) | st.text(max_size=12)
MOMENTS = st.integers(-400_000, 4_000).map(lambda seconds: NOW + timedelta(seconds=seconds))
NUMBERS = st.integers(-2, 5) | st.sampled_from((80, 137, 8080, 2**31, 10**12))


@cache
def values_of(kind: Any) -> st.SearchStrategy[Any]:
    """Values of one annotated type, as msgspec would decode them."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        return st.deferred(lambda: records(kind))
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (UnionType, Union):
        return st.one_of(*(values_of(each) for each in inside))
    if origin is tuple:
        return st.lists(values_of(inside[0]), max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(TEXTS, values_of(inside[1]), max_size=2)
    return _PLAIN[kind]


_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: NUMBERS,
    float: st.floats(0, 1e12) | st.just(0.5),
    bool: st.booleans(),
    datetime: MOMENTS,
    type(None): st.none(),
    object: TEXTS,
    Any: TEXTS,
}


def records(kind: type[Struct]) -> st.SearchStrategy[Any]:
    """Records of one type: each field its default or a value of its type."""
    fields = {each.name: _or_default(each) for each in structs.fields(kind)}
    return st.fixed_dictionaries({}, optional=fields).map(lambda given: _made(kind, given))


def _made(kind: type[Struct], given: dict[str, Any]) -> Any:
    return kind(**{name: value for name, value in given.items() if value is not UNSET})


def _or_default(each: structs.FieldInfo) -> st.SearchStrategy[Any]:
    return st.just(UNSET) | values_of(each.type)


_METADATA = st.builds(
    metav1.Metadata,
    name=st.sampled_from(NAMES),
    namespace=st.sampled_from(NAMESPACES),
    uid=st.sampled_from(("u1", "u2", "u3", "")),
    generation=st.integers(0, 3),
    labels=st.none() | st.dictionaries(st.sampled_from(("app", "tier")), TEXTS, max_size=2),
    owner_references=st.lists(records(metav1.OwnerReference), max_size=2).map(tuple),
    creation_timestamp=st.none() | MOMENTS,
    deletion_timestamp=st.integers(0, 9).flatmap(lambda n: st.none() if n else MOMENTS),
    finalizers=st.lists(TEXTS, max_size=1).map(tuple),
)


def _objects(record: type[metav1.Object]) -> st.SearchStrategy[tuple[metav1.Object, ...]]:
    def named(pair: tuple[metav1.Object, metav1.Metadata]) -> metav1.Object:
        return structs.replace(pair[0], metadata=pair[1])

    one = st.tuples(records(record), _METADATA).map(named)
    return st.lists(one, max_size=3).map(tuple)


def snapshots() -> st.SearchStrategy[Snapshot]:
    """Snapshots with every kind read, each with up to three objects of any shape."""
    kinds = {need: _objects(kind.record) for need, kind in KINDS.items()}
    every = {**kinds, STATS: _objects(statsv1.NodeStats)}
    return st.fixed_dictionaries(every).map(_looked_at)


def _looked_at(objects: Mapping[str, tuple[metav1.Object, ...]]) -> Snapshot:
    return Snapshot(cluster="generated", taken_at=NOW, objects=objects)


def exchanged(item: Any, rng: Random, strings: Sequence[str]) -> Any:
    """The same JSON with about one in forty values replaced by another of its type."""
    if isinstance(item, dict):
        return {key: exchanged(value, rng, strings) for key, value in item.items()}
    if isinstance(item, list):
        return [exchanged(value, rng, strings) for value in item]
    if rng.random() > 1 / 40:
        return item
    if isinstance(item, bool):
        return not item
    if isinstance(item, int):
        return rng.choice((-1, 0, 1, 2, 80, 8080, 137, 2**31))
    if isinstance(item, str) and re.match(r"\d{4}-\d\d-\d\dT", item):
        moment = datetime.fromisoformat(item) + timedelta(seconds=rng.randint(-90_000, 900))
        return moment.isoformat().replace("+00:00", "Z")
    return rng.choice(HOSTILE if rng.random() < 0.5 else strings)


def strings_of(item: Any) -> Iterator[str]:
    """All strings of a JSON value that are no times."""
    if isinstance(item, dict):
        item = list(item.values())
    if isinstance(item, list):
        for each in item:
            yield from strings_of(each)
    if isinstance(item, str) and not item[:4].isdigit():
        yield item
