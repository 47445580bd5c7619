"""pod_pending: each constraint computed from objects, and pods that must stay silent."""

import msgspec
import pytest

from tests.builders import (
    HOUR,
    MINUTE,
    ago,
    container,
    deployment,
    meta,
    node,
    pod,
    replicaset,
    running,
    snapshot,
    template,
    waiting,
)
from watchdog.checks.pod_pending import pod_pending
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import appsv1, corev1, metav1, placementv1, podv1, policyv1, storagev1
from watchdog.domain.ref import Ref

APP = Ref("Deployment", "shop", "app")
CONTROL_PLANE = corev1.Taint(key="node-role.kubernetes.io/control-plane", effect="NoSchedule")
CP = node("cp-0", taints=(CONTROL_PLANE,))
NODES = [CP, node("w-1"), node("w-2")]


def detect(*items: metav1.Object) -> list[Finding]:
    return list(pod_pending.detect(snapshot(*items), NoParams()))


def asks(**requests: str) -> podv1.Container:
    return container(resources=podv1.Resources(requests=dict(requests)))


def placed(
    name: str, on: str, spec: podv1.PodTemplate | None = None, **fields: object
) -> podv1.Pod:
    """A bare pod that runs on a node."""
    made = pod(
        Ref("Pod", "shop", name),
        running(),
        spec=(spec or template()).spec,
        node=on,
        labels={"app": name.split("-")[0]},
    )
    return msgspec.structs.replace(made, spec=msgspec.structs.replace(made.spec, **fields))


def pending(
    spec: podv1.PodTemplate,
    *,
    before: podv1.PodTemplate | None = None,
    name: str = "app",
    reason: str = "Unschedulable",
    replicas: int = 1,
    age: object = HOUR,
) -> list[metav1.Object]:
    """A Deployment with one pod that the scheduler could not place."""
    owner = deployment(
        Ref("Deployment", "shop", name), ready=0, replicas=replicas, pod_template=spec, age=2 * HOUR
    )
    new = replicaset(owner, 2)
    said = metav1.Condition(
        type="PodScheduled",
        status="False",
        reason=reason,
        message="0/3 nodes are available",
        last_transition_time=ago(HOUR),
    )
    items: list[metav1.Object] = [owner, new]
    if before is not None:
        items.append(replicaset(owner, 1, replicas=0, pod_template=before))
    waits = pod(
        Ref("Pod", "shop", f"{name}-x"),
        owner=new,
        spec=spec.spec,
        node="",
        phase="Pending",
        ready=False,
        conditions=(said,),
        labels={"app": name},
    )
    status = msgspec.structs.replace(waits.status, container_statuses=())
    return [*items, msgspec.structs.replace(waits, status=status)]


def commands(finding: Finding) -> tuple[str, ...]:
    assert finding.proposal is not None
    return finding.proposal.commands


def test_a_label_no_node_has_is_the_workloads_fault_and_a_near_value_is_proposed() -> None:
    ssd = node("w-3")
    ssd = msgspec.structs.replace(ssd, metadata=meta(ssd.ref, labels={"disk": "ssd"}))

    [finding] = detect(*NODES, ssd, *pending(template(node_selector={"disk": "sdd"})))

    assert (finding.reason, finding.subject) == ("UnschedulableNodeSelector", APP)
    assert finding.hold == 5 * MINUTE
    assert "disk=sdd" in finding.message
    assert [each.value for each in finding.carried] == ["sdd"]
    assert '"nodeSelector":{"disk":"ssd"}' in commands(finding)[0]


def test_a_selector_that_the_newest_revision_brought_is_undone() -> None:
    [finding] = detect(*NODES, *pending(template(node_selector={"disk": "x"}), before=template()))

    assert commands(finding) == ("kubectl -n shop rollout undo deployment/app",)


def test_a_required_affinity_no_node_meets_is_the_workloads_fault() -> None:
    term = placementv1.NodeSelectorTerm(
        match_expressions=(metav1.LabelRequirement(key="gpu", operator="Exists"),)
    )
    affinity = placementv1.Affinity(
        node_affinity=placementv1.NodeAffinity(
            required=placementv1.NodeSelector(node_selector_terms=(term,))
        )
    )

    [finding] = detect(*NODES, *pending(template(affinity=affinity)))

    assert finding.reason == "UnschedulableNodeSelector"
    assert "no node meets its node affinity gpu Exists" in finding.message


