"""What a container's own spec does to it: a port taken twice, a small /dev/shm, what cannot start.

Each function answers for one crash of a case: None, or what has to change and why.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from watchdog.domain.evidence import Proposal
from watchdog.domain.ref import Ref
from watchdog.logic import command
from watchdog.logic.facts import Family
from watchdog.logic.pods.cause import Case, Cause, looks
from watchdog.logic.pods.crash import Crash
from watchdog.logic.pods.port_conflict import rival

_HOLD = timedelta(minutes=5)


def port_conflict(case: Case, crash: Crash) -> Cause | None:
    """Another container of the pod has the port."""
    fact = crash.fact(Family.ADDRESS_IN_USE)
    found = rival(crash.pod.spec, crash.container, fact.name) if fact else None
    if found is None:
        return None
    name, (other, port) = crash.status.name, found
    return Cause(
        reason="ContainerPortConflict",
        hold=_HOLD,
        headline=f"two containers of {case.owner} want port {port}",
        why=f"Container {name} cannot listen on port {port}, which "
        f"container {other} of the same pod already has: the containers of a pod share one "
        "network. A restart does not help.",
        proposal=Proposal(f"Give {name} or {other} another port.", (command.describe(case.owner),)),
        spec=(f"port {port} belongs to container {other}",),
    )


def shm_full(case: Case, crash: Crash) -> Cause | None:
    """The shared memory every container gets is used up."""
    fact = crash.fact(Family.NO_SPACE)
    if not fact or not fact.name.startswith("/dev/shm"):
        return None
    name = crash.status.name
    return Cause(
        reason="ShmTooSmall",
        hold=_HOLD,
        headline=f"/dev/shm of {case.owner} is full",
        why=f"Container {name} ends because /dev/shm is full; a container gets 64Mi unless a "
        "memory-backed volume is mounted there. The node's disk is not the cause, and a "
        "restart only empties it for a while.",
        proposal=Proposal(
            "Mount a memory-backed emptyDir at /dev/shm.", (_larger_shm(case.owner, name),)
        ),
    )


def _larger_shm(owner: Ref, container: str) -> str:
    memory = {"name": "dshm", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}
    mount = {"name": container, "volumeMounts": [{"name": "dshm", "mountPath": "/dev/shm"}]}
    body = {"spec": {"template": {"spec": {"volumes": [memory], "containers": [mount]}}}}
    return command.patch(owner, body)


@dataclass(frozen=True, slots=True)
class _Contradiction:
    """What the spec asks for that cannot be, what to do, and the commands for it."""

    said: str
    cure: str
    commands: Callable[[Ref, Crash], tuple[str, ...]] = looks


def spec_invalid(case: Case, crash: Crash) -> Cause | None:
    """The container cannot start, or ends at once, the way it is specified."""
    found = next((each for tell in _TELLING if (each := tell(crash))), None)
    if found is None:
        return None
    return Cause(
        reason="ContainerSpecInvalid",
        hold=_HOLD,
        headline=f"{case.owner} cannot start{case.exits}: {found.said}",
        why=f"Container {crash.status.name} cannot start: {found.said}. {case.said}"
        "The image runs the same way each time, so a restart does not help.",
        proposal=Proposal(found.cure, found.commands(case.owner, crash)),
        spec=(found.said,),
    )


def _refused(crash: Crash) -> _Contradiction | None:
    if not crash.refused:
        return None
    return _Contradiction(
        f"the kubelet refuses its settings: {crash.refused.split(' (pod:')[0]}",
        f"Correct what the kubelet names in the spec of container {crash.status.name}: for a "
        "demanded non-root user, an image with a numeric one or runAsUser in its securityContext.",
        lambda owner, _crash: (command.describe(owner),),
    )


def _read_only_root(crash: Crash) -> _Contradiction | None:
    denied, security = crash.fact(Family.DENIED), crash.container.security_context
    if not (denied and security and security.read_only_root_filesystem):
        return None
    where = f" ({denied.name})" if denied.name else ""
    return _Contradiction(
        f"it writes to its root file system{where}, which is read-only (readOnlyRootFilesystem)",
        f"Mount an emptyDir at the path {crash.status.name} writes to, or drop "
        "readOnlyRootFilesystem from its securityContext.",
        _writable_root,
    )


def _without_variable(crash: Crash) -> _Contradiction | None:
    fact = crash.fact(Family.ENV_MISSING)
    if fact is None:
        return None
    return _Contradiction(
        f"the environment variable {fact.name or 'named in the log'} is missing",
        f"Set {fact.name or 'the variable'} in the env of container {crash.status.name}.",
    )


def _without_terminal(crash: Crash) -> _Contradiction | None:
    if not crash.fact(Family.TTY):
        return None
    return _Contradiction(
        "the program wants a terminal, as if started by hand",
        f"Give container {crash.status.name} the arguments of its server mode (command/args).",
    )


def _wrong_argument(crash: Crash) -> _Contradiction | None:
    """An option that the spec gives and the program does not know, or one that it misses."""
    fact, given = crash.fact(Family.ARGUMENT), crash.container
    words = (*given.command, *given.args, *(each.value for each in given.env))
    if fact is None or (fact.name and not any(fact.name in word for word in words)):
        return None
    option = f" ({fact.name})" if fact.name else ""
    return _Contradiction(
        f"its program refuses the arguments it is given{option}",
        f"Correct command/args of container {crash.status.name} to what its image understands.",
    )


def _foreign_architecture(crash: Crash) -> _Contradiction | None:
    what = crash.fact(Family.NOT_FOUND, Family.DENIED)
    if what is None or "exec format error" not in what.line:
        return None
    return _Contradiction(
        f"its program is built for another architecture than that of node {crash.pod.node}",
        f"Use an image of container {crash.status.name} that is built for the node's architecture, "
        "or choose nodes by the label kubernetes.io/arch.",
    )


def _no_command(crash: Crash) -> _Contradiction | None:
    end = crash.end
    if not crash.never_started and (end is None or end.exit_code not in (126, 127, 128)):
        return None
    what = crash.fact(Family.NOT_FOUND, Family.DENIED)
    missing = f" ({what.name})" if what and what.name else ""
    return _Contradiction(
        f"its command cannot be run{missing}",
        f"Correct command/args of container {crash.status.name}, or use an image that has the "
        "program.",
    )


# The first that answers is the most specific.
_TELLING = (
    _refused,
    _read_only_root,
    _without_variable,
    _without_terminal,
    _wrong_argument,
    _foreign_architecture,
    _no_command,
)


def _writable_root(owner: Ref, crash: Crash) -> tuple[str, ...]:
    if owner.kind not in ("Deployment", "StatefulSet", "DaemonSet"):
        return looks(owner, crash)
    writable = {
        "name": crash.status.name,
        "securityContext": {"readOnlyRootFilesystem": False},
    }
    return (command.patch(owner, {"spec": {"template": {"spec": {"containers": [writable]}}}}),)
