"""A Cluster that shows what a test puts on the stage, and a check that reads it."""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from tests.builders import NOW, container, deployment, pod, replicaset, snapshot, template, waiting
from tests.clock import FakeClock
from watchdog.domain.check import NoParams, check
from watchdog.domain.custom import CustomKind, Spec, Writer
from watchdog.domain.errors import WatchdogError
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1, metav1
from watchdog.domain.ports import Right
from watchdog.domain.record import Frame
from watchdog.domain.ref import Ref
from watchdog.domain.run import RunRequest
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Missing, Snapshot

CART = Ref("Deployment", "shop", "cart")
POD = Ref("Pod", "shop", "cart-1")


@dataclass
class Stage:
    """Implements `domain.ports.Cluster`; counts what was asked of it."""

    clock: FakeClock
    shown: Snapshot = field(default_factory=snapshot)
    missing: dict[str, Missing] = field(default_factory=dict)
    error: WatchdogError | None = None
    log: Log = field(default_factory=lambda: Log("fatal: boom"))
    listed: dict[CustomKind, tuple[metav1.Object, ...] | Missing] = field(default_factory=dict)
    written: dict[Writer, Spec | Missing] = field(default_factory=dict)
    happened: dict[Ref, tuple[corev1.Event, ...]] = field(default_factory=dict)
    asked: list[Ref] = field(default_factory=list)  # whose events
    slow: bool = False  # the API server takes longer than any limit
    slow_logs: bool = False
    looks: int = 0
    behind: timedelta = timedelta(0)  # how much the API server's clock is late
    name: str = "stage"

    async def snapshot(self, needs: Collection[str]) -> Snapshot:
        self.looks += 1
        if self.error:
            raise self.error
        if self.slow:
            await asyncio.Event().wait()
        objects = {k: v for k, v in self.shown.objects.items() if k not in self.missing}
        now = self.clock.now() - self.behind
        return replace(self.shown, taken_at=now, objects=objects, missing=self.missing)

    async def logs(self, queries: Sequence[LogQuery]) -> Mapping[LogQuery, Log]:
        if self.slow_logs:
            await asyncio.Event().wait()
        return dict.fromkeys(queries, self.log)

    async def events(self, refs: Sequence[Ref]) -> Mapping[Ref, tuple[corev1.Event, ...]]:
        self.asked += refs
        return {ref: self.happened[ref] for ref in refs if ref in self.happened}

    async def customs(
        self, kinds: Sequence[CustomKind]
    ) -> Mapping[CustomKind, tuple[metav1.Object, ...] | Missing]:
        return {kind: self.listed.get(kind, Missing("absent", str(kind))) for kind in kinds}

    async def specs(self, writers: Sequence[Writer]) -> Mapping[Writer, Spec | Missing]:
        return {each: self.written.get(each, Missing("forbidden", str(each))) for each in writers}

    async def rights(self, needs: Collection[str]) -> Sequence[Right]:
        return ()

    async def close(self) -> None:
        return


def framed(_request: RunRequest) -> Frame:
    """The Frame of every Run on this stage."""
    return Frame(version="1", sha="0")


def broken_cart() -> Snapshot:
    """One Deployment whose only pod has crashed for a day."""
    owner = deployment(CART, ready=0, pod_template=template(container()))
    current = replicaset(owner, 1, age=timedelta(days=1))
    crashing = waiting("CrashLoopBackOff", restarts=9)
    return snapshot(owner, current, pod(POD, crashing, owner=current, since=timedelta(days=1)))


def healthy() -> Snapshot:
    return snapshot(deployment(CART))


@check(family="pods", needs=("pods", "deployments"), reasons=("Broken",), params=NoParams)
def broken(look: Snapshot, _: NoParams) -> Iterator[Finding]:
    """A workload has a waiting container."""
    for owner, pods in look.pods_by_owner.items():
        if any(status.state.waiting for each in pods for status in each.statuses):
            query = LogQuery(pods[0].ref, "app")
            said = f": {look.log(query)}" if look.log(query) else ""
            yield Finding(
                reason="Broken",
                subject=owner,
                affected=tuple(each.ref for each in pods),
                severity=Severity.WARNING,
                message=f"{owner} is broken{said}",
                since=NOW - timedelta(hours=1),
                logs=(query,),
            )


@check(family="pods", needs=("services",), reasons=("Bug",), params=NoParams)
def buggy(look: Snapshot, _: NoParams) -> Iterator[Finding]:
    """It raises while something is wrong."""
    if look.pods_by_owner:
        raise ZeroDivisionError
    yield from ()


@check(family="gitops", needs=("applications",), reasons=("AddOnBroken",), params=NoParams)
def of_an_add_on(look: Snapshot, _: NoParams) -> Iterator[Finding]:
    """Something of an API that can be uninstalled is broken."""
    yield from (replace(each, reason="AddOnBroken", logs=()) for each in broken.detect(look, _))
