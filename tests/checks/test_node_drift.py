"""node_drift: nodes that are cordoned, ahead of time or different, and those that may be."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.builders import HOUR, MINUTE, NOW, ago, container, meta, node, pod, snapshot
from watchdog.checks.node_drift import node_drift
from watchdog.domain.check import NoParams
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1, metav1, placementv1, podv1, policyv1, serverv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

W1 = Ref("Node", "", "w-1")
CORDON = "node.kubernetes.io/unschedulable"


def detect(*items: metav1.Object, missing: tuple[str, ...] = ()) -> list[Finding]:
    return list(node_drift.detect(snapshot(*items, missing=missing), NoParams()))


# ------------------------------------------------------------------------------------- cordons
def cordoned(
    *, age: timedelta | None = HOUR, ready: str = "True", also: tuple[corev1.Taint, ...] = ()
) -> corev1.Node:
    added = None if age is None else ago(age)
    taint = corev1.Taint(key=CORDON, effect="NoSchedule", time_added=added)
    return node("w-1", ready=ready, unschedulable=True, taints=(taint, *also))


def waiting(
    *,
    cpu: str = "6",
    since: timedelta = 20 * MINUTE,
    reason: str = "Unschedulable",
    gate: bool = False,
) -> podv1.Pod:
    condition = metav1.Condition(
        type="PodScheduled", status="False", reason=reason, last_transition_time=ago(since)
    )
    spec = podv1.PodSpec(
        containers=(container(resources=podv1.Resources(requests={"cpu": cpu})),),
        scheduling_gates=(placementv1.SchedulingGate(name="g"),) if gate else (),
    )
    ref = Ref("Pod", "shop", "web")
    return pod(ref, spec=spec, node="", phase="Pending", ready=False, conditions=(condition,))


BUSY = pod(
    Ref("Pod", "shop", "db"),
    spec=podv1.PodSpec(containers=(container(resources=podv1.Resources(requests={"cpu": "6"})),)),
    node="w-2",
)


def test_a_cordon_that_keeps_a_pod_pending_is_the_fault() -> None:
    [finding] = detect(cordoned(), node("w-2"), BUSY, waiting())

    assert (finding.reason, finding.subject) == ("NodeCordoned", W1)
    assert finding.severity is Severity.WARNING
    assert (finding.since, finding.hold) == (ago(20 * MINUTE), 10 * MINUTE)
    assert Ref("Pod", "shop", "web") in finding.affected
    assert finding.proposal is not None
    assert finding.proposal.commands[0] == "kubectl uncordon w-1"


def test_the_cordon_counts_from_when_both_were_there() -> None:
    [finding] = detect(cordoned(age=5 * MINUTE), node("w-2"), BUSY, waiting())

    assert finding.since == ago(5 * MINUTE)


def test_a_cordon_without_a_time_still_keeps_pods_pending() -> None:
    assert len(detect(cordoned(age=None), node("w-2"), BUSY, waiting())) == 1
    assert detect(cordoned(age=None)) == []


@pytest.mark.parametrize(
    "items",
    [
        (cordoned(), node("w-2"), waiting()),
        (cordoned(), node("w-2"), BUSY, waiting(cpu="9")),
        (cordoned(), node("w-2"), BUSY, waiting(reason="SchedulerError")),
        (cordoned(), node("w-2"), BUSY, waiting(gate=True)),
        (
            cordoned(
                also=(corev1.Taint(key="node.kubernetes.io/disk-pressure", effect="NoSchedule"),)
            ),
            node("w-2"),
            BUSY,
            waiting(),
        ),
    ],
    ids=["room elsewhere", "too large", "not tried", "held back", "under pressure, too"],
)
def test_a_cordon_that_nobody_waits_for_is_noted_after_a_day(
    items: tuple[metav1.Object, ...],
) -> None:
    [finding] = detect(*items)

    assert finding.severity is Severity.INFO
    assert (finding.since, finding.hold) == (ago(HOUR), 24 * HOUR)


def test_a_cordoned_node_that_is_down_is_told_as_down() -> None:
    assert detect(cordoned(ready="Unknown"), node("w-2"), BUSY, waiting()) == []


# -------------------------------------------------------------------------------------- clocks
def heartbeat(
    ahead: timedelta | None, name: str = "w-1", space: str = "kube-node-lease"
) -> policyv1.Lease:
    renewed = None if ahead is None else NOW + ahead
    return policyv1.Lease(
        metadata=meta(Ref("Lease", space, name)), spec=policyv1.LeaseSpec(renew_time=renewed)
    )


TRIO = (node("w-1"), node("w-2"), node("w-3"))


def test_a_heartbeat_from_the_future_is_a_clock_ahead() -> None:
    [finding] = detect(*TRIO, heartbeat(90 * timedelta(seconds=1)))

    assert (finding.reason, finding.subject) == ("NodeClockSkew", W1)
    assert (finding.since, finding.sightings) == (None, 2)
    assert "90 s ahead" in finding.message


@pytest.mark.parametrize(
    "lease",
    [
        heartbeat(timedelta(seconds=4)),
        heartbeat(-HOUR),
        heartbeat(None),
        heartbeat(HOUR, "gone"),
        heartbeat(HOUR, space="kube-system"),
    ],
)
def test_other_leases_tell_nothing_of_a_clock(lease: policyv1.Lease) -> None:
    assert detect(*TRIO, lease) == []


def test_when_most_nodes_are_ahead_it_is_not_their_clocks() -> None:
    assert detect(*TRIO, heartbeat(HOUR), heartbeat(HOUR, "w-2")) == []


# --------------------------------------------------------------------------------------- drift
def worker(
    name: str,
    *,
    kubelet: str = "v1.34.1",
    kernel: str = "6.1.0",
    arch: str = "amd64",
    labels: dict[str, str] | None = None,
    ready: str = "True",
    since: timedelta = 99 * HOUR,
    **spec: object,
) -> corev1.Node:
    made = node(name, ready=ready, since=since, **spec)
    info = corev1.NodeInfo(kubelet_version=kubelet, kernel_version=kernel, architecture=arch)
    return replace(
        made,
        metadata=meta(made.ref, labels=labels, age=200 * HOUR),
        status=replace(made.status, node_info=info),
    )


def test_a_node_that_differs_from_its_pool_is_noted_a_day_after_the_last_came_up() -> None:
    taint = corev1.Taint(key="dedicated", value="gpu", effect="NoSchedule")
    odd = worker("w-1", kernel="5.15.0", taints=(taint,))
    [finding] = detect(odd, worker("w-2", since=30 * HOUR), worker("w-3"))

    assert (finding.reason, finding.subject) == ("NodeDrift", W1)
    assert finding.severity is Severity.INFO
    assert (finding.since, finding.hold) == (ago(30 * HOUR), 24 * HOUR)
    assert "kernel 5.15.0 (most others: 6.1.0)" in finding.message
    assert "taints dedicated=gpu:NoSchedule (most others: none)" in finding.message


@pytest.mark.parametrize(
    "nodes",
    [
        (worker("w-1"), worker("w-2"), worker("w-3")),
        (worker("w-1", kernel="5"), worker("w-2")),
        (worker("w-1", kernel="4"), worker("w-2", kernel="5"), worker("w-3", kernel="6")),
        (worker("w-1", kernel="5", arch="arm64"), worker("w-2"), worker("w-3"), worker("w-4")),
        (
            worker("w-1", kernel="5", labels={"node-role.kubernetes.io/control-plane": ""}),
            worker("w-2"),
            worker("w-3"),
            worker("w-4"),
        ),
        (
            worker("w-1", kernel="5", labels={"karpenter.sh/nodepool": "spot"}),
            worker("w-2"),
            worker("w-3"),
            worker("w-4"),
        ),
        (worker("w-1", kernel="5", ready="False"), worker("w-2"), worker("w-3")),
        (
            worker("w-1", taints=(corev1.Taint(key="node.kubernetes.io/not-ready"),)),
            worker("w-2"),
            worker("w-3"),
        ),
    ],
    ids=["alike", "two", "no majority", "arch", "role", "pool", "not ready", "state taint"],
)
def test_nodes_that_are_alike_or_not_meant_to_be_are_no_drift(
    nodes: tuple[corev1.Node, ...],
) -> None:
    assert detect(*nodes) == []


def test_a_node_without_times_is_compared_all_the_same() -> None:
    bare = [
        corev1.Node(
            metadata=metav1.Metadata(name=name),
            status=corev1.NodeStatus(
                conditions=(metav1.Condition(type="Ready", status="True"),),
                node_info=corev1.NodeInfo(kernel_version=kernel),
            ),
        )
        for name, kernel in (("w-1", "5"), ("w-2", "6"), ("w-3", "6"))
    ]

    [finding] = detect(*bare)

    assert finding.since is None


def test_a_kubelet_too_old_for_the_api_server_is_a_warning_and_no_drift_besides() -> None:
    old = worker("w-1", kubelet="v1.30.9")

    [finding] = detect(old, worker("w-2"), worker("w-3"))

    assert (finding.reason, finding.subject) == ("NodeDrift", W1)
    assert finding.severity is Severity.WARNING
    assert finding.since == ago(99 * HOUR)
    assert "v1.30.9" in finding.message


def test_a_kubelet_three_versions_old_is_supported_and_one_that_is_down_is_told_as_down() -> None:
    trailing = detect(worker("w-1", kubelet="v1.31.0"), worker("w-2"), worker("w-3"))

    assert [finding.severity for finding in trailing] == [Severity.INFO]
    down = worker("w-1", kubelet="v1.20.0", ready="Unknown")
    assert detect(down, worker("w-2"), worker("w-3")) == []


def test_without_leases_and_versions_nothing_is_said_of_clocks_and_versions() -> None:
    assert detect(*TRIO, missing=("leases",)) == []


def served(version: str) -> serverv1.APIServer:
    return serverv1.APIServer(metadata=meta(Ref("APIServer", "", "kubernetes")), version=version)


def test_a_kubelet_newer_than_the_api_server_is_a_warning() -> None:
    new = worker("w-1", kubelet="v1.35.0+k3s1")

    [finding] = detect(new, worker("w-2"), worker("w-3"), served("v1.34.1+k3s1"))

    assert (finding.subject, finding.severity) == (W1, Severity.WARNING)
    assert "newer than the API server" in finding.message
    assert finding.proposal is not None
    assert "control plane first" in finding.proposal.text


def test_all_kubelets_may_be_too_old_for_the_api_server() -> None:
    found = detect(worker("w-1"), worker("w-2"), served("v1.38.0"))

    assert [finding.subject.name for finding in found] == ["w-1", "w-2"]
    assert len({finding.shared for finding in found}) == 1


def test_an_upgrade_that_has_begun_with_the_control_plane_is_no_fault() -> None:
    lead = worker("cp-0", kubelet="v1.35.0")
    labels = {"node-role.kubernetes.io/control-plane": "true"}
    first = replace(lead, metadata=replace(lead.metadata, labels=labels))

    assert detect(first, worker("w-1"), worker("w-2"), served("v1.34.1")) == []


def test_a_patch_more_than_the_api_server_is_no_fault() -> None:
    items = [worker(name, kubelet="v1.34.9") for name in ("w-1", "w-2")]

    assert detect(*items, served("v1.34.1")) == []


# --------------------------------------------------------------------------------- late clocks
EARLY = (
    "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: "
    "current time 2026-11-20T09:10:00Z is before 2026-11-20T11:00:00Z"
)
PAST = EARLY.replace("is before", "is after")


def failing(name: str, on: str = "w-1") -> podv1.Pod:
    return pod(Ref("Pod", "shop", name), node=on, ready=False, since=20 * MINUTE)


def heard(*pods: podv1.Pod, text: str = EARLY, others: bool = True) -> list[Finding]:
    nodes = [node("w-1"), *([node("w-2")] if others else [])]
    look = snapshot(*nodes, *pods)
    logs = {LogQuery(each.ref, "app"): Log(text) for each in pods}
    return list(node_drift.detect(look.with_logs(logs), NoParams()))


def test_certificates_not_yet_valid_on_one_node_only_are_its_late_clock() -> None:
    first, second = failing("a"), failing("b")

    [finding] = heard(first, second)

    assert (finding.reason, finding.subject) == ("NodeClockSkew", W1)
    assert (finding.since, finding.hold) == (ago(20 * MINUTE), 10 * MINUTE)
    assert finding.affected == (first.ref, second.ref)
    assert [(each.ref, each.text) for each in finding.evidence] == [
        (first.ref, EARLY),
        (second.ref, EARLY),
    ]
    assert finding.proposal is not None
    assert "timedatectl" in finding.proposal.text


def test_certificates_not_yet_valid_elsewhere_or_for_one_only_are_no_clock() -> None:
    assert heard(failing("a")) == []
    assert heard(failing("a"), failing("b"), failing("c", "w-2")) == []
    assert heard(failing("a"), failing("b"), text=PAST) == []
    assert heard(failing("a"), pod(Ref("Pod", "shop", "b"), node="w-1")) == []
    assert heard(failing("a", ""), failing("b", "")) == []
    assert heard(failing("a"), failing("b"), others=False) == []


def test_the_log_of_a_pod_that_is_gone_says_nothing_of_clocks() -> None:
    gone = LogQuery(Ref("Pod", "shop", "gone"), "app")
    look = snapshot(node("w-1"), node("w-2")).with_logs({gone: Log(EARLY)})

    assert list(node_drift.detect(look, NoParams())) == []
