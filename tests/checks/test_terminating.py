"""terminating: deletions that do not end, and who has to let them end."""

from collections.abc import Iterable
from datetime import timedelta

import msgspec

from tests.builders import HOUR, MINUTE, ago, deployment, meta, node, pod, replicaset, snapshot
from tests.logic.roles import ACCOUNT, bind_all, cluster_role, refusal, rule
from watchdog.checks.terminating import terminating
from watchdog.domain.check import NoParams
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.objects import apiregistrationv1, appsv1, corev1, metav1, podv1, storagev1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot

STATE = Ref("ConfigMap", "shop", "state")
FINALIZER = "cleanup.backup.example.com/state"


def detect(look: Snapshot) -> list[Finding]:
    return list(terminating.detect(look, NoParams()))


def going(
    ref: Ref, *finalizers: str, age: timedelta = HOUR, labels: dict[str, str] | None = None
) -> metav1.Metadata:
    return msgspec.structs.replace(
        meta(ref, age=24 * HOUR, labels=labels),
        deletion_timestamp=ago(age),
        finalizers=finalizers,
    )


def config_map(*finalizers: str, name: str = "state") -> corev1.ConfigMap:
    return corev1.ConfigMap(metadata=going(Ref("ConfigMap", "shop", name), *finalizers))


def namespace(name: str, *conditions: metav1.Condition, ending: bool = True) -> corev1.Namespace:
    ref = Ref("Namespace", "", name)
    return corev1.Namespace(
        metadata=going(ref) if ending else meta(ref),
        status=corev1.NamespaceStatus(
            phase="Terminating" if ending else "Active", conditions=conditions
        ),
    )


def commands(finding: Finding) -> tuple[str, ...]:
    assert finding.proposal is not None
    return finding.proposal.commands


def controller(name: str = "backup-operator", namespace: str = "ops") -> list[metav1.Object]:
    owner = deployment(Ref("Deployment", namespace, name))
    current = replicaset(owner, 1)
    spec = podv1.PodSpec(
        containers=(podv1.Container(name="manager"),), service_account_name=ACCOUNT.name
    )
    return [owner, current, pod(Ref("Pod", namespace, f"{name}-1"), owner=current, spec=spec)]


def with_log(look: Snapshot, text: str) -> Snapshot:
    query = LogQuery(Ref("Pod", "ops", "backup-operator-1"), "manager")
    return look.with_logs({query: Log(text)})


def test_a_pod_its_kubelet_does_not_end_is_stuck() -> None:
    owner = deployment(Ref("Deployment", "shop", "web"))
    current = replicaset(owner, 1)
    victim = pod(Ref("Pod", "shop", "web-1"), owner=current, deleting=True)

    [finding] = detect(snapshot(owner, current, victim, node("w-1")))

    assert (finding.reason, finding.subject) == ("StuckTerminating", victim.ref)
    assert (finding.since, finding.hold) == (ago(MINUTE), 5 * MINUTE)
    assert finding.severity is Severity.WARNING
    assert finding.affected == (owner.ref,)
    assert commands(finding)[1] == "kubectl describe node w-1"
    assert "--force" not in str(finding.proposal)


def test_a_pod_without_a_node_and_an_object_that_nothing_holds_are_told_as_they_are() -> None:
    homeless = pod(Ref("Pod", "shop", "web-1"), deleting=True, node="")

    [plain, finding] = detect(snapshot(homeless, config_map()))

    assert commands(plain) == ("kubectl -n shop describe pod web-1",)
    assert "nothing holds it" in finding.message


def test_a_finalizer_that_is_not_taken_off_holds_its_object() -> None:
    [finding] = detect(snapshot(config_map(FINALIZER)))

    assert (finding.reason, finding.subject) == ("StuckTerminating", STATE)
    assert (finding.hold, finding.shared) == (10 * MINUTE, f"finalizer {FINALIZER}")
    assert finding.logs == ()


def test_the_likely_controllers_log_is_asked_for() -> None:
    watching = [cluster_role("watcher", rule("watch", "configmaps")), bind_all("watcher")]
    idle = controller("web", "web")

    [named] = detect(snapshot(config_map(FINALIZER), *controller(), *idle))
    [watches] = detect(snapshot(config_map("x"), *controller("thing"), *idle, *watching))

    assert named.logs == (LogQuery(Ref("Pod", "ops", "backup-operator-1"), "manager"),)
    assert watches.logs == (LogQuery(Ref("Pod", "ops", "thing-1"), "manager"),)
    assert "kubectl -n ops logs deployment/backup-operator --tail=50" in commands(named)


