"""Flux objects: which of them fail, and what each is made from and waits for."""

from collections.abc import Iterator, Mapping

from watchdog.domain.objects import fluxv1, metav1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot

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
    """What has to be mended first: the failing source or dependency at the end of its chain."""
    seen = {item.ref}
    while True:
        above = next((ref for ref in _needed(item) if ref in failing and ref not in seen), None)
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


def unhealthy(
    snapshot: Snapshot, item: fluxv1.FluxObject, failed: metav1.Condition
) -> tuple[Ref, ...]:
    """The workloads it has made, when it fails because they are not healthy."""
    group = {"Kustomization": "kustomize", "HelmRelease": "helm"}.get(item.KIND)
    if group is None or failed.reason not in _UNHEALTHY:
        return ()
    mark = f"{group}.toolkit.fluxcd.io"
    return tuple(
        ref
        for ref, workload in sorted(snapshot.workloads.items())
        if workload.labels.get(f"{mark}/name") == item.name
        and workload.labels.get(f"{mark}/namespace") == item.namespace
    )
