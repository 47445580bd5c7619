"""rows: the lines a model is given, short and with what matters first."""

from dataclasses import replace

import msgspec
import pytest

from tests.builders import (
    HOUR,
    MINUTE,
    NOW,
    ago,
    container,
    deployment,
    event,
    meta,
    node,
    pod,
    replicaset,
    running,
    snapshot,
    template,
    waiting,
)
from tests.logic.incidents import BROKEN
from watchdog.domain.incident import Status
from watchdog.domain.objects import appsv1, batchv1, corev1, metav1, statsv1, storagev1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.triage.kinds import Unread
from watchdog.logic.triage.rows import (
    event_rows,
    incident_rows,
    list_rows,
    revision_rows,
    top_rows,
)

WEB = Ref("Deployment", "shop", "web")
POD = Ref("Pod", "shop", "web-1")


def metadata(kind: str, name: str, namespace: str = "") -> metav1.Metadata:
    return meta(Ref(kind, namespace, name))


@pytest.mark.parametrize(
    ("item", "line"),
    [
        (
            pod(POD, waiting("CrashLoopBackOff", restarts=7)),
            "shop/web-1: Running, 0 of 1 containers ready, CrashLoopBackOff, 7 restarts, "
            "on w-1, 1 h old",
        ),
        (
            pod(POD, running(), node="", phase="Pending", deleting=True),
            "shop/web-1: deleting, 1 of 1 containers ready, on no node, 1 h old",
        ),
        (
            pod(POD, waiting(""), phase="Failed", reason="Evicted"),
            "shop/web-1: Evicted, 0 of 1 containers ready, on w-1, 1 h old",
        ),
        (node("w-1", ready="False"), "w-1: not ready, 1 d old"),
        (node("w-1", unschedulable=True), "w-1: ready, cordoned, 1 d old"),
        (deployment(WEB, replicas=3, ready=1), "shop/web: 1 of 3 ready, 1 d old"),
        (
            appsv1.DaemonSet(
                metadata=metadata("DaemonSet", "agent", "ops"),
                status=appsv1.DaemonSetStatus(desired_number_scheduled=3, number_ready=2),
            ),
            "ops/agent: 2 of 3 ready, 1 h old",
        ),
        (
            batchv1.Job(
                metadata=metadata("Job", "backup", "ops"),
                status=batchv1.JobStatus(active=1, failed=2),
            ),
            "ops/backup: 1 active, 0 succeeded, 2 failed, 1 h old",
        ),
        (
            storagev1.PersistentVolumeClaim(
                metadata=metadata("PersistentVolumeClaim", "data", "shop"),
                status=storagev1.ClaimStatus(phase="Pending"),
            ),
            "shop/data: Pending, 1 h old",
        ),
        (
            corev1.Namespace(metadata=metadata("Namespace", "shop")),
            "shop: there, 1 h old",
        ),
        (corev1.Service(metadata=metav1.Metadata(name="web", namespace="shop")), "shop/web: there"),
    ],
)
def test_a_line_of_a_list_says_where_and_in_what_state(item: metav1.Object, line: str) -> None:
    assert list_rows([item], NOW) == line


def test_nothing_of_a_kind_is_said_so() -> None:
    assert list_rows([], NOW) == "none"


def test_a_long_list_is_cut_and_counts_the_rest() -> None:
    lines = list_rows([node(f"w-{n}") for n in range(60)], NOW).splitlines()

    assert (len(lines), lines[-1]) == (51, "… and 10 more")


def test_top_names_the_busiest_first() -> None:
    used = {"w-1": ("250m", "1Gi"), "w-2": ("2", "2Gi")}
    metrics = [
        statsv1.NodeMetrics(
            metadata=metadata("NodeMetrics", name), usage={"cpu": cpu, "memory": memory}
        )
        for name, (cpu, memory) in used.items()
    ]

    assert top_rows(snapshot(*metrics), "Node") == "w-2: 2000m CPU, 2Gi\nw-1: 250m CPU, 1Gi"


