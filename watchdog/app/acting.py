"""The parts that do something about Incidents, put together: what is considered, what carries it out."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from watchdog.app.home import Home
from watchdog.app.registry import all_remediations
from watchdog.config.policy import policy_of
from watchdog.config.settings import Settings
from watchdog.domain.check import Check
from watchdog.domain.ports import Actuator, Clock, Cluster
from watchdog.logic.decision.consider import Setting
from watchdog.logic.incident.detect import needs_of
from watchdog.loops import acting
from watchdog.loops.acting import Acting
from watchdog.loops.breaking import Breaker
from watchdog.loops.considering import AttemptRecorder, Considering
from watchdog.loops.fences import Fences
from watchdog.loops.own_state import OwnState
from watchdog.loops.timed_look import TimedLook

STOP = "STOP"


@dataclass(frozen=True, slots=True)
class Repair:
    """What thinks of doing something, and what does it."""

    considering: Considering
    acting: Acting


def repair_of(
    settings: Settings,
    home: Home,
    clock: Clock,
    *,
    cluster: Cluster,
    actuator: Actuator,
    own: OwnState,
    recorder: AttemptRecorder,
    checks: tuple[Check, ...],
    namespace: str,
    changed: Callable[[], None],
) -> Repair:
    """Build both; nothing is read or written yet. `changed` hears when something was done."""
    setting = Setting(remediations=all_remediations(), policy=policy_of(settings))
    considering = Considering(
        home.store, setting, recorder=recorder, new_id=lambda: secrets.token_hex(4)
    )
    breaker = Breaker(home.store, clock, own, policy=setting.policy, namespace=namespace)
    look = TimedLook(
        cluster=cluster, store=home.store, clock=clock, checks=checks, params=settings.checks
    )
    return Repair(
        considering,
        Acting(
            home.store,
            clock,
            timed_look=look,
            considering=considering,
            actuator=actuator,
            fences=Fences(clock, actuator, breaker, switch=stop_switch(home.path)),
            breaker=breaker,
            recorder=recorder,
            setting=acting.Setting(
                checks=tuple(check.id for check in checks),
                needs=needs_of(checks) | considering.needs(checks),
            ),
            changed=changed,
        ),
    )


def stop_switch(home: Path) -> Callable[[], str]:
    """Return what looks for the operator's file; it raises OSError when it cannot look."""

    def stopped() -> str:
        try:
            (home / STOP).lstat()
        except FileNotFoundError:
            return ""
        return f"stopped: the file {STOP} is in the home"

    return stopped
