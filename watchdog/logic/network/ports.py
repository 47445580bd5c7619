"""Ports and names that cannot work: what callers dial against what Services and pods have."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from watchdog.domain.objects import corev1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command
from watchdog.logic.network import serving
from watchdog.logic.network.calls import Call
from watchdog.logic.network.serving import Routes

Pods = Mapping[Ref, tuple[podv1.Pod, ...]]  # by the Service that selects them

# Nothing a shell reads, and no "@": what stands before one may be a password.
_SHELL_SAFE = re.compile(r"[A-Za-z0-9_.,:/?=-]+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongPort:
    """A call to a port that the Service does not have. `headless`: only the pods' word is against it."""

    call: Call
    service: corev1.Service
    headless: bool
    containers: tuple[podv1.Container, ...]  # of the caller

    @property
    def offered(self) -> tuple[int, ...]:
        """The ports the Service has."""
        return tuple(port.port for port in self.service.spec.ports)

    @property
    def cure(self) -> str:
        """The command that gives the caller the one port there is, "" when it cannot be known.

        A value with a password, or one the shell would read, stands in no command.
        """
        call, offered = self.call, set(self.offered)
        mended = self._mended(offered.pop()) if len(offered) == 1 else call.text
        if mended == call.text or not _SHELL_SAFE.match(mended):
            return ""
        if call.variable:
            return command.set_env(call.caller, call.container, call.variable, mended)
        return self._argument(mended)

    def _mended(self, port: int) -> str:
        call = self.call
        changed = re.sub(rf"(?<!\d){call.port}(?!\d)", str(port), call.text)
        if changed != call.text:
            return changed
        # The port of the scheme: it is not written.
        host = rf"(?<=//){re.escape(call.host)}(?![\w.:-])"
        return re.sub(host, f"{call.host}:{port}", call.text, flags=re.IGNORECASE)

    def _argument(self, mended: str) -> str:
        """A patch of the whole list that the argument stands in."""
        for each in self.containers:
            for field, words in (("args", each.args), ("command", each.command)):
                new = [mended if word == self.call.text else word for word in words]
                known = each.name == self.call.container and mended in new
                if known and all(map(_SHELL_SAFE.match, new)):
                    return command.patch_pod_spec(
                        self.call.caller, {"containers": [{"name": each.name, field: new}]}
                    )
        return ""


def wrong_ports(
    snapshot: Snapshot, calls: Iterable[Call], pods: Pods
) -> dict[Ref, tuple[WrongPort, ...]]:
    """The calls, by caller, to ports that an existing Service does not have."""
    found: dict[Ref, list[WrongPort]] = {}
    for call in calls:
        service = snapshot.services.get(call.service) if call.service else None
        if service is None or not call.port or service.spec.type == "ExternalName":
            continue
        known = {port.port for port in service.spec.ports}
        if service.headless:
            declared = {
                port for pod in pods.get(service.ref, ()) for port in serving.declared(pod.spec)
            }
            known = known | declared if declared else set()
        if known and call.port not in known:
            workload = snapshot.workloads.get(call.caller)
            wrong = WrongPort(
                call=call,
                service=service,
                headless=service.headless,
                containers=workload.template.spec.containers if workload else (),
            )
            found.setdefault(call.caller, []).append(wrong)
    return {caller: tuple(group) for caller, group in found.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongTarget:
    """A Service's port that leads to a port the pods do not declare.

    `proven` for a name, which then leads nowhere; a number may be served without being declared.
    `needed`: a caller or an Ingress uses this port, or the Service has no port that works.
    """

    service: corev1.Service
    port: corev1.ServicePort
    pods: tuple[podv1.Pod, ...]
    proven: bool
    needed: bool
    calls: tuple[Call, ...]
    routes: Routes

    @property
    def users(self) -> tuple[Ref, ...]:
        """Who needs this port."""
        return serving.users(self.calls, self.routes)

    @property
    def target(self) -> metav1.IntOrString:
        return serving.target_of(self.port)

    @property
    def declared(self) -> tuple[str, ...]:
        """The ports of the pods: "http (8080)"."""
        ports = (port for each in self.pods[0].spec.containers for port in each.ports)
        return tuple(
            f"{port.name} ({port.container_port})" if port.name else str(port.container_port)
            for port in ports
        )

    @property
    def right(self) -> metav1.IntOrString | None:
        """What the port should lead to, if the pods leave no choice; None otherwise.

        The port of the Service's own number, else the one with the port's name, else the only one,
        else the only one of the first container: what stands beside it are sidecars.
        """
        first = next((each.ports for each in self.pods[0].spec.containers), ())
        ports = [port for each in self.pods[0].spec.containers for port in each.ports]
        for fits in (
            [port for port in ports if port.container_port == self.port.port],
            [port for port in ports if port.name and port.name == self.port.name],
            ports,
            first if len(self.pods[0].spec.containers) > 1 else (),
        ):
            if len(fits) == 1:
                return fits[0].name or fits[0].container_port
        return None


def wrong_targets(
    snapshot: Snapshot,
    service: corev1.Service,
    pods: tuple[podv1.Pod, ...],
    own: tuple[Call, ...],
    routes: Routes,
) -> tuple[WrongTarget, ...]:
    """The ports of a Service with pods that lead to nothing the pods declare."""
    templates = [
        *(pod.spec for pod in pods),
        # A rollout may be about to bring the port.
        *(each.template.spec for each in serving.workloads_behind(snapshot, service)),
    ]
    wrong = [
        port
        for port in service.spec.ports
        if all(_leads_nowhere(spec, serving.target_of(port)) for spec in templates)
    ]
    found = []
    for port in wrong if pods and not service.headless else ():
        calls = tuple(call for call in own if call.port in (0, port.port))
        leading = tuple(route for route in routes if serving.names_port(route[1], port))
        target = serving.target_of(port)
        found.append(
            WrongTarget(
                service=service,
                port=port,
                pods=pods,
                proven=isinstance(target, str) and not target.isdigit(),
                needed=bool(calls or leading) or len(wrong) == len(service.spec.ports),
                calls=calls,
                routes=leading,
            )
        )
    return tuple(found)


def _leads_nowhere(spec: podv1.PodSpec, target: metav1.IntOrString) -> bool:
    number, declared = serving.port_of(spec, target), serving.declared(spec)
    return number is None or (bool(declared) and number not in declared)


def uses_cluster_dns(spec: podv1.PodSpec) -> bool:
    """Whether a pod asks the cluster's DNS; on the host's network only by a policy of its own."""
    if spec.host_network:
        return spec.dns_policy == "ClusterFirstWithHostNet"
    return spec.dns_policy not in ("Default", "None")