def test_constraints_that_some_node_meets_each_but_none_together() -> None:
    ssd = node("w-3")
    ssd = msgspec.structs.replace(ssd, metadata=meta(ssd.ref, labels={"disk": "ssd"}))
    wants = template(node_selector={"disk": "ssd", "kubernetes.io/hostname": "w-1"})

    [finding] = detect(*NODES, ssd, *pending(wants))

    assert "together" in finding.message


def test_a_pod_that_fits_by_now_is_no_fault() -> None:
    assert detect(*NODES, *pending(template(asks(memory="8Gi")))) == []


@pytest.mark.parametrize("reason", ["SchedulingGated", "SchedulerError"])
def test_only_an_unschedulable_pod_is_judged(reason: str) -> None:
    spec = template(node_selector={"disk": "x"})

    assert detect(*NODES, *pending(spec, reason=reason)) == []


MAINTENANCE = corev1.Taint(key="maintenance", value="true", effect="NoSchedule")


def test_a_new_taint_on_every_fitting_node_is_the_nodes_fault() -> None:
    tainted = [CP, node("w-1", taints=(MAINTENANCE,)), node("w-2", taints=(MAINTENANCE,))]
    neighbours = [placed("web-1", "w-1"), placed("web-2", "w-2")]

    found = detect(*tainted, *neighbours, *pending(template()))

    assert [(each.reason, each.subject.name) for each in found] == [
        ("UnschedulableTaint", "w-1"),
        ("UnschedulableTaint", "w-2"),
    ]
    assert {each.shared for each in found} == {"taint maintenance"}
    assert {each.carried for each in found} == {()}
    assert commands(found[0]) == ("kubectl taint nodes w-1 maintenance:NoSchedule-",)
    assert APP in found[0].affected


def test_a_taint_older_than_the_workload_is_the_workloads_fault() -> None:
    dedicated = corev1.Taint(key="gpu", effect="NoSchedule")
    wants = template(node_selector={"kubernetes.io/hostname": "w-3"})

    [finding] = detect(*NODES, node("w-3", taints=(dedicated,)), *pending(wants))

    assert (finding.reason, finding.subject) == ("UnschedulableTaint", APP)
    assert '"tolerations":[{"key":"gpu"' in commands(finding)[0]


def test_one_fitting_node_without_taint_is_enough() -> None:
    tainted = node("w-1", taints=(MAINTENANCE,))

    assert detect(CP, tainted, node("w-2"), *pending(template())) == []


@pytest.mark.parametrize("other", [node("w-1", unschedulable=True), node("w-1", ready="Unknown")])
def test_pods_whose_nodes_are_down_or_cordoned_are_left_to_the_nodes_findings(
    other: corev1.Node,
) -> None:
    assert detect(CP, other, *pending(template())) == []


@pytest.mark.parametrize("other", [node("w-9", unschedulable=True), node("w-9", ready="Unknown")])
def test_a_pod_that_would_fit_on_a_node_that_is_away_is_left_to_that_nodes_finding(
    other: corev1.Node,
) -> None:
    full = [placed("big", "w-1", template(asks(cpu="7"))), *pending(template(asks(cpu="2")))]

    assert detect(CP, node("w-1"), other, *full) == []


def test_a_request_beyond_every_node_is_too_large() -> None:
    [finding] = detect(
        *NODES, *pending(template(asks(memory="32Gi")), before=template(asks(memory="2Gi")))
    )

    assert (finding.reason, finding.subject) == ("RequestTooLarge", APP)
    assert "32Gi memory" in finding.message
    assert "16Gi" in finding.message
    assert commands(finding) == ("kubectl -n shop rollout undo deployment/app",)


def test_a_resource_no_node_offers_is_too_large() -> None:
    [finding] = detect(*NODES, *pending(template(asks(**{"nvidia.com/gpu": "1"}))))

    assert finding.reason == "RequestTooLarge"
    assert "1 nvidia.com/gpu" in finding.message
    assert "even an empty node is too small" in finding.why
    facts = [each.text for each in finding.evidence]
    assert any(text.endswith(": too small even when empty") for text in facts)
    assert not any("full;" in text for text in facts)


