"""argocd_sync: Applications that failed to sync, differ, or are unwell, and those left alone."""

from datetime import timedelta

import pytest

from tests.builders import HOUR, MINUTE, ago, meta, snapshot
from watchdog.checks.argocd_sync import argocd_sync
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import argov1, metav1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

SHOP = Ref("Application", "argocd", "shop")
REVISION = "8f2b7c1d9e004a55"
GIT = "https://git.example.org/ops.git"
SYNCED = argov1.ArgoSync(status="Synced", revision=REVISION)
DIFFERS = argov1.ArgoSync(status="OutOfSync", revision=REVISION)
HEALTHY = argov1.ArgoHealth(status="Healthy")
SELF_HEAL = argov1.ArgoAutomated(prune=True, self_heal=True)
WEB = argov1.ArgoResource(kind="Deployment", namespace="shop", name="web", status="OutOfSync")


def made(
    *conditions: metav1.Condition,
    sync: argov1.ArgoSync = SYNCED,
    health: argov1.ArgoHealth = HEALTHY,
    state: argov1.ArgoOperationState | None = None,
    resources: tuple[argov1.ArgoResource, ...] | None = None,
    automated: argov1.ArgoAutomated | None = SELF_HEAL,
    ordered: bool = False,
    skip: str = "",
    source: argov1.ArgoSource | None = None,
    ref: Ref = SHOP,
    deleting: bool = False,
) -> argov1.Application:
    return argov1.Application(
        metadata=meta(ref, annotations=metav1.Annotations(skip_reconcile=skip), deleting=deleting),
        operation=argov1.ArgoOperation() if ordered else None,
        spec=argov1.ApplicationSpec(
            source=source or argov1.ArgoSource(repo_url=GIT),
            destination=argov1.ArgoDestination(server="https://kubernetes", namespace="shop"),
            sync_policy=argov1.ArgoSyncPolicy(automated=automated),
        ),
        status=argov1.ApplicationStatus(
            sync=sync,
            health=health,
            operation_state=state,
            resources=resources,
            conditions=conditions,
        ),
    )


def ended(
    phase: str = "Failed",
    *,
    revision: str = REVISION,
    text: str = "one or more objects failed to apply",
    age: timedelta = HOUR,
    results: tuple[argov1.ArgoResource, ...] | None = None,
    attempts: int = 0,
) -> argov1.ArgoOperationState:
    order = argov1.ArgoSyncOrder(revision=revision, self_heal_attempts_count=attempts)
    return argov1.ArgoOperationState(
        phase=phase,
        message=text,
        started_at=ago(age + MINUTE),
        finished_at=None if phase == "Running" else ago(age),
        retry_count=5 if phase == "Failed" else 0,
        operation=argov1.ArgoOperation(sync=order),
        sync_result=argov1.ArgoSyncResult(resources=results) if results else None,
    )


def said(kind: str, text: str) -> metav1.Condition:
    return metav1.Condition(type=kind, message=text, last_transition_time=ago(2 * HOUR))


def windows(*found: argov1.SyncWindow, name: str = "default") -> argov1.AppProject:
    ref = Ref("AppProject", "argocd", name)
    return argov1.AppProject(metadata=meta(ref), spec=argov1.AppProjectSpec(sync_windows=found))


def detect(*items: metav1.Object, missing: tuple[str, ...] = ()) -> list[Finding]:
    return list(argocd_sync.detect(snapshot(*items, missing=missing), NoParams()))


# --------------------------------------------------------------------------------- ArgoSyncFailed
def test_a_sync_that_was_given_up_names_the_object_and_the_error() -> None:
    text = 'Deployment.apps "web" is invalid: spec.selector: field is immutable'
    bad = argov1.ArgoResource(
        kind="Deployment", namespace="shop", name="web", status="SyncFailed", message=text
    )
    item = made(said("SyncError", text), sync=DIFFERS, state=ended(text=text, results=(bad,)))

    [finding] = [each for each in detect(item) if each.reason == "ArgoSyncFailed"]

    assert finding.subject == SHOP
    assert (finding.since, finding.hold) == (ago(HOUR), 5 * MINUTE)
    assert "Deployment web" in finding.message
    assert "immutable" in finding.why
    assert finding.proposal is not None
    assert "cannot be changed" in finding.proposal.text
    assert finding.proposal.commands == ("kubectl -n argocd describe application shop",)


