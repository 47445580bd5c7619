"""Images that cannot be pulled: wrong reference, refused credentials, silent registry, policy."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.custom import Carried
from watchdog.domain.evidence import Evidence, Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.network.inside import within
from watchdog.logic.pods import pull, pull_words
from watchdog.logic.pods import pull_cure as cure
from watchdog.logic.pods.image import PullFault, answer, normal
from watchdog.logic.pods.pull import Pull
from watchdog.logic.pods.pull_reason import UNREACHABLE, cut_off_nodes, reason_of

_MINUTE = timedelta(minutes=1)


@check(
    family="pods",
    needs=("pods", "nodes", "deployments", "replicasets", "statefulsets", "daemonsets"),
    optional=("events", "controllerrevisions", "services", "ingresses"),
    reasons=(
        "ImageNotFound",
        "ImagePullUnauthorized",
        "RegistryUnreachable",
        "ImagePullPolicyWrong",
    ),
    params=NoParams,
)
def image_pull(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A container, init containers included, waits for an image; the registry's answer decides.

    Workloads that fail on the same image or registry share one Incident. A registry that only one
    node cannot reach is that Node's Finding; one that runs in this cluster has Findings of its own,
    and so has a node whose disk is full.
    """
    groups: defaultdict[tuple[str, str, Ref], list[Pull]] = defaultdict(list)
    every = pull.pulls(snapshot)
    found = tuple(each for each in every if each.fault is not PullFault.NO_ROOM)
    for each in found:
        reason = reason_of(snapshot, each)
        shared = each.host if reason == "RegistryUnreachable" else each.container.image
        groups[reason, shared, each.owner].append(each)
    failing = frozenset(each.container.image for each in found)
    lonely = cut_off_nodes(snapshot, found)
    for host, node in lonely.items():
        group = tuple(each for each in found if each.fault in UNREACHABLE and each.host == host)
        yield _node_cut_off(snapshot, node, group)
    make = {
        "ImageNotFound": _not_found,
        "ImagePullUnauthorized": _unauthorized,
        "RegistryUnreachable": _unreachable,
        "ImagePullPolicyWrong": _policy_wrong,
    }
    seen: set[tuple[str, Ref]] = set()
    for (reason, shared, owner), pulls in sorted(groups.items()):
        # One Finding per Reason and workload: its second bad image is part of the same edit.
        if (reason, owner) not in seen and not (
            reason == "RegistryUnreachable" and shared in lonely
        ):
            seen.add((reason, owner))
            yield make[reason](snapshot, owner, tuple(pulls), failing)


def _not_found(
    snapshot: Snapshot, owner: Ref, pulls: tuple[Pull, ...], failing: frozenset[str]
) -> Finding:
    first = pulls[0]
    image, name = first.container.image, first.container.name
    what = {
        PullFault.INVALID: "is not a valid image reference",
        PullFault.PLATFORM: f"has no variant for the platform of node {first.pod.node}",
        PullFault.UNSAID: "cannot be pulled; the kubelet does not say why (least certain class)",
    }.get(first.fault, "does not exist in its registry")
    return _finding(
        snapshot,
        "ImageNotFound",
        owner,
        pulls,
        hold=2 * _MINUTE,
        shared=f"image {image}",
        message=f"{owner}: image {image} {what.split(';')[0]}",
        why=f"Container {name} wants image {image}, which {what} "
        f"({pull_words.answered(first)}). {symptom.readiness(snapshot, owner)} "
        f"{pull_words.not_guilty(first)} A restart does not help: the same image is asked for again.",
        proposal=cure.go_back(snapshot, first, failing, pull_words.otherwise(first)),
        carried=(
            Carried(value=image, key="image", instead=cure.earlier(snapshot, first, failing)),
        ),
    )


def _unauthorized(
    snapshot: Snapshot, owner: Ref, pulls: tuple[Pull, ...], _failing: frozenset[str]
) -> Finding:
    first = pulls[0]
    host, said = first.host, answer(first.said) or first.fault
    secrets = symptom.listed(first.secrets)
    whose = f"the credentials in pull secret {secrets}" if secrets else "a pull without credentials"
    return _finding(
        snapshot,
        "ImagePullUnauthorized",
        owner,
        pulls,
        hold=5 * _MINUTE,
        shared=f"registry {host}",
        message=f"{owner}: registry {host} refuses {whose} ({said})",
        why=f"Registry {host} answers the pull of {first.container.image} with {said}, hence it refuses "
        f"{whose}. {symptom.readiness(snapshot, owner)} The registry is up and the tag is not the "
        "problem. A restart does not help: the same credentials are shown again.",
        proposal=cure.renew(snapshot, first, secrets),
    )


def _unreachable(
    snapshot: Snapshot, owner: Ref, pulls: tuple[Pull, ...], failing: frozenset[str]
) -> Finding:
    first = pulls[0]
    host, said = first.host, answer(first.said) or first.fault
    throttled = first.fault is PullFault.THROTTLED
    kind = (
        "it limits the number of pulls"
        if throttled
        else "the nodes get no usable answer from it (node DNS, network or TLS, not cluster DNS)"
    )
    return _finding(
        snapshot,
        "RegistryUnreachable",
        owner,
        pulls,
        hold=(15 if throttled else 10) * _MINUTE,
        shared=f"registry {host}",
        message=f"{owner}: registry {host} cannot be used: {said}",
        why=f"Registry {host} does not serve the pull of {first.container.image}: {said}; {kind}. "
        f"{symptom.readiness(snapshot, owner)} Whether the image exists is not known. A restart does "
        "not help: a pod that runs now may have to pull as well, and would then be missing too.",
        proposal=cure.reach(snapshot, first, failing, throttled=throttled),
        blames=() if throttled else within(snapshot, host, owner.namespace),
    )


