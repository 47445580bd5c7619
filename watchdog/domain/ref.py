"""How every object of the cluster is named."""

from typing import NamedTuple


class Ref(NamedTuple):
    """Kind, namespace and name of an object; the uid is kept apart.

    `namespace` is empty for cluster-scoped objects.
    """

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """Return `Kind/namespace/name`, or `Kind/name` for a cluster-scoped object."""
        return "/".join(part for part in self if part)
