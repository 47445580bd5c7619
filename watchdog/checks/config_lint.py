"""Things in a workload's template that are surely not meant, though nothing fails by them yet."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from watchdog.domain.check import NoParams, check
from watchdog.domain.finding import Finding
from watchdog.domain.objects import podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom


@check(
    family="workloads",
    needs=("deployments", "statefulsets", "daemonsets", "cronjobs"),
    optional=("replicasets", "controllerrevisions"),
    reasons=("EnvShadowed",),
    params=NoParams,
)
def config_lint(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """One variable is defined twice in a container: the last definition wins, the first is dead text.

    It breaks nothing that was not broken before, so it is for the page and the report.
    """
    for ref, spec, since in _templates(snapshot):
        for container in spec.init_containers + spec.containers:
            counts = Counter(each.name for each in container.env)
            twice = sorted(name for name, count in counts.items() if count > 1)
            if twice:
                yield _shadowed(snapshot, ref, container, twice, since)
                break


def _templates(snapshot: Snapshot) -> Iterator[tuple[Ref, podv1.PodSpec, datetime | None]]:
    for ref, workload in sorted(snapshot.workloads.items()):
        current = workload.current
        since = current.created_at if current else workload.created_at
        yield ref, workload.template.spec, since
    for ref, item in snapshot.cronjobs.items():
        yield ref, item.spec.job_template.spec.template.spec, item.metadata.creation_timestamp


def _shadowed(
    snapshot: Snapshot,
    ref: Ref,
    container: podv1.Container,
    names: list[str],
    since: datetime | None,
) -> Finding:
    what = symptom.listed(names)
    return Finding(
        reason="EnvShadowed",
        subject=ref,
        severity=Severity.INFO,
        message=f"{ref}: container {container.name} defines {what} more than once",
        why=f"Container {container.name} of {ref} defines {what} more than once. The last definition "
        "holds, so whoever changes an earlier one changes nothing.",
        since=since,
        evidence=(
            symptom.fact("spec", ref, f"env of container {container.name}: {what} more than once"),
        ),
        proposal=symptom.advise(
            snapshot.workloads.get(ref),
            f"Remove the definitions of {what} that are not meant; the last one is in force.",
            command.describe(ref),
        ),
    )