def _policy_wrong(
    snapshot: Snapshot, owner: Ref, pulls: tuple[Pull, ...], _failing: frozenset[str]
) -> Finding:
    first = pulls[0]
    image, node = first.container.image, first.pod.node
    if first.waiting.reason == "ErrImageNeverPull":
        fact = f"imagePullPolicy Never forbids the pull, and node {node} does not hold the image"
    else:
        fact = (
            f"imagePullPolicy Always asks {first.host} at each start, which does not serve the "
            f"image, although node {node} already holds it"
        )
    body = {"containers": [{"name": first.container.name, "imagePullPolicy": "IfNotPresent"}]}
    if first.container in first.pod.spec.init_containers:
        body = {"initContainers": body["containers"]}
    return _finding(
        snapshot,
        "ImagePullPolicyWrong",
        owner,
        pulls,
        hold=5 * _MINUTE,
        shared=f"image {image}",
        message=f"{owner}: image {image} cannot start with imagePullPolicy "
        f"{first.container.image_pull_policy or 'Never'}",
        why=f"For image {image} {fact}. {symptom.readiness(snapshot, owner)} Neither node nor registry "
        "is broken. A restart does not help: the policy stays the same.",
        proposal=symptom.advise(
            snapshot.workloads.get(owner),
            f"Set imagePullPolicy IfNotPresent for container {first.container.name}; better, use a "
            "fixed tag instead of :latest.",
            command.patch_pod_spec(owner, body) or command.describe(owner),
        ),
        carried=(
            Carried(
                value=first.container.image_pull_policy or "Never",
                key="imagePullPolicy",
                instead="IfNotPresent",
            ),
        ),
    )


def _node_cut_off(snapshot: Snapshot, node: str, pulls: tuple[Pull, ...]) -> Finding:
    first, subject = pulls[0], Ref("Node", "", node)
    host, said = first.host, answer(first.said) or first.fault
    owners = tuple(sorted({each.owner for each in pulls}))
    return Finding(
        reason="RegistryUnreachable",
        subject=subject,
        affected=symptom.affected(snapshot, (each.pod for each in pulls), subject),
        severity=snapshot.severity_for(*owners),
        message=f"node {node} cannot reach registry {host}: {said}",
        why=f"Pulls from {host} fail on node {node} only, with: {said}; other nodes pull from the "
        f"same registry. The images and workloads ({symptom.listed(map(str, owners))}) are fine. "
        "Restarting them does not help while they are placed on this node.",
        since=symptom.first_of(each.since for each in pulls),
        hold=10 * _MINUTE,
        evidence=_evidence(snapshot, pulls),
        proposal=Proposal(
            f"Mend DNS, routes, proxy or trusted certificates of node {node} for {host}: on the node, "
            f"compare nslookup {host} and curl -v https://{host}/v2/ with another node.",
            (command.describe(subject),),
        ),
    )


def _finding(
    snapshot: Snapshot,
    reason: str,
    owner: Ref,
    pulls: tuple[Pull, ...],
    *,
    hold: timedelta,
    shared: str,
    message: str,
    why: str,
    proposal: Proposal,
    carried: tuple[Carried, ...] = (),
    blames: tuple[Ref, ...] = (),
) -> Finding:
    return Finding(
        reason=reason,
        subject=owner,
        affected=symptom.affected(snapshot, (each.pod for each in pulls), owner),
        severity=snapshot.severity_for(owner),
        message=message,
        why=why,
        since=symptom.first_of(each.since for each in pulls),
        hold=hold,
        shared=shared,
        carried=carried,
        blames=blames,
        evidence=_evidence(snapshot, pulls),
        proposal=proposal,
    )


def _evidence(snapshot: Snapshot, pulls: tuple[Pull, ...]) -> tuple[Evidence, ...]:
    first = pulls[0]
    image, pod = first.container.image, first.pod
    whole = f" (in full {normal(image)})" if normal(image) != image else ""
    facts = [
        symptom.fact(
            "status",
            pod.ref,
            f"container {first.container.name} waits in {first.waiting.reason} on node {pod.node} "
            f"({answer(first.said) or first.fault}): {first.said}",
            first.since,
        ),
        symptom.fact(
            "spec",
            first.owner,
            f"image {image}{whole}, imagePullPolicy "
            f"{first.container.image_pull_policy or 'unset'}, pull secrets "
            f"{symptom.listed(first.secrets) or 'none'}",
        ),
    ]
    workload = snapshot.workloads.get(first.owner)
    if workload is not None and (previous := workload.previous) is not None:
        was = pull.image_of(previous, first.container.name)
        if was and was != image:
            text = f"image changed from {was} to {image} with the newest revision"
            current = workload.current
            at = current.created_at if current else None
            facts.append(symptom.fact("change", first.owner, text, at))
    if pull.held_by_node(snapshot, first):
        facts.append(
            symptom.fact("status", Ref("Node", "", pod.node), f"node {pod.node} holds {image}")
        )
    return tuple(facts)
