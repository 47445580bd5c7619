"""rollout_restart: when a restart is planned, and everything that speaks against one."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from tests.builders import (
    HOUR,
    MINUTE,
    ago,
    meta,
    running,
    terminated,
    waiting,
)
from tests.remediations.shop import (
    API,
    DAY,
    PROBED,
    Shop,
    daemon,
    hanging,
    incident,
    made_of,
    replica,
    shop,
    stateful,
)
from watchdog.domain.objects import (
    appsv1,
    certmanagerv1,
    corev1,
    externalsecretsv1,
    metav1,
    podv1,
    probev1,
)
from watchdog.domain.plan import Call, NoPlan, Plan, Step
from watchdog.domain.policy import ALONE, Policy
from watchdog.domain.ref import Ref
from watchdog.logic.decision.preflight import objections
from watchdog.remediations.rollout_restart import rollout_restart

LOGIN = Ref("Secret", "shop", "db-login")
TAKES = msgspec.structs.replace(
    PROBED,
    env=(
        podv1.EnvVar(
            name="PASSWORD",
            value_from=podv1.EnvValueFrom(secret_key_ref=podv1.KeyRef(name="db-login", key="p")),
        ),
    ),
)
CALLS = msgspec.structs.replace(PROBED, env=(podv1.EnvVar(name="DB", value="db:5432"),))
ALL_CAUSES = Policy(
    restart_causes=("wedged", "stale_config", "cause_gone", "oom", "config_parse", "missing_secret")
)


def planned(
    reason: str, found: Shop, policy: Policy | None = None, logs: dict[str, str] | None = None
) -> Plan | NoPlan:
    wanted = incident(reason, found.top.ref, affected=tuple(pod.ref for pod in found.pods))
    return rollout_restart.plan(wanted, found.look(logs=logs), policy or Policy())


def refused(
    reason: str, found: Shop, policy: Policy | None = None, logs: dict[str, str] | None = None
) -> str:
    answer = planned(reason, found, policy, logs)
    assert isinstance(answer, NoPlan)
    return "; ".join(answer.reasons)


def accepted(
    reason: str, found: Shop, policy: Policy | None = None, logs: dict[str, str] | None = None
) -> Plan:
    answer = planned(reason, found, policy, logs)
    assert isinstance(answer, Plan), answer
    return answer


# --------------------------------------------------------------------------- an old value is held
EXTERNAL = externalsecretsv1.ExternalSecret(
    metadata=meta(Ref("ExternalSecret", "shop", "db")),
    spec=externalsecretsv1.ExternalSecretSpec(
        refresh_interval="1h", target=externalsecretsv1.SecretTarget(name="db-login")
    ),
    status=externalsecretsv1.ExternalSecretStatus(
        refresh_time=ago(48 * MINUTE), conditions=(metav1.Condition(type="Ready", status="True"),)
    ),
)


def rotated(found: Shop | None = None) -> Shop:
    """One of three still runs with the old password, the others were started after the change."""
    base = (found or shop()).with_template(made_of(TAKES)).and_also(EXTERNAL)
    owner = base.direct or base.top
    spec, labels = base.top.spec.template.spec, base.pods[0].labels
    young = [
        replica(
            owner,
            n,
            running(age=30 * MINUTE),
            spec=spec,
            age=30 * MINUTE,
            since=30 * MINUTE,
            labels=labels,
        )
        for n in (2, 3)
    ]
    return replace(
        base, pods=(hanging(owner, 1, spec=spec, labels=labels), *young[: len(base.pods) - 1])
    )


def test_a_pod_with_an_old_password_is_restarted_by_its_workload() -> None:
    plan = accepted("StaleSecretEnv", rotated())

    assert plan.steps == (Step(call=Call.RESTART, target=API, uid=str(API), what=f"restart {API}"),)
    assert (plan.remediation, plan.cause, plan.owner) == ("RolloutRestart", "stale_config", API)
    assert (plan.generation, plan.revision) == (1, "api-1")
    assert plan.reason == (
        "Secret/shop/db-login was written at 2026-11-20 11:12 UTC, container app of api-1 was started "
        "at 2026-11-18 12:00 UTC and keeps the value it was started with."
    )
    assert plan.risk == f"All 3 pods of {API} are replaced, one after the other."
    assert objections(plan, rotated().look()) == ()


@pytest.mark.parametrize("found", [stateful(), daemon()], ids=lambda each: each.top.KIND)
def test_stateful_sets_and_daemon_sets_are_restarted_as_well(found: Shop) -> None:
    assert accepted("StaleSecretEnv", rotated(found)).owner == found.top.ref


def test_without_a_change_of_the_secret_nothing_is_planned() -> None:
    assert planned("StaleSecretEnv", rotated().without(EXTERNAL.ref)) == NoPlan()


def test_a_workload_that_is_gone_gets_no_plan() -> None:
    found = rotated()
    wanted = incident("StaleSecretEnv", Ref("Deployment", "shop", "gone"))

    assert rollout_restart.plan(wanted, found.look(), Policy()) == NoPlan()


def test_several_workloads_at_once_are_for_a_person() -> None:
    found = rotated()
    web = msgspec.structs.replace(found.top, metadata=meta(Ref("Deployment", "shop", "web")))
    wanted = incident("StaleSecretEnv", API, web.ref)

    answer = rollout_restart.plan(wanted, found.and_also(web).look(), Policy())

    assert answer == NoPlan(("2 workloads are hit at once: that is for a person to decide",))


def test_a_cause_that_the_policy_leaves_out_is_said() -> None:
    assert refused("StaleSecretEnv", rotated(), Policy(restart_causes=("wedged",))) == (
        "the policy allows no restart for stale_config (restart_causes)"
    )


def test_a_single_replica_is_restarted_only_where_the_gap_is_accepted() -> None:
    single = rotated(shop(replicas=1))

    assert "has 1 replicas: a restart may be a gap" in refused("StaleSecretEnv", single)
    plan = accepted("StaleSecretEnv", single, Policy(accept_gap=True))
    assert plan.risk == f"{API} may be away until its new pod is ready."


def tracked(found: Shop) -> Shop:
    return found.with_metadata(
        annotations=metav1.Annotations(argo_tracking="shop:apps/Deployment:x")
    )


def test_what_argo_cd_keeps_is_better_evicted() -> None:
    assert refused("StaleSecretEnv", tracked(rotated())) == (
        "Argo CD may take a restart back: evicting api-1 is enough"
    )


def test_what_argo_cd_keeps_is_restarted_where_an_eviction_cannot_do_it() -> None:
    found = tracked(rotated())
    owner, spec = found.direct or found.top, found.top.spec.template.spec
    two = found.with_pod(1, hanging(owner, 2, spec=spec))
    evictions_off = Policy(enabled=tuple(name for name in ALONE if name != "EvictPod"))

    assert accepted("StaleSecretEnv", two).cause == "stale_config"
    assert accepted("StaleSecretEnv", found, evictions_off).cause == "stale_config"


def test_what_an_operator_writes_is_not_restarted() -> None:
    above = metav1.OwnerReference(kind="Cluster", name="main", uid="u", controller=True)

    said = refused("StaleSecretEnv", rotated().with_metadata(owner_references=(above,)))

    assert "is written by Cluster/main, whose operator may take a restart back" in said


NEVER = metav1.Annotations(remediate="never")


def test_the_annotation_never_is_respected_on_all_levels() -> None:
    found = rotated()
    space = corev1.Namespace(metadata=meta(Ref("Namespace", "", "shop"), annotations=NEVER))
    metadata = msgspec.structs.replace(found.pods[0].metadata, annotations=NEVER)

    for each in (
        found.with_metadata(annotations=NEVER),
        found.and_also(space),
        found.changed(0, metadata=metadata),
    ):
        assert "watchdog/remediate: never" in refused("StaleSecretEnv", each)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (rotated().with_spec(paused=True), "is paused"),
        (rotated().with_status(updated_replicas=1), "a rollout of"),
        (rotated().with_spec(strategy=appsv1.Strategy(type="Recreate")), "strategy Recreate"),
        (rotated().with_metadata(deletion_timestamp=ago(MINUTE)), "is being deleted"),
    ],
)
def test_a_workload_that_cannot_roll_is_not_restarted(found: Shop, said: str) -> None:
    assert said in refused("StaleSecretEnv", found)


def test_a_forged_owner_reference_proves_nothing() -> None:
    found = rotated()
    metadata = msgspec.structs.replace(found.pods[0].metadata, labels={"app": "other"})

    assert planned("StaleSecretEnv", found.changed(0, metadata=metadata)) == NoPlan()


# ------------------------------------------------------------------------------------- pods hang
def hung(*places: int, found: Shop | None = None, **fields: timedelta) -> Shop:
    base = found or shop()
    for place in places:
        owner, labels = base.direct or base.top, base.pods[place].labels
        spec = base.top.spec.template.spec
        base = base.with_pod(place, hanging(owner, place + 1, labels=labels, spec=spec, **fields))
    return base


def test_several_hanging_pods_are_restarted_together() -> None:
    plan = accepted("AppUnhealthy", hung(0, 1))

    assert plan.cause == "wedged"
    assert plan.reason == (
        "For half an hour or more api-1, api-2 ran without a crash and without being ready; api-3 of "
        "the same template is ready."
    )


def test_one_hanging_pod_of_several_is_better_evicted() -> None:
    assert refused("AppUnhealthy", hung(0)) == "only api-1 hangs: evicting it is enough"
    evictions_off = Policy(enabled=("RolloutRestart",))
    assert accepted("AppUnhealthy", hung(0), evictions_off).cause == "wedged"


def test_all_pods_may_hang_of_what_calls_nobody() -> None:
    assert accepted("AppUnhealthy", hung(0, 1, 2)).reason.endswith("without being ready.")


def test_all_pods_of_what_calls_somebody_hang_for_somebody_else() -> None:
    found = hung(0, 1, 2, found=shop().with_template(made_of(CALLS)))

    assert planned("AppUnhealthy", found) == NoPlan()


def test_all_pods_that_name_somebody_in_their_log_hang_for_somebody_else() -> None:
    logs = {"api-1": "dial tcp 10.0.0.7:5432: connect: connection refused"}

    assert planned("AppUnhealthy", hung(0, 1, 2), logs=logs) == NoPlan()


def test_a_pod_that_hangs_for_twenty_minutes_gets_time() -> None:
    assert planned("AppUnhealthy", hung(0, 1, since=20 * MINUTE)) == NoPlan()


def test_a_pod_that_crashed_since_does_not_hang() -> None:
    found = shop()
    owner = found.direct or found.top
    again = replica(owner, 1, running(ready=False, age=10 * MINUTE), since=HOUR)
    paused = replica(owner, 1, waiting("CrashLoopBackOff", restarts=3), since=HOUR)

    assert planned("AppUnhealthy", found.with_pod(0, again)) == NoPlan()
    assert planned("AppUnhealthy", found.with_pod(0, paused)) == NoPlan()


def test_a_pod_that_never_was_ready_does_not_hang() -> None:
    found = shop()
    never = replica(found.direct or found.top, 1, running(ready=False, age=2 * DAY), since=2 * DAY)

    assert planned("AppUnhealthy", found.with_pod(0, never)) == NoPlan()


def test_the_first_seconds_of_a_pod_are_no_time_of_health() -> None:
    found = shop()
    soon = 2 * DAY - timedelta(seconds=5)
    never = replica(found.direct or found.top, 1, running(ready=False, age=2 * DAY), since=soon)

    assert planned("AppUnhealthy", found.with_pod(0, never)) == NoPlan()


def test_a_probe_that_cannot_pass_is_no_hanging_pod() -> None:
    wrong = msgspec.structs.replace(
        PROBED, readiness_probe=probev1.Probe(tcp_socket=probev1.PortOnly(port="web"))
    )

    assert (
        planned("AppUnhealthy", hung(0, 1, found=shop().with_template(made_of(wrong)))) == NoPlan()
    )


def test_a_template_of_today_is_suspect_itself() -> None:
    found = hung(0, 1)
    assert found.direct is not None
    young = msgspec.structs.replace(found.direct.metadata, creation_timestamp=ago(3 * HOUR))
    changed = replace(found, direct=msgspec.structs.replace(found.direct, metadata=young))

    assert "may have changed within a day" in refused("AppUnhealthy", changed)


def test_a_revision_that_never_was_healthy_is_not_restarted() -> None:
    found = crashed(shop(conditions=()), "api-1", "api-2", "api-3")

    said = refused("CrashLoop", found, ALL_CAUSES, {"api-1": "yaml: line 3: did not find"})

    assert "has never been healthy" in said


def test_a_hanging_pod_whose_configmap_was_mended_since_is_restarted() -> None:
    name = podv1.NameRef(name="settings")
    takes = msgspec.structs.replace(PROBED, env_from=(podv1.EnvFrom(config_map_ref=name),))
    found = hung(0, 1, 2, found=shop().with_template(made_of(takes, CALLS)))

    plan = accepted("AppUnhealthy", found.and_also(settings(10 * MINUTE)))

    assert plan.cause == "cause_gone"
    assert "ConfigMap/shop/settings was changed at 2026-11-20 11:50 UTC, after api-1" in plan.reason
    assert planned("AppUnhealthy", found.and_also(settings(HOUR))) == NoPlan()


# ------------------------------------------------------------------------------ the cause is gone
def settings(age: timedelta) -> corev1.ConfigMap:
    made = meta(Ref("ConfigMap", "shop", "settings"), age=9 * DAY)
    edit = metav1.Edit(manager="kubectl", time=ago(age))
    return corev1.ConfigMap(metadata=msgspec.structs.replace(made, managed_fields=(edit,)))


def crashed(found: Shop, *names: str, last: timedelta = 4 * MINUTE) -> Shop:
    for place, each in enumerate(found.pods):
        if each.name in names:
            status = waiting("CrashLoopBackOff", restarts=7, last_state=terminated(1, age=last))
            bad = replica(
                found.direct or found.top,
                place + 1,
                status,
                spec=each.spec,
                age=2 * DAY,
                since=2 * DAY,
            )
            found = found.with_pod(place, bad)
    return found


def configured() -> Shop:
    name = podv1.NameRef(name="settings")
    takes = msgspec.structs.replace(PROBED, env_from=(podv1.EnvFrom(config_map_ref=name),))
    return crashed(shop().with_template(made_of(takes)), "api-1", "api-2")


def test_a_configmap_that_was_changed_after_the_last_crash_ends_the_waiting() -> None:
    plan = accepted("CrashLoop", configured().and_also(settings(2 * MINUTE)))

    assert (plan.cause, plan.reason) == (
        "cause_gone",
        "ConfigMap/shop/settings was changed at 2026-11-20 11:58 UTC, after the last end of api-1 at "
        "2026-11-20 11:56 UTC; its containers wait out their back-off.",
    )


@pytest.mark.parametrize(
    "items", [(), (settings(10 * MINUTE),)], ids=["nothing changed", "before the last crash"]
)
def test_while_the_cause_stands_nothing_is_restarted(items: tuple[corev1.ConfigMap, ...]) -> None:
    assert planned("CrashLoop", configured().and_also(*items)) == NoPlan()


def test_what_is_written_anew_every_hour_proves_nothing() -> None:
    found = crashed(shop().with_template(made_of(TAKES)), "api-1", "api-2")
    fresh = msgspec.structs.replace(
        EXTERNAL,
        status=msgspec.structs.replace(EXTERNAL.status, refresh_time=ago(MINUTE)),
    )
    once = msgspec.structs.replace(
        fresh, spec=msgspec.structs.replace(fresh.spec, refresh_policy="OnChange")
    )

    assert planned("CrashLoop", found.and_also(fresh)) == NoPlan()
    assert accepted("CrashLoop", found.and_also(once)).cause == "cause_gone"


def test_a_new_certificate_ends_the_waiting() -> None:
    found = crashed(shop().with_template(made_of(TAKES)), "api-1", "api-2")
    item = certmanagerv1.Certificate(
        metadata=meta(Ref("Certificate", "shop", "db")),
        spec=certmanagerv1.CertificateSpec(secret_name="db-login"),
        status=certmanagerv1.CertificateStatus(
            not_before=ago(MINUTE), conditions=(metav1.Condition(type="Ready", status="True"),)
        ),
    )

    assert accepted("CrashLoop", found.and_also(item)).cause == "cause_gone"


def test_a_container_whose_end_is_not_known_proves_nothing() -> None:
    found = configured().and_also(settings(2 * MINUTE))
    status = waiting("CrashLoopBackOff", restarts=7)
    unknown = replica(found.direct or found.top, 1, status, spec=found.pods[0].spec)

    assert planned("CrashLoop", found.with_pod(0, unknown)) == NoPlan()


REFUSED = "dial tcp db:5432: connect: connection refused"
SERVICE = corev1.Service(
    metadata=meta(Ref("Service", "shop", "db")), spec=corev1.ServiceSpec(selector={"app": "db"})
)


def database(since: timedelta, *, ready: bool = True) -> podv1.Pod:
    owner = appsv1.StatefulSet(metadata=meta(Ref("StatefulSet", "shop", "db")))
    found = replica(owner, 1, running(ready=ready), since=since, labels={"app": "db"})
    return msgspec.structs.replace(
        found, metadata=meta(Ref("Pod", "shop", "db-0"), labels={"app": "db"})
    )


def depending() -> Shop:
    return crashed(shop().with_template(made_of(CALLS)), "api-1", "api-2").and_also(SERVICE)


def test_a_dependency_that_is_ready_again_ends_the_waiting() -> None:
    logs = {"api-1": REFUSED, "api-2": REFUSED}
    found = depending().and_also(SERVICE, database(2 * MINUTE))

    plan = accepted("DependencyUnavailable", found, logs=logs)

    assert plan.cause == "cause_gone"
    assert plan.reason.startswith(
        "Service/shop/db is ready again since 2026-11-20 11:58 UTC, after"
    )


@pytest.mark.parametrize(
    ("item", "logs"),
    [
        (database(10 * MINUTE), {"api-1": REFUSED, "api-2": REFUSED}),
        (database(2 * MINUTE, ready=False), {"api-1": REFUSED, "api-2": REFUSED}),
        (database(2 * MINUTE), {"api-1": REFUSED}),
        (database(2 * MINUTE), {"api-1": REFUSED, "api-2": "connection refused"}),
        (
            database(2 * MINUTE),
            {"api-1": REFUSED, "api-2": "dial tcp db.example.org:5432: connection refused"},
        ),
    ],
    ids=["was ready before", "is not ready", "one names nobody", "no host", "a host outside"],
)
def test_a_dependency_that_did_not_just_come_back_is_no_reason(
    item: podv1.Pod, logs: dict[str, str]
) -> None:
    assert planned("DependencyUnavailable", depending().and_also(item), logs=logs) == NoPlan()


def test_nobody_crashes_so_nothing_is_gone() -> None:
    assert planned("CrashLoop", shop()) == NoPlan()


# ------------------------------------------------------------------ what an operator may ask for
def test_a_configuration_that_cannot_be_read_is_restarted_only_on_request() -> None:
    found = crashed(shop(), "api-1", "api-2")
    logs = {"api-1": "error: yaml: line 3: did not find expected key"}

    assert planned("CrashLoop", found, logs=logs) == NoPlan()
    assert accepted("CrashLoop", found, ALL_CAUSES, logs).cause == "config_parse"
    assert planned("CrashLoop", found, ALL_CAUSES) == NoPlan()


def test_a_configmap_is_never_the_object_that_is_restarted() -> None:
    found = crashed(shop(), "api-1", "api-2")
    logs = {"api-1": "error: yaml: line 3: did not find expected key"}
    wanted = incident(
        "BadConfigChange", Ref("ConfigMap", "shop", "settings"), affected=(API, found.pods[0].ref)
    )

    answer = rollout_restart.plan(wanted, found.look(logs=logs), ALL_CAUSES)

    assert isinstance(answer, Plan)
    assert (answer.owner, answer.cause) == (API, "config_parse")


def killed(*, ready: bool = False, now: bool = False) -> Shop:
    found = shop()
    end = terminated(137, reason="OOMKilled")
    status = running(ready=ready, age=HOUR, last_state=end)
    if now:
        status = msgspec.structs.replace(status, state=end, last_state=podv1.ContainerState())
    return found.with_pod(0, replica(found.direct or found.top, 1, status, since=HOUR))


def test_a_container_killed_for_memory_is_restarted_only_on_request() -> None:
    assert planned("MemoryLimitTooLow", killed()) == NoPlan()
    assert accepted("MemoryLimitTooLow", killed(), ALL_CAUSES).cause == "oom"
    assert accepted("MemoryLimitTooLow", killed(now=True), ALL_CAUSES).cause == "oom"
    assert planned("MemoryLimitTooLow", killed(ready=True), ALL_CAUSES) == NoPlan()


def test_a_missing_secret_is_waited_for_with_a_restart_only_on_request() -> None:
    found = shop()
    status = waiting("CreateContainerConfigError", 'secret "db-login" not found')
    lacking = found.with_pod(0, replica(found.direct or found.top, 1, status))
    wanted = incident("MissingSecret", LOGIN, affected=(API,))

    assert rollout_restart.plan(wanted, lacking.look(), Policy()) == NoPlan()
    answer = rollout_restart.plan(wanted, lacking.look(), ALL_CAUSES)
    assert isinstance(answer, Plan)
    assert answer.cause == "missing_secret"
    assert rollout_restart.plan(wanted, found.look(), ALL_CAUSES) == NoPlan()