@pytest.mark.parametrize("phase", ["Failed", "Error"])
def test_a_failed_operation_of_this_revision_is_told_without_the_condition(phase: str) -> None:
    [finding] = [
        each
        for each in detect(made(sync=DIFFERS, state=ended(phase), resources=(WEB,)))
        if each.reason == "ArgoSyncFailed"
    ]

    assert finding.proposal is not None
    assert "Correct Deployment web in Git" in finding.proposal.text


def test_the_condition_alone_is_enough_and_has_its_own_time() -> None:
    found = detect(made(said("SyncError", "no"), sync=DIFFERS, automated=None))

    assert [(each.reason, each.since) for each in found] == [
        ("ArgoSyncFailed", ago(2 * HOUR)),
        ("ArgoOutOfSync", None),
    ]


@pytest.mark.parametrize(
    "item",
    [
        made(sync=DIFFERS, state=ended("Running", age=MINUTE)),
        made(said("SyncError", "no"), sync=DIFFERS, ordered=True),
        made(said("SyncError", "no"), sync=DIFFERS, skip="true"),
        made(said("SyncError", "no"), sync=DIFFERS, deleting=True),
        made(sync=SYNCED, state=ended()),
        made(sync=SYNCED, state=ended("Succeeded")),
    ],
    ids=["retries", "ordered", "skipped", "deleted", "mended", "succeeded"],
)
def test_a_sync_that_is_going_left_alone_or_made_good_is_no_failure(
    item: argov1.Application,
) -> None:
    assert [each for each in detect(item) if each.reason == "ArgoSyncFailed"] == []


def test_a_failure_of_an_older_revision_is_history() -> None:
    found = detect(made(sync=DIFFERS, state=ended(revision="0000")))

    assert [each.reason for each in found] == ["ArgoOutOfSync"]


# ---------------------------------------------------------------------------------- ArgoOutOfSync
def test_an_automated_application_that_stays_out_of_sync_is_a_warning_after_two_looks() -> None:
    [finding] = detect(made(sync=DIFFERS, state=ended("Succeeded"), resources=(WEB,)))

    assert (finding.reason, finding.severity) == ("ArgoOutOfSync", Severity.WARNING)
    assert (finding.since, finding.sightings) == (None, 2)
    assert finding.message.endswith(" differs from Git: Deployment/shop/web")
    assert not any("Healthy" in each.text for each in finding.evidence)


def test_one_that_is_synced_by_hand_is_only_noted() -> None:
    off = argov1.ArgoAutomated(enabled=False)

    for policy in (None, off):
        [finding] = detect(made(sync=DIFFERS, automated=policy))
        assert finding.severity is Severity.INFO


def test_a_self_heal_just_done_has_its_time_and_one_that_never_ends_has_not() -> None:
    healed = made(sync=DIFFERS, state=ended("Succeeded", age=MINUTE))
    fought = made(sync=DIFFERS, state=ended("Succeeded", age=MINUTE, attempts=7))

    [finding] = detect(fought)

    assert detect(healed) == []
    assert "healed 7 times" in finding.why


def test_only_pruning_that_is_off_is_by_choice() -> None:
    gone = argov1.ArgoResource(
        kind="Service", name="old", status="OutOfSync", requires_pruning=True
    )
    keep = argov1.ArgoAutomated(self_heal=True)

    assert detect(made(sync=DIFFERS, resources=(gone,), automated=keep)) == []
    assert detect(made(sync=DIFFERS, resources=(gone,), automated=None)) == []
    assert len(detect(made(sync=DIFFERS, resources=(gone, WEB), automated=keep))) == 1
    assert len(detect(made(sync=DIFFERS, resources=(gone,)))) == 1


