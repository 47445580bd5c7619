"""External Secrets: secrets and stores."""

from datetime import datetime
from typing import ClassVar

import msgspec

from watchdog.domain.objects.certmanagerv1 import TypedName
from watchdog.domain.objects.metav1 import Conditioned, ConditionsStatus, Record
from watchdog.domain.ref import Ref


class SecretTarget(Record, frozen=True):
    name: str = ""


class SecretSource(Record, frozen=True):
    """sourceRef: an own store of one entry."""

    store_ref: TypedName | None = None


class SecretEntry(Record, frozen=True):
    """One entry of data or dataFrom."""

    source_ref: SecretSource | None = None


class ExternalSecretSpec(Record, frozen=True):
    refresh_interval: str = ""
    refresh_policy: str = ""
    secret_store_ref: TypedName | None = None
    target: SecretTarget | None = None
    data: tuple[SecretEntry, ...] | None = None
    data_from: tuple[SecretEntry, ...] | None = None


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

    @property
    def stores(self) -> tuple[Ref, ...]:
        """The stores it reads from: its own, then those that single entries name, each once."""
        entries = (*(self.spec.data or ()), *(self.spec.data_from or ()))
        own = (each.source_ref.store_ref for each in entries if each.source_ref is not None)
        named = (each for each in (self.spec.secret_store_ref, *own) if each is not None)
        return tuple(dict.fromkeys(self._store(each) for each in named if each.name))

    def _store(self, named: TypedName) -> Ref:
        if named.kind == "ClusterSecretStore":
            return Ref(named.kind, "", named.name)
        return Ref("SecretStore", self.namespace, named.name)


class SecretStore(Conditioned, frozen=True):
    KIND: ClassVar[str] = "SecretStore"


class ClusterSecretStore(Conditioned, frozen=True):
    KIND: ClassVar[str] = "ClusterSecretStore"
