"""What happens in the demo's shop, and when: which pods live, and whether w-2 answers.

The story is data plus questions about one moment of it; `shop` turns the answers into objects.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

MINUTE = timedelta(minutes=1)
AGE = timedelta(days=3)  # how old the shop is when the story starts
STARTUP = timedelta(seconds=20)  # from creation to Ready

# Times since the start of the story.
ROLLOUT = 5 * MINUTE  # somebody rolls out an image of cart that does not exist
UNDO = 14 * MINUTE  # and undoes it, before the progress deadline of ten minutes
NODE_LOST = 20 * MINUTE  # the kubelet of w-2 stops answering
EVICTION = 25 * MINUTE  # tolerationSeconds: 300 are over
NODE_BACK = 31 * MINUTE
END = 40 * MINUTE

NODES = ("w-1", "w-2", "w-3")
LOST = "w-2"
BROKEN = 2  # the revision of cart whose image does not exist


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One workload of the cluster. `log` is what each of its containers says."""

    name: str
    kind: Literal["Deployment", "StatefulSet", "DaemonSet"]
    image: str
    port: int
    replicas: int
    namespace: str = "shop"
    log: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One pod from its creation to its removal; times since the start of the story."""

    app: str
    suffix: str
    node: str
    revision: int = 1
    born: timedelta = -AGE
    leaving: timedelta | None = None  # deletion asked for; the lost node cannot confirm it
    gone: timedelta = timedelta.max

    @property
    def broken(self) -> bool:
        """It can never start: its image does not exist."""
        return self.revision == BROKEN


APPS = (
    App(
        name="web",
        kind="Deployment",
        image="registry.example.com/shop/web:3.2.0",
        port=8080,
        replicas=3,
        log="GET / 200 12ms\nGET /cart 200 31ms\n",
    ),
    App(
        name="cart",
        kind="Deployment",
        image="registry.example.com/shop/cart:2.4.0",
        port=8081,
        replicas=2,
        log="cart listening on :8081\n",
    ),
    App(
        name="checkout",
        kind="Deployment",
        image="registry.example.com/shop/checkout:1.9.3",
        port=8082,
        replicas=2,
        log="order accepted\n",
    ),
    App(
        name="postgres",
        kind="StatefulSet",
        image="registry.example.com/library/postgres:17.5",
        port=5432,
        replicas=1,
        log="database system is ready to accept connections\n",
    ),
    App(
        name="coredns",
        kind="Deployment",
        image="registry.example.com/coredns/coredns:1.12.1",
        port=53,
        replicas=2,
        namespace="kube-system",
        log="CoreDNS-1.12.1\n",
    ),
    App(
        name="node-exporter",
        kind="DaemonSet",
        image="registry.example.com/prometheus/node-exporter:1.9.1",
        port=9100,
        replicas=len(NODES),
        namespace="kube-system",
        log="Listening on address=[::]:9100\n",
    ),
)
BROKEN_IMAGE = "registry.example.com/shop/cart:2.4.1-rc7"

LIVES = (
    Life(app="web", suffix="h2k4x", node="w-1"),
    Life(app="web", suffix="p9d7c", node="w-2", leaving=EVICTION, gone=NODE_BACK),
    Life(app="web", suffix="t6m2q", node="w-3"),
    Life(app="web", suffix="z8v5n", node="w-1", born=EVICTION),
    Life(app="cart", suffix="b4w8s", node="w-1"),
    Life(app="cart", suffix="j7f3l", node="w-3"),
    Life(app="cart", suffix="x5r9d", node="w-2", revision=BROKEN, born=ROLLOUT, gone=UNDO),
    Life(app="checkout", suffix="c3g6v", node="w-2", leaving=EVICTION, gone=NODE_BACK),
    Life(app="checkout", suffix="n8q4k", node="w-3"),
    Life(app="checkout", suffix="s2h7m", node="w-1", born=EVICTION),
    Life(app="postgres", suffix="0", node="w-1"),
    Life(app="coredns", suffix="d5l8t", node="w-1"),
    Life(app="coredns", suffix="k9c2w", node="w-3"),
    Life(app="node-exporter", suffix="4v6xz", node="w-1"),
    Life(app="node-exporter", suffix="8m3tj", node="w-2"),
    Life(app="node-exporter", suffix="q7n5b", node="w-3"),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """One moment of the story. `origin` (aware UTC) is the moment it began."""

    origin: datetime
    now: datetime

    def passed(self, moment: timedelta) -> bool:
        """Whether this point of the story lies behind us."""
        return self.now - self.origin >= moment

    def at(self, moment: timedelta) -> datetime:
        """The wall time of a point of the story."""
        return self.origin + moment

    def up(self, node: str) -> bool:
        """Whether the kubelet of this node reports."""
        return node != LOST or not self.passed(NODE_LOST) or self.passed(NODE_BACK)

    def node_since(self, node: str) -> datetime:
        """When the node's Ready condition last changed."""
        if node != LOST or not self.passed(NODE_LOST):
            return self.at(-AGE)
        return self.at(NODE_BACK if self.passed(NODE_BACK) else NODE_LOST)

    def lives(self, app: App) -> tuple[Life, ...]:
        """The pods of a workload that the API server shows, those being deleted included."""
        return tuple(
            life
            for life in LIVES
            if life.app == app.name and self.passed(life.born) and not self.passed(life.gone)
        )

    def active(self, app: App) -> tuple[Life, ...]:
        """The pods that a controller counts: those being deleted are not among them."""
        return tuple(life for life in self.lives(app) if not self.leaving(life))

    def leaving(self, life: Life) -> bool:
        """Whether its deletion was asked for."""
        return life.leaving is not None and self.passed(life.leaving)

    def started(self, life: Life) -> bool:
        """Whether its container has ever run."""
        return not life.broken and self.passed(life.born + STARTUP)

    def ready(self, life: Life) -> bool:
        """Whether it takes traffic."""
        return self.started(life) and self.up(life.node)

    def ready_since(self, life: Life) -> datetime:
        """When its Ready condition last changed."""
        if not self.started(life):
            return self.at(life.born)
        return max(self.at(life.born + STARTUP), self.node_since(life.node))

    def revision(self, app: App) -> int:
        """The revision of the template that the workload wants now: 1, 2, or 1 again as 3."""
        if app.name != "cart" or not self.passed(ROLLOUT):
            return 1
        return 3 if self.passed(UNDO) else BROKEN