NOON = argov1.SyncWindow(kind="deny", schedule="0 11 * * *", duration="2h", applications=("*",))
NIGHT = argov1.SyncWindow(
    kind="allow", schedule="0 22 * * *", duration="1h30m", namespaces=("sh*",)
)
TOKYO = argov1.SyncWindow(
    kind="deny", schedule="0 20 * * *", duration="2h", time_zone="Asia/Tokyo", clusters=("*",)
)


@pytest.mark.parametrize(
    "window",
    [
        NOON,
        NIGHT,
        TOKYO,
        argov1.SyncWindow(kind="deny", schedule="@noon", duration="1h", applications=("shop",)),
        argov1.SyncWindow(
            kind="deny", schedule="0 0 * * *", duration="long", applications=("shop",)
        ),
        argov1.SyncWindow(
            kind="deny",
            schedule="0 0 * * *",
            duration="1h",
            time_zone="Nowhere/City",
            applications=("shop",),
        ),
        argov1.SyncWindow(
            kind="deny",
            schedule="0 11 * * *",
            duration="2h",
            applications=("shop",),
            namespaces=("shop",),
            and_operator=True,
        ),
    ],
    ids=["denied", "not-allowed-yet", "zone", "unreadable", "no-length", "no-zone", "both"],
)
def test_a_closed_sync_window_is_by_choice(window: argov1.SyncWindow) -> None:
    assert detect(made(sync=DIFFERS), windows(window)) == []


@pytest.mark.parametrize(
    "project",
    [
        windows(
            argov1.SyncWindow(kind="deny", schedule="0 9 * * *", duration="2h", applications=("*",))
        ),
        windows(
            argov1.SyncWindow(
                kind="deny", schedule="0 11 * * *", duration="2h", applications=("x",)
            )
        ),
        windows(argov1.SyncWindow(kind="deny", schedule="0 11 * * *", duration="2h")),
        windows(
            argov1.SyncWindow(
                kind="allow", schedule="0 11 * * *", duration="2h", clusters=("https*",)
            )
        ),
        windows(
            argov1.SyncWindow(
                kind="deny",
                schedule="0 11 * * *",
                duration="2h",
                applications=("shop",),
                namespaces=("x",),
                and_operator=True,
            )
        ),
        windows(NOON, name="other"),
        windows(),
    ],
    ids=["over", "of-another", "of-none", "allowed", "not-both", "other-project", "no-window"],
)
def test_an_open_or_foreign_sync_window_changes_nothing(project: argov1.AppProject) -> None:
    assert len(detect(made(sync=DIFFERS), project)) == 1


def test_without_the_right_to_read_projects_the_application_is_judged_alone() -> None:
    assert len(detect(made(sync=DIFFERS), missing=("appprojects",))) == 1


# ----------------------------------------------------------------------------------- ArgoDegraded
def test_a_degraded_application_names_its_unhealthy_objects() -> None:
    bad = argov1.ArgoResource(
        kind="HorizontalPodAutoscaler",
        namespace="shop",
        name="web",
        health=argov1.ArgoHealth(status="Degraded", message="no metric"),
    )
    good = argov1.ArgoResource(
        kind="Deployment", namespace="shop", name="web", health=argov1.ArgoHealth(status="Healthy")
    )
    health = argov1.ArgoHealth(status="Degraded", last_transition_time=ago(2 * HOUR))

    [finding] = detect(made(health=health, resources=(bad, good)))

    assert (finding.reason, finding.since) == ("ArgoDegraded", ago(2 * HOUR))
    assert finding.hold == 15 * MINUTE
    assert finding.affected == (bad.ref,)
    assert finding.evidence[0].text == f"{bad.ref}: Degraded: no metric"


