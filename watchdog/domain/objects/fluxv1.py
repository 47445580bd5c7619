"""Flux: sources and what is applied from them."""

from typing import ClassVar

import msgspec

from watchdog.domain.objects.certmanagerv1 import TypedName
from watchdog.domain.objects.metav1 import Conditioned, Record


class FluxChartSpec(Record, frozen=True):
    source_ref: TypedName | None = None


class FluxChart(Record, frozen=True):
    spec: FluxChartSpec = msgspec.field(default_factory=FluxChartSpec)


class FluxSpec(Record, frozen=True):
    """Of all Flux kinds: what it is made from, waits for, and whether it is told to rest."""

    suspend: bool = False
    url: str = ""  # of Git, OCI and Helm repositories
    endpoint: str = ""  # of a Bucket
    source_ref: TypedName | None = None
    chart_ref: TypedName | None = None
    chart: FluxChart | None = None
    depends_on: tuple[TypedName, ...] | None = None


class FluxObject(Conditioned, frozen=True):
    spec: FluxSpec = msgspec.field(default_factory=FluxSpec)


class Kustomization(FluxObject, frozen=True):
    KIND: ClassVar[str] = "Kustomization"


class HelmRelease(FluxObject, frozen=True):
    KIND: ClassVar[str] = "HelmRelease"


class GitRepository(FluxObject, frozen=True):
    KIND: ClassVar[str] = "GitRepository"


class OCIRepository(FluxObject, frozen=True):
    KIND: ClassVar[str] = "OCIRepository"


class HelmRepository(FluxObject, frozen=True):
    KIND: ClassVar[str] = "HelmRepository"


class Bucket(FluxObject, frozen=True):
    KIND: ClassVar[str] = "Bucket"
