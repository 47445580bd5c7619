"""Why containers crash: the last ends and log facts, weighed by the table of crash causes.

Each function answers for one cause: None, or what has to change and why.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from watchdog.domain.evidence import Proposal
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic import command, symptom
from watchdog.logic.facts import Fact, Family
from watchdog.logic.network import callees, hosts, ways
from watchdog.logic.pods.crash import Crash, bad_revision, changes
from watchdog.logic.pods.rival import rival

_NETWORK = (Family.REFUSED, Family.TIMEOUT, Family.NO_SUCH_HOST, Family.AUTH_FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A crash cause: the Reason, how long it must stand, and what people should know and do."""

    reason: str
    hold: timedelta
    headline: str
    why: str
    proposal: Proposal
    spec: tuple[str, ...] = ()  # facts of the spec that prove it
    blames: tuple[Ref, ...] = ()


def cause_of(snapshot: Snapshot, owner: Ref, group: tuple[Crash, ...]) -> Cause:
    """Return the most specific proven cause of one workload's crashes."""
    workload = snapshot.workloads.get(owner)
    found = (
        _bad_rollout(snapshot, workload, group)
        or _port_conflict(owner, group)
        or _shm_full(owner, group)
        or _spec_invalid(owner, group)
        or _kernel_limit(owner, group)
        or _dependency(snapshot, owner, group)
        or _unknown(owner, group)
    )
    advice = symptom.advise(workload, found.proposal.text, *found.proposal.commands)
    return replace(found, proposal=advice)


def starved_nodes(
    crashes: Mapping[Ref, tuple[Crash, ...]],
) -> dict[str, dict[Ref, tuple[Crash, ...]]]:
    """Nodes on which two or more workloads say that the kernel gives them no more files."""
    nodes: defaultdict[str, defaultdict[Ref, list[Crash]]] = defaultdict(lambda: defaultdict(list))
    for owner, group in crashes.items():
        for crash in group:
            if crash.fact(Family.TOO_MANY_FILES) and crash.pod.node:
                nodes[crash.pod.node][owner].append(crash)
    return {
        node: {owner: tuple(group) for owner, group in owners.items()}
        for node, owners in sorted(nodes.items())
        if len(owners) >= 2
    }


def _bad_rollout(
    snapshot: Snapshot, workload: Workload | None, group: tuple[Crash, ...]
) -> Cause | None:
    previous = bad_revision(snapshot, workload, group)
    if workload is None or previous is None:
        return None
    differs = changes(previous.template.spec, workload.template.spec)
    crashing = {crash.pod.ref for crash in group}
    pods = snapshot.pods_by_owner.get(workload.ref, ())
    left = sum(pod.ready and pod.ref not in crashing for pod in pods)
    serving = (
        f"{left} pod(s) of an earlier revision still serve. "
        if left
        else "Nothing of an earlier revision is left running. "
    )
    doubt = (
        " The log says the stored format is incompatible: going back may not help."
        if any(crash.fact(Family.INCOMPATIBLE) for crash in group)
        else ""
    )
    return Cause(
        reason="BadRollout",
        hold=timedelta(minutes=5),
        headline=f"the newest revision of {workload.ref} crashes{_exit(group)}",
        why=f"Every pod of the newest revision has crashed since it was rolled out. {serving}"
        f"Changed with it: {'; '.join(differs)}. {_said(group)}"
        "A restart does not help: the template itself is what fails.",
        proposal=Proposal(
            "Return to the previous revision, then mend the new one." + doubt,
            (command.rollout_undo(workload.ref),),
        ),
        spec=differs,
    )


def _port_conflict(owner: Ref, group: tuple[Crash, ...]) -> Cause | None:
    for crash in group:
        fact = crash.fact(Family.ADDRESS_IN_USE)
        found = rival(crash.pod.spec, crash.container, fact.name) if fact else None
        if found is not None:
            other, port = found
            return Cause(
                reason="ContainerPortConflict",
                hold=timedelta(minutes=5),
                headline=f"two containers of {owner} want port {port}",
                why=f"Container {crash.status.name} cannot listen on port {port}, which "
                f"container {other} of the same pod already has: the containers of a pod share one "
                "network. A restart does not help.",
                proposal=Proposal(
                    f"Give {crash.status.name} or {other} another port.",
                    (command.describe(owner),),
                ),
                spec=(f"port {port} belongs to container {other}",),
            )
    return None


