"""custom_resource: what does not get on, what a definition refuses, and what is not judged."""

from dataclasses import replace

import msgspec
import pytest
from pydantic import ValidationError

from tests.builders import (
    HOUR,
    MINUTE,
    ago,
    container,
    deployment,
    meta,
    pod,
    replicaset,
    snapshot,
    template,
)
from tests.customs import API, DBS, MAIN, custom, definition, made_by, said
from tests.logic.roles import bind_all, cluster_role, rule, subject
from watchdog.checks.custom_resource import CustomResourceParams, custom_resource
from watchdog.domain.custom import CustomKind
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.objects import argov1, customv1, fluxv1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot

CART = Ref("Deployment", "shop", "cart")
OPERATOR = Ref("Deployment", "ops", "db-operator")
POD = Ref("Pod", "ops", "db-operator-1")
OWNING = made_by(deployment(CART), Ref("Db", "shop", "other"))  # so that the kind is judged
READY = (said("Ready", "True"),)
FAILS = (said("Ready", "False", reason="NoDisk"),)


def seen(*listed: customv1.CustomResource, also: tuple[metav1.Object, ...] = ()) -> Snapshot:
    look = snapshot(definition(), OWNING, *also)
    return replace(look, objects={**look.objects, str(DBS): listed})


def detect(look: Snapshot, *kinds: str) -> list[Finding]:
    return list(custom_resource.detect(look, CustomResourceParams(kinds=kinds)))


def operator(*now: str, before: tuple[str, ...] = ()) -> tuple[metav1.Object, ...]:
    """The controller of the kind, with the variables of its revisions."""

    def of(names: tuple[str, ...]) -> podv1.PodTemplate:
        env = tuple(podv1.EnvVar(name=name) for name in names)
        return template(container(env=env), service_account_name="op")

    owner = deployment(OPERATOR, pod_template=of(now))
    current = replicaset(owner, 2, pod_template=of(now))
    return (
        owner,
        current,
        replicaset(owner, 1, pod_template=of(before)),
        pod(POD, owner=current),
        cluster_role("db-writer", rule("update", "dbs/status", group="db.example.com")),
        bind_all("db-writer", subject("op", "ops")),
    )


def commands(finding: Finding) -> tuple[str, ...]:
    assert finding.proposal is not None
    return finding.proposal.commands


def test_a_custom_resource_that_is_not_ready_is_the_subject_and_its_workload_affected() -> None:
    made = made_by(deployment(Ref("Deployment", "shop", "main-db")))
    [finding] = detect(seen(custom(conditions=FAILS), also=(made,)))

    assert (finding.reason, finding.subject) == ("CustomResourceStalled", MAIN)
    assert finding.affected == (made.ref,)
    assert (finding.severity, finding.hold) == (Severity.WARNING, 30 * MINUTE)
    assert finding.since == ago(HOUR)
    assert commands(finding) == ("kubectl -n shop describe db.db.example.com main",)


def test_a_custom_resource_that_gets_on_is_silent() -> None:
    assert detect(seen(custom(conditions=READY, observed_generation=1))) == []


def test_one_whose_workload_wants_no_pod_is_left_alone() -> None:
    made = made_by(deployment(Ref("Deployment", "shop", "main-db"), replicas=0))

    assert detect(seen(custom(conditions=FAILS), also=(made,))) == []


def test_one_that_nobody_took_up_names_the_controller_and_what_it_lost() -> None:
    [finding] = detect(seen(custom(), also=operator("A", before=("A", "ENDPOINT"))))

    assert finding.subject == MAIN
    assert finding.blames == (OPERATOR,)
    assert "lost ENDPOINT with its newest revision" in finding.why
    assert [each.ref for each in finding.evidence if each.kind == "change"] == [OPERATOR]
    assert commands(finding) == ("kubectl -n ops rollout undo deployment/db-operator",)


def test_a_controller_that_lost_nothing_has_a_log_to_read() -> None:
    [finding] = detect(seen(custom(), also=operator()))

    assert finding.logs == (LogQuery(POD, "app"),)
    assert commands(finding)[0] == "kubectl -n ops logs deployment/db-operator --tail=50"


def test_the_last_line_of_the_controllers_log_is_evidence() -> None:
    look = seen(custom(), also=operator())
    [finding] = detect(
        look.with_logs({LogQuery(POD, "app"): Log("started\nno endpoint configured\n")})
    )

    assert [each.text for each in finding.evidence if each.kind == "log"] == [
        "no endpoint configured"
    ]


