"""Doctor's lines about the fences of acting: the self-test, where a pod's own identity is asked."""

from watchdog.app.access import Access
from watchdog.app.cluster import open_actuator, open_connection
from watchdog.app.lines import Line, State
from watchdog.config.settings import Settings
from watchdog.kube.rights import allowed
from watchdog.kube.selftest import CANARY

_HINT = (
    "apply the overlay act as it is shipped: policies, canary, actor; until then nothing is written"
)


async def fence_lines(settings: Settings, access: Access) -> list[Line]:
    """Whether the policies are in force; no line, and no call, with a person's kubeconfig.

    Below `act` an identity without the actor's role on the canary has nothing to be fenced in from.

    Raises:
        Misconfigured, Transient, Forbidden, Permanent: the cluster does not answer.
    """
    actuator = await open_actuator(access, settings)
    try:
        if not actuator.tested:
            return []
        if settings.mode != "act" and not await _may_act(settings, access):
            text = "the self-test is not made: this identity has no right to act"
            return [Line(State.NOTE, text, "the overlay act brings it, with its fences")]
        faults = await actuator.faults()
    finally:
        await actuator.close()
    if faults:
        return [Line(State.FAULT, each, _HINT) for each in faults]
    return [Line(State.OK, "self-test: the admission policies refuse what they have to")]


async def _may_act(settings: Settings, access: Access) -> bool:
    """Whether it could write on the canary, itself or by the account of `actor.service_account`."""
    if settings.actor.service_account:
        return True
    connection = await open_connection(access, settings)
    asked = {"group": "apps", "resource": "deployments", "verb": "patch"}
    try:
        there = {"namespace": CANARY.namespace, "name": CANARY.name}
        return await allowed(connection, {**asked, **there})
    finally:
        await connection.close()
