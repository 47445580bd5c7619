"""What a request cost, where the proxy names no price."""

from dataclasses import replace

from watchdog.domain.model import Usage

Price = tuple[float, float]  # US dollars for a million tokens in and out


def priced(usage: Usage, price: Price | None) -> Usage:
    """Return the usage with a cost: the proxy's, else by `price` and both counts, else none."""
    known = usage.input_tokens is not None and usage.output_tokens is not None
    if usage.cost_usd is not None or price is None or not known:
        return usage
    sent, came = usage.input_tokens or 0, usage.output_tokens or 0
    return replace(usage, cost_usd=(sent * price[0] + came * price[1]) / 1_000_000)
