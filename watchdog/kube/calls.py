"""The closed set of writes as API calls, and what an answer to one means. Pure.

Source: safety.md sections 3, 5.1 and 9. The uid and the resourceVersion of what was looked at go
along, so that nothing but that very object in that very state is touched.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus

from watchdog.domain.attempt import Result
from watchdog.domain.plan import Call, Grant, Step
from watchdog.domain.ports import Done
from watchdog.kube.live import Live, path_of, resource_of
from watchdog.kube.writing import MERGE_PATCH, Request, Said, surely_refused

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
_MANAGER = "kube-watchdog"


def request_of(step: Step, live: Live, *, at: datetime, dry_run: bool = False) -> Request:
    """The call of one Step on the object as it was just seen.

    Raises:
        Malformed: no object can have such a name.
    """
    match step.call:
        case Call.RESTART:
            return restart(path_of(step.target), _pinned(live), at=at, dry_run=dry_run)
        case Call.SCALE:
            body = {"metadata": _pinned(live), "spec": {"replicas": step.replicas}}
            return patch(path_of(step.target, "scale"), body, dry_run=dry_run)
        case Call.EVICT:
            return _evict(step, live, dry_run=dry_run)
        case Call.DELETE:
            return Request(
                method="DELETE",
                path=path_of(step.target),
                body=_deletion(step, live, dry_run=dry_run),
                query=_query(dry_run=dry_run),
            )


def restart(path: str, metadata: Mapping[str, str], *, at: datetime, dry_run: bool) -> Request:
    """What `kubectl rollout restart` does, for the object as `metadata` pins it down."""
    annotations = {RESTARTED_AT: at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    template = {"metadata": {"annotations": annotations}}
    return patch(path, {"metadata": metadata, "spec": {"template": template}}, dry_run=dry_run)


def patch(path: str, body: Mapping[str, object], *, dry_run: bool) -> Request:
    """A merge patch under our own name."""
    query = {"fieldManager": _MANAGER, **_query(dry_run=dry_run)}
    return Request(method="PATCH", path=path, body=body, query=query, content=MERGE_PATCH)


def grants_of(step: Step) -> Grant:
    """The right this call takes."""
    group, resource = resource_of(step.target.kind)
    match step.call:
        case Call.RESTART:
            return Grant("patch", resource, group)
        case Call.SCALE:
            return Grant("patch", f"{resource}/scale", group)
        case Call.EVICT:
            return Grant("create", f"{resource}/eviction", group)
        case Call.DELETE:
            return Grant("delete", resource, group)


def outcome(step: Step, said: Said) -> Done:
    """What the answer to a call that was made means."""
    if said.ok:
        return Done(result=Result.APPLIED, text=f"{step.verb}: HTTP {said.status}")
    if said.proxied or not surely_refused(said.status):
        return Done(result=Result.UNKNOWN, text=f"{step.verb}: {said.text}")
    text = f"{step.verb}: {refusal(step, said)}"
    forbidden = said.status == HTTPStatus.FORBIDDEN
    return Done(result=Result.REFUSED, text=text, disarm=forbidden)


def refusal(step: Step, said: Said) -> str:
    """Why a call was refused, in words."""
    match said.status:
        case HTTPStatus.TOO_MANY_REQUESTS if step.call is Call.EVICT:
            return f"its PodDisruptionBudget allows no disruption now: {said.text}"
        case HTTPStatus.CONFLICT | HTTPStatus.UNPROCESSABLE_ENTITY:
            return f"it is not what it was any more: {said.text}"
        case HTTPStatus.NOT_FOUND:
            return f"it is gone: {said.text}"
        case _:
            return f"refused: {said.text}"


def _pinned(live: Live) -> dict[str, str]:
    return {"uid": live.metadata.uid, "resourceVersion": live.metadata.resource_version}


def _query(*, dry_run: bool) -> dict[str, str]:
    return {"dryRun": "All"} if dry_run else {}


def _evict(step: Step, live: Live, *, dry_run: bool) -> Request:
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": step.target.name, "namespace": step.target.namespace},
        "deleteOptions": _deletion(step, live, dry_run=dry_run),
    }
    path = path_of(step.target, "eviction")
    return Request(method="POST", path=path, body=body, query=_query(dry_run=dry_run))


def _deletion(step: Step, live: Live, *, dry_run: bool) -> dict[str, object]:
    """DeleteOptions. A body makes the API server ignore the query: the dry run has to be in here."""
    options: dict[str, object] = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": _pinned(live),
    }
    if dry_run:
        options["dryRun"] = ["All"]
    if step.target.kind == "Job":
        options["propagationPolicy"] = "Background"
    return options
