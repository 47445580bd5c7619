"""never_ready: a newest revision that runs and is never ready, and all that only looks like it."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from tests.builders import (
    HOUR,
    MINUTE,
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
    terminated,
    waiting,
)
from watchdog.checks.crash_loop import CrashLoopParams, crash_loop
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.objects import appsv1, metav1, podv1, probev1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.incident.group import Seen
from watchdog.logic.incident.inhibit import inhibit

WEB = Ref("Deployment", "shop", "web")
OLD = template(container(image="web:1"))
NEW = template(
    container(image="web:2", readiness_probe=probev1.Probe(tcp_socket=probev1.PortOnly(port=80)))
)
LATE = metav1.Condition(
    type="Progressing",
    status="False",
    reason="ProgressDeadlineExceeded",
    last_transition_time=ago(30 * MINUTE),
    last_update_time=ago(30 * MINUTE),
)
GOING = metav1.Condition(
    type="Progressing", status="True", reason="ReplicaSetUpdated", last_update_time=ago(8 * MINUTE)
)


def unready(name: str = "web-2-x", *, age: timedelta = HOUR, **fields: object) -> podv1.Pod:
    status = running(ready=False, age=age)
    return pod(Ref("Pod", "shop", name), status, since=age, age=age, spec=NEW.spec, **fields)  # type: ignore[arg-type]


def look(
    *pods: podv1.Pod,
    condition: metav1.Condition = LATE,
    before: podv1.PodTemplate = OLD,
    serving: int = 1,
    age: timedelta = HOUR,
    born: timedelta = HOUR,
    paused: bool = False,
) -> Snapshot:
    owner = deployment(
        WEB,
        replicas=2,
        ready=serving,
        updated=1,
        pod_template=NEW,
        conditions=(condition,),
        paused=paused,
    )
    new = replicaset(owner, 2, age=age)
    old = replicaset(owner, 1, ready=serving, pod_template=before, age=24 * HOUR)
    of_old = [pod(Ref("Pod", "shop", f"web-1-{i}"), owner=old) for i in range(serving)]
    owned = [
        msgspec.structs.replace(each, metadata=meta(each.ref, owner=new, age=born)) for each in pods
    ]
    return snapshot(owner, new, old, node("w-1"), *of_old, *(owned or [unready(owner=new)]))


def found(seen: Snapshot) -> list[Finding]:
    return list(crash_loop.detect(seen, CrashLoopParams()))


def test_a_newest_revision_that_is_never_ready_is_a_bad_rollout() -> None:
    [finding] = found(look())

    assert (finding.reason, finding.subject) == ("BadRollout", WEB)
    assert (finding.severity, finding.hold) == (Severity.WARNING, 5 * MINUTE)
    assert finding.since == ago(HOUR)
    assert "web:1 -> web:2" in finding.why
    assert "1 pod of an earlier revision still serves." in finding.why
    assert finding.proposal is not None
    assert finding.proposal.commands == (
        "kubectl -n shop rollout undo deployment/web --to-revision=1",
    )
    assert finding.logs == (LogQuery(Ref("Pod", "shop", "web-2-x"), "app"),)


def test_the_log_of_a_ready_sidecar_is_not_asked_for() -> None:
    statuses = running(ready=False), running(name="proxy")

    [finding] = found(look(pod(Ref("Pod", "shop", "a"), *statuses, since=HOUR)))

    assert [query.container for query in finding.logs] == ["app"]


def test_where_nothing_serves_any_more_the_deadline_is_not_waited_for() -> None:
    [finding] = found(look(condition=GOING, serving=0))

    assert finding.severity is Severity.CRITICAL
    assert "Nothing of an earlier revision" in finding.why


def test_a_rollout_inside_its_deadline_is_left_alone_while_old_pods_serve() -> None:
    assert found(look(condition=GOING)) == []


def test_a_dependency_in_the_log_leaves_it_open_what_fails_unless_old_pods_serve() -> None:
    query = LogQuery(Ref("Pod", "shop", "web-2-x"), "app")
    logs = {query: Log("dial tcp 10.1.2.3:5432: connect: connection refused")}

    assert found(look(serving=0).with_logs(logs)) == []
    [finding] = found(look().with_logs(logs))
    assert any("refused" in each.text for each in finding.evidence)


def test_what_the_kubelet_says_of_the_probe_is_evidence() -> None:
    seen = look()
    [victim] = [each for each in seen.all_pods.values() if not each.ready]
    said = [
        event(victim, "Pulled", "something else"),
        event(victim, "Unhealthy", "Readiness probe failed: HTTP probe failed: 503"),
    ]

    [finding] = found(
        Snapshot(
            cluster=seen.cluster,
            taken_at=seen.taken_at,
            objects={**seen.objects, "events": tuple(said)},
        )
    )

    assert any("503" in each.text for each in finding.evidence)


STARTING = msgspec.structs.replace(
    NEW.spec.containers[0],
    startup_probe=probev1.Probe(period_seconds=60, failure_threshold=90),
)


@pytest.mark.parametrize(
    "seen",
    [
        look(before=NEW),  # nothing changed
        look(paused=True),
        look(unready(), age=24 * HOUR, born=HOUR),  # replaced long after the rollout
        look(pod(Ref("Pod", "shop", "a"), running(ready=False), since=30 * MINUTE)),  # was ready
        look(pod(Ref("Pod", "shop", "a"), running(), since=HOUR)),  # is ready
        look(unready("a"), pod(Ref("Pod", "shop", "b"), running(), since=HOUR)),
        look(pod(Ref("Pod", "shop", "a"), waiting("ImagePullBackOff"), since=HOUR)),
        look(
            pod(
                Ref("Pod", "shop", "a"),
                waiting("CrashLoopBackOff", last_state=terminated(137, reason="OOMKilled")),
                since=HOUR,
            )
        ),
        look(
            pod(
                Ref("Pod", "shop", "a"),
                running(ready=False, started=False),
                since=HOUR,
                spec=template(STARTING).spec,
            )
        ),
        snapshot(deployment(WEB, ready=0)),
    ],
)
def test_what_only_looks_like_it_is_silent(seen: Snapshot) -> None:
    assert [each for each in found(seen) if each.reason == "BadRollout"] == []


def test_a_pod_the_kubelet_restarts_for_its_probe_is_never_ready_either() -> None:
    status = waiting("CrashLoopBackOff", restarts=1, last_state=terminated(137))

    [finding] = found(look(pod(Ref("Pod", "shop", "a"), status, since=HOUR)))

    assert finding.reason == "BadRollout"


def test_a_stateful_set_has_no_deadline_and_gets_a_quarter_of_an_hour() -> None:
    ref = Ref("StatefulSet", "shop", "db")
    owner = appsv1.StatefulSet(
        metadata=meta(ref), spec=appsv1.StatefulSetSpec(replicas=2, template=NEW)
    )
    revisions = [
        appsv1.ControllerRevision(
            metadata=meta(Ref("ControllerRevision", "shop", f"db-{number}"), owner=owner),
            revision=number,
            data=appsv1.RevisionData(spec=appsv1.RevisionSpec(template=each)),
        )
        for number, each in ((1, OLD), (2, NEW))
    ]

    def made(number: int, *, ready: bool) -> podv1.Pod:
        labels = {"controller-revision-hash": f"db-{number}"}
        status = running(ready=ready)
        return pod(Ref("Pod", "shop", f"db-{number}"), status, owner=owner, labels=labels)

    [finding] = found(snapshot(owner, *revisions, made(1, ready=True), made(2, ready=False)))

    assert (finding.reason, finding.subject, finding.hold) == ("BadRollout", ref, 15 * MINUTE)


def seen_as(reason: str) -> Seen:
    [finding] = found(look())
    return Seen(check=reason, finding=replace(finding, reason=reason))


def test_the_bad_rollout_explains_the_unwell_app_and_a_wrong_probe_explains_the_rollout() -> None:
    rollout, unwell, probe = map(
        seen_as, ("BadRollout", "AppUnhealthy", "ReadinessProbeMisconfigured")
    )

    assert [each.inhibited_by for each in inhibit([rollout, unwell], {})] == [
        "",
        f"BadRollout of {WEB}",
    ]
    assert [each.inhibited_by for each in inhibit([rollout, probe], {})] == [
        f"ReadinessProbeMisconfigured of {WEB}",
        "",
    ]
