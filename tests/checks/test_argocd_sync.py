"""argocd_sync: Applications that failed to sync, differ, or are unwell, and those left alone."""

from datetime import timedelta

import pytest

from tests.builders import HOUR, MINUTE, ago, meta, snapshot
from watchdog.checks.argocd_sync import argocd_sync
from watchdog.domain import objects as k8s
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

SHOP = Ref("Application", "argocd", "shop")
REVISION = "8f2b7c1d9e004a55"
GIT = "https://git.example.org/ops.git"
SYNCED = k8s.ArgoSync(status="Synced", revision=REVISION)
DIFFERS = k8s.ArgoSync(status="OutOfSync", revision=REVISION)
HEALTHY = k8s.ArgoHealth(status="Healthy")
SELF_HEAL = k8s.ArgoAutomated(prune=True, self_heal=True)
WEB = k8s.ArgoResource(kind="Deployment", namespace="shop", name="web", status="OutOfSync")


def made(
    *conditions: k8s.Condition,
    sync: k8s.ArgoSync = SYNCED,
    health: k8s.ArgoHealth = HEALTHY,
    state: k8s.ArgoOperationState | None = None,
    resources: tuple[k8s.ArgoResource, ...] | None = None,
    automated: k8s.ArgoAutomated | None = SELF_HEAL,
    ordered: bool = False,
    skip: str = "",
    source: k8s.ArgoSource | None = None,
    ref: Ref = SHOP,
    deleting: bool = False,
) -> k8s.Application:
    return k8s.Application(
        metadata=meta(ref, annotations=k8s.Annotations(skip_reconcile=skip), deleting=deleting),
        operation=k8s.ArgoOperation() if ordered else None,
        spec=k8s.ApplicationSpec(
            source=source or k8s.ArgoSource(repo_url=GIT),
            destination=k8s.ArgoDestination(server="https://kubernetes", namespace="shop"),
            sync_policy=k8s.ArgoSyncPolicy(automated=automated),
        ),
        status=k8s.ApplicationStatus(
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
    results: tuple[k8s.ArgoResource, ...] | None = None,
    attempts: int = 0,
) -> k8s.ArgoOperationState:
    order = k8s.ArgoSyncOrder(revision=revision, self_heal_attempts_count=attempts)
    return k8s.ArgoOperationState(
        phase=phase,
        message=text,
        started_at=ago(age + MINUTE),
        finished_at=None if phase == "Running" else ago(age),
        retry_count=5 if phase == "Failed" else 0,
        operation=k8s.ArgoOperation(sync=order),
        sync_result=k8s.ArgoSyncResult(resources=results) if results else None,
    )


def said(kind: str, text: str) -> k8s.Condition:
    return k8s.Condition(type=kind, message=text, last_transition_time=ago(2 * HOUR))


def windows(*found: k8s.SyncWindow, name: str = "default") -> k8s.AppProject:
    ref = Ref("AppProject", "argocd", name)
    return k8s.AppProject(metadata=meta(ref), spec=k8s.AppProjectSpec(sync_windows=found))


def detect(*items: k8s.Object, missing: tuple[str, ...] = ()) -> list[Finding]:
    return list(argocd_sync.detect(snapshot(*items, missing=missing), NoParams()))


# --------------------------------------------------------------------------------- ArgoSyncFailed
def test_a_sync_that_was_given_up_names_the_object_and_the_error() -> None:
    text = 'Deployment.apps "web" is invalid: spec.selector: field is immutable'
    bad = k8s.ArgoResource(
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
def test_a_sync_that_is_going_left_alone_or_made_good_is_no_failure(item: k8s.Application) -> None:
    assert [each for each in detect(item) if each.reason == "ArgoSyncFailed"] == []


def test_a_failure_of_an_older_revision_is_history() -> None:
    found = detect(made(sync=DIFFERS, state=ended(revision="0000")))

    assert [each.reason for each in found] == ["ArgoOutOfSync"]


# ---------------------------------------------------------------------------------- ArgoOutOfSync
def test_an_automated_application_that_stays_out_of_sync_is_a_warning_after_two_looks() -> None:
    [finding] = detect(made(sync=DIFFERS, state=ended("Succeeded"), resources=(WEB,)))

    assert (finding.reason, finding.severity) == ("ArgoOutOfSync", Severity.WARNING)
    assert (finding.since, finding.sightings) == (None, 2)
    assert "Deployment/shop/web" in finding.why


def test_one_that_is_synced_by_hand_is_only_noted() -> None:
    off = k8s.ArgoAutomated(enabled=False)

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
    gone = k8s.ArgoResource(kind="Service", name="old", status="OutOfSync", requires_pruning=True)
    keep = k8s.ArgoAutomated(self_heal=True)

    assert detect(made(sync=DIFFERS, resources=(gone,), automated=keep)) == []
    assert detect(made(sync=DIFFERS, resources=(gone,), automated=None)) == []
    assert len(detect(made(sync=DIFFERS, resources=(gone, WEB), automated=keep))) == 1
    assert len(detect(made(sync=DIFFERS, resources=(gone,)))) == 1


NOON = k8s.SyncWindow(kind="deny", schedule="0 11 * * *", duration="2h", applications=("*",))
NIGHT = k8s.SyncWindow(kind="allow", schedule="0 22 * * *", duration="1h30m", namespaces=("sh*",))
TOKYO = k8s.SyncWindow(
    kind="deny", schedule="0 20 * * *", duration="2h", time_zone="Asia/Tokyo", clusters=("*",)
)


@pytest.mark.parametrize(
    "window",
    [
        NOON,
        NIGHT,
        TOKYO,
        k8s.SyncWindow(kind="deny", schedule="@noon", duration="1h", applications=("shop",)),
        k8s.SyncWindow(kind="deny", schedule="0 0 * * *", duration="long", applications=("shop",)),
        k8s.SyncWindow(
            kind="deny",
            schedule="0 0 * * *",
            duration="1h",
            time_zone="Nowhere/City",
            applications=("shop",),
        ),
        k8s.SyncWindow(
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
def test_a_closed_sync_window_is_by_choice(window: k8s.SyncWindow) -> None:
    assert detect(made(sync=DIFFERS), windows(window)) == []


@pytest.mark.parametrize(
    "project",
    [
        windows(
            k8s.SyncWindow(kind="deny", schedule="0 9 * * *", duration="2h", applications=("*",))
        ),
        windows(
            k8s.SyncWindow(kind="deny", schedule="0 11 * * *", duration="2h", applications=("x",))
        ),
        windows(k8s.SyncWindow(kind="deny", schedule="0 11 * * *", duration="2h")),
        windows(
            k8s.SyncWindow(kind="allow", schedule="0 11 * * *", duration="2h", clusters=("https*",))
        ),
        windows(
            k8s.SyncWindow(
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
def test_an_open_or_foreign_sync_window_changes_nothing(project: k8s.AppProject) -> None:
    assert len(detect(made(sync=DIFFERS), project)) == 1


def test_without_the_right_to_read_projects_the_application_is_judged_alone() -> None:
    assert len(detect(made(sync=DIFFERS), missing=("appprojects",))) == 1


# ----------------------------------------------------------------------------------- ArgoDegraded
def test_a_degraded_application_names_its_unhealthy_objects() -> None:
    bad = k8s.ArgoResource(
        kind="HorizontalPodAutoscaler",
        namespace="shop",
        name="web",
        health=k8s.ArgoHealth(status="Degraded", message="no metric"),
    )
    good = k8s.ArgoResource(
        kind="Deployment", namespace="shop", name="web", health=k8s.ArgoHealth(status="Healthy")
    )
    health = k8s.ArgoHealth(status="Degraded", last_transition_time=ago(2 * HOUR))

    [finding] = detect(made(health=health, resources=(bad, good)))

    assert (finding.reason, finding.since) == ("ArgoDegraded", ago(2 * HOUR))
    assert finding.hold == 15 * MINUTE
    assert finding.affected == (bad.ref,)
    assert any("no metric" in each.text for each in finding.evidence)


def test_without_health_of_each_object_all_of_them_are_linked() -> None:
    health = k8s.ArgoHealth(status="Degraded", message="it says so")

    [finding] = detect(made(health=health, resources=(WEB,)))

    assert finding.affected == (WEB.ref,)
    assert (finding.since, finding.sightings) == (None, 2)


def test_progress_and_operations_have_longer() -> None:
    moving = k8s.ArgoHealth(status="Progressing", last_transition_time=ago(2 * HOUR))

    [slow] = detect(made(health=moving))
    [stuck] = detect(made(state=ended("Running", age=2 * HOUR)))

    assert (slow.reason, slow.hold) == ("ArgoDegraded", HOUR)
    assert (stuck.reason, stuck.hold) == ("ArgoDegraded", 30 * MINUTE)
    assert stuck.since == ago(2 * HOUR + MINUTE)


def test_what_was_never_synced_by_hand_and_what_is_suspended_is_no_fault() -> None:
    never = k8s.ArgoHealth(status="Missing")

    assert detect(made(health=never, automated=None)) == []
    assert detect(made(health=k8s.ArgoHealth(status="Suspended"))) == []
    assert len(detect(made(health=never))) == 1


# --------------------------------------------------------------------------- ArgoComparisonFailed
UNKNOWN = k8s.ArgoSync(status="Unknown")


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
    nowhere = k8s.ArgoSource()

    [finding] = detect(made(said(kind, text), sync=UNKNOWN, source=nowhere))

    assert finding.shared == ""
    assert finding.proposal is not None
    assert "what Git holds for shop" in finding.proposal.text


def test_a_warning_or_an_error_that_has_passed_is_no_failure() -> None:
    assert detect(made(said("SharedResourceWarning", "x"), sync=UNKNOWN)) == []
    assert detect(made(said("ComparisonError", "x"))) == []


def test_a_healthy_application_and_an_empty_one_are_no_fault() -> None:
    assert detect(made(state=ended("Succeeded")), k8s.Application(metadata=meta(SHOP))) == []
