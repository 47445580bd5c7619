"""pod_start: mounts that fail and sandboxes that are not made, and what each is a fault of."""

from datetime import timedelta

import pytest

from tests.builders import (
    HOUR,
    MINUTE,
    ago,
    container,
    deployment,
    event,
    meta,
    node,
    pod,
    replicaset,
    running,
    snapshot,
    template,
    waiting,
)
from watchdog.checks.pod_start import pod_start
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import appsv1, metav1, podv1, storagev1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

APP = Ref("Deployment", "media", "navidrome")
CLAIM = Ref("PersistentVolumeClaim", "media", "music")
NODE = Ref("Node", "", "w-2")
SPEC = template(
    container(),
    volumes=(
        podv1.Volume(name="cache"),
        podv1.Volume(name="data", persistent_volume_claim=podv1.ClaimSource(claim_name="music")),
    ),
)
TIMED_OUT = (
    'MountVolume.SetUp failed for volume "pv-7" : mount failed: exit status 32 mount.nfs: '
    "Connection timed out"
)
RESERVED = 'Failed to create pod sandbox: failed to reserve sandbox name "x": name is reserved'
NO_ADDRESS = (
    "Failed to create pod sandbox: plugin type cni failed: no IP addresses available in range"
)


def detect(*items: metav1.Object, missing: tuple[str, ...] = ()) -> list[Finding]:
    return list(pod_start.detect(snapshot(*items, missing=missing), NoParams()))


def waits(
    name: str, owner: metav1.Object, *, at: str = "w-2", reason: str = "ContainerCreating"
) -> podv1.Pod:
    return pod(
        Ref("Pod", "media", name),
        waiting(reason),
        owner=owner,
        spec=SPEC.spec,
        node=at,
        phase="Pending",
    )


def workload(
    ready: int = 0, name: str = "navidrome"
) -> tuple[appsv1.Deployment, appsv1.ReplicaSet]:
    owner = deployment(Ref("Deployment", "media", name), ready=ready, pod_template=SPEC)
    return owner, replicaset(owner, 1)


def claim() -> storagev1.PersistentVolumeClaim:
    return storagev1.PersistentVolumeClaim(
        metadata=meta(CLAIM), spec=appsv1.ClaimSpec(volume_name="pv-7")
    )


def commands(finding: Finding) -> tuple[str, ...]:
    assert finding.proposal is not None
    return finding.proposal.commands


@pytest.mark.parametrize(
    "text",
    [
        TIMED_OUT,
        "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], "
        "failed to process volumes=[]: timed out waiting for the condition",
    ],
)
def test_a_claims_volume_that_cannot_be_mounted_is_a_fault_of_the_claim(text: str) -> None:
    owner, current = workload()
    victim = waits("navidrome-1", current)

    [finding] = detect(owner, current, victim, claim(), event(victim, "FailedMount", text))

    assert (finding.reason, finding.subject) == ("MountFailed", CLAIM)
    assert (finding.severity, finding.hold) == (Severity.CRITICAL, 10 * MINUTE)
    assert finding.since == ago(HOUR)
    assert set(finding.affected) == {APP, victim.ref}
    assert "the storage does not answer" in str(finding.proposal)
    assert commands(finding)[1] == "kubectl -n media describe pvc music"


def test_the_output_of_a_mount_is_said_and_not_its_command_line() -> None:
    owner, current = workload()
    text = (
        'MountVolume.SetUp failed for volume "data" : mount failed: exit status 32\n'
        "Mounting command: mount\nMounting arguments: -t nfs nas.example.com:/a/very/long/export "
        f"/var/lib/kubelet/pods/{'0' * 36}/volumes/kubernetes.io~nfs/data\n"
        "Output: mount.nfs: Connection timed out"
    )
    item = waits("navidrome-1", current)

    [finding] = detect(owner, current, claim(), item, event(item, "FailedMount", text))

    assert "exit status 32 mount.nfs: Connection timed out" in finding.message
    assert finding.proposal is not None
    assert "the storage does not answer" in finding.proposal.text


def test_a_volume_without_a_claim_is_a_fault_of_the_workload() -> None:
    owner, current = workload()
    victim = waits("navidrome-1", current)
    said = event(victim, "FailedMount", 'MountVolume.SetUp failed for volume "cache" : odd words')

    [finding] = detect(owner, current, victim, said, missing=("persistentvolumeclaims",))

    assert (finding.reason, finding.subject) == ("MountFailed", APP)
    assert "mend on w-2, or in the spec, what it fails on" in str(finding.proposal)
    assert "odd words" in finding.evidence[0].text
    assert finding.message == f"volume cache of {APP} cannot be mounted on w-2: odd words"