def test_those_that_one_controller_leaves_alone_have_one_cause() -> None:
    other = custom(Ref("Db", "shop", "second"))
    found = detect(seen(custom(), other, also=operator()))

    assert [each.shared for each in found] == [f"{OPERATOR} of Db"] * 2


def test_those_that_fail_by_themselves_are_told_one_by_one() -> None:
    [finding] = detect(seen(custom(conditions=FAILS), also=operator(before=("ENDPOINT",))))

    assert finding.shared == ""
    assert "ENDPOINT" not in finding.why
    assert "correct Db/shop/main" in (finding.proposal.text if finding.proposal else "")


def test_a_kind_that_owns_no_workload_is_judged_when_it_is_named() -> None:
    look = snapshot(definition())
    named = CustomKind(API, "dbs")
    look = replace(look, objects={**look.objects, str(named): (custom(conditions=FAILS),)})

    assert detect(look) == []
    assert [each.subject for each in detect(look, f"{API}/dbs")] == [MAIN]


def test_a_kind_that_cannot_be_listed_is_not_judged() -> None:
    assert detect(snapshot(definition(), OWNING)) == []


def test_the_kinds_asked_for_are_those_of_owners_and_of_the_setting() -> None:
    assert custom_resource.customs is not None
    params = CustomResourceParams(kinds=("other.example.org/v1/things",))

    assert tuple(custom_resource.customs(snapshot(OWNING), params)) == (
        DBS,
        CustomKind("other.example.org/v1", "things"),
    )


@pytest.mark.parametrize("name", ["dbs", "db.example.com/dbs", "db.example.com/v1/../../secrets"])
def test_a_kind_that_is_not_group_version_and_plural_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        CustomResourceParams(kinds=(name,))


def application(*wrong: argov1.ArgoResource) -> argov1.Application:
    state = argov1.ArgoOperationState(
        phase="Failed",
        finished_at=ago(HOUR),
        sync_result=argov1.ArgoSyncResult(resources=wrong),
    )
    return argov1.Application(
        metadata=meta(Ref("Application", "argocd", "shop")),
        status=argov1.ApplicationStatus(operation_state=state),
    )


def refused(kind: str, group: str, text: str) -> argov1.ArgoResource:
    return argov1.ArgoResource(
        group=group, kind=kind, namespace="shop", name="main", status="SyncFailed", message=text
    )


UNKNOWN = refused("Db", "db.example.com", 'strict decoding error: unknown field "spec.tls"')


def test_a_field_that_the_definition_does_not_know_is_the_definitions_finding() -> None:
    app = application(UNKNOWN)
    [finding] = detect(snapshot(definition(), app))

    assert finding.reason == "CRDSchemaMismatch"
    assert finding.subject == Ref("CustomResourceDefinition", "", "dbs.db.example.com")
    assert finding.affected == (app.ref, MAIN)
    assert (finding.since, finding.hold) == (ago(HOUR), 15 * MINUTE)
    assert 'unknown field "spec.tls"' in finding.message


def test_an_application_that_fails_on_more_keeps_its_own_finding() -> None:
    app = application(UNKNOWN, refused("Service", "", "field is immutable"))
    [finding] = detect(snapshot(definition(), app))

    assert app.ref not in finding.affected


def test_all_that_one_definition_refuses_is_one_finding() -> None:
    ready = metav1.Condition(
        type="Ready",
        status="False",
        message='Db.db.example.com "x" is invalid: spec.mode: Unsupported value: "fast"',
        last_transition_time=ago(2 * HOUR),
    )
    apps = fluxv1.Kustomization(
        metadata=meta(Ref("Kustomization", "flux", "apps")),
        status=metav1.ConditionsStatus(conditions=(ready,)),
    )
    [finding] = detect(snapshot(definition(), application(UNKNOWN), apps))

    assert finding.since == ago(2 * HOUR)
    assert apps.ref in finding.affected


def test_a_service_that_did_not_answer_its_controller_is_pointed_at() -> None:
    text = "dial tcp: lookup broker.queue.svc: no such host"
    bad = msgspec.structs.replace(FAILS[0], message=text)

    [finding] = detect(seen(custom(conditions=(bad,)), also=(made_by(deployment(CART)),)))

    assert finding.blames == (Ref("Service", "queue", "broker"),)
