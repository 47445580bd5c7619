"""crash_loop: which restarts are a fault, and what has to change to end them."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from tests.builders import (
    HOUR,
    MINUTE,
    container,
    deployment,
    event,
    node,
    pod,
    replicaset,
    running,
    snapshot,
    template,
    terminated,
    waiting,
)
from watchdog.checks.crash_loop import CrashLoopParams, crash_loop
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.objects import appsv1, batchv1, corev1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot

CART = Ref("Deployment", "shop", "cart")
IMAGE_1 = template(container(image="ghcr.io/example/cart:1"))
IMAGE_2 = template(container(image="ghcr.io/example/cart:2"))


def crashing(
    exit_code: int = 1, restarts: int = 9, state: podv1.ContainerState | None = None
) -> podv1.ContainerStatus:
    status = waiting("CrashLoopBackOff", restarts=restarts, last_state=terminated(exit_code))
    return msgspec.structs.replace(status, state=state or status.state)


def crash_pod(
    name: str, owner: metav1.Object, status: podv1.ContainerStatus | None = None, **fields: object
) -> podv1.Pod:
    shown = status or crashing()
    return pod(Ref("Pod", "shop", name), shown, owner=owner, **fields)  # type: ignore[arg-type]


def found(look: Snapshot) -> list[Finding]:
    return list(crash_loop.detect(look, CrashLoopParams()))


def with_log(look: Snapshot, text: str) -> Snapshot:
    logs = {
        LogQuery(ref, status.name, previous=True): Log(text)
        for ref, each in look.all_pods.items()
        for status in each.statuses
    }
    return look.with_logs(logs)


def simple(
    status: podv1.ContainerStatus | None = None, *, spec: podv1.PodSpec | None = None
) -> Snapshot:
    owner = deployment(CART, ready=0)
    current = replicaset(owner, 1, age=24 * HOUR)
    return snapshot(owner, current, crash_pod("cart-1", current, status, spec=spec), node("w-1"))


def test_ten_crashing_pods_of_one_deployment_are_one_finding() -> None:
    owner = deployment(CART, replicas=10, ready=0)
    current = replicaset(owner, 1, age=24 * HOUR)
    pods = [crash_pod(f"cart-{i}", current) for i in range(10)]

    [finding] = found(snapshot(owner, current, *pods))

    assert (finding.reason, finding.subject) == ("CrashLoop", CART)
    assert finding.severity is Severity.CRITICAL
    assert "0 of 10 pods of Deployment/shop/cart are ready." in finding.why
    assert len(finding.affected) == 10


def test_a_workload_with_ready_pods_left_is_a_warning() -> None:
    owner = deployment(CART, replicas=2, ready=1)
    current = replicaset(owner, 1, age=24 * HOUR)
    good = pod(Ref("Pod", "shop", "cart-2"), running(), owner=current)

    [finding] = found(snapshot(owner, current, crash_pod("cart-1", current), good))

    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize(
    "status",
    [
        crashing(restarts=1),
        running(restarts=41),
        waiting("ContainerCreating"),
        waiting("ImagePullBackOff"),
        crashing(exit_code=137, restarts=9, state=podv1.ContainerState()),
        waiting("CrashLoopBackOff", restarts=9, last_state=terminated(137, reason="OOMKilled")),
    ],
)
def test_what_is_no_crash_loop_stays_silent(status: podv1.ContainerStatus) -> None:
    ready = status.ready or status.state == podv1.ContainerState()
    look = simple(msgspec.structs.replace(status, ready=ready))

    assert found(look) == []


def test_a_pod_that_is_being_deleted_is_no_fault() -> None:
    owner = deployment(CART)
    current = replicaset(owner, 1)

    assert found(snapshot(owner, current, crash_pod("cart-1", current, deleting=True))) == []


def test_a_pod_of_a_job_is_left_to_its_job() -> None:
    job = batchv1.Job(metadata=metav1.Metadata(name="import", namespace="shop", uid="job"))

    assert found(snapshot(job, crash_pod("import-1", job))) == []


@pytest.mark.parametrize("exit_code", [0, 137, 143])
def test_a_pod_killed_by_its_probe_is_left_to_the_probes(exit_code: int) -> None:
    look = simple(crashing(exit_code=exit_code))
    [victim] = look.all_pods.values()

    objects = {
        **look.objects,
        "events": (event(victim, "Unhealthy", "Liveness probe failed: connection refused"),),
    }
    assert found(replace(look, objects=objects)) == []


@pytest.mark.parametrize(("path", "age"), [("other", MINUTE), ("app", 40 * MINUTE)])
def test_a_probe_of_another_container_or_of_the_past_kills_nobody(
    path: str, age: timedelta
) -> None:
    look = simple(crashing(exit_code=0))
    [victim] = look.all_pods.values()
    said = event(victim, "Unhealthy", "Liveness probe failed: connection refused", age=age)
    about = msgspec.structs.replace(said.involved_object, field_path=f"spec.containers{{{path}}}")
    said = msgspec.structs.replace(said, involved_object=about)

    [finding] = found(replace(look, objects={**look.objects, "events": (said,)}))

    assert finding.reason == "CrashLoop"


def test_a_failing_readiness_probe_kills_nobody() -> None:
    look = simple(crashing(exit_code=137))
    [victim] = look.all_pods.values()
    unready = event(victim, "Unhealthy", "Readiness probe failed: connection refused")

    [finding] = found(replace(look, objects={**look.objects, "events": (unready,)}))

    assert finding.reason == "CrashLoop"


def test_a_container_between_two_ends_counts_after_three_restarts() -> None:
    status = podv1.ContainerStatus(name="app", restart_count=3, state=terminated(1))

    assert [each.reason for each in found(simple(status))] == ["CrashLoop"]


def test_full_back_off_proves_that_the_crash_is_older_than_the_ready_condition() -> None:
    message = "back-off 5m0s restarting failed container=app"
    status = waiting("CrashLoopBackOff", message, restarts=12, last_state=terminated(1))
    owner = deployment(CART, ready=0)
    current = replicaset(owner, 1, age=24 * HOUR)
    look = snapshot(owner, current, crash_pod("cart-1", current, status, since=MINUTE))

    [finding] = found(look)

    assert finding.since is not None
    assert look.taken_at - finding.since > 5 * MINUTE


def rollout(
    *,
    before: podv1.PodTemplate = IMAGE_1,
    new_age: timedelta = HOUR,
    crash_since: timedelta = HOUR,
    old_ready: int = 2,
) -> Snapshot:
    owner = deployment(CART, replicas=3, ready=old_ready, pod_template=IMAGE_2)
    old = replicaset(owner, 1, ready=old_ready, pod_template=before, age=24 * HOUR)
    new = replicaset(owner, 2, pod_template=IMAGE_2, age=new_age)
    good = pod(Ref("Pod", "shop", "cart-old"), running(), owner=old)
    return snapshot(owner, old, new, good, crash_pod("cart-new", new, since=crash_since))


def test_a_new_revision_whose_pods_all_crash_is_a_bad_rollout() -> None:
    [finding] = found(with_log(rollout(), "/entrypoint.sh: line 23: awk: not found"))

    assert (finding.reason, finding.subject) == ("BadRollout", CART)
    assert finding.proposal is not None
    assert finding.proposal.commands == (
        "kubectl -n shop rollout undo deployment/cart --to-revision=1",
    )
    assert "ghcr.io/example/cart:1 -> ghcr.io/example/cart:2" in finding.why
    assert "awk: not found" in finding.why


def test_pods_that_still_serve_are_counted_and_their_absence_is_said() -> None:
    look = rollout()
    old = Ref("Pod", "shop", "cart-old")
    rest = tuple(pod for pod in look.objects["pods"] if pod.ref != old)

    [served] = found(look)
    [alone] = found(replace(look, objects={**look.objects, "pods": rest}))

    assert "1 pod of an earlier revision still serves." in served.why
    assert "Nothing of an earlier revision is left" in alone.why


def test_incompatible_data_warns_that_going_back_may_not_help() -> None:
    log = "FATAL: database files are incompatible with server"

    [finding] = found(with_log(rollout(), log))

    assert finding.proposal is not None
    assert "may not help" in finding.proposal.text


def test_a_crash_long_after_the_rollout_is_not_its_fault() -> None:
    [finding] = found(rollout(new_age=24 * HOUR, crash_since=HOUR))

    assert finding.reason == "CrashLoop"


def test_a_restart_of_the_same_template_is_no_bad_rollout() -> None:
    [finding] = found(rollout(before=IMAGE_2))

    assert finding.reason == "CrashLoop"


def test_a_crash_of_the_old_revision_too_is_no_bad_rollout() -> None:
    look = rollout()
    [old] = [ref for ref in look.all_pods if ref.name == "cart-old"]
    bad = msgspec.structs.replace(
        look.all_pods[old].status,
        container_statuses=(crashing(),),
    )
    pods = tuple(
        msgspec.structs.replace(each, status=bad) if ref == old else each
        for ref, each in look.all_pods.items()
    )

    [finding] = found(replace(look, objects={**look.objects, "pods": pods}))

    assert finding.reason == "CrashLoop"


def test_a_statefulset_pod_names_its_revision_by_label() -> None:
    owner = appsv1.StatefulSet(
        metadata=metav1.Metadata(name="db", namespace="shop", uid="db"),
        spec=appsv1.StatefulSetSpec(template=IMAGE_2),
    )

    def revision(
        number: int, pod_template: podv1.PodTemplate, age: timedelta
    ) -> appsv1.ControllerRevision:
        like = replicaset(deployment(CART), number, age=age)
        metadata = msgspec.structs.replace(
            like.metadata,
            name=f"db-{number}",
            owner_references=(
                metav1.OwnerReference(kind="StatefulSet", name="db", uid="db", controller=True),
            ),
        )
        data = appsv1.RevisionData(spec=appsv1.RevisionSpec(template=pod_template))
        return appsv1.ControllerRevision(metadata=metadata, revision=number, data=data)

    look = snapshot(
        owner,
        revision(1, IMAGE_1, 24 * HOUR),
        revision(2, IMAGE_2, HOUR),
        crash_pod("db-0", owner, labels={"controller-revision-hash": "db-2"}),
    )

    [finding] = found(look)

    assert (finding.reason, finding.subject.kind) == ("BadRollout", "StatefulSet")
    assert finding.proposal is not None
    assert "keeps a pod that has never been ready" in finding.proposal.text


def test_a_deployment_replaces_its_pods_by_itself() -> None:
    [finding] = found(rollout())

    assert finding.proposal is not None
    assert "keeps a pod" not in finding.proposal.text


READ_ONLY = podv1.PodSpec(
    containers=(
        container(security_context=podv1.ContainerSecurity(read_only_root_filesystem=True)),
    )
)
HTTP = (podv1.ContainerPort(container_port=8080),)
TOLD = podv1.PodSpec(containers=(container(), container("metrics", args=("--listen=:9113",))))
FLAGS = podv1.PodSpec(containers=(container(args=("serve", "--retain=7d")),))
BOTH = podv1.PodSpec(containers=(container(ports=HTTP), container("sidecar", ports=HTTP)))
ON_THE_NODE = msgspec.structs.replace(BOTH, host_network=True)
TWO = podv1.PodSpec(
    containers=(
        container(),
        container("sidecar", ports=(podv1.ContainerPort(container_port=8080),)),
    )
)


@pytest.mark.parametrize(
    ("log", "spec", "reason", "said"),
    [
        ("mkdir: '/.cache': Read-only file system", READ_ONLY, "ContainerSpecInvalid", "/.cache"),
        ("DATABASE_URL is not set", None, "ContainerSpecInvalid", "DATABASE_URL"),
        ("environment variable missing", None, "ContainerSpecInvalid", "variable"),
        ("the input device is not a TTY", None, "ContainerSpecInvalid", "terminal"),
        ("unknown flag: --retain", FLAGS, "ContainerSpecInvalid", "(retain)"),
        ("unknown flag: --retain", None, "CrashLoop", "--retain"),
        ('required flag(s) "db" not set', None, "ContainerSpecInvalid", "arguments"),
        ("bind :8080: address already in use", TWO, "ContainerPortConflict", "8080"),
        ("write /dev/shm/a: no space left on device", None, "ShmTooSmall", "/dev/shm"),
        ("accept: too many open files", None, "KernelLimitReached", "kernel limit"),
        ("dial tcp 1.2.3.4:5432: i/o timeout", None, "DependencyUnavailable", "1.2.3.4:5432"),
        ("getaddrinfo ENOTFOUND db.example.net", None, "DependencyUnavailable", "does not resolve"),
        ("connection refused", None, "DependencyUnavailable", "nothing listens"),
        ("password authentication failed", None, "DependencyUnavailable", "login"),
        ("segfault", None, "CrashLoop", "segfault"),
        ("permission denied: /data", None, "CrashLoop", "/data"),
        ("bind :9999: address already in use", TWO, "CrashLoop", "9999"),
        ("bind :9113: address already in use", TOLD, "ContainerPortConflict", "container metrics"),
        ("Address already in use", BOTH, "ContainerPortConflict", "port 8080"),
        ("bind :8080: address already in use", ON_THE_NODE, "CrashLoop", "8080"),
        ("exec /bin/app: exec format error", None, "ContainerSpecInvalid", "another architecture"),
        ("write /data/a: no space left on device", None, "CrashLoop", "/data"),
    ],
)
def test_the_last_words_decide_the_cause(
    log: str, spec: podv1.PodSpec | None, reason: str, said: str
) -> None:
    [finding] = found(with_log(simple(spec=spec), log))

    assert finding.reason == reason
    assert said in f"{finding.message} {finding.why}"
    assert finding.proposal is not None
    assert finding.proposal.commands


@pytest.mark.parametrize(
    ("log", "claims"),
    [("write /data/a: no space left on device", ["data"]), ("no space left on device", [])],
)
def test_want_of_space_in_a_claims_folder_points_at_the_claim(log: str, claims: list[str]) -> None:
    mounts = (
        podv1.VolumeMount(name="d", mount_path="/data"),
        podv1.VolumeMount(name="tmp", mount_path="/tmp"),
    )
    source = podv1.ClaimSource(claim_name="data")
    volumes = (podv1.Volume(name="d", persistent_volume_claim=source), podv1.Volume(name="tmp"))
    spec = podv1.PodSpec(containers=(container(volume_mounts=mounts),), volumes=volumes)

    [finding] = found(with_log(simple(spec=spec), log))

    assert finding.blames == tuple(Ref("PersistentVolumeClaim", "shop", name) for name in claims)


@pytest.mark.parametrize("exit_code", [126, 127, 128])
def test_a_command_that_cannot_run_is_the_spec(exit_code: int) -> None:
    [finding] = found(simple(crashing(exit_code=exit_code)))

    assert finding.reason == "ContainerSpecInvalid"


def test_a_missing_program_is_named() -> None:
    [finding] = found(with_log(simple(crashing(exit_code=127)), "sh: awk: not found"))

    assert "(awk)" in finding.why


def test_settings_that_the_kubelet_refuses_are_the_spec() -> None:
    said = "container has runAsNonRoot and image will run as root (pod: x, container: app)"

    [finding] = found(simple(waiting("CreateContainerConfigError", said)))

    assert finding.reason == "ContainerSpecInvalid"
    said = "refuses its settings: container has runAsNonRoot and image will run as root"
    assert said in finding.message


def test_an_object_that_the_kubelet_does_not_find_is_not_the_spec() -> None:
    assert found(simple(waiting("CreateContainerConfigError", 'secret "db" not found'))) == []


def test_a_container_that_never_started_needs_no_restarts() -> None:
    status = waiting("RunContainerError", "exec: no such file")

    [finding] = found(simple(status))

    assert finding.reason == "ContainerSpecInvalid"


def test_a_bare_pod_gets_commands_that_only_read() -> None:
    bare = pod(Ref("Pod", "shop", "tool"), crashing(), spec=READ_ONLY)

    [finding] = found(with_log(snapshot(bare), "open /x: read-only file system"))

    assert finding.proposal is not None
    assert all(" patch " not in each for each in finding.proposal.commands)


def test_gitops_is_told_where_to_change_it() -> None:
    owner = deployment(CART, ready=0)
    tracked = msgspec.structs.replace(
        owner,
        metadata=msgspec.structs.replace(
            owner.metadata, labels={"argocd.argoproj.io/instance": "shop"}
        ),
    )
    current = replicaset(tracked, 1, age=24 * HOUR)

    [finding] = found(snapshot(tracked, current, crash_pod("cart-1", current)))

    assert finding.proposal is not None
    assert "change it in Git" in finding.proposal.text


def test_a_cluster_host_in_the_log_points_at_its_service_and_workload() -> None:
    database = deployment(Ref("Deployment", "data", "db"))
    namespace = corev1.Namespace(metadata=metav1.Metadata(name="data"))
    look = simple()
    objects = {
        **look.objects,
        "deployments": (*look.objects["deployments"], database),
        "namespaces": (namespace,),
    }

    [finding] = found(with_log(replace(look, objects=objects), "connect to db.data:5432: refused"))

    assert finding.blames == (Ref("Service", "data", "db"), Ref("Deployment", "data", "db"))


def test_an_address_in_the_log_points_at_its_service_and_what_it_selects() -> None:
    labels = {"app": "store"}
    store = msgspec.structs.replace(template(), metadata=metav1.Metadata(labels=labels))
    database = deployment(Ref("Deployment", "shop", "postgres"), pod_template=store)
    spec = corev1.ServiceSpec(cluster_ip="10.96.0.7", selector=labels)
    service = corev1.Service(metadata=metav1.Metadata(name="db", namespace="shop"), spec=spec)
    look = simple()
    objects = {
        **look.objects,
        "deployments": (*look.objects["deployments"], database),
        "services": (service,),
    }

    [finding] = found(
        with_log(replace(look, objects=objects), "dial tcp 10.96.0.7:5432: connection refused")
    )

    assert finding.blames == (service.ref, database.ref)


@pytest.mark.parametrize("ready", [True, False])
def test_a_name_that_does_not_resolve_points_at_a_dns_that_is_down(ready: bool) -> None:
    look, labels = simple(), {"k8s-app": "kube-dns"}
    dns = corev1.Service(
        metadata=metav1.Metadata(name="kube-dns", namespace="kube-system", labels=labels),
        spec=corev1.ServiceSpec(selector=labels),
    )
    server = pod(
        Ref("Pod", "kube-system", "dns-1"), running(name="dns", ready=ready), labels=labels
    )
    objects = {
        **look.objects,
        "services": (dns,),
        "pods": (*look.objects["pods"], server),
    }
    log = "lookup example.org on 10.96.0.10:53: no such host"

    [finding] = found(with_log(replace(look, objects=objects), log))

    assert finding.blames == (() if ready else (dns.ref,))


def starving(names: tuple[str, ...], line: str) -> Snapshot:
    owners = [deployment(Ref("Deployment", "shop", name), ready=0) for name in names]
    sets = [replicaset(owner, 1, age=24 * HOUR) for owner in owners]
    pods = [crash_pod(f"{each.name}-x", each) for each in sets]
    return with_log(snapshot(*owners, *sets, *pods, node("w-1")), line)


@pytest.mark.parametrize(
    ("line", "setting"),
    [
        ("inotify instance limit reached", "fs.inotify.max_user_instances"),
        ("accept: too many open files", "fs.file-max"),
    ],
)
def test_two_workloads_at_the_same_limit_are_the_nodes_fault(line: str, setting: str) -> None:
    [finding] = found(starving(("cart", "web"), line))

    assert (finding.reason, finding.subject) == ("KernelLimitReached", Ref("Node", "", "w-1"))
    assert {CART, Ref("Deployment", "shop", "web")} <= set(finding.affected)
    assert finding.proposal is not None
    assert setting in finding.proposal.text
    told = [(each.kind, each.ref.name, each.text) for each in finding.evidence[:2]]
    assert told == [("log", f"{name}-1-x", f"app: {line}") for name in ("cart", "web")]
    assert not any(each.text.startswith("image ") for each in finding.evidence)


def test_what_two_pods_say_alike_is_shown_once() -> None:
    owner = deployment(CART, ready=0)
    current = replicaset(owner, 1, age=24 * HOUR)
    pods = [crash_pod(name, current) for name in ("cart-1", "cart-2")]

    [finding] = found(with_log(snapshot(owner, current, *pods), "panic: index"))

    assert [each.text for each in finding.evidence].count("app: panic: index") == 1


def test_a_workload_with_another_fault_beside_a_starved_node_keeps_its_own() -> None:
    look = starving(("cart", "web"), "too many open files")
    owner = deployment(Ref("Deployment", "shop", "mail"))
    current = replicaset(owner, 1, age=24 * HOUR)
    objects = dict(look.objects)
    for need, item in (
        ("deployments", owner),
        ("replicasets", current),
        ("pods", crash_pod("mail-1", current)),
    ):
        objects[need] = (*objects[need], item)

    reasons = {each.subject.name: each.reason for each in found(replace(look, objects=objects))}

    assert reasons == {"w-1": "KernelLimitReached", "mail": "CrashLoop"}


def test_settings_can_demand_more_restarts() -> None:
    assert list(crash_loop.detect(simple(), CrashLoopParams(min_restarts=20))) == []
