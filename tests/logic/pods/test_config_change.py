"""config_change: which ConfigMap a crash or an unready pod is owed to, and which not."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.builders import (
    HOUR,
    MINUTE,
    ago,
    container,
    deployment,
    event,
    meta,
    pod,
    replicaset,
    running,
    snapshot,
    template,
    terminated,
    waiting,
)
from tests.network import app, service
from watchdog.checks.crash_loop import CrashLoopParams, crash_loop
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.objects import appsv1, corev1, metav1, podv1, probev1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot

API = Ref("Deployment", "shop", "api")
CONFIG = Ref("ConfigMap", "shop", "settings")
POD = Ref("Pod", "shop", "api-0")
DAYS = 9 * 24 * HOUR
CHANGED = 12 * MINUTE
ONSET = 9 * MINUTE


def config(
    ref: Ref = CONFIG,
    *,
    changed: timedelta | None = CHANGED,
    created: timedelta = DAYS,
    manager: str = "kubectl-edit",
) -> corev1.ConfigMap:
    edits = () if changed is None else (metav1.Edit(manager=manager, time=ago(changed)),)
    metadata = msgspec.structs.replace(meta(ref, age=created), managed_fields=edits)
    return corev1.ConfigMap(metadata=metadata)


def by_env(name: str = "settings", *, optional: bool = False, **more: Any) -> podv1.PodTemplate:
    group = podv1.EnvFrom(config_map_ref=podv1.NameRef(name=name, optional=optional))
    return template(container(env_from=(group,), **more))


def by_volume(*, sub_path: str = "") -> podv1.PodTemplate:
    mounts = (podv1.VolumeMount(name="v", sub_path=sub_path), podv1.VolumeMount(name="w"))
    source = podv1.NameRef(name="settings")
    volume = podv1.Volume(name="v", config_map=source)
    return template(container(volume_mounts=mounts), volumes=(volume, podv1.Volume(name="w")))


def crashing(age: timedelta = MINUTE) -> podv1.ContainerStatus:
    return waiting("CrashLoopBackOff", restarts=6, last_state=terminated(1, age=age))


def owner(
    made: podv1.PodTemplate, *, replicas: int = 1, ready: int = 0, age: timedelta = DAYS
) -> tuple[appsv1.Deployment, appsv1.ReplicaSet]:
    item = deployment(API, replicas=replicas, ready=ready, pod_template=made, age=age)
    return item, replicaset(item, 1, age=age)


def instance(
    of: appsv1.ReplicaSet,
    status: podv1.ContainerStatus | None = None,
    *,
    ref: Ref = POD,
    since: timedelta = ONSET,
    age: timedelta = DAYS,
    **more: Any,
) -> podv1.Pod:
    return pod(
        ref,
        status or crashing(),
        owner=of,
        spec=of.spec.template.spec,
        since=since,
        age=age,
        **more,
    )


def shop(*items: metav1.Object, made: podv1.PodTemplate | None = None) -> Snapshot:
    item, revision = owner(made or by_env())
    return snapshot(item, revision, instance(revision), *items)


def found(look: Snapshot) -> list[Finding]:
    return [
        each
        for each in crash_loop.detect(look, CrashLoopParams())
        if each.reason == "BadConfigChange"
    ]


def said(look: Snapshot, text: str) -> Snapshot:
    return look.with_logs({LogQuery(POD, "app", previous=True): Log(text)})


def test_a_crash_shortly_after_a_change_is_owed_to_the_configmap() -> None:
    [finding] = list(crash_loop.detect(shop(config()), CrashLoopParams()))

    assert (finding.reason, finding.subject) == ("BadConfigChange", CONFIG)
    assert (finding.since, finding.hold) == (ago(ONSET), 5 * MINUTE)
    assert finding.severity is Severity.CRITICAL
    assert finding.affected == (API, POD)
    assert finding.evidence[0].text == "its content was changed by kubectl-edit"
    assert finding.message == f"{CONFIG} was changed, and {API} has failed since then"
    assert finding.why.startswith(f"The pods of {API} have failed since shortly after {CONFIG} was")
    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n shop get configmap settings -o yaml",)
    assert "rollout restart deployment/api" in finding.proposal.text


def test_everybody_who_uses_it_is_affected_and_the_healthy_are_warned_of() -> None:
    other = deployment(Ref("Deployment", "shop", "worker"), pod_template=by_env())
    broken = deployment(Ref("Deployment", "shop", "old"), ready=0, pod_template=by_env())
    stranger = deployment(Ref("Deployment", "shop", "free"))

    [finding] = found(shop(config(manager=""), other, broken, stranger))

    assert finding.affected == (API, POD, other.ref)
    assert "Deployment/shop/worker would get it at the next restart" in finding.why
    assert finding.evidence[0].text == "its content was changed"


def test_two_workloads_of_one_configmap_are_one_finding() -> None:
    item = deployment(Ref("Deployment", "shop", "b"), ready=0, pod_template=by_env(), age=DAYS)
    revision = replicaset(item, 1, age=DAYS)
    second = instance(revision, ref=Ref("Pod", "shop", "b-0"), since=8 * MINUTE)

    [finding] = found(shop(config(), item, revision, second))

    assert finding.affected[:2] == (API, item.ref)
    assert finding.since == ago(ONSET)


@pytest.mark.parametrize(
    "other",
    [
        config(changed=5 * MINUTE),  # after the onset
        config(changed=30 * MINUTE),  # long before it
        config(changed=None, created=DAYS),
        config(Ref("ConfigMap", "shop", "another")),
    ],
)
def test_a_change_at_another_time_or_of_another_configmap_is_not_blamed(
    other: corev1.ConfigMap,
) -> None:
    assert found(shop(other)) == []


def test_without_the_right_to_list_them_no_configmap_is_blamed() -> None:
    item, revision = owner(by_env())

    assert found(snapshot(item, revision, instance(revision), missing=["configmaps"])) == []


def test_one_that_the_pod_can_do_without_is_not_blamed() -> None:
    assert found(shop(config(), made=by_env(optional=True))) == []


def test_a_new_configmap_of_a_new_workload_came_with_it() -> None:
    def look(installed: timedelta, created: timedelta) -> list[Finding]:
        item, revision = owner(by_env(), age=installed)
        made = config(changed=CHANGED, created=created)
        return found(snapshot(item, revision, instance(revision, age=ONSET), made))

    assert look(13 * MINUTE, CHANGED) == []
    assert len(look(16 * MINUTE, CHANGED)) == 1  # it was made again, later
    assert len(look(13 * MINUTE, 13 * MINUTE)) == 1  # it was edited after the install
    assert look(CHANGED, DAYS) == []  # one rollout of both


def test_a_change_of_the_template_wins() -> None:
    item, first = owner(by_env(image="ghcr.io/example/app:0"))
    item = deployment(API, ready=0, pod_template=by_env())
    second = replicaset(item, 2, age=11 * MINUTE)
    crashed = instance(second, age=10 * MINUTE)

    [finding] = crash_loop.detect(
        snapshot(item, first, second, crashed, config()), CrashLoopParams()
    )

    assert finding.reason == "BadRollout"


def test_a_restart_is_no_change_of_the_template() -> None:
    item, first = owner(by_env())
    second = replicaset(item, 2, age=10 * MINUTE)

    assert len(found(snapshot(item, first, second, instance(second, age=ONSET), config()))) == 1


@pytest.mark.parametrize(("age", "count"), [(DAYS, 1), (ONSET, 0)])
def test_a_revision_that_came_back_is_as_old_as_its_pods(age: timedelta, count: int) -> None:
    item, _ = owner(by_env())
    back = replicaset(item, 3, age=DAYS)
    between = replicaset(
        item, 2, age=20 * MINUTE, pod_template=by_env(image="ghcr.io/example/app:2")
    )

    look = snapshot(item, back, between, instance(back, age=age), config())

    assert len(found(look)) == count


def test_a_sibling_that_was_started_since_and_is_well_clears_it() -> None:
    item, revision = owner(by_env(), replicas=2, ready=1)

    def look(started: timedelta, ready_for: timedelta) -> list[Finding]:
        other = instance(
            revision,
            running(age=started),
            ref=Ref("Pod", "shop", "api-1"),
            since=ready_for,
            age=started,
        )
        return found(snapshot(item, revision, instance(revision), other, config()))

    assert look(8 * MINUTE, 7 * MINUTE) == []
    assert len(look(HOUR, HOUR)) == 1  # it still has the old content
    assert len(look(8 * MINUTE, MINUTE)) == 1  # ready for a moment between two crashes


@pytest.mark.parametrize(
    "text",
    [
        "socket: too many open files",
        "/data/x: no space left on device",
        'pods is forbidden: User "system:serviceaccount:shop:api" cannot list resource "pods"',
        "database files are incompatible with server",
        "dial tcp: lookup db: connection refused; connect to db:5432 refused",
    ],
)
def test_a_log_that_names_another_cause_clears_it(text: str) -> None:
    down = [service("db", 5432), *app("db", 5432, ready=False)]

    assert found(said(shop(config(), *down), text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "settings.yaml:3: mapping values are not allowed",
        "dial tcp: lookup db-typo: no such host",
        "connection to db:5433 refused",
        "connection refused",
    ],
)
def test_a_log_of_the_program_or_of_a_host_that_is_not_down_does_not(text: str) -> None:
    up = [service("db", 5432), *app("db", 5432)]

    assert len(found(said(shop(config(), *up), text))) == 1


def test_who_calls_a_service_that_is_down_fails_for_that() -> None:
    made = by_env(env=(podv1.EnvVar(name="DB_URL", value="http://db:5432"),))
    down = [service("db", 5432), *app("db", 5432, ready=False, age=DAYS)]

    assert found(shop(config(), *down, made=made)) == []


def unready(made: podv1.PodTemplate, status: podv1.ContainerStatus, **more: Any) -> list[Finding]:
    item, revision = owner(made)
    failing = instance(revision, status, **more)
    return found(snapshot(item, revision, failing, config()))


def test_a_pod_that_stops_being_ready_with_its_mounted_file_is_owed_to_it() -> None:
    [finding] = unready(by_volume(), running(ready=False, age=DAYS))

    assert finding.subject == CONFIG
    assert [each.text for each in finding.evidence[1:]] == ["runs and is not ready"]
    assert finding.logs == (LogQuery(POD, "app"),)


def test_a_running_container_keeps_its_old_variables_and_single_files() -> None:
    old = running(ready=False, age=DAYS)

    assert unready(by_env(), old) == []
    assert unready(by_volume(sub_path="a.yaml"), old) == []
    assert len(unready(by_env(), running(ready=False, age=10 * MINUTE))) == 1


def test_who_waits_ends_or_was_killed_for_memory_is_not_unready() -> None:
    killed = running(ready=False, age=2 * MINUTE, last_state=terminated(137, reason="OOMKilled"))
    probe = probev1.Probe(period_seconds=60, failure_threshold=30)
    starting = template(
        container(
            startup_probe=probe,
            env_from=(podv1.EnvFrom(config_map_ref=podv1.NameRef(name="settings")),),
        )
    )

    assert unready(by_env(), killed) == []
    assert unready(by_env(), waiting("ImagePullBackOff")) == []
    assert unready(by_env(), running(ready=False, age=MINUTE), phase="Failed") == []
    assert unready(starting, running(ready=False, age=MINUTE, started=False)) == []


def test_a_container_that_never_came_up_was_not_reached() -> None:
    item, revision = owner(by_env())
    status = waiting("RunContainerError", restarts=3)

    assert found(snapshot(item, revision, instance(revision, status), config())) == []


def test_a_bare_pod_is_as_old_as_it_is_and_others_unknown() -> None:
    spec = by_env().spec
    bare = pod(POD, crashing(), spec=spec, since=ONSET, age=DAYS)
    custom = metav1.OwnerReference(kind="Rollout", name="r", uid="r", controller=True)
    owned = msgspec.structs.replace(
        bare, metadata=msgspec.structs.replace(bare.metadata, owner_references=(custom,))
    )

    assert [each.subject for each in found(snapshot(bare, config()))] == [CONFIG]
    assert found(snapshot(owned, config())) == []


def test_a_job_that_retries_is_not_judged() -> None:
    job = metav1.OwnerReference(kind="Job", name="j", uid="j", controller=True)
    spec = by_env().spec
    one = pod(POD, running(ready=False, age=MINUTE), spec=spec, since=ONSET, age=DAYS)
    owned = msgspec.structs.replace(
        one, metadata=msgspec.structs.replace(one.metadata, owner_references=(job,))
    )

    assert found(snapshot(owned, config())) == []


def test_of_two_configmaps_the_last_change_before_the_onset_is_blamed() -> None:
    both = template(
        container(
            env_from=tuple(
                podv1.EnvFrom(config_map_ref=podv1.NameRef(name=name)) for name in ("a", "settings")
            )
        )
    )
    earlier = config(Ref("ConfigMap", "shop", "a"), changed=20 * MINUTE)

    [finding] = found(shop(earlier, config(), made=both))

    assert finding.subject == CONFIG


def test_a_probe_that_kills_does_not_hide_the_change() -> None:
    item, revision = owner(by_env())
    status = running(ready=False, restarts=5, age=MINUTE, last_state=terminated(137))
    failing = instance(revision, status)
    probe = event(failing, "Unhealthy", "Liveness probe failed: HTTP 500")

    assert len(found(snapshot(item, revision, failing, probe, config()))) == 1
