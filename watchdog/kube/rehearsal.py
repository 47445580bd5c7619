"""The calls of a Plan without their effect: asked of RBAC, then made as dry runs.

RBAC says yes to what admission policies deny, and a dry run says yes to what RBAC grants: both are
asked. Where pods have to come back, the next one is created as a dry run, too: an innocent restart
hurts most where its replacement is refused or changed. Source: safety.md sections 5.1, 6 and 7.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from watchdog.domain.objects.metav1 import LabelSelector
from watchdog.domain.plan import Call, Grant, Plan, Step
from watchdog.domain.ref import Ref
from watchdog.kube.calls import RESTARTED_AT, grants_of, refusal, request_of
from watchdog.kube.client import Connection
from watchdog.kube.decode import Malformed, sturdily
from watchdog.kube.fields import Json, at, controller_of, without
from watchdog.kube.live import Live, Sight, path_of
from watchdog.kube.replacement import Models, changes, choose, replacement
from watchdog.kube.writing import Request, Writer

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_PODS = Grant("create", "pods")
_Decoded = TypeVar("_Decoded")
_SAMPLE = 500  # pods of one owner that are looked at


class _Allowed(msgspec.Struct):
    allowed: bool = False


class _Review(msgspec.Struct):
    status: _Allowed = msgspec.field(default_factory=_Allowed)


class _Pods(msgspec.Struct):
    items: list[dict[str, object]]


class Rehearsal:
    """Everything that is tried for one Plan. Nothing of it changes anything."""

    def __init__(self, writer: Writer, connection: Connection, sight: Sight) -> None:
        """`writer` speaks for who would make the calls, `connection` reads."""
        self._writer = writer
        self._connection = connection
        self._sight = sight

    async def of(self, plan: Plan, now: datetime) -> tuple[str, ...]:
        """Every objection; without the rights nothing is tried.

        Raises:
            Transient, Forbidden, Permanent, Malformed: an answer did not come, or cannot be read.
        """
        if refused := [each async for each in self._unauthorized(plan)]:
            return tuple(refused)
        found = [each for step in plan.steps for each in await self._tried(step, now)]
        if plan.replaces and not found:
            for namespace in plan.namespaces:
                found += await self._replaced(plan, namespace)
        return tuple(dict.fromkeys(found))

    async def _unauthorized(self, plan: Plan) -> AsyncIterator[str]:
        asked = [(grants_of(step), step.target) for step in plan.steps]
        if plan.replaces:
            asked += [(_PODS, Ref("Pod", namespace, "")) for namespace in plan.namespaces]
        for grant, target in asked:
            if not await self._allowed(grant, target):
                where = f"{grant.resource} in namespace {target.namespace}"
                yield f"this identity may not {grant.verb} {where}"

    async def _allowed(self, grant: Grant, target: Ref) -> bool:
        resource, _, subresource = grant.resource.partition("/")
        attributes = {
            "verb": grant.verb,
            "group": grant.group,
            "resource": resource,
            "subresource": subresource,
            "namespace": target.namespace,
            "name": target.name,
        }
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        said = await self._writer.send(Request(method="POST", path=_REVIEWS, body=body, query={}))
        if not said.ok:
            raise Malformed(f"the API server does not tell what this identity may do: {said.text}")
        return _decoded(said.body, _Review).status.allowed

    async def _tried(self, step: Step, now: datetime) -> tuple[str, ...]:
        live = await self._sight.of(step.target)
        request = request_of(step, live or Live(), at=now, dry_run=True)
        said = await self._writer.send(request)
        if not said.ok:
            return (f"{step.target}: {refusal(step, said)}",)
        if step.call is not Call.RESTART:
            return ()
        before = await self._sight.raw(step.target)
        after = _decoded(said.body, dict)
        if _lasting(before) == _lasting(after):
            return ()
        return (f"something changes {step.target} further while it is restarted",)

    async def _replaced(self, plan: Plan, namespace: str) -> tuple[str, ...]:
        """Whether the pod that comes back is admitted, and is what the template says."""
        models = await self._models(plan)
        owner = await self._sight.raw(plan.owner)
        body = replacement(plan.owner.name, owner, models)
        path = path_of(Ref("Pod", namespace, "new")).rpartition("/")[0]
        said = await self._writer.send(
            Request(method="POST", path=path, body=body, query={"dryRun": "All"})
        )
        if not said.ok:
            return (f"a new pod of {plan.owner} would not be admitted: {said.text}",)
        return tuple(changes(body, _decoded(said.body, dict), models.proof))

    async def _models(self, plan: Plan) -> Models:
        owner = await self._sight.of(plan.owner)
        if owner is None or owner.spec.selector is None:
            raise Malformed(f"{plan.owner} has no pods of its own")
        path = path_of(Ref("Pod", plan.owner.namespace, "any")).rpartition("/")[0]
        query = [("labelSelector", _text_of(owner.spec.selector)), ("limit", _SAMPLE)]
        pods = _decoded(await self._connection.get(path, query), _Pods).items
        owners = await self._owners(plan.owner, owner, pods)
        return choose(pods, owners=owners, leaving=[step.uid for step in plan.steps])

    async def _owners(self, ref: Ref, owner: Live, pods: Sequence[Json]) -> list[str]:
        """The uids under which pods of this owner are controlled: its own, its ReplicaSets'."""
        found = [owner.metadata.uid]
        if ref.kind != "Deployment":
            return found
        for name in sorted(_replicasets(pods)):
            above = await self._sight.of(Ref("ReplicaSet", ref.namespace, name))
            controller = above.controller if above else None
            if above and controller and controller.uid == owner.metadata.uid:
                found.append(above.metadata.uid)
        return found


def _replicasets(pods: Sequence[Json]) -> set[str]:
    controllers = [controller_of(pod) for pod in pods]
    return {str(each["name"]) for each in controllers if each.get("kind") == "ReplicaSet"}


def _text_of(selector: LabelSelector) -> str:
    """A selector as the query of a list takes it."""
    words = [f"{key}={value}" for key, value in (selector.match_labels or {}).items()]
    for each in selector.match_expressions or ():
        values = ",".join(each.values or ())
        match each.operator:
            case "In":
                words.append(f"{each.key} in ({values})")
            case "NotIn":
                words.append(f"{each.key} notin ({values})")
            case "Exists":
                words.append(each.key)
            case _:  # DoesNotExist: there are four
                words.append(f"!{each.key}")
    return ",".join(words)


def _lasting(owner: Json) -> Json:
    """What a restart leaves as it is: all but its own mark, and what the API server counts."""
    metadata, spec = at(owner, "metadata"), at(owner, "spec")
    template = at(spec, "template")
    marked = at(template, "metadata")
    annotations = without(at(marked, "annotations"), RESTARTED_AT)
    return {
        "labels": at(metadata, "labels"),
        "spec": without(spec, "template"),
        "pod": without(template, "metadata"),
        "metadata": {**without(marked, "annotations"), "annotations": annotations},
    }


def _decoded(body: bytes, shape: type[_Decoded]) -> _Decoded:
    try:
        return sturdily(msgspec.json.Decoder(shape).decode, body)
    except ValueError as error:
        raise Malformed(f"an answer of the API server cannot be read: {error}") from error
