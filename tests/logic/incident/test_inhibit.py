"""inhibit: which Finding explains which, and which stand beside each other."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import HOUR, NOW
from tests.logic.incident.test_reconcile import opened
from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.logic.incident.group import Seen
from watchdog.logic.incident.inhibit import hold_back, inhibit

CART = Ref("Deployment", "shop", "cart")
WEB = Ref("Deployment", "shop", "web")
POD = Ref("Pod", "shop", "cart-1")
NODE = Ref("Node", "", "w-1")
SITE = Ref("Certificate", "shop", "site")
APP = Ref("Application", "argocd", "shop")

REASONS = st.sampled_from(
    [
        "StuckTerminating",
        "APIServiceUnavailable",
        "CrashLoop",
        "DependencyUnavailable",
        "BadRollout",
    ]
)
OBJECTS = st.sampled_from([CART, WEB, POD, NODE])


def seen(
    reason: str,
    subject: Ref = CART,
    *affected: Ref,
    blames: tuple[Ref, ...] = (),
    severity: Severity = Severity.WARNING,
) -> Seen:
    finding = Finding(
        reason=reason,
        subject=subject,
        affected=affected,
        blames=blames,
        severity=severity,
        message=reason,
        since=NOW - HOUR,
    )
    return Seen(check=reason.lower(), finding=finding)


def hidden(*findings: Seen, owners: dict[Ref, Ref] | None = None) -> list[str]:
    return [each.inhibited_by for each in inhibit(findings, owners or {})]


def test_a_lost_node_explains_missing_replicas_of_what_ran_on_it() -> None:
    node = seen("NodeNotReady", NODE, POD)
    short = seen("ReplicasUnavailable", CART)

    assert hidden(node, short, owners={POD: CART}) == ["", "NodeNotReady of Node/w-1"]


def test_a_nodes_kernel_limit_explains_the_replicas_it_costs() -> None:
    limit = seen("KernelLimitReached", NODE, POD)

    assert hidden(limit, seen("ReplicasUnavailable"), owners={POD: CART})[1]


@pytest.mark.parametrize("reason", ["UnschedulableTaint", "RegistryUnreachable"])
def test_a_nodes_taint_or_its_way_to_a_registry_explains_the_replicas_it_costs(reason: str) -> None:
    short = seen("ReplicasUnavailable", CART)

    assert hidden(seen(reason, NODE, CART), short)[1] == f"{reason} of {NODE}"
    assert hidden(seen(reason, NODE, CART), seen("CrashLoop"))[1] == ""


def test_a_lost_node_does_not_explain_a_crash_elsewhere() -> None:
    assert hidden(seen("NodeNotReady", NODE, CART), seen("CrashLoop", CART)) == ["", ""]


def test_what_is_said_of_another_object_is_not_explained() -> None:
    assert hidden(seen("ImageNotFound", WEB), seen("RolloutStuck", CART)) == ["", ""]


def test_any_cause_beats_a_stuck_rollout() -> None:
    assert hidden(seen("ImageNotFound"), seen("RolloutStuck")) == [
        "",
        "ImageNotFound of Deployment/shop/cart",
    ]


def test_a_specific_cause_of_the_template_beats_a_bad_rollout() -> None:
    assert hidden(
        seen("MissingConfigKey", Ref("Secret", "shop", "s"), CART), seen("BadRollout")
    ) == [
        "",
        "MissingConfigKey of Secret/shop/s",
    ]


def test_two_strong_reasons_on_one_object_are_two() -> None:
    assert hidden(seen("MemoryLimitTooLow"), seen("ContainerSpecInvalid")) == ["", ""]


def test_weak_reasons_do_not_hide_each_other_both_ways() -> None:
    assert hidden(seen("RolloutStuck"), seen("ReplicasUnavailable")) == [
        "",
        "RolloutStuck of Deployment/shop/cart",
    ]


def test_a_crash_explains_the_replicas_that_are_short() -> None:
    assert hidden(seen("CrashLoop"), seen("ReplicasUnavailable")) == [
        "",
        "CrashLoop of Deployment/shop/cart",
    ]


def test_a_missing_storage_class_explains_the_pending_pod() -> None:
    claim = Ref("PersistentVolumeClaim", "shop", "d")

    assert hidden(seen("StorageClassMissing", claim, CART), seen("RequestTooLarge"))[1]


def test_a_claim_that_two_nodes_want_explains_the_attach_that_is_refused() -> None:
    claim, other = Ref("PersistentVolumeClaim", "shop", "data"), Ref("Deployment", "shop", "files")
    attach = seen("VolumeAttachFailed", claim, other)

    assert hidden(attach, seen("RWOVolumeShared", other)) == [f"RWOVolumeShared of {other}", ""]
    assert (
        hidden(attach, seen("InsufficientCapacity", other))[1] == f"VolumeAttachFailed of {claim}"
    )


def test_a_volume_that_fills_up_explains_a_crash_only_when_the_crash_says_so() -> None:
    claim = Ref("PersistentVolumeClaim", "shop", "d")
    full = seen("VolumeNearlyFull", claim, CART)

    assert hidden(full, seen("CrashLoop")) == ["", ""]
    assert hidden(full, seen("CrashLoop", blames=(claim,)))[1] == f"VolumeNearlyFull of {claim}"


def test_a_cordon_explains_the_pods_that_wait_for_it() -> None:
    cordon = seen("NodeCordoned", NODE, POD)

    assert hidden(cordon, seen("InsufficientCapacity"), owners={POD: CART})[1]
    assert hidden(cordon, seen("CrashLoop"), owners={POD: CART}) == ["", ""]


def test_a_job_that_overloads_a_workload_explains_its_kills() -> None:
    rogue = seen("RogueJob", Ref("Job", "shop", "load"), CART)

    assert hidden(rogue, seen("MemoryLimitTooLow"))[1]


def test_a_quota_that_refuses_pods_is_not_told_as_nearly_used_up() -> None:
    quota = Ref("ResourceQuota", "shop", "q")

    assert hidden(seen("QuotaRejects", quota), seen("QuotaNearLimit", quota))[1]


def test_of_a_cronjob_the_nearest_cause_is_told() -> None:
    nightly, run = Ref("CronJob", "shop", "nightly"), Ref("Job", "shop", "nightly-1")
    reasons = [
        seen("SidecarBlocksJob", nightly, run),
        seen("JobHung", run, nightly),
        seen("CronJobMissedRuns", nightly),
        seen("CronJobFailing", nightly),
    ]

    assert [bool(each) for each in hidden(*reasons)] == [False, True, True, True]
    assert [bool(each) for each in hidden(*reasons[1:])] == [False, True, True]


def test_a_stale_backup_is_told_once_and_a_cause_in_its_pods_beats_its_failing() -> None:
    nightly = Ref("CronJob", "shop", "nightly")
    failing = seen("CronJobFailing", nightly)

    assert hidden(seen("BackupStale", nightly), failing)[1]
    assert hidden(seen("MemoryLimitTooLow", nightly), failing)[1]


def test_a_callee_at_fault_explains_its_caller() -> None:
    caller = seen("DependencyUnavailable", WEB, blames=(CART,))

    assert hidden(seen("BadRollout", CART), caller) == ["", "BadRollout of Deployment/shop/cart"]


def test_what_is_true_of_a_callee_beside_its_work_explains_no_caller() -> None:
    caller = seen("AppUnhealthy", WEB, blames=(CART,))

    assert hidden(seen("HPAMissingRequest", CART), caller) == ["", ""]


def test_a_network_plugin_that_fails_explains_the_sandboxes_of_its_nodes() -> None:
    plugin = Ref("DaemonSet", "kube-system", "flannel")
    sandbox = seen("SandboxFailed", NODE, POD, blames=(plugin,))

    assert hidden(seen("BadRollout", plugin), sandbox) == ["", f"BadRollout of {plugin}"]


def test_a_pod_somebody_changed_explains_what_it_does_to_its_workload() -> None:
    drift = seen("PodDrift", POD, CART)

    assert hidden(drift, seen("ImageNotFound", CART, POD), owners={POD: CART})[1]


def test_what_a_scheduler_fails_by_explains_that_it_schedules_nothing() -> None:
    scheduler = Ref("Deployment", "ops", "binpacker")
    stalled = seen("ControllerStalled", scheduler, CART, POD, blames=(scheduler,))

    assert hidden(seen("ImageNotFound", scheduler), stalled) == [
        "",
        f"ImageNotFound of {scheduler}",
    ]
    assert hidden(stalled, seen("RolloutStuck", CART)) == [
        "",
        f"ControllerStalled of {scheduler}",
    ]


def test_a_webhook_that_rewrites_resources_explains_the_kills() -> None:
    webhook = Ref("MutatingWebhookConfiguration", "", "defaults")
    mutation = seen("WebhookMutatesResources", webhook, CART)

    assert hidden(mutation, seen("MemoryLimitTooLow")) == [
        "",
        f"WebhookMutatesResources of {webhook}",
    ]


def test_a_right_that_the_newest_revision_lacks_comes_back_with_the_one_before() -> None:
    role = Ref("ClusterRole", "", "cart")

    assert hidden(seen("BadRollout"), seen("RBACForbidden", role, CART)) == [
        "",
        f"BadRollout of {CART}",
    ]


def test_a_controller_without_rights_explains_what_it_does_not_finish() -> None:
    role = Ref("ClusterRole", "", "cart")
    state = Ref("ConfigMap", "shop", "state")

    blocked = seen("FinalizerBlockedByRBAC", role, state)

    assert hidden(blocked, seen("StuckTerminating", state))[1]


def test_an_open_incident_of_a_check_that_did_not_look_explains_too() -> None:
    [known] = opened()
    node = replace(known, reason="NodeNotReady", subjects=(NODE,), affected=(CART,))

    [short] = inhibit([seen("ReplicasUnavailable")], {}, [node])

    assert short.inhibited_by == "NodeNotReady of Node/w-1"


def test_what_is_only_noted_explains_nothing() -> None:
    noted = seen("EnvShadowed", severity=Severity.INFO)

    assert hidden(noted, seen("ReplicasUnavailable")) == ["", ""]


def test_an_issuer_explains_its_certificates_and_a_failed_issue_the_end_that_comes() -> None:
    issuer = seen("IssuerNotReady", Ref("ClusterIssuer", "", "acme"), SITE)
    failed, soon = seen("CertificateIssuanceFailed", SITE), seen("CertificateExpiringSoon", SITE)

    assert hidden(issuer, failed, soon)[1:] == ["IssuerNotReady of ClusterIssuer/acme"] * 2
    assert hidden(failed, soon) == ["", "CertificateIssuanceFailed of Certificate/shop/site"]


def test_a_failed_issue_does_not_hide_that_the_end_has_come() -> None:
    found = hidden(seen("CertificateIssuanceFailed", SITE), seen("CertificateExpired", SITE))

    assert found == ["", ""]


def test_a_secret_nobody_could_fetch_is_told_by_whom_fetches_it() -> None:
    secret = Ref("Secret", "shop", "db")
    fetching = seen("ExternalSecretFailed", Ref("ExternalSecret", "shop", "db"), secret)

    assert hidden(fetching, seen("MissingSecret", secret, CART))[1]


def test_an_application_is_degraded_by_what_is_wrong_with_its_objects() -> None:
    degraded = seen("ArgoDegraded", APP, CART)

    for reason in ("ImageNotFound", "CrashLoop", "ReplicasUnavailable", "HPACannotScale"):
        assert hidden(seen(reason), degraded)[1], reason
    assert hidden(seen("ImageNotFound", WEB), degraded) == ["", ""]


def test_a_degraded_application_explains_nothing_of_its_objects() -> None:
    assert hidden(seen("ArgoDegraded", APP, CART), seen("ReplicasUnavailable"))[1] == ""


def test_a_failed_sync_explains_that_the_application_is_out_of_sync() -> None:
    assert hidden(seen("ArgoSyncFailed", APP), seen("ArgoOutOfSync", APP))[1]
    assert hidden(seen("ArgoOutOfSync", APP), seen("ArgoDegraded", APP)) == ["", ""]


def test_an_api_that_is_down_explains_autoscalers_and_is_explained_by_its_pods() -> None:
    metrics = seen("APIServiceUnavailable", Ref("APIService", "", "v1beta1.metrics.k8s.io"), CART)
    scaler = Ref("HorizontalPodAutoscaler", "shop", "web")
    cannot = seen("HPACannotScale", scaler, metrics.finding.subject)

    assert hidden(metrics, cannot) == [
        "",
        "APIServiceUnavailable of APIService/v1beta1.metrics.k8s.io",
    ]
    assert hidden(seen("CrashLoop"), metrics)[1]


def test_a_missing_request_explains_the_autoscaler_and_not_the_pods() -> None:
    scaler = Ref("HorizontalPodAutoscaler", "shop", "cart")
    request = seen("HPAMissingRequest", CART, scaler)

    assert hidden(request, seen("HPACannotScale", scaler))[1]
    assert hidden(request, seen("ReplicasUnavailable")) == ["", ""]


def test_an_old_secret_explains_the_refused_login() -> None:
    assert hidden(seen("StaleSecretEnv"), seen("DependencyUnavailable"))[1]


def test_of_two_that_explain_each_other_one_is_said() -> None:
    cart = seen("DependencyUnavailable", CART, blames=(WEB,))
    web = seen("DependencyUnavailable", WEB, blames=(CART,))

    assert hidden(web, cart) == ["DependencyUnavailable of Deployment/shop/cart", ""]


def test_of_a_circle_of_three_one_is_said() -> None:
    ring = [Ref("Deployment", "shop", name) for name in ("a", "b", "c")]
    found = hidden(
        *(
            seen("CrashLoop", ref, blames=(callee,))
            for ref, callee in zip(ring, [*ring[1:], ring[0]], strict=True)
        )
    )

    assert [bool(each) for each in found] == [False, True, True]


def test_a_circle_with_a_cause_outside_it_is_explained_altogether() -> None:
    cart = seen("DependencyUnavailable", CART, blames=(WEB,))
    web = seen("DependencyUnavailable", WEB, blames=(CART, POD))

    assert [bool(each) for each in hidden(seen("SandboxFailed", POD), cart, web)] == [
        False,
        True,
        True,
    ]


@given(st.lists(st.tuples(REASONS, OBJECTS, OBJECTS, OBJECTS), max_size=8))
def test_whatever_is_hidden_leads_to_something_that_is_said(
    drawn: list[tuple[str, Ref, Ref, Ref]],
) -> None:
    found = [
        seen(reason, subject, affected, blames=(blamed,))
        for reason, subject, affected, blamed in drawn
    ]
    after = inhibit(found, {})
    label = {f"{each.finding.reason} of {each.finding.subject}": each for each in after}

    assert not after or any(not each.inhibited_by for each in after)
    assert all(each.inhibited_by in label for each in after if each.inhibited_by)


def held(reason: str, *blind: str) -> str:
    [each] = hold_back([seen(reason)], dict.fromkeys(blind, "pods forbidden"))
    return each.inhibited_by


def test_a_consequence_waits_while_its_cause_cannot_be_looked_for() -> None:
    assert held("ReplicasUnavailable", "CertificateExpired", "QuotaRejects") == (
        "what cannot be seen now: QuotaRejects (pods forbidden)"
    )
    assert held("BadRollout", "MissingSecret")
    assert held("ArgoDegraded", "HPACannotScale")


def test_a_cause_of_its_own_does_not_wait() -> None:
    assert held("ImageNotFound", "QuotaRejects", "NodeNotReady") == ""
    assert held("CrashLoop", "CertificateExpired") == ""


def test_with_full_sight_nothing_waits() -> None:
    assert held("ReplicasUnavailable") == ""


def test_what_is_explained_keeps_its_explanation() -> None:
    known = replace(seen("ReplicasUnavailable"), inhibited_by="NodeNotReady of Node/w-1")

    [each] = hold_back([known], {"QuotaRejects": "pods forbidden"})

    assert each.inhibited_by == "NodeNotReady of Node/w-1"


def test_what_cuts_the_path_explains_what_its_callers_suffer() -> None:
    service = Ref("Service", "shop", "db")
    for reason in ("NetworkPolicyBlocks", "ServiceTargetPortMismatch", "MissingService"):
        for suffered in ("DependencyUnavailable", "AppUnhealthy", "CrashLoop"):
            larger, smaller = seen(reason, service, CART), seen(suffered, CART)

            assert hidden(larger, smaller) == ["", f"{reason} of {service}"]


def test_a_workload_at_zero_explains_its_service_and_callers() -> None:
    service = Ref("Service", "shop", "web")
    zero = seen("ScaledToZero", WEB, service, CART)

    assert hidden(zero, seen("ServiceWithoutEndpoints", service), seen("AppUnhealthy", CART)) == [
        "",
        "ScaledToZero of Deployment/shop/web",
        "ScaledToZero of Deployment/shop/web",
    ]


def test_a_missing_service_explains_the_route_that_names_it() -> None:
    route = Ref("Ingress", "shop", "shop")
    missing = seen("MissingService", Ref("Service", "shop", "db"), route)

    assert hidden(missing, seen("RouteInvalid", route))[1]


def test_a_dns_that_is_down_says_more_than_a_crash_and_less_than_a_cause() -> None:
    down = seen("ClusterDNSDown", CART)

    assert hidden(down, seen("CrashLoop")) == ["", "ClusterDNSDown of Deployment/shop/cart"]
    assert hidden(down, seen("ImageNotFound")) == ["ImageNotFound of Deployment/shop/cart", ""]


def test_a_dns_that_is_down_explains_who_cannot_resolve_a_name() -> None:
    caller = seen("DependencyUnavailable", WEB, blames=(CART,))

    assert hidden(seen("ClusterDNSDown", CART), caller)[1]


def test_a_dns_that_misleads_explains_what_callers_of_the_name_say() -> None:
    dns = seen("DNSRewrite", Ref("ConfigMap", "kube-system", "coredns"), CART)
    reasons = ("CrashLoop", "AppUnhealthy", "DependencyUnavailable", "InitDependencyMissing")

    assert all(hidden(dns, *(seen(reason, CART) for reason in reasons))[1:])


def test_a_configmap_that_broke_its_users_explains_their_probes_and_hosts() -> None:
    changed = seen("BadConfigChange", Ref("ConfigMap", "shop", "settings"), CART)
    reasons = ("AppUnhealthy", "DependencyUnavailable", "ReadinessProbeMisconfigured")

    assert all(hidden(changed, *(seen(reason, CART) for reason in reasons))[1:])


MAIN = Ref("Db", "shop", "main")


def test_what_is_said_of_its_workload_explains_a_custom_resource_that_is_not_ready() -> None:
    found = inhibit([seen("CustomResourceStalled", MAIN, CART), seen("CrashLoop")], {})

    assert [each.inhibited_by for each in found] == [f"CrashLoop of {CART}", ""]


def test_a_controller_with_a_fault_of_its_own_explains_what_it_leaves_alone() -> None:
    found = inhibit(
        [seen("CustomResourceStalled", MAIN, blames=(WEB,)), seen("CrashLoop", WEB)], {}
    )

    assert [each.inhibited_by for each in found] == [f"CrashLoop of {WEB}", ""]


def test_a_definition_that_refuses_explains_the_application_that_applies() -> None:
    crd = Ref("CustomResourceDefinition", "", "dbs.db.example.com")
    found = inhibit([seen("ArgoSyncFailed", APP), seen("CRDSchemaMismatch", crd, APP)], {})

    assert [each.inhibited_by for each in found] == [f"CRDSchemaMismatch of {crd}", ""]


@pytest.mark.parametrize(
    "reason",
    [
        "FluxNotReady",
        "ArgoComparisonFailed",
        "IssuerNotReady",
        "CertificateRenewalOverdue",
        "ClaimPending",
        "ExternalSecretFailed",
        "HPACannotScale",
        "RegistryUnreachable",
        "MountFailed",
        "ReplicasUnavailable",
        "RolloutStuck",
        "StuckTerminating",
    ],
)
def test_what_is_fetched_from_a_service_of_the_cluster_fails_with_it(reason: str) -> None:
    fetched = seen(reason, APP, blames=(CART,))

    assert hidden(seen("ImageNotFound"), fetched)[1]
    assert not hidden(seen("ImageNotFound", WEB), fetched)[1]


def test_an_application_of_applications_is_explained_by_the_one_that_is_degraded() -> None:
    parent = Ref("Application", "argocd", "all")
    above = seen("ArgoDegraded", parent, APP, blames=(APP,))
    below = seen("ArgoDegraded", APP, CART)

    assert hidden(above, below) == [f"ArgoDegraded of {APP}", ""]
    assert all(hidden(above, below, seen("ImageNotFound"))[:2])


def test_a_run_whose_job_is_refused_is_not_missed_by_the_controller() -> None:
    nightly, quota = Ref("CronJob", "shop", "nightly"), Ref("ResourceQuota", "shop", "jobs")

    assert hidden(seen("QuotaRejects", quota, nightly), seen("CronJobMissedRuns", nightly))[1]
    assert not hidden(seen("ImageNotFound", nightly), seen("CronJobMissedRuns", nightly))[1]


def test_a_job_that_fills_a_node_explains_what_is_said_of_that_node() -> None:
    rogue = seen("RogueJob", Ref("Job", "tools", "crunch"), CART, NODE)
    other = Ref("Node", "", "w-2")

    assert all(hidden(rogue, seen("NodeSaturated", NODE), seen("NodePressure", NODE))[1:])
    assert not hidden(rogue, seen("NodeSaturated", other))[1]