def test_workloads_for_which_the_nodes_are_full_share_one_cause() -> None:
    full = [placed(f"big-{n}", f"w-{n}", template(asks(memory="12Gi"))) for n in (1, 2)]

    found = detect(
        *NODES,
        *full,
        *pending(template(asks(memory="8Gi"))),
        *pending(template(asks(memory="6Gi")), name="second"),
    )

    assert [(each.reason, each.subject.name) for each in found] == [
        ("InsufficientCapacity", "app"),
        ("InsufficientCapacity", "second"),
    ]
    assert len({each.shared for each in found}) == 1
    assert "8Gi memory" in found[0].message


def test_finished_pods_take_no_room() -> None:
    done = placed("big-1", "w-1", template(asks(memory="12Gi")))
    done = msgspec.structs.replace(
        done, status=msgspec.structs.replace(done.status, phase="Succeeded")
    )

    assert detect(CP, node("w-1"), done, *pending(template(asks(memory="8Gi")))) == []


def apart(name: str = "app") -> podv1.PodTemplate:
    term = placementv1.PodAffinityTerm(
        label_selector=metav1.LabelSelector(match_labels={"app": name}),
        topology_key="kubernetes.io/hostname",
    )
    return template(
        affinity=placementv1.Affinity(pod_anti_affinity=placementv1.PodAffinity(required=(term,)))
    )


def test_anti_affinity_that_wants_more_nodes_than_there_are() -> None:
    [finding] = detect(
        *NODES, placed("app-1", "w-1"), placed("app-2", "w-2"), *pending(apart(), replicas=3)
    )

    assert (finding.reason, finding.subject) == ("AntiAffinityUnsatisfiable", APP)


def test_anti_affinity_with_a_node_left_is_no_fault() -> None:
    assert detect(*NODES, placed("app-1", "w-1"), *pending(apart())) == []


def test_the_anti_affinity_of_a_placed_pod_counts_too() -> None:
    keeper = placed("other-1", "w-1", apart("app"))

    [finding] = detect(CP, node("w-1"), keeper, *pending(template()))

    assert finding.reason == "AntiAffinityUnsatisfiable"


def spread(policy: str = "Ignore") -> podv1.PodTemplate:
    rule = placementv1.TopologySpread(
        max_skew=1,
        topology_key="kubernetes.io/hostname",
        when_unsatisfiable="DoNotSchedule",
        label_selector=metav1.LabelSelector(match_labels={"app": "app"}),
        node_taints_policy=policy,
    )
    return template(topology_spread_constraints=(rule,))


def test_a_spread_that_counts_the_control_plane_leaves_no_node() -> None:
    taken = [placed("app-1", "w-1"), placed("app-2", "w-2")]

    [finding] = detect(*NODES, *taken, *pending(spread()))

    assert finding.reason == "AntiAffinityUnsatisfiable"
    assert detect(*NODES, *taken, *pending(spread("Honor"))) == []


def host_port() -> podv1.PodTemplate:
    return template(container(ports=(podv1.ContainerPort(container_port=80, host_port=8080),)))


def test_a_host_port_that_every_node_has_given_away() -> None:
    [finding] = detect(
        *NODES,
        placed("a-1", "w-1", host_port()),
        placed("b-1", "w-2", host_port()),
        *pending(host_port()),
    )

    assert (finding.reason, finding.subject) == ("HostPortConflict", APP)
    assert "8080 is taken on w-1, w-2 by Pod/shop/a-1, Pod/shop/b-1" in finding.message
    assert '"hostPort":null' in commands(finding)[0]


def test_a_port_of_the_host_network_cannot_be_taken_out() -> None:
    ports = (podv1.ContainerPort(container_port=8443, host_port=8443),)
    wants = template(container(ports=ports), host_network=True)

    [finding] = detect(
        *NODES, placed("a-1", "w-1", wants), placed("b-1", "w-2", wants), *pending(wants)
    )

    assert finding.reason == "HostPortConflict"
    assert commands(finding) == ("kubectl -n shop describe deployment app",)


def test_a_host_port_that_one_node_has_left_is_no_fault() -> None:
    assert detect(*NODES, placed("a-1", "w-1", host_port()), *pending(host_port())) == []


