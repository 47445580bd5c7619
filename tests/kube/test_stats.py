"""stats: whom the kubelets' figures are taken from, and to whom the credential is never sent."""

import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from tests.builders import node
from tests.cluster.pki import Authority
from tests.kube.faulty import kubeconfig
from watchdog.clock import SystemClock
from watchdog.domain.objects import corev1, statsv1
from watchdog.domain.snapshot import Missing
from watchdog.kube.client import Connection
from watchdog.kube.credentials import from_kubeconfig
from watchdog.kube.stats import Kubelets

SUMMARY = {
    "node": {"nodeName": "w-1", "fs": {"capacityBytes": 100, "availableBytes": 9, "inodes": None}},
    "pods": [
        {
            "podRef": {"name": "db-0", "namespace": "shop", "uid": "1"},
            "ephemeral-storage": {"usedBytes": 7},
            "volume": [
                {"name": "data", "usedBytes": 5, "pvcRef": {"name": "db", "namespace": "shop"}},
                {"name": "token", "usedBytes": 1},
            ],
        }
    ],
}
Reply = Callable[[], web.Response]


def well() -> web.Response:
    return web.json_response(SUMMARY)


@dataclass
class Played:
    """A kubelet on 127.0.0.1: what it answers, what it was asked."""

    reply: Reply = well
    seen: list[web.Request] = field(default_factory=list)
    port: int = 0

    def node(
        self, name: str = "w-1", *, host: str = "127.0.0.1", ready: str = "True"
    ) -> corev1.Node:
        made = node(name, ready=ready)
        status = corev1.NodeStatus(
            conditions=made.status.conditions,
            addresses=(
                corev1.NodeAddress(type="Hostname", address=name),
                corev1.NodeAddress(type="InternalIP", address=host),
            ),
            daemon_endpoints=corev1.DaemonEndpoints(
                kubelet_endpoint=corev1.Endpoint(port=self.port)
            ),
        )
        return corev1.Node(metadata=made.metadata, status=status)


@asynccontextmanager
async def playing(authority: Authority) -> AsyncIterator[Played]:
    """Serve one kubelet with a certificate of `authority`."""
    played = Played()

    async def serve(request: web.Request) -> web.Response:
        played.seen.append(request)
        return played.reply()

    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    runner = web.AppRunner(app, access_log=None, keepalive_timeout=0)
    await runner.setup()
    pair = authority.issue("kubelet", "/CN=kubelet", names=["IP:127.0.0.1"])
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pair.cert, pair.key)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    played.port = runner.addresses[0][1]
    try:
        yield played
    finally:
        await runner.cleanup()


@asynccontextmanager
async def asking(
    folder: Path, authority: Authority | None, **cluster: object
) -> AsyncIterator[Kubelets]:
    """The kubelets as seen with a token and, if any, an authority to trust."""
    path = kubeconfig(folder, "https://127.0.0.1:1")
    config = json.loads(path.read_text())
    known = config["clusters"][0]["cluster"]
    known |= cluster
    if authority is not None:
        known["certificate-authority"] = str(authority.pair.cert)
    path.write_text(json.dumps(config))
    connection = Connection(await from_kubeconfig(path, ""), clock=SystemClock())
    try:
        yield Kubelets(connection)
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("theirs"))


def reason(found: tuple[statsv1.NodeStats, ...] | Missing) -> str:
    return found.reason if isinstance(found, Missing) else "none"


async def test_a_verified_kubelet_is_asked_with_our_token(ours: Authority, tmp_path: Path) -> None:
    async with playing(ours) as played, asking(tmp_path, ours) as kubelets:
        found = await kubelets.read([played.node()])

    [request] = played.seen
    assert (request.path, request.headers["Authorization"]) == ("/stats/summary", "Bearer t0k3n")
    assert isinstance(found, tuple)
    [stats] = found
    assert stats.ref.name == "w-1"
    assert stats.node.fs == statsv1.Filesystem(capacity_bytes=100, available_bytes=9)


