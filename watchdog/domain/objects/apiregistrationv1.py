"""Aggregated APIs."""

from typing import ClassVar

import msgspec

from watchdog.domain.objects.metav1 import Conditioned, Record


class ApiServiceBackend(Record, frozen=True):
    namespace: str = ""
    name: str = ""


class ApiServiceSpec(Record, frozen=True):
    group: str = ""
    version: str = ""
    service: ApiServiceBackend | None = None  # None: served by the API server itself


class APIService(Conditioned, frozen=True):
    KIND: ClassVar[str] = "APIService"
    spec: ApiServiceSpec = msgspec.field(default_factory=ApiServiceSpec)
