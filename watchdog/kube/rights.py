"""What a need takes in RBAC, and whether this identity has it. Asking takes no right."""

import asyncio
from collections.abc import Collection, Mapping

import msgspec

from watchdog.domain.errors import WatchdogError
from watchdog.domain.ports import Right
from watchdog.kube.client import Connection
from watchdog.kube.kinds import DNS, KINDS, KUBELETS, LOGS, SERVED, SERVER, STATS

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_AT_ONCE = 4


class _Answer(msgspec.Struct):
    allowed: bool = False


class _Review(msgspec.Struct):
    status: _Answer = msgspec.field(default_factory=_Answer)


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
    slots = asyncio.Semaphore(_AT_ONCE)

    async def ask(group: str, resource: str, verb: str) -> Right:
        async with slots:
            name, _, subresource = resource.partition("/")
            attributes = {"group": group, "resource": name, "subresource": subresource}
            granted = await allowed(connection, {**attributes, "verb": verb})
        return Right(group, resource, verb, granted)

    try:
        async with asyncio.TaskGroup() as tasks:
            answers = [tasks.create_task(ask(*each)) for each in asked]
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