def _shm_full(owner: Ref, group: tuple[Crash, ...]) -> Cause | None:
    for crash in group:
        fact = crash.fact(Family.NO_SPACE)
        if fact and fact.name.startswith("/dev/shm"):
            name = crash.status.name
            body = {
                "spec": {
                    "template": {
                        "spec": {
                            "volumes": [
                                {
                                    "name": "dshm",
                                    "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"},
                                }
                            ],
                            "containers": [
                                {
                                    "name": name,
                                    "volumeMounts": [{"name": "dshm", "mountPath": "/dev/shm"}],
                                }
                            ],
                        }
                    }
                }
            }
            return Cause(
                reason="ShmTooSmall",
                hold=timedelta(minutes=5),
                headline=f"/dev/shm of {owner} is full",
                why=f"Container {name} ends because /dev/shm is full; a container gets 64Mi unless a "
                "memory-backed volume is mounted there. The node's disk is not the cause, and a "
                "restart only empties it for a while.",
                proposal=Proposal(
                    "Mount a memory-backed emptyDir at /dev/shm.", (command.patch(owner, body),)
                ),
            )
    return None


def _spec_invalid(owner: Ref, group: tuple[Crash, ...]) -> Cause | None:
    for crash in group:
        if finding := _contradiction(crash):
            said, text, commands = finding
            return Cause(
                reason="ContainerSpecInvalid",
                hold=timedelta(minutes=5),
                headline=f"{owner} cannot start as it is specified{_exit(group)}: {said}",
                why=f"Container {crash.status.name}: {said}. {_said(group)}"
                "The image runs the same way each time, so a restart does not help.",
                proposal=Proposal(text, commands(owner, crash)),
                spec=(said,),
            )
    return None


def _contradiction(
    crash: Crash,
) -> tuple[str, str, Callable[[Ref, Crash], tuple[str, ...]]] | None:
    name, end = crash.status.name, crash.end
    security = crash.container.security_context
    if crash.refused:
        return (
            f"the kubelet refuses its settings: {crash.refused.split(' (pod:')[0]}",
            f"Correct what the kubelet names in the spec of container {name}: for a demanded non-root "
            "user, an image with a numeric one or runAsUser in its securityContext.",
            lambda owner, _crash: (command.describe(owner),),
        )
    denied = crash.fact(Family.DENIED)
    if denied and security and security.read_only_root_filesystem:
        where = f" ({denied.name})" if denied.name else ""
        return (
            f"it writes to its root file system{where}, which readOnlyRootFilesystem makes read-only",
            f"Mount an emptyDir at the path {name} writes to, or drop readOnlyRootFilesystem from "
            "its securityContext.",
            _writable_root,
        )
    if fact := crash.fact(Family.ENV_MISSING):
        return (
            f"the environment variable {fact.name or 'named in the log'} is missing",
            f"Set {fact.name or 'the variable'} in the env of container {name}.",
            _read_only,
        )
    if crash.fact(Family.TTY):
        return (
            "the program wants a terminal, as if started by hand",
            f"Give container {name} the arguments of its server mode (command/args).",
            _read_only,
        )
    what = crash.fact(Family.NOT_FOUND, Family.DENIED)
    if what is not None and "exec format error" in what.line:
        return (
            f"its program is built for another architecture than that of node {crash.pod.node}",
            f"Use an image of container {name} that is built for the node's architecture, or choose "
            "nodes by the label kubernetes.io/arch.",
            _read_only,
        )
    if crash.never_started or (end is not None and end.exit_code in (126, 127, 128)):
        missing = f" ({what.name})" if what and what.name else ""
        return (
            f"its command cannot be run{missing}",
            f"Correct command/args of container {name}, or use an image that has the program.",
            _read_only,
        )
    return None


def _writable_root(owner: Ref, crash: Crash) -> tuple[str, ...]:
    security = {"readOnlyRootFilesystem": False}
    return _patch_container(owner, crash, {"securityContext": security})


def _patch_container(owner: Ref, crash: Crash, fields: dict[str, object]) -> tuple[str, ...]:
    if owner.kind not in ("Deployment", "StatefulSet", "DaemonSet"):
        return _read_only(owner, crash)
    body = {"spec": {"template": {"spec": {"containers": [{"name": crash.status.name, **fields}]}}}}
    return (command.patch(owner, body),)


def _read_only(owner: Ref, crash: Crash) -> tuple[str, ...]:
    return (command.logs(crash.pod.ref, crash.status.name, previous=True), command.describe(owner))


def _kernel_limit(owner: Ref, group: tuple[Crash, ...]) -> Cause | None:
    for crash in group:
        if fact := crash.fact(Family.TOO_MANY_FILES):
            return Cause(
                reason="KernelLimitReached",
                hold=timedelta(minutes=10),
                headline=f"{owner} has used up a kernel limit",
                why=f"Container {crash.status.name} says: {fact.line[:200]}. Only this workload says "
                "so, hence its own limit (ulimit, connection leak) rather than the node's. A restart "
                "buys time only.",
                proposal=Proposal(
                    "Look for a leak of files or connections; raise the limit in the pod's spec or "
                    "with a sysctl on the node.",
                    _read_only(owner, crash),
                ),
            )
    return None


