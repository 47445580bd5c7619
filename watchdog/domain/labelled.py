"""Objects by their labels, so that a selector finds its own without a look at all the others."""

from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from watchdog.domain.grouping import grouped

T = TypeVar("T")


class Labelled(Generic[T]):
    """What is given once as namespace, labels and object."""

    def __init__(self, items: Iterable[tuple[str, Mapping[str, str], T]]) -> None:
        self._groups = grouped(
            ((namespace, key, value), (labels, item))
            for namespace, labels, item in items
            for key, value in labels.items()
        )

    def taken(self, namespace: str, selector: Mapping[str, str]) -> tuple[T, ...]:
        """What has all these labels, in the order it was given; nothing for an empty selector."""
        groups = [self._groups.get((namespace, *pair), ()) for pair in selector.items()]
        rarest = min(groups, key=len, default=())
        return tuple(item for labels, item in rarest if selector.items() <= labels.items())
