"""Pods that no node takes: computed from nodes and constraints, not read from a message."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.evidence import Evidence, Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.objects import podv1, policyv1
from watchdog.domain.quantity import quantity
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import symptom
from watchdog.logic.placement import pending_cure as cure
from watchdog.logic.placement.filters import host_ports, requests, too_big
from watchdog.logic.placement.own_constraints import carried
from watchdog.logic.placement.pending import (
    Stuck,
    newly_tainted,
    offered,
    sharers,
    stuck_pods,
    taints_of,
    unmet,
    unmet_terms,
)
from watchdog.logic.placement.preemption import pushing_class
from watchdog.logic.placement.scheduling import Block, Scheduling, claims_of

_HOLD = timedelta(minutes=5)


@check(
    family="pods",
    needs=("pods", "nodes", "namespaces", "deployments", "replicasets", "statefulsets"),
    optional=(
        "daemonsets",
        "persistentvolumeclaims",
        "persistentvolumes",
        "storageclasses",
        "priorityclasses",
        "controllerrevisions",
        "scaleups",
    ),
    reasons=(
        "UnschedulableNodeSelector",
        "UnschedulableTaint",
        "RequestTooLarge",
        "InsufficientCapacity",
        "AntiAffinityUnsatisfiable",
        "HostPortConflict",
        "VolumeNodeAffinityConflict",
        "RWOVolumeShared",
        "PriorityPreemption",
    ),
    params=NoParams,
)
def pod_pending(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A pod stays unschedulable, and the Snapshot proves by which constraint.

    Pods that wait for a claim or a gate are left out, and so are those whose only nodes are down
    or cordoned: the claim and the node have Findings of their own. So are pods for which the
    cluster autoscaler began to add a node less than ten minutes ago.
    """
    scheduling = Scheduling(snapshot)
    groups: defaultdict[tuple[str, Ref, str], list[Stuck]] = defaultdict(list)
    for each in stuck_pods(snapshot, scheduling):
        for subject, shared in _subjects(snapshot, scheduling, each):
            groups[each.reason, subject, shared].append(each)
    for (reason, subject, shared), stuck in sorted(groups.items(), key=lambda item: item[0]):
        pods = tuple(each.pod for each in stuck)
        first = stuck[0]
        fact = _fact(snapshot, scheduling, first, subject)
        yield Finding(
            reason=reason,
            subject=subject,
            affected=symptom.affected(snapshot, pods, subject),
            severity=snapshot.severity_for(*snapshot.owners_of(pods)),
            message=f"{first.owner}: {symptom.counted(len(pods), 'pod')} cannot be {_done(first)}: {fact}",
            why=f"{symptom.counted(len(pods), 'pod')} of "
            f"{symptom.listed(str(each.owner) for each in stuck)} {symptom.verb(len(pods), 'stay')} "
            f"Pending: {fact}. {symptom.readiness(snapshot, first.owner)} {_not(reason)} A restart "
            "does not help: a new pod meets the same nodes.",
            since=symptom.first_of(each.since for each in stuck),
            hold=_HOLD,
            shared=shared,
            carried=carried(snapshot, scheduling, first) if subject == first.owner else (),
            evidence=_evidence(snapshot, first, subject, fact),
            proposal=_proposal(snapshot, scheduling, first, subject),
        )


def _subjects(
    snapshot: Snapshot, scheduling: Scheduling, each: Stuck
) -> tuple[tuple[Ref, str], ...]:
    """The objects to change, each with what they share with others."""
    if each.reason == "UnschedulableTaint":
        nodes = [n for n in each.nodes if newly_tainted(snapshot, scheduling, each, n)]
        if nodes:
            return tuple((Ref("Node", "", node), _taint(snapshot, each, node)) for node in nodes)
    if each.reason == "InsufficientCapacity":
        return ((each.owner, "capacity of the nodes"),)
    if each.reason == "PriorityPreemption":
        held = pushing_class(snapshot, scheduling, each.pod, each.nodes)
        return ((Ref("PriorityClass", "", held.name if held else ""), ""),)
    return ((each.owner, ""),)


def _done(each: Stuck) -> str:
    """What cannot be done with the pod: only one without a node waits for the scheduler."""
    return "started" if each.pod.node else "scheduled"


def _taint(snapshot: Snapshot, each: Stuck, node: str) -> str:
    return f"taint {symptom.listed(t.key for t in taints_of(snapshot, each.pod, node))}"


def _fact(snapshot: Snapshot, scheduling: Scheduling, each: Stuck, subject: Ref) -> str:
    """Say the deciding constraint with its values."""
    pod, nodes = each.pod, symptom.listed(each.nodes)
    match each.reason:
        case "UnschedulableNodeSelector":
            return _selector_fact(snapshot, each)
        case "UnschedulableTaint":
            named = subject.name if subject.kind == "Node" else each.nodes[0]
            return f"the taint {_taint(snapshot, each, named)[6:]} shuts out {nodes}"
        case "RequestTooLarge":
            return _size_fact(snapshot, each)
        case "InsufficientCapacity":
            short = {name for n in each.nodes for name in scheduling.short(pod, snapshot.nodes[n])}
            asked = requests(pod.spec)
            said = (f"{cure.amount(name, asked[name])} {name}" for name in sorted(short))
            return f"no node has {symptom.listed(said)} left (full: {nodes})"
        case "PriorityPreemption":
            holders = _holders(
                snapshot, scheduling, each, lambda p: p.spec.priority_class_name == subject.name
            )
            return f"pods of PriorityClass {subject.name} ({holders}) hold the room on {nodes}"
        case "HostPortConflict":
            wanted = host_ports(pod.spec)
            ports = symptom.listed(str(number) for _, number in sorted(wanted))
            holders = _holders(
                snapshot, scheduling, each, lambda p: bool(host_ports(p.spec) & wanted)
            )
            return f"host port {ports} is taken on {nodes} by {holders}"
        case "AntiAffinityUnsatisfiable":
            return f"anti-affinity or topology spread leaves no node ({nodes} ruled out)"
        case "RWOVolumeShared":
            others = sharers(snapshot, pod)
            held = symptom.listed(f"{other.name} on {other.node}" for other in others)
            return f"its ReadWriteOnce claim {_claims(snapshot, each)} is in use by {held}"
        case _:
            return _volume_fact(snapshot, each)