def test_a_path_that_the_node_lacks_is_told_as_such() -> None:
    owner, current = workload()
    victim = waits("navidrome-1", current)
    text = 'MountVolume.SetUp failed for volume "dev" : hostPath type check failed: /dev/dri is not a directory'

    [finding] = detect(owner, current, victim, event(victim, "FailedMount", text))

    assert "the path is missing on that node" in str(finding.proposal)


def test_a_missing_driver_is_one_cause_for_all_its_claims() -> None:
    owner, current = workload()
    victim = waits("navidrome-1", current)
    text = (
        'MountVolume.MountDevice failed for volume "pv-7" : kubernetes.io/csi: driver name '
        "nfs.csi.k8s.io not found in the list of registered CSI drivers"
    )

    [finding] = detect(owner, current, victim, claim(), event(victim, "FailedMount", text))

    assert finding.shared == "CSI driver nfs.csi.k8s.io on w-2"


def registering(name: str, folder: str, *args: str) -> appsv1.DaemonSet:
    path = podv1.Volume(name="reg", host_path=podv1.HostPath(path=folder))
    spec = template(container(args=args), volumes=(path, podv1.Volume(name="cache")))
    ref = Ref("DaemonSet", "storage", name)
    return appsv1.DaemonSet(metadata=meta(ref), spec=appsv1.DaemonSetSpec(template=spec))


@pytest.mark.parametrize(
    ("drivers", "blamed"),
    [
        (("--drivername=nfs.csi.k8s.io", "--v=2"), ["nfs"]),
        (("--endpoint=$(CSI)", "--v=2"), ["nfs", "smb"]),
    ],
)
def test_a_missing_driver_points_at_the_daemon_set_that_registers_it(
    drivers: tuple[str, str], blamed: list[str]
) -> None:
    owner, current = workload()
    victim = waits("navidrome-1", current)
    said = event(
        victim,
        "FailedMount",
        "driver name nfs.csi.k8s.io not found in the list of registered CSI drivers",
    )
    items = (
        registering("nfs", "/var/lib/kubelet/plugins_registry/", drivers[0]),
        registering("smb", "/var/lib/k0s/kubelet/plugins/smb", drivers[1]),
        registering("logs", "/var/log", "nfs.csi.k8s.io"),
    )

    [finding] = detect(owner, current, victim, said, *items)

    assert [ref.name for ref in finding.blames] == blamed


def test_a_file_server_of_the_cluster_is_blamed_for_the_mount() -> None:
    owner, current = workload()
    victim = waits("navidrome-1", current)
    text = (
        'MountVolume.SetUp failed for volume "pv-7" : mount failed: exit status 32\nMounting command: '
        "mount\nMounting arguments: -t nfs nfs.storage.svc.cluster.local:/exports /var/lib/x\n"
        "Output: mount.nfs: Connection timed out"
    )

    [finding] = detect(owner, current, victim, claim(), event(victim, "FailedMount", text))

    assert finding.blames == (Ref("Service", "storage", "nfs"),)


def test_what_belongs_to_other_checks_or_is_over_is_no_failed_mount() -> None:
    owner, current = workload()
    victim = waits("navidrome-1", current)
    named = template(
        container(), volumes=(podv1.Volume(secret=podv1.SecretVolume(secret_name="s")),)
    )
    needs = replace_spec(victim, named.spec)
    known = (owner, current, claim())

    absent = event(needs, "FailedMount", 'MountVolume.SetUp failed: secret "s" not found')
    assert detect(*known, needs, absent) == []
    mount = event(victim, "FailedMount", TIMED_OUT)
    attach = event(victim, "FailedAttachVolume", "Multi-Attach error")
    assert detect(*known, victim, mount, attach) == []
    assert detect(*known, victim, event(victim, "FailedMount", TIMED_OUT, age=HOUR)) == []
    assert detect(*known, victim) == []
    started = pod(victim.ref, running(), owner=current, spec=SPEC.spec)
    assert detect(*known, started, event(started, "FailedMount", TIMED_OUT)) == []
    pulling = waits("navidrome-2", current, reason="ImagePullBackOff")
    assert detect(*known, pulling, event(pulling, "FailedMount", TIMED_OUT)) == []


def replace_spec(item: podv1.Pod, spec: podv1.PodSpec) -> podv1.Pod:
    return pod(item.ref, waiting("ContainerCreating"), spec=spec, phase="Pending", node="w-2")


