"""warning_events: what keeps being said of objects that are not well."""

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, deployment, event, meta, node, pod, replicaset, snapshot
from watchdog.checks.warning_events import WarningEventsParams, warning_events
from watchdog.domain.finding import Finding
from watchdog.domain.objects import metav1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

APP = Ref("Deployment", "shop", "web")
OWNER = deployment(APP, replicas=2, ready=1)
CURRENT = replicaset(OWNER, 1)
ILL = pod(Ref("Pod", "shop", "web-1"), owner=CURRENT, ready=False)


def detect(*items: metav1.Object, alert: tuple[str, ...] = ()) -> list[Finding]:
    params = WarningEventsParams(alert=alert)
    return list(warning_events.detect(snapshot(OWNER, CURRENT, *items), params))


def test_events_of_an_unwell_pod_are_noted_on_its_workload() -> None:
    [finding] = detect(ILL, event(ILL, "OddThing", "words"), event(CURRENT, "OtherThing"))

    assert (finding.reason, finding.subject) == ("WarningEventsPersist", APP)
    assert finding.severity is Severity.INFO
    assert (finding.since, finding.sightings) == (None, 2)
    assert finding.affected == (ILL.ref, CURRENT.ref)
    assert "OddThing, OtherThing: words" in finding.message


def test_a_reason_that_is_listed_for_it_is_a_warning() -> None:
    [finding] = detect(ILL, event(ILL, "OddThing"), alert=("OddThing",))

    assert finding.severity is Severity.WARNING


def test_an_object_of_any_kind_that_exists_may_be_the_subject() -> None:
    worker = node("w-1")

    assert [finding.subject for finding in detect(worker, event(worker, "ImageGCFailed"))] == [
        worker.ref
    ]


def test_a_kubelets_event_about_its_node_is_known_by_the_name() -> None:
    worker = node("w-1")
    said = event(worker, "ImageGCFailed")
    named = msgspec.structs.replace(
        said, involved_object=msgspec.structs.replace(said.involved_object, uid="w-1")
    )

    assert [finding.subject for finding in detect(worker, named)] == [worker.ref]


@pytest.mark.parametrize(
    "items",
    [
        (ILL, event(ILL, "Unhealthy")),
        (ILL, event(ILL, "OddThing", age=HOUR)),
        (event(ILL, "OddThing"),),
        (pod(ILL.ref, owner=CURRENT), event(pod(ILL.ref), "OddThing")),
        (
            pod(ILL.ref, owner=CURRENT, ready=False, phase="Succeeded"),
            event(ILL, "OddThing"),
        ),
        (pod(ILL.ref, owner=CURRENT, ready=False, deleting=True), event(ILL, "OddThing")),
    ],
    ids=["noise", "old", "gone", "ready", "finished", "going"],
)
def test_noise_and_history_are_silent(items: tuple[metav1.Object, ...]) -> None:
    assert detect(*items) == []


def test_what_is_said_of_a_workload_that_is_whole_is_history() -> None:
    whole = deployment(Ref("Deployment", "shop", "api"))
    current = replicaset(whole, 1)
    going = msgspec.structs.replace(
        node("w-1"), metadata=meta(Ref("Node", "", "w-1"), deleting=True)
    )

    assert detect(whole, current, event(current, "OddThing", age=MINUTE)) == []
    assert detect(going, event(going, "OddThing")) == []