def test_top_of_pods_adds_up_their_containers() -> None:
    one = statsv1.ContainerMetrics(name="app", usage={"cpu": "100m", "memory": "64Mi"})
    metrics = statsv1.PodMetrics(
        metadata=metadata("PodMetrics", "web-1", "shop"), containers=(one, one)
    )

    assert top_rows(snapshot(metrics), "Pod") == "shop/web-1: 200m CPU, 128Mi"


def test_top_of_nothing_is_none() -> None:
    bare = statsv1.PodMetrics(metadata=metadata("PodMetrics", "web-1", "shop"))

    assert top_rows(snapshot(), "Pod") == "none"
    assert top_rows(snapshot(bare), "Pod") == "shop/web-1: 0m CPU, 0"


def test_usage_that_could_not_be_read_is_unknown() -> None:
    assert top_rows(snapshot(missing=["nodemetrics"]), "Node") == Unread(
        "usage could not be read: forbidden"
    )
    assert top_rows(Snapshot(cluster="c0ffee", taken_at=NOW), "Pod") == Unread(
        "usage could not be read: not read"
    )


def test_revisions_come_newest_first_with_their_images() -> None:
    web = deployment(WEB)
    old = replicaset(web, 1, replicas=0, age=48 * HOUR)
    new = replicaset(web, 2, pod_template=template(container(image="web:2"), container("sidecar")))

    assert revision_rows(snapshot(web, old, new), WEB) == (
        "revision 2, 1 h ago: web:2, ghcr.io/example/app:1; 1 pods\n"
        "revision 1, 2 d ago: ghcr.io/example/app:1; 0 pods"
    )


def test_a_revision_without_a_date_is_told_without_one() -> None:
    web = deployment(WEB)
    undated = msgspec.structs.replace(
        replicaset(web, 1),
        metadata=msgspec.structs.replace(replicaset(web, 1).metadata, creation_timestamp=None),
    )

    told = revision_rows(snapshot(web, undated), WEB)

    assert told == "revision 1: ghcr.io/example/app:1; 1 pods"


def test_what_has_no_revisions_is_said_so() -> None:
    assert isinstance(revision_rows(snapshot(pod(POD)), POD), Unread)
    assert revision_rows(snapshot(deployment(WEB)), WEB) == Unread(
        "no revision of it could be read"
    )


def test_events_come_newest_first_and_each_once() -> None:
    about = pod(POD)
    old = event(about, "FailedMount", "no volume", age=HOUR, count=4)
    new = event(about, "BackOff", "back-off", age=MINUTE)

    assert event_rows([old, new, new], NOW) == (
        "1 min ago Warning BackOff x1: back-off\n1 h ago Warning FailedMount x4: no volume"
    )


def test_an_event_of_a_series_has_its_count() -> None:
    series = corev1.EventSeries(count=12, last_observed_time=ago(MINUTE))

    assert event_rows([corev1.Event(reason="BackOff", message="x", series=series)], NOW) == (
        "1 min ago Event BackOff x12: x"
    )


def test_an_event_without_a_time_or_count_is_told() -> None:
    assert event_rows([corev1.Event(reason="Odd", message="x")], NOW) == "Event Odd x1: x"


def test_no_events_are_said_so() -> None:
    assert event_rows([], NOW) == "none"


def test_standing_incidents_are_told_with_the_words_of_the_rules() -> None:
    over = replace(BROKEN, status=Status.RESOLVED)

    told = incident_rows([over, BROKEN], NOW)

    assert told.startswith("critical: no pod of api can start")
    assert "[image_pull/ImageNotFound] on Deployment/shop/api, since 35 min." in told
    assert told.endswith("Revision 2 brought this tag.")
    assert incident_rows([over], NOW) == "none stands"
