"""Who the model is told to be, what it may read with, and the cluster it is told about."""

from collections.abc import Mapping
from dataclasses import dataclass, field

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolPolicy:
    """Which tools a soul has. `forbidden` wins; a tool in none of the four is not available."""

    enforced: tuple[str, ...] = ()  # always there, whatever a job narrows
    default_enabled: tuple[str, ...] = ()  # there unless a job narrows
    optional: tuple[str, ...] = ()  # there only for a job that names it
    forbidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Soul:
    """One valid SOUL.md with its manifest. It is style; what may be done is decided in code."""

    id: str
    slug: str
    name: str
    description: str = ""
    tools: ToolPolicy = ToolPolicy()
    text: str  # the template, checked
    digest: str  # of both files, for the record of a Run


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterFacts:
    """What a prompt may say of the cluster, as words: what was not read is "unknown"."""

    name: str = UNKNOWN
    version: str = UNKNOWN
    nodes: str = UNKNOWN  # how many
    architectures: str = UNKNOWN
    namespaces: str = UNKNOWN  # how many
    gitops: str = UNKNOWN
    ingress: str = UNKNOWN
    certificates: str = UNKNOWN  # what makes them


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolbox:
    """The tools of one question, and why any other one that was named is not among them."""

    allowed: frozenset[str]
    refused: Mapping[str, str] = field(default_factory=dict)
