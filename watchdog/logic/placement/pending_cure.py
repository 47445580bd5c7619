"""What makes an unschedulable pod schedulable: the previous revision first, nothing invented."""

from difflib import get_close_matches

from watchdog.domain.evidence import Proposal
from watchdog.domain.quantity import in_binary
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic import command
from watchdog.logic.placement.filters import host_ports, matches, requests, too_big
from watchdog.logic.placement.pending import (
    Stuck,
    earlier_matched,
    offered,
    taints_of,
    unmet,
)
from watchdog.logic.placement.preemption import pushing_class
from watchdog.logic.placement.scheduling import Scheduling
from watchdog.logic.symptom import advise, listed


def amount(resource: str, size: float) -> str:
    """Write a request as people do: "2Gi" of memory, "1.5" cores."""
    return in_binary(size) if "memory" in resource or "storage" in resource else f"{size:g}"


def selector(snapshot: Snapshot, stuck: Stuck) -> Proposal:
    """Mend a nodeSelector or affinity that no node has."""
    workload, spec = snapshot.workloads.get(stuck.owner), stuck.pod.spec
    if stuck.pod.node:
        return _unpin(workload, stuck)
    if earlier_matched(snapshot, workload, ()):
        text = "Return to the previous revision, whose selector matches a node."
        return advise(workload, text, command.rollout_undo(stuck.owner))
    if wrong := unmet(snapshot, spec):
        change: dict[str, str | None] = {}
        for key, value in wrong.items():
            close = get_close_matches(value, offered(snapshot, key), n=1)
            change[key] = close[0] if close else None
        said = "; ".join(
            f"{key}: {value}" if value else f"{key} taken out" for key, value in change.items()
        )
        text = f"Correct the nodeSelector ({said}), or give a node the label."
        patch = command.patch_pod_spec(stuck.owner, {"nodeSelector": change})
        return advise(workload, text, patch or command.describe(stuck.owner))
    text = "Correct or take out the required node affinity, or give a node the label."
    body = {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": None}}}
    patch = command.patch_pod_spec(stuck.owner, body)
    return advise(workload, text, patch or command.describe(stuck.owner))


def _unpin(workload: Workload | None, stuck: Stuck) -> Proposal:
    """Take the node's name out of the template, or return to the revision that had none of it."""
    before = workload.previous if workload else None
    if before is not None and before.template.spec.node_name != stuck.pod.node:
        text = "Return to the previous revision, which did not name this node."
        return advise(workload, text, command.rollout_undo(stuck.owner))
    text = "Take nodeName out of the pod template, so that the scheduler chooses a node."
    patch = command.patch_pod_spec(stuck.owner, {"nodeName": None})
    return advise(workload, text, patch or command.describe(stuck.owner))


def volume(snapshot: Snapshot, stuck: Stuck) -> Proposal:
    """Let the pod run where its volume lives; the volume holds data and stays."""
    workload, spec = snapshot.workloads.get(stuck.owner), stuck.pod.spec
    homes = listed(stuck.nodes) or "its node, which is gone"
    if not stuck.nodes:
        text = f"The volume is tied to {homes}: bring that node back or restore from a backup."
        return advise(workload, text, command.describe(stuck.pod.ref))
    if earlier_matched(snapshot, workload, stuck.nodes):
        text = f"Return to the previous revision, which may run on {homes}."
        return advise(workload, text, command.rollout_undo(stuck.owner))
    home = snapshot.nodes[stuck.nodes[0]]
    wrong = {
        key: home.labels.get(key)
        for key, value in (spec.node_selector or {}).items()
        if home.labels.get(key) != value
    }
    if wrong and not matches(spec, home):
        text = f"Let the pod run where its volume lives, {homes}: change its nodeSelector."
        patch = command.patch_pod_spec(stuck.owner, {"nodeSelector": wrong})
        return advise(workload, text, patch or command.describe(stuck.owner))
    text = f"Let the pod's required node affinity admit {homes}, where its volume lives."
    body = {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": None}}}
    patch = command.patch_pod_spec(stuck.owner, body)
    return advise(workload, text, patch or command.describe(stuck.owner))


def taint_of_node(snapshot: Snapshot, stuck: Stuck, node: str) -> Proposal:
    """Take the taint off; who set it is to be asked first."""
    taints = taints_of(snapshot, stuck.pod, node)
    keys = listed(f"{taint.key}:{taint.effect}" for taint in taints)
    return Proposal(
        f"Ask who set the taint {keys} on {node}; if nobody needs it, take it off.",
        tuple(command.remove_taint(node, taint.key, taint.effect) for taint in taints),
    )


def tolerate(snapshot: Snapshot, stuck: Stuck) -> Proposal:
    """Give the workload the toleration it never had."""
    workload = snapshot.workloads.get(stuck.owner)
    if earlier_matched(snapshot, workload, ()) and workload and workload.previous:
        before = workload.previous.template.spec
        if before.tolerations != stuck.pod.spec.tolerations or (
            before.node_selector != stuck.pod.spec.node_selector
        ):
            text = "Return to the previous revision, whose placement was different."
            return advise(workload, text, command.rollout_undo(stuck.owner))
    taint = taints_of(snapshot, stuck.pod, stuck.nodes[0])[0]
    toleration = {"key": taint.key, "operator": "Exists", "effect": taint.effect}
    text = (
        f"Give the pod a toleration for {taint.key}, if it is meant to run on "
        f"{listed(stuck.nodes)}; else correct its selector."
    )
    held = [
        {"key": each.key, "operator": each.operator, "effect": each.effect}
        | ({"value": each.value} if each.value else {})
        for each in (workload.template.spec.tolerations if workload else ())
    ]
    patch = command.patch_pod_spec(stuck.owner, {"tolerations": [*held, toleration]})
    return advise(workload, text, patch or command.describe(stuck.owner))


def too_large(snapshot: Snapshot, stuck: Stuck) -> Proposal:
    """Lower the request: to that of the previous revision, if it fitted."""
    workload = snapshot.workloads.get(stuck.owner)
    nodes = [snapshot.nodes[name] for name in stuck.nodes]
    if workload is not None and workload.previous is not None:
        before = workload.previous.template.spec
        if any(not too_big(before, node) for node in nodes):
            text = "Return to the previous revision, whose requests fit a node."
            return advise(workload, text, command.rollout_undo(stuck.owner))
    text = "Lower the request below what the largest node can give, or add a larger node."
    return advise(workload, text, command.describe(stuck.owner))


def full(snapshot: Snapshot, stuck: Stuck) -> Proposal:
    """Make room; whose pods may give way is for people to say."""
    asked = ", ".join(
        f"{amount(name, size)} {name}"
        for name, size in requests(stuck.pod.spec).items()
        if name != "pods"
    )
    text = (
        f"Make room for {asked or 'one more pod'}: add a node, scale a less important workload down, "
        "or lower requests that are far above the real use."
    )
    return advise(
        snapshot.workloads.get(stuck.owner), text, "kubectl describe nodes", "kubectl top pods -A"
    )


def apart(snapshot: Snapshot, stuck: Stuck) -> Proposal:
    """Fewer replicas or a softer rule."""
    workload = snapshot.workloads.get(stuck.owner)
    placed = sum(bool(pod.node) for pod in snapshot.pods_by_owner.get(stuck.owner, ()))
    text = (
        f"Make the rule preferred instead of required (ScheduleAnyway for a spread), add a node, or "
        f"run {placed} replicas, as many as there is place for."
    )
    scale = command.kubectl(
        stuck.owner, "scale", command.target(stuck.owner), f"--replicas={placed}"
    )
    able = stuck.owner.kind in ("Deployment", "StatefulSet") and placed > 0
    return advise(workload, text, scale if able else command.describe(stuck.owner))


def port(snapshot: Snapshot, stuck: Stuck) -> Proposal:
    """Free the host port."""
    ports = listed(str(number) for _, number in sorted(host_ports(stuck.pod.spec)))
    workload = snapshot.workloads.get(stuck.owner)
    if workload is not None and workload.previous is not None:
        wanted, before = host_ports(stuck.pod.spec), host_ports(workload.previous.template.spec)
        if not wanted <= before:
            text = f"Return to the previous revision, which did not take host port {ports}."
            return advise(workload, text, command.rollout_undo(stuck.owner))
    if stuck.pod.spec.host_network:
        text = (
            f"With hostNetwork port {ports} is one of the node: let it listen on another port, take "
            "hostNetwork out of the pod template, or move the workload that holds the port."
        )
        return advise(workload, text, command.describe(stuck.owner))
    text = (
        f"Take hostPort {ports} out of the pod template (a Service reaches the pod without it), or "
        "move the workload that holds it."
    )
    containers = [
        {
            "name": container.name,
            "ports": [
                {"containerPort": each.container_port, "protocol": each.protocol, "hostPort": None}
                for each in container.ports
                if each.host_port
            ],
        }
        for container in stuck.pod.spec.containers
        if any(each.host_port for each in container.ports)
    ]
    patch = command.patch_pod_spec(stuck.owner, {"containers": containers}) if containers else ""
    return advise(workload, text, patch or command.describe(stuck.owner))


def shared_claim(snapshot: Snapshot, stuck: Stuck) -> Proposal:
    """One pod at a time, or a volume that several nodes may use."""
    workload = snapshot.workloads.get(stuck.owner)
    text = (
        "A ReadWriteOnce claim serves one node: run one replica (with strategy Recreate), or use a "
        "ReadWriteMany volume, or a StatefulSet with a claim for each pod."
    )
    many = workload is not None and workload.wanted > 1 and stuck.owner.kind == "Deployment"
    scale = command.kubectl(stuck.owner, "scale", command.target(stuck.owner), "--replicas=1")
    recreate = command.patch(
        stuck.owner, {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": None}}}
    )
    if stuck.owner.kind != "Deployment":
        return advise(workload, text, command.describe(stuck.owner))
    return advise(workload, text, scale if many else "", recreate)


def outranked(snapshot: Snapshot, scheduling: Scheduling, stuck: Stuck) -> Proposal:
    """Stop ranking everything above the workload."""
    held = pushing_class(snapshot, scheduling, stuck.pod, stuck.nodes)
    name = held.name if held else ""
    text = (
        f"Do not let PriorityClass {name} be everyone's default (it then counts for no new pod), and "
        f"make room: scale down what runs with it, or give {stuck.owner} a class that ranks higher."
    )
    ref = Ref("PriorityClass", "", name)
    commands = [command.patch(ref, {"globalDefault": False}, kind="merge")]
    if held is not None and not held.global_default:
        commands = [command.describe(ref)]
    return Proposal(text, tuple(commands))
