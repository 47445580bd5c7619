"""Who makes the volumes of a class: the workload that is told the provisioner's name."""

import re
from collections.abc import Iterator

from watchdog.domain.objects import podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot


def provisioners(snapshot: Snapshot, name: str) -> tuple[Ref, ...]:
    """The workloads that say that they are the provisioner, in order; empty where none says so.

    Source: the external provisioners of kubernetes-sigs and the sidecars of kubernetes-csi, which are
    told the driver's name in a variable, an argument or the folder of its socket.
    """
    word = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])")
    return tuple(
        ref
        for ref, workload in sorted(snapshot.workloads.items())
        if any(word.search(text) for text in _texts(workload.template.spec))
    )


def _texts(spec: podv1.PodSpec) -> Iterator[str]:
    for container in spec.containers:
        yield from (*container.command, *container.args, *(each.value for each in container.env))
    for volume in spec.volumes:
        if volume.host_path is not None:
            yield volume.host_path.path
