"""What a need takes in RBAC, and whether this identity has it. Asking takes no right."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeVar

import msgspec

from watchdog.domain.errors import WatchdogError
from watchdog.domain.ports import Right
from watchdog.kube.client import Connection
from watchdog.kube.kinds import DNS, KINDS, KUBELETS, LOGS, SERVED, SERVER, STATS

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
_AT_ONCE = 4

Question = TypeVar("Question")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, order=True)
class Held:
    """One right as the API server says it is held; "*" is every one, and so is no name."""

    group: str
    resource: str
    verb: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Holdings:
    """What is held in one namespace; it may be more where the API server could not say all."""

    held: frozenset[Held]
    complete: bool


class _Answer(msgspec.Struct):
    allowed: bool = False


class _Review(msgspec.Struct):
    status: _Answer = msgspec.field(default_factory=_Answer)


class _Rule(msgspec.Struct, rename="camel"):
    verbs: tuple[str, ...] = ()
    api_groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()


class _Rules(msgspec.Struct, rename="camel"):
    resource_rules: tuple[_Rule, ...] = ()
    incomplete: bool = False


class _RulesReview(msgspec.Struct):
    status: _Rules = msgspec.field(default_factory=_Rules)


def rights_of(need: str) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Return (API group, resource or resource/subresource, verbs) for each rule a need takes.

    The API server tells of itself to whoever is logged in; what is read elsewhere it does not guard.
    """
    if need in (KUBELETS, SERVED, SERVER):
        return ()
    if need == DNS:
        return (("", "configmaps", ("get",)),)
    if need == LOGS:
        return (("", "pods/log", ("get",)),)
    if need == STATS:
        return (("", "nodes/stats", ("get",)),)
    kind = KINDS[need]
    return ((kind.group, kind.resource, ("list",)),)


async def ask_rights(connection: Connection, needs: Collection[str]) -> tuple[Right, ...]:
    """Return one Right per resource and verb, in order of need.

    Raises:
        Transient, Forbidden, Permanent: as `Connection.review`.
    """
    asked = [
        (group, resource, verb)
        for need in sorted(set(needs))
        for group, resource, verbs in rights_of(need)
        for verb in verbs
    ]
    return await ask_each(connection, asked)


async def ask_each(
    connection: Connection, asked: Sequence[tuple[str, str, str]]
) -> tuple[Right, ...]:
    """Return one Right per (API group, resource, verb), in every namespace. Raises as `ask_rights`."""

    async def ask(triple: tuple[str, str, str]) -> Right:
        group, resource, verb = triple
        name, _, subresource = resource.partition("/")
        attributes = {"group": group, "resource": name, "subresource": subresource}
        return Right(*triple, await allowed(connection, {**attributes, "verb": verb}))

    return await _a_few_at_once(ask, asked)


async def ask_held(connection: Connection, namespaces: Sequence[str]) -> Mapping[str, Holdings]:
    """Return what this identity may do in each namespace. Raises as `ask_rights`."""

    async def ask(namespace: str) -> Holdings:
        body = await connection.review(
            _RULES,
            {
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "SelfSubjectRulesReview",
                "spec": {"namespace": namespace},
            },
        )
        status = msgspec.json.decode(body, type=_RulesReview).status
        held = (each for rule in status.resource_rules for each in _held(rule))
        return Holdings(frozenset(held), complete=not status.incomplete)

    return dict(zip(namespaces, await _a_few_at_once(ask, namespaces), strict=True))


def _held(rule: _Rule) -> Iterator[Held]:
    """Every combination of a rule; without resourceNames it holds for every name."""
    parts = (rule.api_groups, rule.resources, rule.verbs, rule.resource_names or ("",))
    return (Held(*each) for each in product(*parts))


async def _a_few_at_once(
    ask: Callable[[Question], Awaitable[Answer]], asked: Sequence[Question]
) -> tuple[Answer, ...]:
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(question: Question) -> Answer:
        async with slots:
            return await ask(question)

    try:
        async with asyncio.TaskGroup() as tasks:
            answers = [tasks.create_task(one(each)) for each in asked]
    except* WatchdogError as errors:
        raise errors.exceptions[0] from errors
    return tuple(answer.result() for answer in answers)


async def allowed(connection: Connection, attributes: Mapping[str, str]) -> bool:
    """Ask whether this identity may do one thing. Raises as `Connection.review`."""
    body = await connection.review(
        _REVIEWS,
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": dict(attributes)},
        },
    )
    return msgspec.json.decode(body, type=_Review).status.allowed
