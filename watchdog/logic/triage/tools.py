"""Which tools a question has: those of its soul, narrowed by its job. Asked at load and at dispatch."""

from collections.abc import Collection, Sequence

from watchdog.domain.soul import Toolbox, ToolPolicy


def allowed(policy: ToolPolicy, wanted: Sequence[str], known: Collection[str]) -> Toolbox:
    """Return the tools a question may use, and the reason for each that was named and is not there.

    `wanted` are the tools its job names; none means what is on without being named. `known` are the
    tools that exist. `forbidden` wins over every other list, and what no list names is not available.
    """
    named = {*policy.enforced, *policy.default_enabled, *policy.optional, *wanted}
    reasons = {name: _why_not(name, policy, wanted, known) for name in sorted(named)}
    return Toolbox(
        allowed=frozenset(name for name, why in reasons.items() if not why),
        refused={name: why for name, why in reasons.items() if why},
    )


def _why_not(name: str, policy: ToolPolicy, wanted: Sequence[str], known: Collection[str]) -> str:
    """Why a tool is not available, "" when it is."""
    if name not in known:
        return "there is no such tool"
    if name in policy.forbidden:
        return "the soul forbids it"
    if name in policy.enforced:
        return ""
    if name not in policy.default_enabled and name not in policy.optional:
        return "the soul does not list it"
    if wanted:
        return "" if name in wanted else "the job does not name it"
    return "" if name in policy.default_enabled else "it is optional and the job does not name it"