async def test_only_volumes_of_claims_are_kept(ours: Authority, tmp_path: Path) -> None:
    async with playing(ours) as played, asking(tmp_path, ours) as kubelets:
        found = await kubelets.read([played.node()])

    assert isinstance(found, tuple)
    [pod] = found[0].pods or ()
    assert [volume.name for volume in pod.volumes or ()] == ["data"]
    assert pod.ephemeral == statsv1.Filesystem(used_bytes=7)


async def test_nothing_is_sent_to_a_kubelet_of_another_authority(
    ours: Authority, theirs: Authority, tmp_path: Path
) -> None:
    async with playing(theirs) as played, asking(tmp_path, ours) as kubelets:
        found = await kubelets.read([played.node()])

    assert played.seen == []
    assert isinstance(found, Missing)
    assert (found.reason, "w-1" in found.text) == ("absent", True)


async def test_nothing_is_sent_to_an_address_the_certificate_does_not_name(
    ours: Authority, tmp_path: Path
) -> None:
    async with playing(ours) as played, asking(tmp_path, ours) as kubelets:
        found = await kubelets.read([played.node(host="localhost")])

    assert played.seen == []
    assert reason(found) == "absent"


@pytest.mark.parametrize("lax", [{}, {"insecure-skip-tls-verify": True}])
async def test_without_an_authority_to_verify_with_nobody_is_asked(
    ours: Authority, tmp_path: Path, lax: dict[str, object]
) -> None:
    authority = ours if lax else None
    async with playing(ours) as played, asking(tmp_path, authority, **lax) as kubelets:
        found = await kubelets.read([played.node()])

    assert played.seen == []
    assert reason(found) == "absent"


async def test_a_kubelet_that_sends_us_elsewhere_is_not_followed(
    ours: Authority, tmp_path: Path
) -> None:
    async with playing(ours) as played, asking(tmp_path, ours) as kubelets:
        played.reply = lambda: web.Response(status=307, headers={"Location": "/elsewhere"})
        found = await kubelets.read([played.node()])

    assert [request.path for request in played.seen] == ["/stats/summary"]
    assert reason(found) == "absent"


async def test_a_node_that_is_not_ready_is_not_asked(ours: Authority, tmp_path: Path) -> None:
    async with playing(ours) as played, asking(tmp_path, ours) as kubelets:
        found = await kubelets.read([played.node(ready="Unknown")])

    assert (played.seen, found) == ([], ())


async def test_a_node_that_never_answered_does_not_hide_the_others(
    ours: Authority, tmp_path: Path
) -> None:
    async with playing(ours) as played, asking(tmp_path, ours) as kubelets:
        mute = node("w-2")
        found = await kubelets.read([played.node(), mute])

    assert isinstance(found, tuple)
    assert [stats.name for stats in found] == ["w-1"]


async def test_a_node_that_answered_before_makes_the_kind_missing(
    ours: Authority, tmp_path: Path
) -> None:
    async with playing(ours) as played, asking(tmp_path, ours) as kubelets:
        both = [played.node("w-1"), played.node("w-2")]
        await kubelets.read(both)
        found = await kubelets.read([both[0], node("w-2")])

    assert isinstance(found, Missing)
    assert (found.reason, "w-2" in found.text, "w-1" in found.text) == ("unavailable", True, False)


async def test_a_right_that_is_not_granted_is_no_absence(ours: Authority, tmp_path: Path) -> None:
    async with playing(ours) as played, asking(tmp_path, ours) as kubelets:
        played.reply = lambda: web.Response(status=403, text="Forbidden (user=u, verb=get)")
        found = await kubelets.read([played.node()])

    assert isinstance(found, Missing)
    assert (found.reason, "verb=get" in found.text) == ("forbidden", True)


async def test_figures_that_cannot_be_read_are_no_figures(ours: Authority, tmp_path: Path) -> None:
    async with playing(ours) as played, asking(tmp_path, ours) as kubelets:
        played.reply = lambda: web.Response(text='{"node": {"fs": 7}}')
        found = await kubelets.read([played.node()])

    assert reason(found) == "absent"
