"""delete_job: a person is asked about the failed run that a later one made up for."""

from datetime import timedelta

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, ago, meta, running
from tests.remediations.shop import DAY, incident, replica, shop
from tests.remediations.test_rollout_restart import NEVER
from watchdog.domain.objects import batchv1, metav1, podv1
from watchdog.domain.plan import Call, NoPlan, Plan, Step
from watchdog.domain.policy import Policy
from watchdog.domain.ref import Ref
from watchdog.logic.decision.preflight import objections
from watchdog.remediations.delete_debris import delete_debris
from watchdog.remediations.delete_job import delete_job

NIGHTLY = batchv1.CronJob(metadata=meta(Ref("CronJob", "shop", "nightly"), age=30 * DAY))


def run(
    number: int,
    how: str = "Failed",
    *,
    ended: timedelta = 30 * HOUR,
    annotations: metav1.Annotations | None = None,
    deleting: bool = False,
    ttl: int | None = None,
) -> batchv1.Job:
    ref = Ref("Job", "shop", f"nightly-2939{number:04}")
    conditions = (metav1.Condition(type=how, status="True", last_transition_time=ago(ended)),)
    return batchv1.Job(
        metadata=meta(ref, owner=NIGHTLY, annotations=annotations, deleting=deleting, age=ended),
        spec=batchv1.JobSpec(ttl_seconds_after_finished=ttl),
        status=batchv1.JobStatus(conditions=conditions if how else ()),
    )


def pod_of(job: batchv1.Job) -> podv1.Pod:
    found = replica(job, 7, running(ready=False), phase="Failed", reason="Evicted", age=30 * HOUR)
    name = f"{job.name}-x"
    return msgspec.structs.replace(
        found, metadata=msgspec.structs.replace(found.metadata, name=name, uid=name)
    )


FAILED, DONE = run(1), run(2, "Complete", ended=6 * HOUR)


def planned(*items: metav1.Object, of: batchv1.Job = FAILED) -> Plan | NoPlan:
    pod = pod_of(of)
    wanted = incident(
        "FailedPodClutter", NIGHTLY.ref, affected=(pod.ref, Ref("Pod", "shop", "gone"))
    )
    return delete_job.plan(wanted, shop().and_also(pod, *items).look(), Policy())


def test_a_failed_run_that_was_made_up_for_is_asked_about() -> None:
    plan = planned(NIGHTLY, FAILED, DONE)

    assert isinstance(plan, Plan)
    assert plan.steps == (
        Step(
            call=Call.DELETE,
            target=FAILED.ref,
            uid=FAILED.uid,
            what=f"delete failed Job {FAILED.name}",
        ),
    )
    assert (plan.owner, plan.generation) == (NIGHTLY.ref, 1)
    seen = shop().and_also(NIGHTLY, FAILED, DONE).look()
    assert objections(plan, seen) == ()


def test_a_person_is_always_asked() -> None:
    assert delete_job.asks


def test_the_pods_of_a_job_are_no_debris_to_delete_alone() -> None:
    pods = [pod_of(FAILED)]
    wanted = incident("FailedPodClutter", NIGHTLY.ref)
    seen = shop().and_also(NIGHTLY, FAILED, DONE, *pods).look()

    assert delete_debris.plan(wanted, seen, Policy()) == NoPlan()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (FAILED, run(2, "Failed", ended=6 * HOUR)),
        (FAILED, run(2, "Complete", ended=40 * HOUR)),
        (run(1, ended=50 * MINUTE), run(2, "Complete", ended=5 * MINUTE)),
        (run(1, "Complete"), DONE),
        (run(1, ""), DONE),
        (run(1, deleting=True), DONE),
        (run(1, ttl=600), DONE),
        (run(1, annotations=metav1.Annotations(argo_hook="Sync")), DONE),
    ],
    ids=[
        "no success",
        "success before",
        "too young",
        "not failed",
        "running",
        "going",
        "goes by itself",
        "hook",
    ],
)
def test_a_run_that_is_not_superseded_or_not_a_cronjobs_stays(
    first: batchv1.Job, second: batchv1.Job
) -> None:
    assert planned(NIGHTLY, first, second, of=first) == NoPlan()


def test_a_run_whose_pods_do_not_lie_about_stays() -> None:
    assert planned(NIGHTLY, FAILED, DONE, of=DONE) == NoPlan()


def test_without_its_cronjob_nothing_is_planned() -> None:
    assert planned(FAILED, DONE) == NoPlan()


def test_a_run_that_somebody_started_by_hand_stays() -> None:
    by_hand = msgspec.structs.replace(
        FAILED, metadata=msgspec.structs.replace(FAILED.metadata, name="nightly-manual")
    )

    assert planned(NIGHTLY, by_hand, DONE, of=by_hand) == NoPlan()


def test_the_annotation_never_keeps_the_run() -> None:
    kept = run(1, annotations=NEVER)

    assert planned(NIGHTLY, kept, DONE, of=kept) == NoPlan(
        (f"{kept.ref} has the annotation watchdog/remediate: never",)
    )
