"""jobs: which pods are those of a Job."""

from datetime import timedelta

from tests.builders import meta, pod, snapshot
from watchdog.domain.objects import batchv1
from watchdog.domain.ref import Ref
from watchdog.logic.workloads.jobs import pods_of

MINUTE = timedelta(minutes=1)


def _job(name: str) -> batchv1.Job:
    return batchv1.Job(metadata=meta(Ref("Job", "shop", name), uid=f"uid-{name}"))


def test_the_pods_of_a_job_are_those_it_controls_oldest_first() -> None:
    job, other = _job("load"), _job("backup")
    names = {"a": (job, MINUTE), "b": (job, 2 * MINUTE), "c": (other, MINUTE), "d": (None, MINUTE)}
    pods = [
        pod(Ref("Pod", "shop", name), owner=owner, age=age) for name, (owner, age) in names.items()
    ]

    found = pods_of(snapshot(job, other, *pods), job)

    assert [each.name for each in found] == ["b", "a"]
