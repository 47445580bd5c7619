"""Short ways to make questions that were asked."""

from datetime import timedelta

from tests.builders import NOW
from watchdog.domain.model import Call, CallOutcome, Usage


def called(
    outcome: CallOutcome = CallOutcome.ANSWERED,
    *,
    ago: timedelta = timedelta(0),
    tokens: tuple[int | None, int | None] | None = (100, 20),
    usd: float | None = None,
    requests: int = 1,
    fallbacks: int = 0,
    requested: str = "small",
    served: str = "",
    error: str = "",
    warnings: tuple[str, ...] = (),
) -> Call:
    """A question that ended so, `ago` before NOW, after a second."""
    sent, came = tokens or (None, None)
    return Call(
        purpose="triage",
        at=NOW - ago,
        seconds=1,
        outcome=outcome,
        requested=requested,
        served=served,
        requests=requests,
        fallbacks=fallbacks,
        usage=Usage(input_tokens=sent, output_tokens=came, cost_usd=usd),
        error=error,
        warnings=warnings,
    )
