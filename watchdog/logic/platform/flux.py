"""Flux objects: which of them fail, and what each is made from and waits for."""

import re
from collections.abc import Iterator, Mapping

from watchdog.domain.objects import fluxv1, metav1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload

_KINDS: Mapping[str, type[fluxv1.FluxObject]] = {
    "gitrepositories": fluxv1.GitRepository,
    "ocirepositories": fluxv1.OCIRepository,
    "helmrepositories": fluxv1.HelmRepository,
    "buckets": fluxv1.Bucket,
    "kustomizations": fluxv1.Kustomization,
    "helmreleases": fluxv1.HelmRelease,
}
NEEDS = tuple(_KINDS)
# Flux leaves Reconciling=True on what has failed and will be tried again, with this reason.
_RETRY = "ProgressingWithRetry"
# Reasons that only say that what was applied is not healthy: its own Findings are the cause.
_UNHEALTHY = ("HealthCheckFailed", "InstallFailed", "UpgradeFailed", "TestFailed")

# The labels with which each marks what it has applied.
_MARKS = {"Kustomization": "kustomize", "HelmRelease": "helm"}
# How a health check names what it waits for: "HelmRelease/media/immich status: 'InProgress'".
_NAMED = re.compile(r"\b([A-Z]\w+)/([a-z0-9][a-z0-9-]*)/([a-z0-9][a-z0-9.-]*) status: ")


def all_objects(snapshot: Snapshot) -> dict[Ref, fluxv1.FluxObject]:
    """Every Flux object that could be read, by Ref."""
    return {
        ref: item for need, kind in _KINDS.items() for ref, item in snapshot.of(need, kind).items()
    }


def failure(item: fluxv1.FluxObject) -> metav1.Condition | None:
    """The condition that says it has failed; None while it works, is on its way or told to rest."""
    if item.spec.suspend or item.deleting:
        return None
    stalled, ready = item.condition("Stalled"), item.condition("Ready")
    if stalled is not None and stalled.status == "True":
        return stalled
    moving = item.condition("Reconciling")
    if moving is not None and moving.status == "True" and moving.reason != _RETRY:
        return None
    return ready if ready is not None and ready.status == "False" else None


def root_of(failing: Mapping[Ref, fluxv1.FluxObject], item: fluxv1.FluxObject) -> Ref:
    """What has to be mended first: the failing source, dependency or part at the end of its chain."""
    seen = {item.ref}
    while True:
        needed = (*_needed(item), *_waits_for(failure(item)))
        above = next((ref for ref in needed if ref in failing and ref not in seen), None)
        if above is None:
            return item.ref
        seen.add(above)
        item = failing[above]


def _needed(item: fluxv1.FluxObject) -> Iterator[Ref]:
    """The sources it is made from, then what it waits for."""
    spec = item.spec
    chart = spec.chart.spec.source_ref if spec.chart else None
    for source in (spec.source_ref, spec.chart_ref, chart):
        if source is not None:
            yield Ref(source.kind, source.namespace or item.namespace, source.name)
    for other in spec.depends_on or ():
        yield Ref(item.KIND, other.namespace or item.namespace, other.name)


def _waits_for(failed: metav1.Condition | None) -> tuple[Ref, ...]:
    """What it has applied and says that it is not healthy."""
    if failed is None or failed.reason not in _UNHEALTHY:
        return ()
    return tuple(Ref(*names) for names in _NAMED.findall(failed.message))


def unhealthy(
    snapshot: Snapshot, item: fluxv1.FluxObject, failed: metav1.Condition
) -> tuple[Ref, ...]:
    """What it has made, when it fails because that is not healthy: as it says, and its workloads."""
    if item.KIND not in _MARKS or failed.reason not in _UNHEALTHY:
        return ()
    said = _waits_for(failed)
    makers = [ref for ref in (item.ref, *said) if ref.kind in _MARKS]
    made = (
        ref
        for ref, workload in sorted(snapshot.workloads.items())
        if any(_made_by(workload, maker) for maker in makers)
    )
    return tuple(dict.fromkeys((*said, *made)))


def _made_by(workload: Workload, maker: Ref) -> bool:
    mark = f"{_MARKS[maker.kind]}.toolkit.fluxcd.io"
    named = (workload.labels.get(f"{mark}/namespace"), workload.labels.get(f"{mark}/name"))
    return named == (maker.namespace, maker.name)
