"""What a Remediation would do: the exact API calls, or the reasons for none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from watchdog.domain.ref import Ref


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One right in RBAC: a verb on a resource of an API group."""

    verb: str
    resource: str  # "deployments" or "pods/eviction"
    group: str = ""


class Call(StrEnum):
    """The closed set of writes. Source: safety.md §3."""

    RESTART = "restart"  # PATCH the template's annotation restartedAt
    EVICT = "evict"  # POST pods/eviction
    DELETE = "delete"  # DELETE one pod or Job, with its uid
    SCALE = "scale"  # PATCH the subresource scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One API call on one object, named by the API server's own name and uid of it."""

    call: Call
    target: Ref
    uid: str
    what: str  # in words, for people
    replicas: int | None = None  # of SCALE: what is asked for

    @property
    def verb(self) -> str:
        """One line for logs and the journal. Source: requirements.md R4.16."""
        return f"k8s:{self.call}:{self.target}"[:256]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The calls of one Attempt, and what they stand on."""

    remediation: str  # its name in R4: "RolloutRestart"
    cause: str  # why it should help: "wedged", "stale_config", "stuck", ...
    owner: Ref  # the topmost controller: budgets count by it, its health proves recovery
    steps: tuple[Step, ...]  # never empty
    reason: str  # one sentence with the fact it stands on
    risk: str  # one sentence: what it costs
    generation: int = 0  # of the owner, when it was planned
    revision: str = ""  # of the owner's template, when it was planned
    labels: Mapping[str, str] = field(default_factory=dict)  # of the owner

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Where it writes, each once."""
        return tuple(sorted({step.target.namespace for step in self.steps}))

    @property
    def replaces(self) -> bool:
        """Whether pods end that have to come back: then the replacement must be able to start."""
        return any(step.call in (Call.RESTART, Call.EVICT) for step in self.steps)

    @property
    def digest(self) -> str:
        """Stands for what a person says yes to: any difference makes it another Plan."""
        calls = [(step.call, str(step.target), step.uid, step.replicas) for step in self.steps]
        parts = (self.remediation, self.cause, str(self.owner), self.generation, self.revision)
        return sha256(repr((parts, calls)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class NoPlan:
    """Why nothing is planned: every objection, in words. Without any it simply does not apply."""

    reasons: tuple[str, ...] = ()
