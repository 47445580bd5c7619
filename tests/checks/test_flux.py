"""flux: what fails first, and what only waits for it."""

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, ago, deployment, meta, snapshot
from watchdog.checks.flux import flux
from watchdog.domain import objects as k8s
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref

GIT = Ref("GitRepository", "flux-system", "ops")
APPS = Ref("Kustomization", "flux-system", "apps")


def said(kind: str, status: str, reason: str = "", text: str = "") -> k8s.Condition:
    return k8s.Condition(
        type=kind, status=status, reason=reason, message=text, last_transition_time=ago(HOUR)
    )


FAILED = said("Ready", "False", "BuildFailed", "kustomize build failed: no such file")
FINE = said("Ready", "True", "Succeeded")
FROM_GIT = k8s.TypedName(kind="GitRepository", name="ops")


def made(
    *conditions: k8s.Condition,
    kind: type[k8s.FluxObject] = k8s.Kustomization,
    ref: Ref = APPS,
    deleting: bool = False,
    spec: k8s.FluxSpec | None = None,
) -> k8s.FluxObject:
    return kind(
        metadata=meta(ref, deleting=deleting),
        spec=spec or k8s.FluxSpec(),
        status=k8s.ConditionsStatus(conditions=conditions),
    )


def repository(*conditions: k8s.Condition) -> k8s.FluxObject:
    return made(*conditions, kind=k8s.GitRepository, ref=GIT)


def detect(*items: k8s.Object) -> list[Finding]:
    return list(flux.detect(snapshot(*items), NoParams()))


def test_a_kustomization_that_fails_is_its_own_finding() -> None:
    [finding] = detect(made(FAILED, spec=k8s.FluxSpec(source_ref=FROM_GIT)), repository(FINE))

    assert (finding.reason, finding.subject) == ("FluxNotReady", APPS)
    assert (finding.since, finding.hold) == (ago(HOUR), 15 * MINUTE)
    assert "BuildFailed" in finding.message
    assert "no such file" in finding.why
    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n flux-system describe kustomization apps",)


def test_a_source_that_fails_is_named_with_what_is_made_from_it() -> None:
    source = repository(said("Ready", "False", "GitOperationFailed", "timeout"))
    apps = made(FAILED, spec=k8s.FluxSpec(source_ref=FROM_GIT))
    late = Ref("Kustomization", "flux-system", "late")
    waits = k8s.FluxSpec(depends_on=(k8s.TypedName(name="apps"),))

    [finding] = detect(source, apps, made(FAILED, ref=late, spec=waits))

    assert finding.subject == GIT
    assert finding.affected == (APPS, late)


@pytest.mark.parametrize(
    "spec",
    [
        k8s.FluxSpec(
            chart_ref=k8s.TypedName(kind="OCIRepository", name="r", namespace="flux-system")
        ),
        k8s.FluxSpec(
            chart=k8s.FluxChart(
                spec=k8s.FluxChartSpec(
                    source_ref=k8s.TypedName(
                        kind="OCIRepository", name="r", namespace="flux-system"
                    )
                )
            )
        ),
    ],
)
def test_a_release_is_followed_to_its_chart(spec: k8s.FluxSpec) -> None:
    source = Ref("OCIRepository", "flux-system", "r")
    release = Ref("HelmRelease", "shop", "web")

    [finding] = detect(
        made(FAILED, kind=k8s.OCIRepository, ref=source),
        made(FAILED, kind=k8s.HelmRelease, ref=release, spec=spec),
    )

    assert (finding.subject, finding.affected) == (source, (release,))


def test_two_that_wait_for_each_other_end_the_walk() -> None:
    other = Ref("Kustomization", "flux-system", "infra")
    one = made(FAILED, spec=k8s.FluxSpec(depends_on=(k8s.TypedName(name="infra"),)))
    two = made(FAILED, ref=other, spec=k8s.FluxSpec(depends_on=(k8s.TypedName(name="apps"),)))

    assert {each.subject for each in detect(one, two)} == {APPS, other}


def test_a_retry_of_what_has_failed_is_no_progress() -> None:
    assert len(detect(made(FAILED, said("Reconciling", "True", "ProgressingWithRetry")))) == 1


def test_a_stalled_object_is_told_whatever_else_it_says() -> None:
    [finding] = detect(made(said("Stalled", "True", "InvalidPath"), FINE))

    assert "InvalidPath" in finding.message


@pytest.mark.parametrize(
    "item",
    [
        made(FAILED, said("Reconciling", "True", "Progressing")),
        made(FAILED, spec=k8s.FluxSpec(suspend=True)),
        made(FAILED, deleting=True),
        made(said("Ready", "Unknown", "Progressing")),
        made(FINE, said("Stalled", "False")),
        made(),
    ],
    ids=["in-progress", "suspended", "deleted", "unknown", "ready", "new"],
)
def test_what_works_is_going_or_rests_is_no_fault(item: k8s.FluxObject) -> None:
    assert detect(item) == []


def test_pods_that_do_not_become_healthy_are_linked() -> None:
    mine = deployment(Ref("Deployment", "shop", "web"))
    labels = {
        "kustomize.toolkit.fluxcd.io/name": "apps",
        "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
    }
    mine = msgspec.structs.replace(
        mine, metadata=msgspec.structs.replace(mine.metadata, labels=labels)
    )
    foreign = deployment(Ref("Deployment", "shop", "other"))
    unhealthy = said("Ready", "False", "HealthCheckFailed", "timeout waiting for web")

    [linked] = detect(made(unhealthy), mine, foreign)
    [source] = detect(
        made(said("Ready", "False", "HealthCheckFailed"), kind=k8s.GitRepository, ref=GIT), mine
    )

    assert linked.affected == (mine.ref,)
    assert source.affected == ()
