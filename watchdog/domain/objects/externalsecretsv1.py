"""External Secrets: secrets and stores."""

from datetime import datetime
from typing import ClassVar

import msgspec

from watchdog.domain.objects.certmanagerv1 import TypedName
from watchdog.domain.objects.metav1 import Conditioned, ConditionsStatus, Record
from watchdog.domain.ref import Ref


class SecretTarget(Record, frozen=True):
    name: str = ""


class ExternalSecretSpec(Record, frozen=True):
    refresh_interval: str = ""
    refresh_policy: str = ""
    secret_store_ref: TypedName | None = None
    target: SecretTarget | None = None


class ExternalSecretStatus(ConditionsStatus, frozen=True):
    refresh_time: datetime | None = None


class ExternalSecret(Conditioned, frozen=True):
    KIND: ClassVar[str] = "ExternalSecret"
    spec: ExternalSecretSpec = msgspec.field(default_factory=ExternalSecretSpec)
    status: ExternalSecretStatus = msgspec.field(default_factory=ExternalSecretStatus)

    @property
    def secret(self) -> Ref:
        """The Secret it writes: its own name when it names none."""
        target = self.spec.target.name if self.spec.target else ""
        return Ref("Secret", self.namespace, target or self.name)


class SecretStore(Conditioned, frozen=True):
    KIND: ClassVar[str] = "SecretStore"


class ClusterSecretStore(Conditioned, frozen=True):
    KIND: ClassVar[str] = "ClusterSecretStore"
