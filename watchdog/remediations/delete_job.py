"""Asks whether the failed run of a CronJob is deleted, after a later run did the work."""

from watchdog.domain.incident import Incident
from watchdog.domain.plan import Call, Grant, NoPlan, Plan, Step
from watchdog.domain.policy import Policy
from watchdog.domain.remediation import remediation
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.decision.case import withheld
from watchdog.logic.workloads.leftovers import leftovers


@remediation(
    name="DeleteJob",
    fixes=("FailedPodClutter",),
    grants=(Grant("delete", "jobs", "batch"),),
    asks=True,
)
def delete_job(incident: Incident, snapshot: Snapshot, _policy: Policy) -> Plan | NoPlan:
    """Delete a Job whose failed pods lie about and that its CronJob has made up for; a person is asked.

    It failed an hour ago or longer, a later run succeeded, it is no hook and is not removed by itself.
    """
    owners = (snapshot.cronjobs.get(ref) for ref in incident.subjects)
    owner = next((each for each in owners if each is not None), None)
    runs = leftovers(snapshot, owner) if owner is not None else ()
    told = {
        snapshot.all_pods[ref].controller for ref in incident.affected if ref in snapshot.all_pods
    }
    uids = {each.uid for each in told if each is not None}
    run = next((each for each in runs if each.uid in uids), None)
    if owner is None or run is None:
        return NoPlan()
    if against := tuple(withheld(snapshot, owner, run)):
        return NoPlan(against)
    step = Step(call=Call.DELETE, target=run.ref, uid=run.uid, what=f"delete failed Job {run.name}")
    return Plan(
        remediation="DeleteJob",
        cause="leftover",
        owner=owner.ref,
        steps=(step,),
        reason=f"{run.ref} has failed, and a later run of {owner.ref} succeeded.",
        risk="The Job's pods and their logs go with it.",
        generation=owner.metadata.generation,
        labels=owner.labels,
    )
