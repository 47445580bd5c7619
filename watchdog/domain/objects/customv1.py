"""Objects of APIs that are not built in, as far as most operators agree on their form."""

from typing import ClassVar

import msgspec

from watchdog.domain.objects.metav1 import Conditioned, ConditionsStatus, Metadata, Object, Record
from watchdog.domain.ref import Ref


class CustomSpec(Record, frozen=True):
    """The fields by which operators are told to rest. Their types differ from one to the next."""

    suspend: object = None
    suspended: object = None
    pause: object = None
    paused: object = None
    replicas: object = None


class CustomStatus(ConditionsStatus, frozen=True):
    """`conditions` and `observedGeneration` mean the same nearly everywhere."""

    observed_generation: int | None = None
    phase: object = None
    state: object = None
    health: object = None
    ready: object = None
    replicas: object = None

    @property
    def blank(self) -> bool:
        """Whether nobody has written one."""
        said = (self.phase, self.state, self.health, self.ready, self.replicas)
        return not self.conditions and self.observed_generation is None and said == (None,) * 5


class CustomResource(Conditioned, frozen=True):
    """One object of any kind that is not built in."""

    api_version: str = ""
    kind: str = ""
    metadata: Metadata = msgspec.field(default_factory=Metadata)
    spec: CustomSpec = msgspec.field(default_factory=CustomSpec)
    status: CustomStatus = msgspec.field(default_factory=CustomStatus)

    @property
    def ref(self) -> Ref:
        return Ref(self.kind, self.metadata.namespace, self.metadata.name)

    @property
    def group(self) -> str:
        return self.api_version.rpartition("/")[0]

    @property
    def resting(self) -> bool:
        """Whether it is told to do nothing, or to have nothing."""
        told = (self.spec.suspend, self.spec.suspended, self.spec.pause, self.spec.paused)
        return self.spec.replicas == 0 or any(each in (True, "true", "True") for each in told)


class CustomResourceDefinition(Object, frozen=True):
    """Only its name is read, which is plural.group: schemas are large."""

    KIND: ClassVar[str] = "CustomResourceDefinition"

    @property
    def group(self) -> str:
        return self.name.partition(".")[2]

    @property
    def plural(self) -> str:
        return self.name.partition(".")[0]
