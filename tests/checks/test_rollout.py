"""rollout: what does not move, what was taken down at once, what a broken pod blocks."""

from datetime import timedelta

import msgspec
import pytest

from tests.builders import (
    HOUR,
    MINUTE,
    ago,
    container,
    deployment,
    meta,
    pod,
    replicaset,
    running,
    snapshot,
    template,
)
from watchdog.checks.rollout import rollout
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import appsv1, metav1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

WEB = Ref("Deployment", "shop", "web")
DB = Ref("StatefulSet", "shop", "db")
NEW, OLD = template(container(image="web:2")), template(container(image="web:1"))


def detect(*items: metav1.Object) -> list[Finding]:
    return list(rollout.detect(snapshot(*items), NoParams()))


def progressing(status: str, reason: str) -> metav1.Condition:
    return metav1.Condition(
        type="Progressing", status=status, reason=reason, last_transition_time=ago(HOUR)
    )


LATE = progressing("False", "ProgressDeadlineExceeded")


def rolling(
    condition: metav1.Condition,
    *,
    strategy: appsv1.Strategy | None = None,
    ready: int = 2,
    paused: bool = False,
) -> list[metav1.Object]:
    owner = deployment(
        WEB,
        replicas=3,
        ready=ready,
        updated=1,
        pod_template=NEW,
        conditions=(condition,),
        paused=paused,
    )
    if strategy is not None:
        owner = msgspec.structs.replace(
            owner, spec=msgspec.structs.replace(owner.spec, strategy=strategy)
        )
    new = replicaset(owner, 2, replicas=1)
    stuck = pod(Ref("Pod", "shop", "web-2-x"), owner=new, ready=False)
    return [owner, new, replicaset(owner, 1, replicas=2, ready=ready, pod_template=OLD), stuck]


def commands(finding: Finding) -> tuple[str, ...]:
    assert finding.proposal is not None
    return finding.proposal.commands


def test_a_rollout_past_its_deadline_is_stuck_at_once() -> None:
    [finding] = detect(*rolling(LATE))

    assert (finding.reason, finding.subject) == ("RolloutStuck", WEB)
    assert (finding.since, finding.hold) == (ago(HOUR), timedelta(0))
    assert "web:1 -> web:2" in finding.why
    assert commands(finding) == ("kubectl -n shop rollout undo deployment/web",)


def test_a_rollout_inside_its_deadline_is_no_fault() -> None:
    assert detect(*rolling(progressing("True", "ReplicaSetUpdated"))) == []


def test_a_paused_rollout_is_no_fault() -> None:
    assert detect(*rolling(LATE, paused=True)) == []


def limits(most: int | str) -> appsv1.Strategy:
    return appsv1.Strategy(
        type="RollingUpdate", rolling_update=appsv1.RollingUpdate(max_unavailable=most)
    )


def test_a_strategy_that_let_a_rollout_take_every_pod_is_unsafe() -> None:
    found = detect(
        *rolling(progressing("True", "ReplicaSetUpdated"), strategy=limits("100%"), ready=0)
    )

    [finding] = found
    assert (finding.reason, finding.severity) == ("RolloutStrategyUnsafe", Severity.CRITICAL)
    assert finding.hold == 5 * MINUTE
    assert commands(finding)[0] == "kubectl -n shop rollout undo deployment/web --to-revision=1"
    assert '"maxUnavailable":0' in commands(finding)[1]


def test_a_strategy_that_keeps_a_pod_or_has_taken_none_is_no_fault() -> None:
    going = progressing("True", "ReplicaSetUpdated")

    assert detect(*rolling(going, strategy=limits(2), ready=0)) == []
    assert detect(*rolling(going, strategy=appsv1.Strategy(type="Recreate"), ready=0)) == []


@pytest.mark.parametrize(
    ("condition", "ready"),
    [
        (progressing("True", "ReplicaSetUpdated"), 2),
        (progressing("True", "NewReplicaSetAvailable"), 2),
        (progressing("True", "NewReplicaSetAvailable"), 0),  # it ended well; what came then did not
    ],
)
def test_a_strategy_that_may_take_every_pod_and_has_not_is_only_noted(
    condition: metav1.Condition, ready: int
) -> None:
    [finding] = detect(*rolling(condition, strategy=limits("100%"), ready=ready))

    assert (finding.reason, finding.severity) == ("RolloutStrategyUnsafe", Severity.INFO)
    assert "undo" not in str(finding.proposal)


def test_a_single_pod_may_be_taken_by_a_rollout() -> None:
    owner = deployment(WEB, strategy=limits(1))

    assert detect(owner, replicaset(owner, 1)) == []


def stateful(
    pod_hash: str, *, ready: bool = False, partition: int = 0, updated: int = 0, kind: str = ""
) -> list[metav1.Object]:
    """A StatefulSet that should go from db-1 to db-2."""
    strategy = appsv1.Strategy(
        type=kind or "RollingUpdate", rolling_update=appsv1.RollingUpdate(partition=partition)
    )
    owner = appsv1.StatefulSet(
        metadata=meta(DB),
        spec=appsv1.StatefulSetSpec(replicas=1, template=NEW, update_strategy=strategy),
        status=appsv1.WorkloadStatus(
            replicas=1, updated_replicas=updated, current_revision="db-1", update_revision="db-2"
        ),
    )
    labels = {"controller-revision-hash": pod_hash}
    made = pod(
        Ref("Pod", "shop", "db-0"), running(ready=ready), owner=owner, labels=labels, ready=ready
    )
    return [owner, made]


def test_a_broken_pod_of_another_revision_blocks_the_mended_template() -> None:
    [finding] = detect(*stateful("db-broken"))

    assert (finding.reason, finding.subject) == ("StatefulSetStuckRevision", DB)
    assert finding.hold == 10 * MINUTE
    assert commands(finding) == ("kubectl -n shop delete pod db-0",)


def test_a_ready_pod_of_the_old_revision_is_a_rollout_that_has_to_move() -> None:
    [finding] = detect(*stateful("db-1", ready=True))

    assert finding.reason == "RolloutStuck"
    assert finding.hold == 15 * MINUTE
    assert finding.since == ago(HOUR)


def test_partitions_and_updates_on_delete_are_somebodys_choice() -> None:
    assert detect(*stateful("db-1", ready=True, partition=1)) == []
    assert detect(*stateful("db-1", kind="OnDelete")) == []


def daemon(updated: int, kind: str = "RollingUpdate") -> appsv1.DaemonSet:
    return appsv1.DaemonSet(
        metadata=meta(Ref("DaemonSet", "shop", "agent")),
        spec=appsv1.DaemonSetSpec(update_strategy=appsv1.Strategy(type=kind)),
        status=appsv1.DaemonSetStatus(
            desired_number_scheduled=3, number_ready=2, updated_number_scheduled=updated
        ),
    )


def test_a_daemon_set_that_is_not_updated_everywhere_is_stuck() -> None:
    [finding] = detect(daemon(1))

    assert finding.reason == "RolloutStuck"
    assert detect(daemon(3)) == []
    assert detect(daemon(1, "OnDelete")) == []