DATA = Ref("PersistentVolumeClaim", "shop", "data")
USES_DATA = podv1.Volume(name="data", persistent_volume_claim=podv1.ClaimSource(claim_name="data"))


def local_volume(on: str) -> list[metav1.Object]:
    """A claim bound to a volume that one node has."""
    term = placementv1.NodeSelectorTerm(
        match_expressions=(
            metav1.LabelRequirement(key="kubernetes.io/hostname", operator="In", values=(on,)),
        )
    )
    home = storagev1.VolumeNodeAffinity(
        required=placementv1.NodeSelector(node_selector_terms=(term,))
    )
    spec = appsv1.ClaimSpec(volume_name="pv-1", access_modes=("ReadWriteOnce",))
    return [
        storagev1.PersistentVolume(
            metadata=meta(Ref("PersistentVolume", "", "pv-1")),
            spec=storagev1.VolumeSpec(node_affinity=home),
        ),
        storagev1.PersistentVolumeClaim(
            metadata=meta(DATA), spec=spec, status=storagev1.ClaimStatus(phase="Bound")
        ),
    ]


def test_a_volume_on_a_node_the_pod_may_not_use() -> None:
    pinned = template(volumes=(USES_DATA,), node_selector={"kubernetes.io/hostname": "w-1"})

    [finding] = detect(*NODES, *local_volume("w-2"), *pending(pinned))

    assert (finding.reason, finding.subject) == ("VolumeNodeAffinityConflict", APP)
    for name in ("w-1", "w-2", "data", "pv-1"):
        assert name in finding.message
    assert '"nodeSelector":{"kubernetes.io/hostname":"w-2"}' in commands(finding)[0]


def test_a_volume_on_the_node_the_pod_may_use_is_no_fault() -> None:
    pinned = template(volumes=(USES_DATA,), node_selector={"kubernetes.io/hostname": "w-1"})

    assert detect(*NODES, *local_volume("w-1"), *pending(pinned)) == []


def test_a_pod_whose_claim_is_unbound_is_left_to_the_claim() -> None:
    claim = storagev1.PersistentVolumeClaim(
        metadata=meta(DATA), status=storagev1.ClaimStatus(phase="Pending")
    )
    spec = template(volumes=(USES_DATA,), node_selector={"disk": "x"})

    assert detect(*NODES, claim, *pending(spec)) == []


def test_replicas_that_must_not_share_a_node_but_share_a_claim() -> None:
    spec = apart()
    spec = msgspec.structs.replace(
        spec, spec=msgspec.structs.replace(spec.spec, volumes=(USES_DATA,))
    )
    first = placed("app-1", "w-2", spec)

    [finding] = detect(*NODES, *local_volume("w-2"), first, *pending(spec, replicas=2))

    assert (finding.reason, finding.subject) == ("RWOVolumeShared", APP)
    assert "app-1 on w-2" in finding.message


OUTRANKING = policyv1.PriorityClass(
    metadata=meta(Ref("PriorityClass", "", "everyone"), age=HOUR), value=1000, global_default=True
)


def test_a_default_class_that_ranks_above_pushes_the_workload_out() -> None:
    big = placed(
        "big-1",
        "w-1",
        template(asks(memory="12Gi")),
        priority=1000,
        priority_class_name="everyone",
    )

    [finding] = detect(CP, node("w-1"), big, OUTRANKING, *pending(template(asks(memory="8Gi"))))

    assert (finding.reason, finding.subject) == (
        "PriorityPreemption",
        Ref("PriorityClass", "", "everyone"),
    )
    assert '"globalDefault":false' in commands(finding)[0]
    assert APP in finding.affected


def test_equal_priority_is_plain_lack_of_room() -> None:
    big = placed("big-1", "w-1", template(asks(memory="12Gi")))

    [finding] = detect(CP, node("w-1"), big, OUTRANKING, *pending(template(asks(memory="8Gi"))))

    assert finding.reason == "InsufficientCapacity"


