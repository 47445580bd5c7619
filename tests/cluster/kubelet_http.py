"""What a kubelet serves on its port: container logs and the statistics summary."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from aiohttp import web

from tests.cluster.pod_status import Json, Rule

QUIET = "starting\nlistening\nready\n"
DISK, VOLUME, INODES = 100 * 2**30, 10 * 2**30, 655360
DISK_USED, VOLUME_USED = 0.3, 0.2  # shares, unless a test says otherwise


@dataclass(frozen=True, slots=True)
class Usage:
    """How full things are, 0..1: disks by node, volumes by namespace and claim."""

    disks: dict[str, float] = field(default_factory=dict)
    volumes: dict[tuple[str, str], float] = field(default_factory=dict)


def application(
    find: Callable[[str, str], Rule | None],
    pods: Mapping[str, Json],
    usage: Usage,
    node_at: Callable[[str], str],
) -> web.Application:
    """The routes. `find` gives a pod's rule by namespace and name, `node_at` a node by address."""

    async def logs(request: web.Request) -> web.Response:
        rule = find(request.match_info["namespace"], request.match_info["pod"])
        if rule is None:
            return web.Response(status=HTTPStatus.NOT_FOUND, text="pod not found")
        container = request.match_info["container"]
        shown = rule if rule.container in ("", container) else None
        if request.query.get("previous") != "true":
            return web.Response(text=_tail(request, (shown and shown.log) or QUIET))
        if shown is None or not shown.previous_log:
            text = f'previous terminated container "{container}" not found'
            return web.Response(status=HTTPStatus.BAD_REQUEST, text=text)
        return web.Response(text=_tail(request, shown.previous_log))

    async def summary(request: web.Request) -> web.Response:
        transport = request.transport
        assert transport is not None
        node = node_at(transport.get_extra_info("sockname")[0])
        share = usage.disks.get(node, DISK_USED)
        disk = _file_system(DISK, share)
        here = [pod for pod in pods.values() if pod["spec"].get("nodeName") == node]
        shown = [{"podRef": _reference(pod), "volume": _volumes(pod, usage)} for pod in here]
        return web.json_response(
            {"node": {"nodeName": node, "fs": disk, "runtime": {"imageFs": disk}}, "pods": shown}
        )

    app = web.Application()
    app.router.add_get("/containerLogs/{namespace}/{pod}/{container}", logs)
    app.router.add_get("/stats/summary", summary)
    return app


def _tail(request: web.Request, text: str) -> str:
    if count := request.query.get("tailLines"):
        text = "".join(text.splitlines(keepends=True)[-int(count) :])
    if limit := request.query.get("limitBytes"):
        text = text.encode()[: int(limit)].decode(errors="ignore")
    return text


def _volumes(pod: Json, usage: Usage) -> list[Json]:
    namespace = pod["metadata"]["namespace"]
    found: list[Json] = []
    for volume in pod["spec"].get("volumes", ()):
        if claim := volume.get("persistentVolumeClaim", {}).get("claimName"):
            share = usage.volumes.get((namespace, claim), VOLUME_USED)
            reference = {"name": claim, "namespace": namespace}
            shown = {"name": volume["name"], "pvcRef": reference, **_file_system(VOLUME, share)}
            found.append(shown)
    return found


def _file_system(size: int, share: float) -> Json:
    used = int(size * share)
    return {
        "capacityBytes": size,
        "usedBytes": used,
        "availableBytes": size - used,
        "inodes": INODES,
        "inodesUsed": INODES // 10,
        "inodesFree": INODES - INODES // 10,
    }


def _reference(pod: Json) -> Json:
    return {key: pod["metadata"][key] for key in ("name", "namespace", "uid")}
