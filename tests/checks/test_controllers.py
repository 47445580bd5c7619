"""controllers: who no longer works off what waits for it."""

from datetime import timedelta

import msgspec
import pytest

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
from watchdog.checks.controllers import controllers
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import appsv1, argov1, metav1, placementv1, podv1, policyv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

POD = Ref("Pod", "shop", "web-1")
LEASE = Ref("Lease", "kube-system", "kube-scheduler")


def detect(*items: metav1.Object) -> list[Finding]:
    return list(controllers.detect(snapshot(*items), NoParams()))


def unseen(
    scheduler: str = "", *, node: str = "", gates: tuple[placementv1.SchedulingGate, ...] = ()
) -> podv1.Pod:
    spec = podv1.PodSpec(scheduler_name=scheduler, scheduling_gates=gates)
    return pod(POD, spec=spec, node=node, phase="Pending", ready=False)


def lease(name: str = "kube-scheduler") -> policyv1.Lease:
    return policyv1.Lease(
        metadata=meta(Ref("Lease", "kube-system", name)),
        spec=policyv1.LeaseSpec(holder_identity="cp-0", renew_time=ago(HOUR)),
    )


def commands(finding: Finding) -> tuple[str, ...]:
    assert finding.proposal is not None
    return finding.proposal.commands


def test_a_pod_no_scheduler_has_looked_at_is_a_fault_of_the_scheduler() -> None:
    [finding] = detect(unseen(), lease())

    assert (finding.reason, finding.subject) == ("ControllerStalled", LEASE)
    assert (finding.severity, finding.hold) == (Severity.CRITICAL, 15 * MINUTE)
    assert (finding.since, finding.affected) == (ago(HOUR), (POD,))
    assert finding.evidence[-1].at == ago(HOUR)
    assert commands(finding)[0] == "kubectl -n kube-system describe lease kube-scheduler"
    assert commands(detect(unseen())[0])[0] == "kubectl -n kube-system get lease"


BINPACKER = Ref("Deployment", "ops", "binpacker")


@pytest.mark.parametrize(
    "owner",
    [
        deployment(BINPACKER),
        deployment(
            BINPACKER, pod_template=template(container(args=("--scheduler-name=binpacker",)))
        ),
    ],
)
def test_a_scheduler_that_is_a_workload_is_the_subject(owner: appsv1.Deployment) -> None:
    [finding] = detect(unseen("binpacker"), owner)

    assert finding.subject == BINPACKER
    assert finding.message.startswith(f"{BINPACKER} does not work off its objects; {POD}: no ")
    assert finding.blames == (BINPACKER,)
    assert commands(finding) == (
        "kubectl -n ops logs deployment/binpacker --tail=50",
        "kubectl -n ops describe deployment binpacker",
    )


def test_a_scheduler_is_known_by_its_arguments_or_its_lease() -> None:
    told = deployment(
        Ref("Deployment", "ops", "second"),
        pod_template=template(container(args=("--scheduler-name=binpacker",))),
    )

    assert detect(unseen("binpacker"), told)[0].subject == told.ref
    assert detect(unseen("binpacker"), lease("binpacker"))[0].subject == lease("binpacker").ref


def test_a_scheduler_that_does_not_exist_is_a_fault_of_who_names_it() -> None:
    [finding] = detect(unseen("binpacker"))

    assert (finding.subject, finding.affected, finding.blames) == (POD, (), ())
    assert "no scheduler of that name" in finding.why


def test_a_name_that_no_scheduler_has_is_taken_out_of_the_template() -> None:
    web = deployment(Ref("Deployment", "shop", "web"))
    waits = msgspec.structs.replace(
        unseen("binpacker"), metadata=meta(POD, owner=replicaset(web, 1))
    )

    [finding] = detect(web, replicaset(web, 1), waits)

    assert finding.subject == web.ref
    assert commands(finding) == (
        "kubectl -n shop patch deployment web --type=strategic "
        '-p \'{"spec":{"template":{"spec":{"schedulerName":null}}}}\'',
        "kubectl -n shop describe deployment web",
    )


