"""Short ways to make what the store keeps."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

from tests.builders import NOW
from watchdog.domain.exchange import Exchange
from watchdog.domain.incident import Announced, Incident, Status
from watchdog.domain.job import RunState
from watchdog.domain.model import Call, CallOutcome, Turn, Usage
from watchdog.domain.notification import Message, Notification, NotificationKind
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.soul import ClusterFacts
from watchdog.domain.triage import Brief, Fact
from watchdog.domain.triaged import AskedCall
from watchdog.store import incidents
from watchdog.store.engine import Store
from watchdog.store.incidents import RunRow

CLUSTER = "c0ffee"


BRIEF = Brief(
    incident="1a2b3c4d-1",
    digest="d1",
    headline="cart crashes",
    rule_text="Container app of 2 pods keeps crashing.",
    subjects=(Ref("Deployment", "shop", "cart"),),
    affected=(Ref("Pod", "shop", "cart-1"),),
    facts=(
        Fact(id="E1", kind="log", ref=Ref("Pod", "shop", "cart-1"), at=NOW, text="fatal: boom"),
    ),
    tokens=60,
)
EXCHANGE = Exchange(
    run_id="r1",
    incident=BRIEF.incident,
    purpose="triage",
    at=NOW,
    turns=(Turn(role="system", text="You look."), Turn(role="user", text="fatal: boom")),
    answer='{"claims": ["It crashes [E1]"]}',
    requested="big",
    served="small",
    soul="plain",
    brief=BRIEF,
    cluster=ClusterFacts(name="home"),
)


def incident(name: str = "cart", status: Status = Status.OPEN, **fields: Any) -> Incident:
    """The Incident of a Deployment; one that is not pending opened at NOW."""
    base = Incident(
        cluster=CLUSTER,
        fingerprint=sha256(name.encode()).hexdigest(),
        opening=1,
        status=status,
        check="crash_loop",
        reason="CrashLoop",
        severity=Severity.WARNING,
        subjects=(Ref("Deployment", "shop", name),),
        since=NOW,
        first_seen_at=NOW,
        last_seen_at=NOW,
        counted_at=NOW,
        opened_at=None if status is Status.PENDING else NOW,
        resolved_at=NOW if status is Status.RESOLVED else None,
    )
    return replace(base, **fields)


def run_row(run_id: str = "r1", **fields: Any) -> RunRow:
    """A Run that ended well at NOW."""
    base = RunRow(
        run_id=run_id,
        job="health",
        trigger="manual",
        cluster=CLUSTER,
        started_at=NOW,
        finished_at=NOW,
        state=RunState.OK,
        verdict="healthy",
        result={},
    )
    return replace(base, **fields)


def call_of(run_id: str = "r1", cost_usd: float | None = 0.01, **fields: Any) -> AskedCall:
    """One answered question of a Run."""
    base = Call(
        purpose="triage",
        at=NOW,
        seconds=1.5,
        outcome=CallOutcome.ANSWERED,
        requested="big",
        served="small",
        call_id="c-1",
        requests=2,
        fallbacks=1,
        usage=Usage(input_tokens=100, output_tokens=20, cost_usd=cost_usd),
    )
    return AskedCall(call=replace(base, **fields), run_id=run_id, incident="1a2b3c4d-1")


def announced(target: str = "console", **fields: Any) -> Announced:
    """What a target was told at NOW."""
    base = Announced(
        target=target,
        at=NOW,
        severity=Severity.WARNING,
        said=Severity.WARNING,
        digest="d",
        pinged_at=NOW,
        thread="1a2b3c4d-1",
    )
    return replace(base, **fields)


def message(
    kind: NotificationKind = NotificationKind.OPENED, thread: str = "t-1", revision: int = 1
) -> Message:
    """A Message with nothing special in it."""
    return Message(
        kind=kind,
        thread=thread,
        revision=revision,
        severity=Severity.WARNING,
        title="cart crashes",
        text="2 of 2 pods keep crashing",
    )


def save(store: Store, *values: Incident, **fields: Any) -> tuple[Notification, ...]:
    """Save a Run that saw these Incidents; `run`, `dropped`, ... as in `save_run`."""
    rest: dict[str, Any] = {
        "run": run_row(),
        "dropped": (),
        "transitions": (),
        "messages": (),
        **fields,
    }
    return incidents.save_run(store, incidents=values, **rest)
