"""cert-manager: certificates, requests, orders, challenges, issuers."""

from datetime import datetime
from typing import ClassVar

import msgspec

from watchdog.domain.objects.metav1 import Conditioned, ConditionsStatus, Object, Record


class TypedName(Record, frozen=True):
    """issuerRef, secretStoreRef, sourceRef, scaleTargetRef: an object by kind and name."""

    kind: str = ""
    name: str = ""
    namespace: str = ""
    group: str = ""


class CertificateSpec(Record, frozen=True):
    secret_name: str = ""
    issuer_ref: TypedName = msgspec.field(default_factory=TypedName)


class CertificateStatus(ConditionsStatus, frozen=True):
    not_before: datetime | None = None
    not_after: datetime | None = None
    renewal_time: datetime | None = None
    last_failure_time: datetime | None = None
    failed_issuance_attempts: int | None = None


class Certificate(Conditioned, frozen=True):
    KIND: ClassVar[str] = "Certificate"
    spec: CertificateSpec = msgspec.field(default_factory=CertificateSpec)
    status: CertificateStatus = msgspec.field(default_factory=CertificateStatus)


class CertificateRequest(Conditioned, frozen=True):
    KIND: ClassVar[str] = "CertificateRequest"


class AcmeStatus(Record, frozen=True):
    """Status of Order and Challenge."""

    state: str = ""
    reason: str = ""


class Order(Object, frozen=True):
    KIND: ClassVar[str] = "Order"
    status: AcmeStatus = msgspec.field(default_factory=AcmeStatus)


class Challenge(Object, frozen=True):
    KIND: ClassVar[str] = "Challenge"
    status: AcmeStatus = msgspec.field(default_factory=AcmeStatus)


class Issuer(Conditioned, frozen=True):
    KIND: ClassVar[str] = "Issuer"


class ClusterIssuer(Conditioned, frozen=True):
    KIND: ClassVar[str] = "ClusterIssuer"
