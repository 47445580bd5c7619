"""flux: what fails first, and what only waits for it."""

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, ago, deployment, meta, snapshot
from watchdog.checks.flux import flux
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import certmanagerv1, fluxv1, metav1
from watchdog.domain.ref import Ref

GIT = Ref("GitRepository", "flux-system", "ops")
APPS = Ref("Kustomization", "flux-system", "apps")


def said(kind: str, status: str, reason: str = "", text: str = "") -> metav1.Condition:
    return metav1.Condition(
        type=kind, status=status, reason=reason, message=text, last_transition_time=ago(HOUR)
    )


FAILED = said("Ready", "False", "BuildFailed", "kustomize build failed: no such file")
FINE = said("Ready", "True", "Succeeded")
FROM_GIT = certmanagerv1.TypedName(kind="GitRepository", name="ops")


def made(
    *conditions: metav1.Condition,
    kind: type[fluxv1.FluxObject] = fluxv1.Kustomization,
    ref: Ref = APPS,
    deleting: bool = False,
    spec: fluxv1.FluxSpec | None = None,
) -> fluxv1.FluxObject:
    return kind(
        metadata=meta(ref, deleting=deleting),
        spec=spec or fluxv1.FluxSpec(),
        status=metav1.ConditionsStatus(conditions=conditions),
    )


def repository(*conditions: metav1.Condition) -> fluxv1.FluxObject:
    return made(*conditions, kind=fluxv1.GitRepository, ref=GIT)


def detect(*items: metav1.Object) -> list[Finding]:
    return list(flux.detect(snapshot(*items), NoParams()))


def test_a_kustomization_that_fails_is_its_own_finding() -> None:
    [finding] = detect(made(FAILED, spec=fluxv1.FluxSpec(source_ref=FROM_GIT)), repository(FINE))

    assert (finding.reason, finding.subject) == ("FluxNotReady", APPS)
    assert (finding.since, finding.hold) == (ago(HOUR), 15 * MINUTE)
    assert "BuildFailed" in finding.message
    assert "no such file" in finding.why
    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n flux-system describe kustomization apps",)


def test_a_source_that_fails_is_named_with_what_is_made_from_it() -> None:
    source = repository(said("Ready", "False", "GitOperationFailed", "timeout"))
    apps = made(FAILED, spec=fluxv1.FluxSpec(source_ref=FROM_GIT))
    late = Ref("Kustomization", "flux-system", "late")
    waits = fluxv1.FluxSpec(depends_on=(certmanagerv1.TypedName(name="apps"),))

    [finding] = detect(source, apps, made(FAILED, ref=late, spec=waits))

    assert finding.subject == GIT
    assert finding.affected == (APPS, late)


@pytest.mark.parametrize(
    "spec",
    [
        fluxv1.FluxSpec(
            chart_ref=certmanagerv1.TypedName(
                kind="OCIRepository", name="r", namespace="flux-system"
            )
        ),
        fluxv1.FluxSpec(
            chart=fluxv1.FluxChart(
                spec=fluxv1.FluxChartSpec(
                    source_ref=certmanagerv1.TypedName(
                        kind="OCIRepository", name="r", namespace="flux-system"
                    )
                )
            )
        ),
    ],
)
def test_a_release_is_followed_to_its_chart(spec: fluxv1.FluxSpec) -> None:
    source = Ref("OCIRepository", "flux-system", "r")
    release = Ref("HelmRelease", "shop", "web")

    [finding] = detect(
        made(FAILED, kind=fluxv1.OCIRepository, ref=source),
        made(FAILED, kind=fluxv1.HelmRelease, ref=release, spec=spec),
    )

    assert (finding.subject, finding.affected) == (source, (release,))


def test_two_that_wait_for_each_other_end_the_walk() -> None:
    other = Ref("Kustomization", "flux-system", "infra")
    one = made(FAILED, spec=fluxv1.FluxSpec(depends_on=(certmanagerv1.TypedName(name="infra"),)))
    two = made(
        FAILED, ref=other, spec=fluxv1.FluxSpec(depends_on=(certmanagerv1.TypedName(name="apps"),))
    )

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
        made(FAILED, spec=fluxv1.FluxSpec(suspend=True)),
        made(FAILED, deleting=True),
        made(said("Ready", "Unknown", "Progressing")),
        made(FINE, said("Stalled", "False")),
        made(),
    ],
    ids=["in-progress", "suspended", "deleted", "unknown", "ready", "new"],
)
def test_what_works_is_going_or_rests_is_no_fault(item: fluxv1.FluxObject) -> None:
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
        made(said("Ready", "False", "HealthCheckFailed"), kind=fluxv1.GitRepository, ref=GIT), mine
    )

    assert linked.affected == (mine.ref,)
    assert source.affected == ()


def test_a_source_in_the_cluster_that_does_not_answer_is_pointed_at() -> None:
    said_so = said("Ready", "False", "GitOperationFailed", "context deadline exceeded")
    spec = fluxv1.FluxSpec(url="http://git.shop.svc:3000/ops.git")
    source = made(said_so, kind=fluxv1.GitRepository, ref=GIT, spec=spec)

    [finding] = detect(source)

    assert finding.blames == (Ref("Service", "shop", "git"),)


def test_a_kustomization_that_waits_for_a_release_that_fails_is_affected_by_it() -> None:
    text = "timeout waiting for: [HelmRelease/shop/web status: 'InProgress']"
    release = made(FAILED, kind=fluxv1.HelmRelease, ref=Ref("HelmRelease", "shop", "web"))

    [finding] = detect(made(said("Ready", "False", "HealthCheckFailed", text)), release)

    assert (finding.subject, finding.affected) == (release.ref, (APPS,))


def test_what_a_release_on_its_way_has_made_is_linked_to_what_waits_for_it() -> None:
    text = "timeout waiting for: [HelmRelease/shop/web status: 'InProgress']"
    marks = {"helm.toolkit.fluxcd.io/name": "web", "helm.toolkit.fluxcd.io/namespace": "shop"}
    web = deployment(Ref("Deployment", "shop", "web"))
    web = msgspec.structs.replace(web, metadata=meta(web.ref, labels=marks))

    [finding] = detect(made(said("Ready", "False", "HealthCheckFailed", text)), web)

    assert finding.affected == (Ref("HelmRelease", "shop", "web"), web.ref)
