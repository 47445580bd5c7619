"""A Run as those see it who look back: under what it was made, what it left, what it cost."""

from collections.abc import Mapping
from dataclasses import dataclass

from watchdog.domain.job import LedgerEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Soul, tools, agent, model and permissions of a Run; "" where it has none.

    Digests are equal while what they stand for is: two Runs of one Frame differ in what they saw.
    """

    version: str  # of this program
    sha: str
    soul: str = ""  # the slug
    soul_digest: str = ""
    tools_digest: str = ""  # of the checks: what they read, can say, and are set to
    model: str = ""  # the one that is asked first
    fallbacks: tuple[str, ...] = ()
    policy_digest: str = ""  # of the settings that decide what may be done, and by whom
    rights_digest: str = ""  # of what the cluster has to allow


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What the questions of a Run cost; what nobody named counts as nothing."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """One Run in a list. `verdict` is "" for one that came to none."""

    entry: LedgerEntry
    verdict: str
    cost: Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One Run with what it left: `result` as `run_record` made it, empty without an end."""

    line: RunLine
    cluster: str  # the uid of its namespace kube-system
    result: Mapping[str, object]