def _holders(
    snapshot: Snapshot, scheduling: Scheduling, each: Stuck, hold: Callable[[podv1.Pod], bool]
) -> str:
    """The workloads whose pods hold what the pod wants on its nodes."""
    placed = (pod for node in each.nodes for pod in scheduling.placed.get(node, ()))
    return symptom.listed(sorted({str(snapshot.owners[pod.ref]) for pod in placed if hold(pod)}))


def _selector_fact(snapshot: Snapshot, each: Stuck) -> str:
    if each.pod.node:
        return f"its template binds it to node {each.pod.node} (nodeName), which does not exist"
    wrong = unmet(snapshot, each.pod.spec)
    if wrong:
        key, value = next(iter(wrong.items()))
        return f"no node has the label {key}={value}{_instead(snapshot, key)}"
    for term in unmet_terms(snapshot, each.pod.spec):
        values = symptom.listed(term.values or ())
        asked = f"{term.key} {term.operator} {values}".rstrip()
        return f"no node meets its node affinity {asked}{_instead(snapshot, term.key)}"
    return "no node matches its nodeSelector and required node affinity together"


def _instead(snapshot: Snapshot, key: str) -> str:
    has = symptom.listed(offered(snapshot, key))
    return f" (nodes have {has})" if has else ""


def _size_fact(snapshot: Snapshot, each: Stuck) -> str:
    asked = requests(each.pod.spec)
    name = too_big(each.pod.spec, snapshot.nodes[each.nodes[0]])[0]
    rooms = (snapshot.nodes[node].status.allocatable or {} for node in each.nodes)
    most = max(quantity(room.get(name, 0)) for room in rooms)
    return (
        f"one pod asks for {cure.amount(name, asked[name])} {name}, the largest node that fits has "
        f"{cure.amount(name, most)}"
    )


def _volume_fact(snapshot: Snapshot, each: Stuck) -> str:
    homes = symptom.listed(each.nodes) or "a node that is gone"
    allowed = [node for node in each.fit.blocks if node not in each.nodes]
    usable = [node for node in allowed if len(each.fit.blocks[node]) == 1]
    return (
        f"its volume {_claims(snapshot, each)} lives on {homes}, but the pod may only run on "
        f"{symptom.listed(usable or allowed)}"
    )


def _claims(snapshot: Snapshot, each: Stuck) -> str:
    claims = claims_of(snapshot, each.pod)
    return symptom.listed(f"{claim.name} ({claim.spec.volume_name})" for claim in claims)


def _not(reason: str) -> str:
    if reason in ("InsufficientCapacity", "PriorityPreemption"):
        return "Its own constraints are met: only room is missing."
    if reason == "RequestTooLarge":
        return "Freeing room does not help: even an empty node is too small for it."
    return "It is not a lack of cpu or memory."


def _evidence(snapshot: Snapshot, each: Stuck, subject: Ref, fact: str) -> tuple[Evidence, ...]:
    condition = each.pod.condition("PodScheduled")
    said = condition.message if condition and condition.status == "False" else ""
    facts = [symptom.fact("spec", each.owner, fact)]
    rank = snapshot.of("priorityclasses", policyv1.PriorityClass).get(subject)
    if rank is not None:
        default = "everyone's default" if rank.global_default else "nobody's default"
        text = f"value {rank.value}, {default}; the pod has {each.pod.spec.priority}"
        facts.append(symptom.fact("spec", subject, text, rank.metadata.creation_timestamp))
    if said:
        facts.append(symptom.fact("status", each.pod.ref, f"scheduler: {said}", each.since))
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    for node, blocks in each.fit.blocks.items():
        # What is too small for it when empty is no more so for being full.
        left = blocks - {Block.ROOM} if Block.SIZE in blocks else blocks
        reasons["; ".join(sorted(left))].append(node)
    for text, nodes in sorted(reasons.items()):
        facts.append(symptom.fact("status", each.pod.ref, f"{symptom.listed(nodes)}: {text}"))
    return tuple(facts[:6])


def _proposal(snapshot: Snapshot, scheduling: Scheduling, each: Stuck, subject: Ref) -> Proposal:
    if each.reason == "UnschedulableTaint":
        if subject.kind == "Node":
            return cure.taint_of_node(snapshot, each, subject.name)
        return cure.tolerate(snapshot, each)
    if each.reason == "PriorityPreemption":
        return cure.outranked(snapshot, scheduling, each)
    cures = {
        "UnschedulableNodeSelector": cure.selector,
        "RequestTooLarge": cure.too_large,
        "InsufficientCapacity": cure.full,
        "AntiAffinityUnsatisfiable": cure.apart,
        "HostPortConflict": cure.port,
        "VolumeNodeAffinityConflict": cure.volume,
        "RWOVolumeShared": cure.shared_claim,
    }
    return cures[each.reason](snapshot, each)