def test_objects_with_one_finalizer_share_their_cause_and_its_suspects() -> None:
    stuck = [config_map(FINALIZER), config_map(FINALIZER, name="other")]

    found = detect(snapshot(*stuck, *controller(), *controller("backup-ui")))

    assert [each.shared for each in found] == [f"finalizer {FINALIZER}"] * 2
    assert {len(each.logs) for each in found} == {2}


def test_a_controller_that_does_not_run_tells_nothing() -> None:
    owner, current, running = controller()
    assert isinstance(running, podv1.Pod)
    pending = msgspec.structs.replace(running, status=podv1.PodStatus(phase="Pending"))

    [finding] = detect(snapshot(config_map(FINALIZER), owner, current, pending))

    assert finding.logs == ()


def gone(name: str, replicas: int = 0) -> appsv1.Deployment:
    return deployment(Ref("Deployment", "ops", name), replicas=replicas, ready=0)


def test_a_controller_without_a_ready_pod_is_why_its_finalizers_stay() -> None:
    stuck = [config_map(FINALIZER), config_map(FINALIZER, name="other")]
    operator = gone("backup-operator")

    [finding] = detect(snapshot(*stuck, operator, namespace("shop"), gone("web-operator")))

    assert (finding.reason, finding.subject) == ("StuckTerminating", operator.ref)
    assert {ref.name for ref in finding.affected} == {"state", "other", "shop"}
    assert finding.blames == (operator.ref,)
    assert "0 of 0 pods" in finding.why
    assert commands(finding) == ("kubectl -n ops describe deployment backup-operator",)


def test_of_two_that_may_take_it_off_or_one_that_runs_none_is_the_subject() -> None:
    names = ("backup-operator", "backup-driver")

    [both] = detect(snapshot(config_map(FINALIZER), *map(gone, names)))
    [ready] = detect(snapshot(config_map(FINALIZER), *controller()))
    [other] = detect(snapshot(config_map(FINALIZER), gone("backup-ui")))

    assert [each.subject for each in (both, ready, other)] == [STATE] * 3
    assert [ref.name for ref in both.blames] == ["backup-driver", "backup-operator"]
    assert [ref.name for ref in ready.blames] == ["backup-operator"]
    assert other.blames == ()


def guarded(*items: metav1.Object) -> Snapshot:
    given = cluster_role("backup-operator", rule("get list watch", "configmaps"))
    return snapshot(*controller(), given, bind_all("backup-operator"), *items)


def test_a_controller_that_may_not_write_is_a_fault_of_its_role() -> None:
    look = with_log(guarded(config_map(FINALIZER), namespace("shop")), refusal())

    [finding] = detect(look)

    assert (finding.reason, finding.subject) == (
        "FinalizerBlockedByRBAC",
        Ref("ClusterRole", "", "backup-operator"),
    )
    assert finding.affected == (STATE, Ref("Namespace", "", "shop"))
    assert finding.hold == 10 * MINUTE
    assert '"verbs":["patch"]' in commands(finding)[0]
    assert finding.logs == (LogQuery(Ref("Pod", "ops", "backup-operator-1"), "manager"),)


def test_without_a_role_to_change_the_account_is_read() -> None:
    look = with_log(snapshot(*controller(), config_map(FINALIZER)), refusal())

    [finding] = detect(look)

    assert finding.subject == ACCOUNT
    assert commands(finding) == ("kubectl -n ops describe serviceaccount cleaner",)


def reasons(looks: Iterable[Snapshot]) -> set[str]:
    return {finding.reason for look in looks for finding in detect(look)}


def test_a_refusal_that_proves_nothing_leaves_the_object_stuck() -> None:
    other = Ref("ServiceAccount", "ops", "other")
    may = [cluster_role("writer", rule("patch", "configmaps")), bind_all("writer")]
    stuck = config_map(FINALIZER)

    assert reasons(
        [
            with_log(guarded(stuck, *may), refusal()),  # granted by now
            with_log(guarded(stuck), refusal(account=other)),  # of somebody else
            with_log(guarded(stuck), refusal(where="web")),  # in another namespace
            with_log(guarded(stuck), refusal(resource="pods", name="web")),  # of another object
            with_log(guarded(stuck), "all is well"),
            with_log(snapshot(*controller(), stuck, missing=("roles",)), refusal()),
        ]
    ) == {"StuckTerminating"}


