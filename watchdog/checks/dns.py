"""The cluster's DNS without a ready pod or with a wrong configuration, and who does not ask it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.evidence import LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic import command, symptom
from watchdog.logic.facts import Family
from watchdog.logic.network import caller_logs, dnsconfig, scaling, serving
from watchdog.logic.network.calls import Call, calls
from watchdog.logic.network.dns_faults import misled
from watchdog.logic.network.infrastructure import dns_service
from watchdog.logic.network.ports import uses_cluster_dns

_MINUTE = timedelta(minutes=1)


@check(
    family="network",
    needs=("services", "pods", "deployments", "statefulsets", "daemonsets"),
    optional=("endpointslices", "namespaces", "replicasets", "happenings", dnsconfig.NEED, "logs"),
    reasons=("ClusterDNSDown", "DNSPolicyWrong", "DNSRewrite"),
    params=NoParams,
)
def dns(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """No pod of the cluster's DNS is ready, it is told wrong answers, or a caller asks another DNS.

    The DNS is the Service kube-dns of kube-system by its label. Its configuration is judged where it
    may be read (`dns.config_map`): what the Corefile makes of the name of each Service.
    """
    yield from misled(snapshot)
    ref = dns_service(snapshot)
    if ref is None:
        return
    service = snapshot.services[ref]
    yield from _down(snapshot, service)
    by_caller: dict[Ref, list[Call]] = {}
    for call in calls(snapshot):
        if call.service in snapshot.services and call.host not in snapshot.service_addresses:
            by_caller.setdefault(call.caller, []).append(call)
    for caller, own in by_caller.items():
        workload = snapshot.workloads.get(caller)
        if workload is not None and _asks_another(workload.template.spec, service):
            yield _policy(snapshot, workload, tuple(own))


def _down(snapshot: Snapshot, service: corev1.Service) -> Iterator[Finding]:
    behind = serving.workloads_behind(snapshot, service)
    pods = snapshot.pods_by_service.get(service.ref, ())
    if not behind or any(pod.ready for pod in pods):
        return
    main = behind[0]
    wanted = main.wanted
    cause = f"{main.ref} is scaled to 0"
    if wanted:
        cause = f"no pod of {main.ref} is ready ({wanted} wanted)"
    earlier = scaling.earlier(snapshot, main)
    yield Finding(
        reason="ClusterDNSDown",
        subject=main.ref,
        affected=(service.ref, *(pod.ref for pod in pods)),
        severity=Severity.CRITICAL,
        message=f"the cluster's DNS is down: {cause}",
        why=f"{cause[0].upper()}{cause[1:]}, and that is the cluster's DNS: no name resolves in any pod, so that "
        "everything which looks one up fails. Those who fail are not at fault, and restarting them "
        "makes it worse.",
        since=_down_since(snapshot, main, pods),
        hold=2 * _MINUTE,
        evidence=(
            symptom.readiness_fact(snapshot, main.ref),
            symptom.fact("spec", service.ref, "its selector takes the pods of the cluster's DNS"),
            *(
                symptom.fact("status", pod.ref, "not ready", symptom.unready_since(pod))
                for pod in pods[:2]
            ),
        ),
        proposal=symptom.advise(
            main,
            f"Scale {main.ref.name} up again."
            if not wanted
            else f"Find in the events and logs of {main.ref.name} why it is not ready; mend that first.",
            command.scale(main.ref, earlier.replicas if earlier else 2)
            if not wanted and main.ref.kind == "Deployment"
            else command.describe(main.ref),
        ),
    )


def _down_since(snapshot: Snapshot, main: Workload, pods: tuple[podv1.Pod, ...]) -> datetime | None:
    item = snapshot.deployments.get(main.ref)
    available = item.condition("Available") if item else None
    earlier = scaling.earlier(snapshot, main)
    if not main.wanted:
        return earlier.at if earlier else None
    if available is not None and available.status == "False":
        return available.last_transition_time
    return max(filter(None, (symptom.unready_since(pod) for pod in pods)), default=main.created_at)


def _asks_another(spec: podv1.PodSpec, service: corev1.Service) -> bool:
    named = spec.dns_config.nameservers if spec.dns_config else None
    return not uses_cluster_dns(spec) and service.spec.cluster_ip not in (named or ())


def _policy(snapshot: Snapshot, workload: Workload, own: tuple[Call, ...]) -> Finding:
    ref, spec, first = workload.ref, workload.template.spec, own[0]
    hosts_ = {call.host for call in own}
    words = tuple(
        word
        for word in caller_logs.complaints(snapshot, ref)
        if word.fact.family is Family.NO_SUCH_HOST
        and (word.host.lower() in hosts_ or any(host in word.fact.line for host in hosts_))
    )
    right = "ClusterFirstWithHostNet" if spec.host_network else "ClusterFirst"
    now = f"dnsPolicy {spec.dns_policy or 'ClusterFirst'}" + (
        " on the host's network" if spec.host_network else ""
    )
    return Finding(
        reason="DNSPolicyWrong",
        subject=ref,
        severity=snapshot.severity_for(ref) if words else Severity.INFO,
        message=f"{ref} calls {first.host} but does not ask the cluster's DNS",
        why=f"{first.where} says {first.target}, a name that only the cluster's DNS knows; with {now} "
        f"the pods ask their node's DNS. {symptom.readiness(snapshot, ref)} The Service exists and is "
        "not at fault; a restart does not help.",
        since=(workload.current.created_at if workload.current else None) or workload.created_at,
        hold=10 * _MINUTE,
        evidence=(
            symptom.fact("spec", ref, now),
            *(symptom.fact("spec", ref, f"{call.where}: {call.target}") for call in own[:2]),
            *(symptom.fact("log", word.pod, word.fact.line) for word in words[:2]),
        ),
        proposal=symptom.advise(
            workload,
            f"Set dnsPolicy {right} in the pod template.",
            command.patch_pod_spec(ref, {"dnsPolicy": right}),
        ),
        logs=_streams(snapshot, ref, own),
    )


def _streams(snapshot: Snapshot, ref: Ref, own: tuple[Call, ...]) -> tuple[LogQuery, ...]:
    return caller_logs.streams(snapshot, ref, {call.container for call in own})