def made_anew(**fields: object) -> list[metav1.Object]:
    """What a new default class pushed out: its pod was made anew under that very class."""
    made = {"age": HOUR, "preemptor": "everyone", "asked": "", **fields}
    [owner, new, waits] = pending(template(asks(memory="8Gi"), priority_class_name=made["asked"]))
    assert isinstance(waits, podv1.Pod)
    spec = msgspec.structs.replace(waits.spec, priority=9, priority_class_name="everyone")
    meta_ = msgspec.structs.replace(waits.metadata, creation_timestamp=ago(HOUR - MINUTE))
    big = placed(
        "big-1",
        "w-1",
        template(asks(memory="12Gi")),
        priority=9,
        priority_class_name=made["preemptor"],
    )
    came = ago(made["age"])  # type: ignore[arg-type]
    big = msgspec.structs.replace(
        big, metadata=msgspec.structs.replace(big.metadata, creation_timestamp=came)
    )
    pod_ = msgspec.structs.replace(waits, spec=spec, metadata=meta_)
    return [CP, node("w-1"), big, OUTRANKING, owner, new, pod_]


def test_what_a_new_default_class_pushed_out_ranks_as_high_when_it_is_made_anew() -> None:
    [finding] = detect(*made_anew())

    assert (finding.reason, finding.subject.name) == ("PriorityPreemption", "everyone")
    rank = finding.evidence[1]
    assert (rank.ref, rank.at) == (finding.subject, ago(HOUR))
    assert rank.text == "value 1000, everyone's default; the pod has 9"
    assert "Pod/shop/big-1" in finding.message


@pytest.mark.parametrize(
    "fields", [{"age": 3 * HOUR}, {"preemptor": "other"}, {"asked": "everyone"}]
)
def test_a_default_class_is_no_cause_without_a_preemptor_of_that_moment(
    fields: dict[str, object],
) -> None:
    [finding] = detect(*made_anew(**fields))

    assert finding.reason == "InsufficientCapacity"


def pinned(name: str, *, before: podv1.PodTemplate | None = None) -> list[metav1.Object]:
    """A Deployment whose template names a node; its pod was made a moment ago."""
    spec = template(node_name=name)
    owner = deployment(APP, ready=0, pod_template=spec, age=2 * HOUR)
    new = replicaset(owner, 2, age=HOUR)
    old = [replicaset(owner, 1, replicas=0, pod_template=before)] if before else []
    bound = pod(
        Ref("Pod", "shop", "app-1"),
        owner=new,
        spec=spec.spec,
        node=name,
        phase="Pending",
        ready=False,
        age=MINUTE,
    )
    return [owner, new, *old, bound]


def test_a_template_that_names_a_node_which_does_not_exist() -> None:
    [finding] = detect(*NODES, *pinned("w-9"))

    assert (finding.reason, finding.subject) == ("UnschedulableNodeSelector", APP)
    assert finding.since == ago(HOUR)  # its pods are deleted and made anew every minute
    assert "w-9" in finding.message
    assert '"nodeName":null' in commands(finding)[0]


def test_a_node_name_that_the_newest_revision_brought_is_undone() -> None:
    [finding] = detect(*NODES, *pinned("w-9", before=template()))

    assert commands(finding) == ("kubectl -n shop rollout undo deployment/app",)


def test_a_template_that_names_an_existing_node_is_no_fault() -> None:
    assert detect(*NODES, *pinned("w-1")) == []


def multi_attach(*, other_ready: bool = True, on: str = "w-2") -> list[metav1.Object]:
    """Two pods of one Deployment with one claim; the second hangs in ContainerCreating."""
    spec = template(volumes=(USES_DATA,))
    owner = deployment(APP, replicas=2, ready=1, pod_template=spec)
    creating = pod(
        Ref("Pod", "shop", "app-2"), waiting("ContainerCreating"), owner=owner, spec=spec.spec
    )
    holder = pod(
        Ref("Pod", "shop", "app-1"), owner=owner, spec=spec.spec, node=on, ready=other_ready
    )
    return [owner, creating, holder, *local_volume("w-1")]


def test_replicas_on_two_nodes_that_need_one_claim() -> None:
    [finding] = detect(*NODES, *multi_attach())

    assert (finding.reason, finding.subject) == ("RWOVolumeShared", APP)
    assert "app-1 on w-2" in finding.message
    assert commands(finding)[0] == "kubectl -n shop scale deployment/app --replicas=1"


def test_replicas_that_share_a_claim_on_one_node_are_no_fault() -> None:
    assert detect(*NODES, *multi_attach(on="w-1")) == []
    assert detect(*NODES, *multi_attach(other_ready=False)) == []


