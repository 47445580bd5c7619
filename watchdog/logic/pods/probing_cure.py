"""What mends a failing probe: the numbers it had before, the port that is served, or the app."""

from collections.abc import Mapping

from watchdog.domain.evidence import Proposal
from watchdog.domain.objects import podv1, probev1
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic import command
from watchdog.logic.pods.probing import Failing, Kind, contradiction, spoken
from watchdog.logic.symptom import advise

_FIELDS = {
    Kind.READINESS: "readinessProbe",
    Kind.LIVENESS: "livenessProbe",
    Kind.STARTUP: "startupProbe",
}


def mend(snapshot: Snapshot, each: Failing) -> Proposal:
    """Return to the previous probe, else to the port that is served, else give it more time."""
    workload, field = snapshot.workloads.get(each.owner), _FIELDS[each.kind]
    if _probe_changed(workload, each):
        text = f"Return to the previous revision: its {field} was different."
        return advise(workload, text, command.rollout_undo(each.owner))
    target = _target(each)
    own = tuple(port.container_port for port in each.container.ports)
    ports = each.listens or own or each.served
    if target and len(ports) == 1 and each.port != ports[0]:
        text = f"Let the {field} of container {each.container.name} ask port {ports[0]}."
        body = {field: {target: {"port": ports[0]}}}
        return advise(workload, text, _patch(each, body))
    if target == "httpGet" and (scheme := spoken(each.said)):
        text = f"Let the {field} of container {each.container.name} ask by {scheme}."
        return advise(workload, text, _patch(each, {field: {target: {"scheme": scheme}}}))
    if contradiction(each):
        what = "port and path" if target else "command"
        text = f"Correct {what} of the {field} of container {each.container.name} to what the app serves."
        return advise(workload, text, command.describe(each.pod.ref))
    more = 4 * each.probe.failure_threshold
    text = (
        f"Give the app more time: failureThreshold {more} for the {field} of container "
        f"{each.container.name}, or a startupProbe that covers its slowest start."
    )
    return advise(workload, text, _patch(each, {field: {"failureThreshold": more}}))


def treat(snapshot: Snapshot, each: Failing) -> Proposal:
    """Say where to look for the app's own fault; one wedged replica of several may be replaced."""
    workload, name = snapshot.workloads.get(each.owner), each.container.name
    log = command.logs(each.pod.ref, name)
    if workload is not None and workload.ready and not each.status.restart_count and not each.facts:
        text = (
            f"The other replicas are ready: read the log of {each.pod.name}; if it hangs, replace that "
            "one pod."
        )
        return advise(workload, text, log, command.delete(each.pod.ref))
    text = (
        f"Read the log of container {name} and ask it what the probe asks; look at what it depends on "
        "before the app itself."
    )
    return advise(workload, text, log, command.describe(each.pod.ref))


def _patch(each: Failing, fields: Mapping[str, object]) -> str:
    sidecar = each.container in each.pod.spec.init_containers
    field = "initContainers" if sidecar else "containers"
    body = {field: [{"name": each.container.name, **fields}]}
    return command.patch_pod_spec(each.owner, body) or command.describe(each.pod.ref)


def _target(each: Failing) -> str:
    if each.probe.http_get is not None:
        return "httpGet"
    if each.probe.tcp_socket is not None:
        return "tcpSocket"
    return "grpc" if each.probe.grpc is not None else ""


def _probe_changed(workload: Workload | None, each: Failing) -> bool:
    if workload is None or workload.previous is None:
        return False
    for container in workload.previous.template.spec.serving:
        if container.name == each.container.name:
            before = _probe_of(container, each.kind)
            return before != each.probe
    return False


def _probe_of(container: podv1.Container, kind: Kind) -> probev1.Probe | None:
    probes = {
        Kind.READINESS: container.readiness_probe,
        Kind.LIVENESS: container.liveness_probe,
        Kind.STARTUP: container.startup_probe,
    }
    return probes[kind]
