"""The bounds of LimitRanges: which one a refusal names, and what a template asks against it."""

import re
from dataclasses import dataclass

from watchdog.domain.objects import corev1, podv1
from watchdog.domain.quantity import quantity
from watchdog.domain.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """One bound of a LimitRange: `part` is max, min or ratio, `kind` Container or Pod."""

    item: corev1.LimitRange
    index: int
    part: str
    kind: str
    name: str

    @property
    def path(self) -> str:
        """Where it stands in the object, as JSON patch writes it."""
        part = "maxLimitRequestRatio" if self.part == "ratio" else self.part
        return f"/spec/limits/{self.index}/{part}/{self.name.replace('/', '~1')}"


def bound(snapshot: Snapshot, namespace: str, said: str) -> Bound | None:
    """Return the bound of a namespace's LimitRanges that a message tells."""
    told = _told(said)
    if told is None:
        return None
    part, name, kind, amount = told
    for ref, item in snapshot.of("limitranges", corev1.LimitRange).items():
        for index, limit in enumerate(item.spec.limits or () if ref.namespace == namespace else ()):
            held = {"max": limit.max, "min": limit.min}.get(part, limit.max_limit_request_ratio)
            same = name in (held or {}) and quantity((held or {})[name]) == quantity(amount)
            if limit.type == kind and same:
                return Bound(item=item, index=index, part=part, kind=kind, name=name)
    return None


def _told(said: str) -> tuple[str, str, str, str] | None:
    """Which bound, resource, kind of object and amount a message names."""
    if match := re.match(r"(max|min)imum ([-./\w]+) usage per (\w+) is (\S+)", said):
        return match[1], match[2], match[3], match[4]
    if match := re.match(r"([-./\w]+) max limit to request ratio per (\w+) is (\S+)", said):
        return "ratio", match[1], match[2], match[3]
    return None


def asked(bounded: Bound, template: podv1.PodTemplate) -> float | None:
    """What a template asks of the bounded resource; None where it says nothing of its own."""
    found = [
        amount
        for each in template.spec.containers
        if (amount := _of_container(bounded, each.resources)) is not None
    ]
    if not found:
        return None
    if bounded.kind == "Pod" and bounded.part != "ratio":
        return sum(found)
    return min(found) if bounded.part == "min" else max(found)


def _of_container(bounded: Bound, held: podv1.Resources) -> float | None:
    limit, request = (held.limits or {}).get(bounded.name), (held.requests or {}).get(bounded.name)
    if bounded.part == "ratio":
        both = limit is not None and request is not None and quantity(request)
        return quantity(limit or 0) / quantity(request or 0) if both else None
    first, second = (limit, request) if bounded.part == "max" else (request, limit)
    given = second if first is None else first
    return None if given is None else quantity(given)