def test_a_shared_claim_of_another_kind_is_only_described() -> None:
    spec = template(volumes=(USES_DATA,))
    creating = pod(Ref("Pod", "shop", "a"), waiting("ContainerCreating"), spec=spec.spec)
    holder = pod(Ref("Pod", "shop", "b"), spec=spec.spec, node="w-2")

    [finding] = detect(*NODES, creating, holder, *local_volume("w-1"))

    assert commands(finding) == ("kubectl -n shop describe pod a",)


def test_nodes_partly_without_the_port_and_partly_full_of_it() -> None:
    holder = placed("a-1", "w-1", host_port())
    full = placed("b-1", "w-2", template(asks(memory="12Gi"), host_port().spec.containers[0]))
    wants = template(asks(memory="8Gi"), host_port().spec.containers[0])

    [finding] = detect(*NODES, holder, full, *pending(wants, before=template()))

    assert finding.reason == "HostPortConflict"
    assert commands(finding) == ("kubectl -n shop rollout undo deployment/app",)


def test_ports_and_anti_affinity_together_are_told_by_what_keeps_apart() -> None:
    wants = msgspec.structs.replace(
        host_port(),
        spec=msgspec.structs.replace(host_port().spec, affinity=apart().spec.affinity),
    )

    [finding] = detect(
        *NODES, placed("a-1", "w-1", host_port()), placed("app-1", "w-2"), *pending(wants)
    )

    assert finding.reason == "AntiAffinityUnsatisfiable"


def test_a_taint_with_a_time_is_compared_with_the_workload() -> None:
    young = corev1.Taint(key="drain", effect="NoExecute", time_added=ago(MINUTE))
    old = corev1.Taint(key="drain", effect="NoExecute", time_added=ago(9 * HOUR))

    [by_node] = detect(CP, node("w-1", taints=(young,)), *pending(template()))
    [by_workload] = detect(CP, node("w-1", taints=(old,)), *pending(template()))

    assert by_node.subject == Ref("Node", "", "w-1")
    assert by_workload.subject == APP


def test_pods_of_a_daemon_set_do_not_date_a_taint() -> None:
    tainted = node("w-1", taints=(MAINTENANCE,))
    owner = appsv1.DaemonSet(metadata=meta(Ref("DaemonSet", "shop", "agent")))
    agent = pod(Ref("Pod", "shop", "agent-x"), owner=owner)

    [finding] = detect(CP, tainted, owner, agent, *pending(template()))

    assert finding.subject == APP


def test_a_toleration_that_the_previous_revision_had_comes_back() -> None:
    dedicated = corev1.Taint(key="gpu", value="yes", effect="NoSchedule")
    before = template(tolerations=(placementv1.Toleration(key="gpu", operator="Exists"),))

    [finding] = detect(CP, node("w-1", taints=(dedicated,)), *pending(template(), before=before))

    assert commands(finding) == ("kubectl -n shop rollout undo deployment/app",)


def test_tolerations_that_are_there_stay_in_the_patch() -> None:
    dedicated = corev1.Taint(key="gpu", effect="NoSchedule")
    held = placementv1.Toleration(key="spot", operator="Equal", value="yes", effect="NoSchedule")
    wants = template(tolerations=(held,))

    [finding] = detect(CP, node("w-1", taints=(dedicated,)), *pending(wants, before=wants))

    assert '"key":"spot"' in commands(finding)[0]
    assert '"key":"gpu"' in commands(finding)[0]


def test_a_request_that_was_always_too_large_is_only_described() -> None:
    wants = template(asks(memory="32Gi"))

    [finding] = detect(*NODES, *pending(wants, before=wants))

    assert commands(finding) == ("kubectl -n shop describe deployment app",)


def test_a_volume_whose_node_is_gone() -> None:
    [finding] = detect(*NODES, *local_volume("gone"), *pending(template(volumes=(USES_DATA,))))

    assert finding.reason == "VolumeNodeAffinityConflict"
    assert "a node that is gone" in finding.message


def test_a_selector_the_newest_revision_brought_lets_the_volume_go() -> None:
    pinned = template(volumes=(USES_DATA,), node_selector={"kubernetes.io/hostname": "w-1"})
    free = template(volumes=(USES_DATA,))

    [finding] = detect(*NODES, *local_volume("w-2"), *pending(pinned, before=free))

    assert commands(finding) == ("kubectl -n shop rollout undo deployment/app",)


