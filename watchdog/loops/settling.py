"""A Run after models were asked: its Incidents, its messages and its costs as they stand then."""

from collections.abc import Sequence
from dataclasses import replace

from watchdog.domain.notification import Notification
from watchdog.domain.triaged import AskedCall, Spent
from watchdog.logic.incident.own_faults import CHECK as SELF
from watchdog.logic.incident.verdict import verdict
from watchdog.loops.finished_run import Ran
from watchdog.store import calls, identity, incidents, outbox
from watchdog.store.engine import Store


def settled(store: Store, ran: Ran, said: Sequence[Notification]) -> Ran:
    """Return the Run with the words of models, and with what was `said` of the way to them.

    Raises:
        StoreFailed: the rows cannot be read.
    """
    standing = incidents.known(store, identity.known_cluster(store)).incidents
    now = {each.id: each for each in standing}
    before = {each.id for each in ran.result.incidents}
    own = [each for each in standing if each.check == SELF and each.id not in before]
    found = (*(now.get(each.id, each) for each in ran.result.incidents), *own)
    rows = [each.id for each in (*ran.notifications, *said)]
    result = replace(
        ran.result,
        incidents=found,
        verdict=verdict(ran.result.unknown, found),
        spent=spent_of(calls.of_run(store, ran.result.run_id)),
    )
    return replace(ran, result=result, notifications=outbox.reread(store, rows))


def spent_of(asked: Sequence[AskedCall]) -> Spent:
    """Return what questions came to, newest first as they are read."""
    found = [each.call for each in asked][::-1]
    served = dict.fromkeys(each.served for each in found if each.served)
    return Spent(
        calls=len(found),
        input_tokens=sum(each.usage.input_tokens or 0 for each in found),
        output_tokens=sum(each.usage.output_tokens or 0 for each in found),
        cost_usd=round(sum(each.usage.cost_usd or 0.0 for each in found), 6),
        requested=next((each.requested for each in found), ""),
        served=tuple(served),
    )
