"""Which other container of a pod has the port that one cannot listen on."""

import re
from collections.abc import Iterator

from watchdog.domain.objects import podv1


def rival(spec: podv1.PodSpec, own: podv1.Container, port: str) -> tuple[str, str] | None:
    """Return the other container and the port, both by name; None when no other is known to have it.

    Another has it that declares it, or is told it in its command, arguments or variables. With no
    port named in the log, the ports that the container itself declares are looked for. On the
    node's own network the holder may be anybody.
    """
    if spec.host_network:
        return None
    wanted = (port,) if port else tuple(str(each.container_port) for each in own.ports)
    for number in wanted:
        for other in spec.containers:
            if other.name != own.name and number in _ports(other):
                return other.name, number
    return None


def _ports(container: podv1.Container) -> frozenset[str]:
    declared = (str(each.container_port) for each in container.ports)
    return frozenset((*declared, *_told(container)))


def _told(container: podv1.Container) -> Iterator[str]:
    """Numbers after a colon, an equals sign or alone: `:9113`, `--port=9113`, `9113`."""
    values = (each.value for each in container.env if "PORT" in each.name or "ADDR" in each.name)
    for text in (*container.command, *container.args, *values):
        yield from re.findall(r"(?:^|[:=\s])(\d{2,5})(?=$|[\s/,])", text)