def test_a_pod_that_was_looked_at_or_may_not_be_yet_is_silent() -> None:
    said = metav1.Condition(type="PodScheduled", status="False", reason="Unschedulable")
    looked_at = pod(POD, node="", phase="Pending", ready=False, conditions=(said,))

    assert detect(looked_at) == []
    assert detect(unseen(node="w-1")) == []
    assert detect(unseen(gates=(placementv1.SchedulingGate(name="wait"),))) == []
    assert detect(pod(POD)) == []


def behind(observed: int, *, generation: int = 3, deleting: bool = False) -> appsv1.Deployment:
    item = deployment(Ref("Deployment", "shop", "web"))
    return msgspec.structs.replace(
        item,
        metadata=meta(item.ref, generation=generation, deleting=deleting),
        status=msgspec.structs.replace(item.status, observed_generation=observed),
    )


def test_a_change_nobody_took_note_of_is_a_fault_of_the_controller() -> None:
    [changed] = detect(behind(2))
    [new] = detect(behind(0))

    assert changed.subject == Ref("Lease", "kube-system", "kube-controller-manager")
    assert (changed.since, changed.sightings) == (None, 2)
    assert new.since == ago(HOUR)
    assert "generation 3, observed 2" in changed.message


def test_what_is_observed_or_going_is_silent() -> None:
    assert detect(behind(3)) == []
    assert detect(behind(2, deleting=True)) == []


def test_a_controller_that_may_not_make_the_replicaset_has_looked_at_the_change() -> None:
    item = behind(2)
    refused = metav1.Condition(type="Progressing", status="False", reason="ReplicaSetCreateError")
    status = msgspec.structs.replace(item.status, conditions=(refused,))

    assert detect(msgspec.structs.replace(item, status=status)) == []


ARGO = Ref("StatefulSet", "argocd", "argocd-application-controller")


def application(name: str, age: timedelta | None, **annotations: str) -> argov1.Application:
    ref = Ref("Application", "argocd", name)
    at = ago(age) if age is not None else None
    return argov1.Application(
        metadata=meta(ref, annotations=metav1.Annotations(**annotations)),
        status=argov1.ApplicationStatus(reconciled_at=at),
    )


def argo(name: str = ARGO.name, part: str = "") -> appsv1.StatefulSet:
    labels = {"app.kubernetes.io/component": part} if part else None
    return appsv1.StatefulSet(
        metadata=meta(Ref("StatefulSet", "argocd", name), labels=labels, generation=0)
    )


def test_applications_nobody_looks_at_any_more_are_a_fault_of_their_controller() -> None:
    old = [application("a", 3 * HOUR), application("b", 2 * HOUR), application("new", None)]

    [finding] = detect(*old, argo())
    [labelled] = detect(*old, argo("gitops", "application-controller"))

    assert (finding.subject, finding.since) == (ARGO, ago(2 * HOUR))
    assert finding.affected == (old[0].ref, old[1].ref)
    assert labelled.subject.name == "gitops"


def test_one_late_application_among_others_is_its_own_matter() -> None:
    old, fresh = application("a", 3 * HOUR), application("b", MINUTE)

    assert detect(old, fresh, argo()) == []
    assert detect(old) == []
    assert detect(application("a", 3 * HOUR, skip_reconcile="true"), argo()) == []


def test_an_hour_without_a_round_proves_nothing_while_no_work_waits() -> None:
    running = msgspec.structs.replace(argo(), status=appsv1.WorkloadStatus(ready_replicas=1))
    late = application("a", HOUR)
    waiting = msgspec.structs.replace(late, operation=argov1.ArgoOperation())

    assert detect(late, running) == []
    assert [each.subject for each in detect(waiting, running)] == [ARGO]
    assert [each.subject for each in detect(late, argo())] == [ARGO]
