"""pod_drift: a live pod that is not what its owner made, and is broken by it."""

from datetime import timedelta

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, ago, meta, running, snapshot
from tests.logic.drifting import (
    APP,
    CRASHING,
    CURRENT,
    OOM,
    OWNER,
    PULLING,
    RESOURCES,
    TEMPLATE,
    UNREADY,
    made,
    squeezed,
    webhook,
)
from watchdog.checks.pod_drift import pod_drift
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import appsv1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

POD = Ref("Pod", "shop", "web-1")
SIBLING = made("web-2", running())


def detect(*items: metav1.Object) -> list[Finding]:
    return list(pod_drift.detect(snapshot(OWNER, CURRENT, *items), NoParams()))


def test_a_pod_with_another_image_than_its_template_is_the_fault() -> None:
    [finding] = detect(made(status=PULLING, image="web:typo"), SIBLING)

    assert (finding.reason, finding.subject) == ("PodDrift", POD)
    assert (finding.severity, finding.hold) == (Severity.WARNING, 10 * MINUTE)
    assert (finding.since, finding.affected) == (ago(HOUR), (APP,))
    assert "image of app: web:2 -> web:typo" in finding.message
    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n shop delete pod web-1",)


@pytest.mark.parametrize(
    "broken",
    [
        made(status=CRASHING, image="web:3"),
        made(status=UNREADY, args=("debug",)),
        made(status=CRASHING, env=(podv1.EnvVar(name="MODE", value="odd"),)),
        made(status=CRASHING, env=()),
        squeezed(),
        made(
            status=UNREADY,
            resources=podv1.Resources(RESOURCES.requests, {"memory": "512Mi", "cpu": "10m"}),
        ),
    ],
)
def test_every_difference_that_explains_the_state_is_drift(broken: podv1.Pod) -> None:
    assert [finding.subject for finding in detect(broken, SIBLING)] == [POD]


def test_the_value_of_a_variable_is_not_shown() -> None:
    [finding] = detect(
        made(status=CRASHING, env=(podv1.EnvVar(name="MODE", value="odd"),)), SIBLING
    )

    assert "MODE env of app changed" in finding.message
    assert "odd" not in str(finding)


def test_a_pod_that_cannot_be_scheduled_for_its_own_request_has_drifted() -> None:
    wants = podv1.Resources({"cpu": "64", "memory": "256Mi"}, RESOURCES.limits)
    waits = metav1.Condition(type="PodScheduled", status="False", reason="Unschedulable")
    pending = made(status=UNREADY, node="", phase="Pending", conditions=(waits,), resources=wants)

    assert [finding.subject for finding in detect(pending, SIBLING)] == [POD]


@pytest.mark.parametrize(
    "other",
    [
        made(status=CRASHING),  # as the template says
        made(status=running(), image="web:3"),  # well
        made(status=OOM, image="web:3"),  # killed for memory, not for its image
        made(status=PULLING, args=("debug",)),  # pulls, whatever its arguments
        made(status=PULLING, resources=podv1.Resources()),  # more memory than meant
        squeezed(memory="1Gi"),
        made(status=UNREADY, resources=podv1.Resources(None, {"memory": "64Mi", "cpu": "1"})),
        made(status=UNREADY, resources=podv1.Resources({"cpu": "9"}, RESOURCES.limits)),
        made(status=PULLING, image="web:3", owner=None),
        made(status=PULLING, image="web:3", phase="Failed"),
    ],
)
def test_a_difference_that_explains_nothing_is_silent(other: podv1.Pod) -> None:
    assert detect(other, SIBLING) == []


def test_what_is_added_beside_the_template_is_no_drift() -> None:
    token = podv1.EnvVar(name="TOKEN_PATH", value="/var/run")
    more = made(status=CRASHING, env=(podv1.EnvVar(name="MODE", value="fast"), token))
    scaled = made(
        status=OOM,
        resources=podv1.Resources(None, {"memory": "64Mi"}),
        annotations=metav1.Annotations(vpa_updates="Pod resources updated"),
    )

    assert detect(more, SIBLING) == []
    assert detect(scaled, SIBLING) == []


def test_a_difference_its_siblings_share_is_not_this_pods_own() -> None:
    changed = made("web-2", running(), image="web:typo")

    assert detect(made(status=PULLING, image="web:typo"), changed) == []


def test_without_siblings_it_is_drift_unless_a_webhook_was_asked() -> None:
    alone = made(status=PULLING, image="web:typo")

    assert [finding.subject for finding in detect(alone)] == [POD]
    assert detect(alone, webhook()) == []
    assert len(detect(alone, webhook(age=MINUTE))) == 1  # younger than the pod


def test_a_container_without_a_status_or_of_another_owner_is_not_judged() -> None:
    ghost = made(status=msgspec.structs.replace(PULLING, name="proxy"), image="web:typo")
    stranger = msgspec.structs.replace(CURRENT, metadata=meta(CURRENT.ref, uid="another"))

    assert detect(ghost, SIBLING) == []
    lost = snapshot(OWNER, stranger, made(status=PULLING, image="web:typo"))
    assert list(pod_drift.detect(lost, NoParams())) == []


def test_a_pod_of_a_stateful_set_is_compared_with_its_revision() -> None:
    owner = appsv1.StatefulSet(
        metadata=meta(Ref("StatefulSet", "shop", "db")),
        spec=appsv1.StatefulSetSpec(replicas=1, template=TEMPLATE),
    )
    revision = appsv1.ControllerRevision(
        metadata=meta(Ref("ControllerRevision", "shop", "db-1"), owner=owner),
        revision=1,
        data=appsv1.RevisionData(spec=appsv1.RevisionSpec(template=TEMPLATE)),
    )

    def of(mark: str) -> podv1.Pod:
        pod = made(status=PULLING, image="web:typo", owner=owner)
        labels = {"controller-revision-hash": mark}
        return msgspec.structs.replace(
            pod, metadata=msgspec.structs.replace(pod.metadata, labels=labels)
        )

    assert [finding.subject for finding in detect(owner, revision, of("db-1"))] == [POD]
    assert detect(owner, revision, of("db-0")) == []
    assert detect(owner, of("db-1")) == []


def test_a_kill_of_long_ago_proves_nothing() -> None:
    old = msgspec.structs.replace(
        OOM, last_state=terminated_long_ago(), state=podv1.ContainerState()
    )

    limits = podv1.Resources(RESOURCES.requests, {"memory": "64Mi", "cpu": "1"})
    assert detect(made(status=old, resources=limits), SIBLING) == []


def terminated_long_ago(age: timedelta = 5 * HOUR) -> podv1.ContainerState:
    ended = podv1.Terminated(exit_code=137, reason="OOMKilled", finished_at=ago(age))
    return podv1.ContainerState(terminated=ended)
