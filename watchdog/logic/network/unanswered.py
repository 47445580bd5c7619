"""Services of this very cluster that a controller's own words say did not answer it.

A Git server, a vault or a metrics store that runs in the cluster has Findings of its own: they explain
why a source, an issuer, a store or a scaler that is fetched from it fails.
"""

import re
from collections.abc import Iterator

from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.network import hosts
from watchdog.logic.network.calls import addresses
from watchdog.logic.network.inside import within
from watchdog.logic.reach import unreached

# Besides what says that nothing was reached: given up, cut off, or a proxy's word for nobody behind it.
_CUT_OFF = re.compile(
    r"deadline exceeded|time(?:d )?-?out|\bEOF\b|connection reset|no route to host"
    r"|\b50[234]\b|bad gateway|service unavailable",
    re.IGNORECASE,
)


def unanswered(snapshot: Snapshot, said: str, namespace: str, *told: str) -> tuple[Ref, ...]:
    """The Services that `said` or the addresses `told` name, with the workloads behind each.

    Empty where the words do not say that nobody answered: who refuses a login is there. `told` are
    addresses of the spec, for words that name no host; a short name is meant in `namespace`.
    """
    way = unreached(said)
    if way is None and not _CUT_OFF.search(said):
        return ()
    named = (way[1] if way else "", *_written(said))
    written = (address for text in told for address in _written(text))
    found = (_behind(snapshot, address, namespace) for address in (*named, *written) if address)
    return tuple(dict.fromkeys(ref for refs in found for ref in refs))


def _written(text: str) -> Iterator[str]:
    return (f"{host}:{port}" if port else host for host, port in addresses(text))


def _behind(snapshot: Snapshot, address: str, namespace: str) -> tuple[Ref, ...]:
    """Also a Service that does not exist: that it is missing may be what is said elsewhere."""
    named = hosts.service_of(snapshot, address, namespace)
    missing = hosts.behind(snapshot, named) if named is not None else ()
    return (*within(snapshot, address, namespace), *missing)