def test_an_affinity_that_shuts_the_volumes_node_out_is_taken_out() -> None:
    only = metav1.LabelRequirement(key="kubernetes.io/hostname", operator="In", values=("w-1",))
    term = placementv1.NodeSelectorTerm(match_expressions=(only,))
    affinity = placementv1.Affinity(
        node_affinity=placementv1.NodeAffinity(
            required=placementv1.NodeSelector(node_selector_terms=(term,))
        )
    )
    wants = template(volumes=(USES_DATA,), affinity=affinity)

    [finding] = detect(*NODES, *local_volume("w-2"), *pending(wants))

    assert finding.reason == "VolumeNodeAffinityConflict"
    assert '"nodeAffinity"' in commands(finding)[0]


def test_a_new_class_that_is_nobodys_default_is_only_described() -> None:
    gold = msgspec.structs.replace(OUTRANKING, global_default=False)
    big = placed(
        "big-1", "w-1", template(asks(memory="12Gi")), priority=9, priority_class_name="everyone"
    )

    [finding] = detect(CP, node("w-1"), big, gold, *pending(template(asks(memory="8Gi"))))

    assert finding.reason == "PriorityPreemption"
    assert commands(finding) == ("kubectl describe priorityclass everyone",)


def test_an_old_class_or_one_whose_pods_give_too_little_room_is_no_cause() -> None:
    old = msgspec.structs.replace(
        OUTRANKING, global_default=False, metadata=meta(OUTRANKING.ref, age=99 * HOUR)
    )
    fields = {"priority": 9, "priority_class_name": "everyone"}
    big = placed("big-1", "w-1", template(asks(memory="12Gi")), **fields)
    small = placed("small-1", "w-1", template(asks(memory="1Gi")), **fields)
    plain = placed("plain-1", "w-1", template(asks(memory="12Gi")))
    wants = pending(template(asks(memory="8Gi")))

    for others in ([old, big], [OUTRANKING, small, plain]):
        [finding] = detect(CP, node("w-1"), *others, *wants)
        assert finding.reason == "InsufficientCapacity"


def test_a_pod_whose_claim_does_not_exist_is_left_to_the_claim() -> None:
    spec = template(volumes=(USES_DATA,), node_selector={"disk": "x"})

    assert detect(*NODES, *pending(spec)) == []


def test_a_host_port_that_was_always_asked_for_is_taken_out() -> None:
    holders = [placed("a-1", "w-1", host_port()), placed("b-1", "w-2", host_port())]

    [finding] = detect(*NODES, *holders, *pending(host_port(), before=host_port()))

    assert '"hostPort":null' in commands(finding)[0]


def scale_up(*, first: int, last: int = 1, of: str = "Pod/shop/app-x") -> corev1.ScaleUp:
    return corev1.ScaleUp(
        metadata=metav1.Metadata(name="app-x.1", namespace="shop"),
        involved_object=corev1.ObjectReference(kind="Pod", namespace="shop", name="app-x", uid=of),
        type="Normal",
        reason="TriggeredScaleUp",
        message="pod triggered scale-up: [{spot 1->2 (max: 10)}]",
        first_timestamp=ago(first * MINUTE),
        last_timestamp=ago(last * MINUTE),
    )


def test_a_pod_for_which_a_node_is_being_added_waits_without_a_fault() -> None:
    items = [*NODES, *pending(template(asks(cpu="12")))]

    assert not detect(*items, scale_up(first=9))


@pytest.mark.parametrize("said", [scale_up(first=11), scale_up(first=9, of="another")])
def test_a_scale_up_that_brought_no_node_or_is_another_pods_excuses_nobody(
    said: corev1.ScaleUp,
) -> None:
    (found,) = detect(*NODES, *pending(template(asks(cpu="12"))), said)

    assert found.reason == "RequestTooLarge"


def test_a_scale_up_that_is_tried_again_counts_from_the_first_time() -> None:
    again = msgspec.structs.replace(
        scale_up(first=2), metadata=metav1.Metadata(name="app-x.2", namespace="shop")
    )

    (found,) = detect(*NODES, *pending(template(asks(cpu="12"))), scale_up(first=11), again)

    assert found.reason == "RequestTooLarge"