def test_a_refusal_that_names_the_object_counts_whatever_it_was_about() -> None:
    look = with_log(guarded(config_map(FINALIZER)), refusal("delete", "secrets"))

    [finding] = detect(look)

    assert finding.reason == "FinalizerBlockedByRBAC"
    assert commands(finding) == ("kubectl describe clusterrole backup-operator",)


def test_what_is_meant_to_wait_is_left_alone() -> None:
    claim = storagev1.PersistentVolumeClaim(
        metadata=going(Ref("PersistentVolumeClaim", "shop", "d"), "kubernetes.io/pvc-protection")
    )
    volume = storagev1.PersistentVolume(
        metadata=going(Ref("PersistentVolume", "", "pv"), "kubernetes.io/pv-protection"),
        status=storagev1.VolumeStatus(phase="Bound"),
    )
    parent = appsv1.Deployment(metadata=going(Ref("Deployment", "shop", "p"), "foregroundDeletion"))
    source = podv1.ClaimSource(claim_name="d")
    spec = podv1.PodSpec(
        volumes=(podv1.Volume(name="x"), podv1.Volume(name="d", persistent_volume_claim=source))
    )
    user = pod(Ref("Pod", "shop", "user"), spec=spec)
    child = replicaset(deployment(parent.ref), 1)

    assert detect(snapshot(claim, volume, parent, user, child)) == []
    assert {finding.subject for finding in detect(snapshot(claim, parent))} == {
        claim.ref,
        parent.ref,
    }


def test_what_is_not_being_deleted_is_no_fault() -> None:
    kept = corev1.ConfigMap(metadata=msgspec.structs.replace(meta(STATE), finalizers=(FINALIZER,)))

    assert detect(snapshot(kept, namespace("shop", ending=False))) == []


REMAINS = metav1.Condition(
    type="NamespaceFinalizersRemaining",
    status="True",
    reason="SomeFinalizersRemain",
    message="Some content has finalizers remaining: example.com/x in 1 resource instances",
)


def test_a_namespace_with_content_that_is_not_read_is_stuck_itself() -> None:
    [finding] = detect(snapshot(namespace("shop", REMAINS)))

    assert finding.subject == Ref("Namespace", "", "shop")
    assert finding.hold == 5 * MINUTE
    assert "example.com/x" in finding.message
    [bare] = detect(snapshot(namespace("shop")))
    assert "does not say which" in bare.why


def test_a_namespace_waits_for_the_object_that_is_stuck_in_it() -> None:
    [finding] = detect(snapshot(namespace("shop", REMAINS), config_map(FINALIZER)))

    assert (finding.subject, finding.affected) == (STATE, (Ref("Namespace", "", "shop"),))


def api(available: str) -> apiregistrationv1.APIService:
    condition = metav1.Condition(type="Available", status=available)
    return apiregistrationv1.APIService(
        metadata=meta(Ref("APIService", "", "v1beta1.metrics.k8s.io")),
        spec=apiregistrationv1.ApiServiceSpec(group="metrics.k8s.io", version="v1beta1"),
        status=metav1.ConditionsStatus(conditions=(condition,)),
    )


UNDISCOVERED = metav1.Condition(
    type="NamespaceDeletionDiscoveryFailure",
    status="True",
    reason="DiscoveryFailed",
    message="Discovery failed for some groups, 1 failing: unable to retrieve the complete list of "
    "server APIs: metrics.k8s.io/v1beta1: stale GroupVersion discovery",
)


def test_a_namespace_whose_content_cannot_be_listed_is_a_fault_of_the_api() -> None:
    [finding] = detect(snapshot(namespace("shop", UNDISCOVERED), api("False")))

    assert finding.subject == Ref("APIService", "", "v1beta1.metrics.k8s.io")
    assert finding.affected == (Ref("Namespace", "", "shop"),)


def test_an_api_that_answers_again_is_not_blamed() -> None:
    [finding] = detect(snapshot(namespace("shop", UNDISCOVERED), api("True")))

    assert finding.subject == Ref("Namespace", "", "shop")
