"""May a model be asked today? Pure: the day's questions and the limits in, the reason not to out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from watchdog.domain.model import Call, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a day may cost. None: no limit. `assumed` stands for a request nobody counted tokens of."""

    usd: float | None = None
    tokens: int | None = None
    assumed: int = 8000


def day_start(now: datetime, zone: tzinfo) -> datetime:
    """Return the midnight before `now` in the operator's zone: the window of the budget."""
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def spent(today: Sequence[Call], limits: Limits) -> str:
    """Return which limit is reached, in words; "" while there is room.

    A question whose tokens nobody counted counts as the largest that is sent: what is not known
    must not be free. One without a price costs nothing, as local models do.
    """
    tokens = sum(_tokens(each, limits.assumed) for each in today)
    if limits.tokens is not None and tokens >= limits.tokens:
        return f"{tokens} of {limits.tokens} tokens a day are spent"
    usd = sum(each.usage.cost_usd or 0.0 for each in today)
    if limits.usd is not None and usd >= limits.usd:
        return f"{usd:.2f} of {limits.usd:.2f} US dollars a day are spent"
    return ""


def _tokens(call: Call, assumed: int) -> int:
    known = _known(call.usage)
    return assumed * call.requests if known is None else known


def _known(usage: Usage) -> int | None:
    if usage.input_tokens is None or usage.output_tokens is None:
        return None
    return usage.input_tokens + usage.output_tokens
