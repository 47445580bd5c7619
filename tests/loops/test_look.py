"""look: logs are read once, and whoever judges them is asked again."""

from collections.abc import Iterator

from tests.builders import NOW
from tests.clock import FakeClock
from tests.loops.scripted import CART, Stage, broken, broken_cart
from watchdog.domain.check import NoParams, check
from watchdog.domain.finding import Finding
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.loops.look import look


@check(family="pods", needs=("pods",), optional=("logs",), reasons=("Overheard",), params=NoParams)
def overhearing(seen: Snapshot, _: NoParams) -> Iterator[Finding]:
    """Somebody's log says something."""
    for log in seen.log_texts.values():
        yield Finding(
            reason="Overheard",
            subject=CART,
            severity=Severity.WARNING,
            message=log.text,
            since=NOW,
        )


async def test_a_check_that_reads_logs_judges_those_another_check_asked_for() -> None:
    stage = Stage(clock=FakeClock(NOW))

    view = await look(stage, broken_cart(), [broken, overhearing], {})

    assert [each.message for each in view.found["overhearing"]] == ["fatal: boom"]


async def test_without_a_suspect_there_is_no_log_to_judge() -> None:
    stage = Stage(clock=FakeClock(NOW))

    view = await look(stage, broken_cart(), [overhearing], {})

    assert view.found["overhearing"] == ()
