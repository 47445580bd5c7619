"""Services that do not exist although somebody calls them and their pods are ready."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command
from watchdog.logic.facts import Family
from watchdog.logic.network import caller_logs, hosts, serving
from watchdog.logic.network.caller_logs import Complaint
from watchdog.logic.network.calls import Call
from watchdog.logic.network.ports import uses_cluster_dns

_CAN_BE_EXPOSED = ("Deployment",)  # what `kubectl expose` takes and checks.md calls a workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A Service that is not there, the ready workload of its name, and who needs it.

    `words` are those of callers whose log says that the name does not resolve.
    """

    service: Ref
    workload: Ref
    calls: tuple[Call, ...]
    words: tuple[Complaint, ...]
    callers: tuple[Ref, ...]
    port: int  # 0 when it cannot be known

    @property
    def cure(self) -> str:
        """The command that makes the Service; one that reads when kubectl cannot expose it."""
        if self.workload.kind not in _CAN_BE_EXPOSED or not self.port:
            return command.describe(self.workload)
        return command.expose(self.workload, self.port)


def missing_services(snapshot: Snapshot, calls: Iterable[Call]) -> Iterator[Missing]:
    """Yield the Services that are called and do not exist while a ready workload has their name.

    Called is what a spec names, or what the log of a pod that is not ready cannot resolve: its
    address may stand in a ConfigMap. A workload on the host's network is reached by its node's name.
    """
    said: defaultdict[Ref, list[Call]] = defaultdict(list)
    heard: defaultdict[Ref, list[Complaint]] = defaultdict(list)
    for call in calls:
        if call.service is not None and _asks_cluster_dns(snapshot, call.caller):
            said[call.service].append(call)
    for word in _unresolved(snapshot):
        service = hosts.service_of(snapshot, word.host, word.pod.namespace)
        unwell = not snapshot.pods[word.pod].ready
        if service is not None and (unwell or service in said):
            heard[service].append(word)
    for service in sorted({*said, *heard}):
        workload = None if service in snapshot.services else _named(snapshot, service)
        if workload is not None:
            yield _missing(snapshot, service, workload, said[service], heard[service])


def _missing(
    snapshot: Snapshot, service: Ref, workload: Ref, said: list[Call], heard: list[Complaint]
) -> Missing:
    spec = snapshot.workloads[workload].template.spec
    numbers = {call.port for call in said if call.port} or set(serving.declared(spec))
    callers = (
        *(call.caller for call in said),
        *(snapshot.owners[word.pod] for word in heard),
    )
    return Missing(
        service=service,
        workload=workload,
        calls=tuple(said),
        words=tuple(heard),
        callers=tuple(dict.fromkeys(callers)),
        port=numbers.pop() if len(numbers) == 1 else 0,
    )


def _unresolved(snapshot: Snapshot) -> Iterator[Complaint]:
    """What the logs that were read say about names that do not resolve."""
    talking = {
        snapshot.owners[each.pod] for each in snapshot.log_texts if each.pod in snapshot.pods
    }
    for owner in sorted(talking):
        for word in (
            caller_logs.complaints(snapshot, owner) if _asks_cluster_dns(snapshot, owner) else ()
        ):
            if word.fact.family is Family.NO_SUCH_HOST and word.host:
                yield word


def _named(snapshot: Snapshot, service: Ref) -> Ref | None:
    """The workload with ready pods that has a Service's name and a network of its own."""
    for kind in ("Deployment", "StatefulSet", "DaemonSet"):
        workload = snapshot.workloads.get(Ref(kind, service.namespace, service.name))
        if workload is not None and workload.ready and not workload.template.spec.host_network:
            return workload.ref
    return None


def _asks_cluster_dns(snapshot: Snapshot, caller: Ref) -> bool:
    workload = snapshot.workloads.get(caller)
    return workload is None or uses_cluster_dns(workload.template.spec)