def kernel_limit_of_node(node: str, owners: Mapping[Ref, tuple[Crash, ...]]) -> Cause:
    """Return the cause when several workloads of one node run out of the same kernel limit."""
    lines = [
        fact.line
        for group in owners.values()
        for crash in group
        if (fact := crash.fact(Family.TOO_MANY_FILES))
    ]
    inotify = any("inotify" in line.lower() for line in lines)
    what = "inotify instances" if inotify else "open files"
    setting = (
        "fs.inotify.max_user_instances=8192 and fs.inotify.max_user_watches=524288"
        if inotify
        else "fs.file-max, net.ipv4.ip_local_port_range or the container runtime's LimitNOFILE"
    )
    names = ", ".join(str(owner) for owner in owners)
    return Cause(
        reason="KernelLimitReached",
        hold=timedelta(minutes=10),
        headline=f"node {node} has run out of {what}",
        why=f"{len(owners)} unrelated workloads fail on {node} with the same limit: {names}. They "
        "share nothing but the node's kernel, so none of them is at fault, and restarting them does "
        "not help.",
        proposal=Proposal(
            f"On {node}, raise {setting} (sysctl -w, then keep it in /etc/sysctl.d/), "
            "after which the pods recover by themselves.",
            (command.describe(Ref("Node", "", node)),),
        ),
        spec=tuple(dict.fromkeys(lines)),
    )


def _dependency(snapshot: Snapshot, owner: Ref, group: tuple[Crash, ...]) -> Cause | None:
    for crash in group:
        if fact := crash.fact(*_NETWORK):
            who = fact.name or "a service it depends on"
            what = {
                Family.REFUSED: f"{who} refuses the connection: nothing listens there",
                Family.TIMEOUT: f"{who} does not answer: the path is blocked or the host is down",
                Family.NO_SUCH_HOST: f"the name {who} does not resolve",
                Family.AUTH_FAILED: f"{who} refuses the login",
            }[fact.family]
            return Cause(
                reason="DependencyUnavailable",
                hold=timedelta(minutes=15),
                headline=f"{owner} ends because {what}",
                why=f"{_said(group)}The program ends on it at each start; the program itself is not "
                "what fails, and a restart does not help while the dependency is away.",
                proposal=Proposal(
                    f"Look at {who} first; once it answers, the pod recovers within its back-off of "
                    "5 minutes.",
                    _read_only(owner, crash),
                ),
                blames=_behind(snapshot, owner, fact),
            )
    return None


def _behind(snapshot: Snapshot, owner: Ref, fact: Fact) -> tuple[Ref, ...]:
    """What the fact may mean to the owner's pods, and a DNS without a ready pod."""
    dns = ways.dns_service(snapshot) if fact.family is Family.NO_SUCH_HOST else None
    if dns is None or any(pod.ready for pod in snapshot.pods_by_service.get(dns, ())):
        return callees.blamed(snapshot, owner, (fact,))
    found = (*callees.blamed(snapshot, owner, (fact,)), *hosts.behind(snapshot, dns))
    return tuple(dict.fromkeys(found))


def _full_claims(group: tuple[Crash, ...]) -> tuple[Ref, ...]:
    """The claims in whose folders a crashing container found no space."""
    found: list[Ref] = []
    for crash in group:
        fact = crash.fact(Family.NO_SPACE)
        sources = {
            volume.name: volume.persistent_volume_claim.claim_name
            for volume in crash.pod.spec.volumes
            if volume.persistent_volume_claim is not None
        }
        found += [
            Ref("PersistentVolumeClaim", crash.pod.namespace, sources[mount.name])
            for mount in crash.container.volume_mounts
            if fact is not None and mount.name in sources
            if f"{fact.name}/".startswith(f"{mount.mount_path.rstrip('/')}/")
        ]
    return tuple(dict.fromkeys(found))


def _unknown(owner: Ref, group: tuple[Crash, ...]) -> Cause:
    crash = group[0]
    image = crash.container.image
    crashing = len({each.pod.ref for each in group})
    return Cause(
        reason="CrashLoop",
        hold=timedelta(minutes=5),
        headline=f"{owner} keeps crashing{_exit(group)}",
        why=f"{crashing} pod(s) of image {image} end again and again. {_said(group)}"
        "No change of the template, no memory limit and no probe explains it, so the fault is "
        "inside the program or its input; a restart will not help.",
        proposal=Proposal(
            f"Report the log below to the developer of {image}, or move to a version without the "
            "fault (kubectl set image).",
            _read_only(owner, crash),
        ),
        blames=_full_claims(group),
    )


def _exit(group: tuple[Crash, ...]) -> str:
    codes = sorted({crash.end.exit_code for crash in group if crash.end})
    return f" (exit code {', '.join(map(str, codes))})" if codes else ""


def _said(group: tuple[Crash, ...]) -> str:
    lines = next((crash.lines for crash in group if crash.lines), ())
    return f"Its last words: {lines[-1][:200].rstrip('.')}. " if lines else ""