def test_one_pod_without_a_sandbox_is_a_fault_of_its_node() -> None:
    owner, current = workload(ready=1)
    victim = waits("navidrome-1", current)
    sibling = pod(Ref("Pod", "media", "navidrome-2"), owner=current, node="w-1")

    [finding] = detect(
        *(owner, current, victim, sibling, node("w-2")),
        event(victim, "FailedCreatePodSandBox", RESERVED),
    )

    assert (finding.reason, finding.subject) == ("SandboxFailed", NODE)
    assert finding.severity is Severity.WARNING
    assert "navidrome" in finding.message
    assert "w-2" in finding.message
    assert commands(finding) == ("kubectl -n media delete pod navidrome-1",)
    assert finding.since is not None
    assert finding.since + finding.hold == ago(HOUR - timedelta(minutes=10))


def made(status: str) -> podv1.Pod:
    condition = metav1.Condition(type="PodReadyToStartContainers", status=status)
    return pod(
        Ref("Pod", "media", "solo"),
        waiting("ContainerCreating"),
        node="w-2",
        phase="Pending",
        conditions=(condition,),
    )


def test_an_old_word_holds_while_the_pod_itself_says_that_it_has_no_sandbox() -> None:
    old = event(made("False"), "FailedCreatePodSandBox", RESERVED, age=40 * MINUTE)

    assert [finding.reason for finding in detect(made("False"), old)] == ["SandboxFailed"]


def test_a_pod_with_a_sandbox_pulls_its_image_whatever_was_said_before() -> None:
    said = event(made("True"), "FailedCreatePodSandBox", RESERVED)

    assert detect(made("True"), said) == []


def test_without_a_sibling_that_runs_nothing_is_deleted() -> None:
    bare = replace_spec(pod(Ref("Pod", "media", "solo")), SPEC.spec)

    [finding] = detect(node("w-2"), bare, event(bare, "FailedCreatePodSandBox", RESERVED))

    assert commands(finding)[0] == "kubectl describe node w-2"


def plugin() -> appsv1.DaemonSet:
    path = podv1.Volume(name="cni", host_path=podv1.HostPath(path="/etc/cni/net.d"))
    ref = Ref("DaemonSet", "kube-system", "flannel")
    spec = appsv1.DaemonSetSpec(template=template(container(), volumes=(path,)))
    return appsv1.DaemonSet(metadata=meta(ref), spec=spec)


def two_nodes(text: str) -> tuple[metav1.Object, ...]:
    owner, current = workload()
    first, second = waits("navidrome-1", current), waits("navidrome-2", current, at="w-3")
    events = [event(each, "FailedCreatePodSandBox", text) for each in (first, second)]
    return (owner, current, first, second, *events)


def test_no_network_on_several_nodes_is_a_fault_of_the_plugin() -> None:
    installer = plugin()
    beside = pod(Ref("Pod", "kube-system", "flannel-x"), owner=installer, node="w-2")

    [finding] = detect(*two_nodes(NO_ADDRESS), installer, beside)

    assert finding.subject == Ref("DaemonSet", "kube-system", "flannel")
    assert "logs pod/flannel-x --tail" in str(finding.proposal)
    assert "w-2, w-3" in finding.message


def test_without_a_known_plugin_the_nodes_are_one_incident() -> None:
    found = detect(*two_nodes(NO_ADDRESS))

    assert [(each.subject.name, each.shared) for each in found] == [
        ("w-2", "pod sandboxes"),
        ("w-3", "pod sandboxes"),
    ]
    assert [each.subject.kind for each in detect(*two_nodes(RESERVED), plugin())] == ["Node"] * 2


def test_a_network_that_is_not_ready_on_one_node_points_at_its_plugin() -> None:
    owner, current = workload()
    victim = waits("navidrome-1", current)

    [finding] = detect(
        owner, current, victim, plugin(), event(victim, "NetworkNotReady", "not ready")
    )

    assert (finding.subject, finding.blames) == (
        NODE,
        (Ref("DaemonSet", "kube-system", "flannel"),),
    )


def test_a_pod_on_a_lost_node_is_not_judged() -> None:
    owner, current = workload()
    victim = waits("navidrome-1", current)
    look = snapshot(
        *(owner, current, victim, node("w-2", ready="Unknown")),
        event(victim, "FailedCreatePodSandBox", RESERVED),
    )

    assert list(pod_start.detect(look, NoParams())) == []
