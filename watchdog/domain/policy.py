"""The operator's limits: what may be done, where, when, and how often. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum
from typing import Literal

from watchdog.domain.job import Mode

# Where nothing is ever written, whatever the configuration says; it may name more.
PROTECTED_NAMESPACES = (
    "argocd",
    "calico-system",
    "cert-manager",
    "cilium",
    "flux-system",
    "gatekeeper-system",
    "ingress-nginx",
    "kube-node-lease",
    "kube-public",
    "kube-system",
    "kyverno",
    "litellm",
    "longhorn-system",
    "metallb-system",
    "platform-engineer",
    "platform-engineer-canary",
    "rook-ceph",
    "traefik",
)

# The Remediations that mode `act` does alone; a person is always asked about the others.
ALONE = ("RolloutRestart", "EvictPod", "DeleteDebris")

RestartCause = Literal[
    "wedged", "stale_config", "cause_gone", "oom", "config_parse", "missing_secret"
]


class Outcome(StrEnum):
    """What may become of a Plan."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Policy's answer to a Plan, with every reason for it; `allow` needs none."""

    outcome: Outcome
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A part of the week in `zone`. `days` are 0 (Monday) to 6; it may reach over midnight."""

    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    start: time = time(0, 0)
    end: time = time(0, 0)  # equal to `start`: the whole day
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Makes the answer stricter for what it matches; an empty part matches everything.

    Names are shell patterns. With `windows` it holds inside of them only.
    """

    decision: Literal["ask", "deny"]
    remediations: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    windows: tuple[Window, ...] = ()
    reason: str = ""  # the operator's, repeated to people


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """How much at most. Source: safety.md §8; the configuration may only lower these."""

    per_hour: int = 5  # Attempts in the cluster
    per_owner_hour: int = 1
    per_owner_day: int = 2
    cause_cooldown: timedelta = timedelta(hours=6)  # of one owner and cause
    failures: int = 3  # not recovered in 24 h: the breaker opens
    debris: int = 20  # pods of one Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Between which replicas a person may be asked to scale."""

    least: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything an operator limits. The defaults are what requirements.md R4 allows."""

    mode: Mode = "suggest"
    enabled: tuple[str, ...] = ALONE  # names of Remediations
    namespaces: tuple[str, ...] = ()  # shell patterns; empty: all that are not protected
    protected: tuple[str, ...] = PROTECTED_NAMESPACES  # names and shell patterns
    windows: tuple[Window, ...] = ()  # writes happen inside of these only; empty: at any time
    rules: tuple[Rule, ...] = ()
    budgets: Budgets = field(default_factory=Budgets)
    restart_causes: tuple[RestartCause, ...] = ("wedged", "stale_config", "cause_gone")
    accept_gap: bool = False  # restart what has one replica, and is away meanwhile
    scale: Bounds | None = None
    approval_ttl: timedelta = timedelta(hours=1)
    verify_deadline: timedelta = timedelta(minutes=15)
