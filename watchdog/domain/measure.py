"""Numbers with labels, as a time series database answers them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """One number; `name` is that of the metric, "" where the query computed it."""

    name: str
    labels: Mapping[str, str]
    value: float


# The answers of one look by the name of the question; an empty one means that nothing is measured.
Answers = Mapping[str, tuple[Sample, ...]]
