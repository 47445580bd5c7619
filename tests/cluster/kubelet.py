"""The simulated kubelet of a few nodes: leases, pod statuses, deletions, logs and statistics.

It runs on an event loop in a thread of its own, so plain tests and async tests use it alike.
"""

import asyncio
import json
import ssl
import threading
from collections.abc import AsyncIterator, Coroutine, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus
from types import TracebackType

import aiohttp
from aiohttp import web

from tests.cluster import kubelet_http, pki
from tests.cluster.control_plane import free_ports
from tests.cluster.pod_status import Ended, Json, Rule, Running, pod_status, stamp
from watchdog.clock import SystemClock

RENEW = timedelta(seconds=5)
TRIES, PAUSE = 10, timedelta(seconds=0.3)
OVERTAKEN = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
BUSY = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
CLOSING = timedelta(seconds=0.5)
RUN_TIME = timedelta(seconds=0.3)  # of a Job's pod
HEALTHY = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID"),
    ("Ready", "True", "KubeletReady"),
)
CAPACITY = {"cpu": "8", "memory": "16Gi", "pods": "110", "ephemeral-storage": "100Gi"}
WELL = Rule(state=Running())
DONE = Rule(state=Ended())


class Kubelet:
    """Brings pods up as its rules say; the last rule that matches wins, without one all is well."""

    def __init__(
        self, url: str, authority: pki.Authority, nodes: Sequence[str] = ("w-1", "w-2", "w-3")
    ) -> None:
        """Prepare for the API server at `url`; `with` starts and stops it."""
        self._url = url
        self._hosts = {name: f"127.0.1.{number}" for number, name in enumerate(nodes, start=1)}
        names = [f"IP:{host}" for host in self._hosts.values()]
        self._pair = authority.issue("kubelet", "/O=system:masters/CN=kubelet", names=names)
        self._trusted = authority.pair.cert
        [self._port] = free_ports(1)
        self._clock = SystemClock()
        self._rules: tuple[Rule, ...] = ()
        self._pods: dict[str, Json] = {}
        self._shown: dict[str, Rule] = {}
        self._usage = kubelet_http.Usage()
        self._thread = threading.Thread(target=self._run, name="kubelet", daemon=True)
        self._started: Future[None] = Future()
        self._ended: Future[None] = Future()

    def __enter__(self) -> "Kubelet":
        """Start; return when the nodes are Ready."""
        self._thread.start()
        self._started.result(timeout=60)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop; an error that ended the thread early surfaces here."""
        if not self._ended.done():
            self._loop.call_soon_threadsafe(self._main.cancel)
        self._ended.result(timeout=30)
        self._thread.join()

    # ------------------------------------------------------------------- what a test may say
    def show(self, rule: Rule) -> None:
        """Add a rule; pods that are there take it on before this returns."""
        self._rules = (*self._rules, rule)
        self._on_loop(self._refresh())

    def set_condition(
        self, node: str, kind: str, status: str, *, reason: str, message: str = "", age: timedelta
    ) -> None:
        """Set a node's condition, true for `age` already."""
        shown = self._condition(kind, status, reason, message=message, age=age)
        body = {"status": {"conditions": [shown]}}
        path = f"/api/v1/nodes/{node}/status"
        strategic = "application/strategic-merge-patch+json"
        self._on_loop(self._call("PATCH", path, body, content=strategic))

    def use_disk(self, node: str, share: float) -> None:
        """The node's file system is this full, 0..1."""
        self._usage.disks[node] = share

    def use_volume(self, namespace: str, claim: str, share: float) -> None:
        """The claim's volume is this full, 0..1."""
        self._usage.volumes[namespace, claim] = share

    def reset(self) -> None:
        """Forget rules, usage and conditions: everything is well again."""
        self._rules = ()
        self._usage.disks.clear()
        self._usage.volumes.clear()
        self._on_loop(self._make_nodes())
        self._on_loop(self._refresh())

    # --------------------------------------------------------------------------- the thread
    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except asyncio.CancelledError:
            self._ended.set_result(None)
        except BaseException as error:  # noqa: BLE001  it is raised again where the test waits
            if not self._started.done():
                self._started.set_exception(error)
            self._ended.set_exception(error)

    async def _live(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._main, self._loop = task, asyncio.get_running_loop()
        try:
            async with self._session() as api, self._server(), asyncio.TaskGroup() as group:
                self._api, self._group = api, group
                await self._make_nodes()
                group.create_task(self._renew())
                group.create_task(self._watch())
                self._started.set_result(None)
        finally:
            # TLS transports end a moment after the session that held them; a loop that is closed
            # before that leaves them to the garbage collector, which warns.
            await self._clock.sleep_until(self._clock.now() + CLOSING)

    def _on_loop(self, work: Coroutine[None, None, object]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)

    def _session(self) -> aiohttp.ClientSession:
        trusted = ssl.create_default_context(cafile=str(self._trusted))
        trusted.load_cert_chain(self._pair.cert, self._pair.key)
        return aiohttp.ClientSession(
            self._url,
            connector=aiohttp.TCPConnector(ssl=trusted, limit=40),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
            read_bufsize=4 * 2**20,  # one watch event is one line
        )

    @asynccontextmanager
    async def _server(self) -> AsyncIterator[None]:
        app = kubelet_http.application(self._find, self._pods, self._usage, self._node_at)
        # No idle connections: at the end none waits for the API server's goodbye.
        runner = web.AppRunner(app, access_log=None, keepalive_timeout=0)
        await runner.setup()
        serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        serving.load_cert_chain(self._pair.cert, self._pair.key)
        try:
            for host in self._hosts.values():
                await web.TCPSite(runner, host, self._port, ssl_context=serving).start()
            yield
        finally:
            await runner.cleanup()

    async def _call(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        content: str = "application/json",
    ) -> Json:
        """One request, repeated while the API server is busy.

        An object that is gone or changed meanwhile is no error here.
        """
        status, text = 0, ""
        for _ in range(TRIES):
            async with self._api.request(
                method,
                path,
                data=None if body is None else json.dumps(body),
                headers={"Content-Type": content},
                params={"fieldManager": "kubelet", "force": "true"} if "apply" in content else {},
            ) as response:
                status, text = response.status, await response.text()
            if status < HTTPStatus.BAD_REQUEST or status in OVERTAKEN:
                answer: Json = json.loads(text)
                return answer
            if status not in BUSY:
                break
            await self._clock.sleep_until(self._clock.now() + PAUSE)
        raise OSError(f"{method} {path}: HTTP {status} {text[:500]}")

    # ---------------------------------------------------------------------------- the nodes
    async def _make_nodes(self) -> None:
        for name, host in self._hosts.items():
            path = f"/api/v1/nodes/{name}"
            labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}
            labels |= {"kubernetes.io/arch": "amd64", "topology.kubernetes.io/zone": "zone-a"}
            node = {"apiVersion": "v1", "kind": "Node"}
            metadata = {"metadata": {"name": name, "labels": labels}}
            await self._lease(name)
            await self._call("PATCH", path, node | metadata, content="application/apply-patch+yaml")
            await self._call(
                "PATCH",
                f"{path}/status",
                {"status": self._node_status(name, host)},
                content="application/merge-patch+json",
            )

    def _node_status(self, name: str, host: str) -> Json:
        return {
            "capacity": CAPACITY,
            "allocatable": CAPACITY,
            "conditions": [self._condition(*shown, age=timedelta(days=1)) for shown in HEALTHY],
            "addresses": [
                {"type": "InternalIP", "address": host},
                {"type": "Hostname", "address": name},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": self._port}},
            "nodeInfo": {
                "kubeletVersion": "v1.36.3",
                "osImage": "Debian GNU/Linux 12",
                "kernelVersion": "6.1.0-28-amd64",
                "operatingSystem": "linux",
                "architecture": "amd64",
                "containerRuntimeVersion": "containerd://2.1.4",
                "kubeProxyVersion": "",
                **dict.fromkeys(("machineID", "systemUUID", "bootID"), name),
            },
        }

    def _condition(
        self, kind: str, status: str, reason: str, *, message: str = "", age: timedelta
    ) -> Json:
        now = self._clock.now()
        return {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": message,
            "lastHeartbeatTime": stamp(now),
            "lastTransitionTime": stamp(now - age),
        }

    async def _renew(self) -> None:
        while True:
            await self._clock.sleep_until(self._clock.now() + RENEW)
            for name in self._hosts:
                await self._lease(name)

    async def _lease(self, node: str) -> None:
        lease = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": node, "namespace": "kube-node-lease"},
            "spec": {
                "holderIdentity": node,
                "leaseDurationSeconds": 40,
                "renewTime": self._clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            },
        }
        path = f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{node}"
        await self._call("PATCH", path, lease, content="application/apply-patch+yaml")

    def _node_at(self, host: str) -> str:
        return next(name for name, address in self._hosts.items() if address == host)

    # ----------------------------------------------------------------------------- the pods
    async def _watch(self) -> None:
        while True:
            page = await self._call("GET", "/api/v1/pods")
            for pod in page["items"]:
                self._see("ADDED", pod)
            params = {"watch": "1", "resourceVersion": page["metadata"]["resourceVersion"]}
            async with self._api.get("/api/v1/pods", params=params) as stream:
                async for line in stream.content:
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        break
                    self._see(event["type"], event["object"])

    def _see(self, kind: str, pod: Json) -> None:
        uid = pod["metadata"]["uid"]
        if kind == "DELETED":
            self._pods.pop(uid, None)
            self._shown.pop(uid, None)
            return
        self._pods[uid] = pod
        if pod["spec"].get("nodeName") not in self._hosts:
            return
        if pod["metadata"].get("deletionTimestamp"):
            self._group.create_task(self._finish(pod))
        elif uid not in self._shown:
            self._shown[uid] = self._rule(pod)
            self._group.create_task(self._bring_up(pod))

    async def _bring_up(self, pod: Json) -> None:
        await self._write(pod, self._rule(pod))
        owners = pod["metadata"].get("ownerReferences", ())
        if self._rule(pod) is WELL and any(owner["kind"] == "Job" for owner in owners):
            await self._clock.sleep_until(self._clock.now() + RUN_TIME)
            await self._write(pod, DONE)

    async def _finish(self, pod: Json) -> None:
        """The second DELETE, which only a kubelet sends: the containers have stopped."""
        uid = pod["metadata"]["uid"]
        body = {"gracePeriodSeconds": 0, "preconditions": {"uid": uid}}
        await self._call("DELETE", _path(pod), body)

    async def _refresh(self) -> None:
        async with asyncio.TaskGroup() as group:
            for uid, pod in list(self._pods.items()):
                rule = self._rule(pod)
                ended = pod["status"].get("phase") in ("Succeeded", "Failed")
                if uid in self._shown and self._shown[uid] != rule and not ended:
                    group.create_task(self._write(pod, rule))

    async def _write(self, pod: Json, rule: Rule) -> None:
        self._shown[pod["metadata"]["uid"]] = rule
        host = self._hosts[pod["spec"]["nodeName"]]
        status = pod_status(pod, rule, now=self._clock.now(), host=host)
        patch = "application/merge-patch+json"
        await self._call("PATCH", f"{_path(pod)}/status", {"status": status}, content=patch)

    def _rule(self, pod: Json) -> Rule:
        return next((rule for rule in reversed(self._rules) if rule.matches(pod)), WELL)

    def _find(self, namespace: str, name: str) -> Rule | None:
        """The rule of a pod by its name; None when there is no such pod."""
        for pod in self._pods.values():
            if (pod["metadata"]["namespace"], pod["metadata"]["name"]) == (namespace, name):
                return self._rule(pod)
        return None


def _path(pod: Json) -> str:
    metadata = pod["metadata"]
    return f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
