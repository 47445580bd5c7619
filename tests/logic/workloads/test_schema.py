"""schema: what appliers say of definitions, believed only where the definition is installed."""

from datetime import timedelta

import pytest

from tests.builders import HOUR, MINUTE, ago, event, meta, snapshot
from tests.customs import definition
from watchdog.domain.objects import argov1, fluxv1, metav1
from watchdog.domain.ref import Ref
from watchdog.logic.workloads.schema import Mismatch, mismatches

DBS = Ref("CustomResourceDefinition", "", "dbs.db.example.com")
APP = Ref("Application", "argocd", "shop")
MAIN = Ref("Db", "shop", "main")
INVALID = 'Db.db.example.com "main" is invalid: spec.mode: Unsupported value: "fast": supported values: "a"'
TYPED = (
    "Db/shop/main dry-run failed: failed to create typed patch object (shop/main; "
    "db.example.com/v1, Kind=Db): .spec.tls: field not declared in schema"
)
OLD = 'error validating data: ValidationError(Db.spec): unknown field "tls" in com.example.db.v1.Db.spec'
STRICT = 'strict decoding error: unknown field "spec.tls"'


def refused(text: str, *, kind: str = "Db", group: str = "db.example.com") -> argov1.ArgoResource:
    return argov1.ArgoResource(
        group=group, kind=kind, namespace="shop", name="main", status="SyncFailed", message=text
    )


def application(
    *wrong: argov1.ArgoResource,
    text: str = "it failed",
    deleting: bool = False,
    phase: str = "Failed",
) -> argov1.Application:
    state = argov1.ArgoOperationState(
        phase=phase,
        message=text,
        finished_at=ago(HOUR),
        sync_result=argov1.ArgoSyncResult(resources=wrong),
    )
    return argov1.Application(
        metadata=meta(APP, deleting=deleting),
        status=argov1.ApplicationStatus(operation_state=state),
    )


def kustomization(text: str, status: str = "False") -> fluxv1.Kustomization:
    ready = metav1.Condition(
        type="Ready", status=status, message=text, last_transition_time=ago(HOUR)
    )
    return fluxv1.Kustomization(
        metadata=meta(Ref("Kustomization", "flux-system", "apps")),
        status=metav1.ConditionsStatus(conditions=(ready,)),
    )


def found(*items: metav1.Object, installed: bool = True) -> list[Mismatch]:
    return list(mismatches(snapshot(*([definition()] if installed else []), *items)))


@pytest.mark.parametrize("text", [INVALID, TYPED, OLD, STRICT])
def test_what_a_resource_of_argo_cd_says(text: str) -> None:
    [one] = found(application(refused(text)))

    assert (one.definition, one.applier, one.refused) == (DBS, APP, MAIN)
    assert one.since == ago(HOUR)
    assert one.alone


@pytest.mark.parametrize("text", [INVALID, TYPED, OLD])
def test_what_the_operation_says_as_a_whole(text: str) -> None:
    [one] = found(application(text=text))

    assert (one.definition, one.refused, one.alone) == (DBS, None, True)


def test_a_sync_that_fails_on_something_else_too_is_not_explained() -> None:
    other = refused("field is immutable", kind="Service", group="")
    [one] = found(application(refused(INVALID), other))

    assert not one.alone


@pytest.mark.parametrize(
    "item",
    [
        application(refused("field is immutable")),
        application(refused(INVALID), deleting=True),
        application(refused(INVALID), phase="Succeeded"),
        application(text='Deployment.apps "web" is invalid: spec.x: Unsupported value: "y"'),
        application(text='Db.db.example.com "main" is invalid: spec.mode: Required value'),
        application(text=STRICT),
    ],
)
def test_other_failures_and_syncs_that_went_well_are_none(item: argov1.Application) -> None:
    assert found(item) == []


def test_a_kind_that_is_not_installed_is_not_believed() -> None:
    assert found(application(refused(INVALID)), installed=False) == []


@pytest.mark.parametrize("text", [INVALID, TYPED, OLD])
def test_a_refusal_that_flux_repeats_names_definition_and_applier(text: str) -> None:
    [one] = found(kustomization(text))

    assert (one.definition, one.applier) == (DBS, Ref("Kustomization", "flux-system", "apps"))
    assert one.since == ago(HOUR)


def test_a_flux_object_that_is_ready_says_nothing() -> None:
    assert found(kustomization(INVALID, "True")) == []


@pytest.mark.parametrize(("age", "count"), [(MINUTE, 1), (2 * HOUR, 0)])
def test_a_fresh_event_of_an_operator_counts(age: timedelta, count: int) -> None:
    about = kustomization("", "True")

    assert len(found(event(about, "ApplyFailed", INVALID, age=age))) == count


def test_each_definition_is_named_once() -> None:
    assert len(found(kustomization(f"{INVALID}; {INVALID}"))) == 1