def test_without_health_of_each_object_all_of_them_are_linked() -> None:
    health = argov1.ArgoHealth(status="Degraded", message="it says so")

    [finding] = detect(made(health=health, resources=(WEB,)))

    assert finding.affected == (WEB.ref,)
    assert (finding.since, finding.sightings) == (None, 2)


def test_progress_and_operations_have_longer() -> None:
    moving = argov1.ArgoHealth(status="Progressing", last_transition_time=ago(2 * HOUR))

    [slow] = detect(made(health=moving))
    [stuck] = detect(made(state=ended("Running", age=2 * HOUR)))

    assert (slow.reason, slow.hold) == ("ArgoDegraded", HOUR)
    assert (stuck.reason, stuck.hold) == ("ArgoDegraded", 30 * MINUTE)
    assert stuck.since == ago(2 * HOUR + MINUTE)


def test_what_was_never_synced_by_hand_and_what_is_suspended_is_no_fault() -> None:
    never = argov1.ArgoHealth(status="Missing")

    assert detect(made(health=never, automated=None)) == []
    assert detect(made(health=argov1.ArgoHealth(status="Suspended"))) == []
    assert len(detect(made(health=never))) == 1


# --------------------------------------------------------------------------- ArgoComparisonFailed
UNKNOWN = argov1.ArgoSync(status="Unknown")


def test_a_repository_that_does_not_answer_is_one_cause_for_all_its_applications() -> None:
    text = "failed to list refs: dial tcp 10.0.0.9:443: i/o timeout"
    other = Ref("Application", "argocd", "blog")
    items = [made(said("ComparisonError", text), sync=UNKNOWN, ref=ref) for ref in (SHOP, other)]

    found = detect(*items)

    assert {each.shared for each in found} == {f"repository {GIT}"}
    assert {each.reason for each in found} == {"ArgoComparisonFailed"}
    assert (found[0].since, found[0].hold) == (ago(2 * HOUR), 15 * MINUTE)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("ComparisonError", "apps/shop: app path does not exist"), ("InvalidSpecError", "no project")],
)
def test_an_error_of_its_own_manifests_stays_its_own(kind: str, text: str) -> None:
    nowhere = argov1.ArgoSource()

    [finding] = detect(made(said(kind, text), sync=UNKNOWN, source=nowhere))

    assert finding.shared == ""
    assert finding.proposal is not None
    assert "what Git holds for shop" in finding.proposal.text


def test_a_warning_or_an_error_that_has_passed_is_no_failure() -> None:
    assert detect(made(said("SharedResourceWarning", "x"), sync=UNKNOWN)) == []
    assert detect(made(said("ComparisonError", "x"))) == []


def test_a_healthy_application_and_an_empty_one_are_no_fault() -> None:
    assert detect(made(state=ended("Succeeded")), argov1.Application(metadata=meta(SHOP))) == []


def test_a_repository_or_a_webhook_in_the_cluster_that_does_not_answer_is_pointed_at() -> None:
    own = argov1.ArgoSource(repo_url="http://git.shop.svc:3000/ops.git")
    unread = made(
        said("ComparisonError", "failed to list refs: context deadline exceeded"),
        sync=argov1.ArgoSync(status="Unknown"),
        source=own,
    )
    refused = 'failed calling webhook "x": Post "https://gate.shop.svc:443/v": connection refused'

    [comparison] = detect(unread)
    [sync] = detect(made(said("SyncError", refused), sync=DIFFERS), missing=("appprojects",))[:1]

    assert comparison.blames == (Ref("Service", "shop", "git"),)
    assert sync.blames == (Ref("Service", "shop", "gate"),)


def test_an_application_of_applications_points_at_those_that_are_degraded() -> None:
    degraded = argov1.ArgoHealth(status="Degraded", last_transition_time=ago(HOUR))
    child = argov1.ArgoResource(
        group="argoproj.io", kind="Application", namespace="argocd", name="web", health=degraded
    )

    [finding] = detect(made(health=degraded, resources=(child,)))

    assert finding.blames == (child.ref,)
