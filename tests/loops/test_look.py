"""look: logs are read once, and whoever judges them is asked again."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.builders import NOW, deployment, event, snapshot
from tests.clock import FakeClock
from tests.customs import API, DBS, MAIN, WRITER, custom, made_by, spec
from tests.loops.scripted import CART, Stage, broken, broken_cart
from watchdog.domain.check import NoParams, check
from watchdog.domain.custom import Carried, CustomKind
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.loops.look import look

GONE = CustomKind(API, "Gone")


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


@check(
    family="workloads",
    needs=("pods",),
    reasons=("Customs",),
    params=NoParams,
    customs=lambda _seen, _params: (DBS, GONE),
)
def asking(seen: Snapshot, _: NoParams) -> Iterator[Finding]:
    """It says how many custom resources it was shown, and which it was not."""
    yield Finding(
        reason="Customs",
        subject=CART,
        severity=Severity.INFO,
        message=f"{len(seen.objects.get(str(DBS), ()))} listed, {seen.missing[str(GONE)].reason}",
        since=NOW,
    )


@check(family="workloads", needs=("deployments",), reasons=("Carried",), params=NoParams)
def carrying(_seen: Snapshot, _: NoParams) -> Iterator[Finding]:
    """It has proved the image of the cart wrong."""
    yield Finding(
        reason="Carried",
        subject=CART,
        severity=Severity.WARNING,
        message="it does not start",
        since=NOW,
        carried=(Carried(value="cart:2", key="image"),),
    )


async def test_kinds_that_a_check_asks_for_are_listed_and_what_is_not_is_missing() -> None:
    stage = Stage(clock=FakeClock(NOW), listed={DBS: (custom(),)})

    view = await look(stage, snapshot(), [asking], {})

    assert [each.message for each in view.found["asking"]] == ["1 listed, absent"]


async def test_a_check_that_cannot_see_its_needs_asks_for_no_kind() -> None:
    stage = Stage(clock=FakeClock(NOW), listed={DBS: (custom(),)})

    view = await look(stage, snapshot(missing=("pods",)), [asking], {})

    assert str(DBS) not in view.snapshot.objects


async def test_a_finding_moves_to_the_custom_resource_that_carries_its_value() -> None:
    stage = Stage(clock=FakeClock(NOW), written={WRITER: spec(image="cart:2")})

    view = await look(stage, snapshot(made_by(deployment(CART))), [carrying], {})

    assert [each.subject for each in view.found["carrying"]] == [MAIN]


async def test_what_happened_around_what_stands_is_told() -> None:
    shown = broken_cart()
    said = event(shown.deployments[CART], "ScalingReplicaSet", "Scaled up from 1 to 9")
    told = corev1.Happening(**{name: getattr(said, name) for name in said.__struct_fields__})
    seen = replace(shown, objects={**shown.objects, "happenings": (told,)})

    view = await look(Stage(clock=FakeClock(NOW)), seen, [broken], {})

    [one] = view.seen()
    assert [each.text for each in one.finding.evidence] == [
        "ScalingReplicaSet: Scaled up from 1 to 9"
    ]


@pytest.mark.parametrize(("image", "said"), [("cart:2", 1), ("cart:1", 0)])
async def test_what_is_not_proved_is_not_said(image: str, said: int) -> None:
    stage = Stage(clock=FakeClock(NOW), written={WRITER: spec(image=image)})

    view = await look(stage, snapshot(), [resting], {})

    assert len(view.seen()) == said


@check(family="workloads", needs=("pods",), reasons=("Resting",), params=NoParams)
def resting(_seen: Snapshot, _: NoParams) -> Iterator[Finding]:
    """It has heard that the image of a custom resource is wrong."""
    yield Finding(
        reason="Resting",
        subject=MAIN,
        severity=Severity.WARNING,
        message="it cannot be made",
        since=NOW,
        carried=(Carried(value="cart:2", key="image"),),
        proof=WRITER,
    )
