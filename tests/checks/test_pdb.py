"""pdb: budgets that stop a drain, and budgets that are merely strict."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.builders import HOUR, ago, deployment, meta, node, pod, replicaset, snapshot
from watchdog.checks.pdb import pdb
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import appsv1, corev1, metav1, podv1, policyv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

BUDGET = Ref("PodDisruptionBudget", "home", "mosquitto")
MATCHES = {"app": "mosquitto"}
OWNER = deployment(Ref("Deployment", "home", "mosquitto"))
MADE = replicaset(OWNER, 1)


def detect(*items: metav1.Object) -> list[Finding]:
    return list(pdb.detect(snapshot(OWNER, MADE, *items), NoParams()))


def budget(
    *, allowed: int = 0, healthy: int = 1, generation: int = 1
) -> policyv1.PodDisruptionBudget:
    return policyv1.PodDisruptionBudget(
        metadata=meta(BUDGET, generation=generation),
        spec=policyv1.BudgetSpec(selector=metav1.LabelSelector(match_labels=MATCHES)),
        status=policyv1.BudgetStatus(
            observed_generation=1,
            disruptions_allowed=allowed,
            current_healthy=healthy,
            desired_healthy=1,
            expected_pods=1,
        ),
    )


def cordoned(name: str = "w-1", *, age: timedelta = HOUR, ready: str = "True") -> corev1.Node:
    taint = corev1.Taint(
        key="node.kubernetes.io/unschedulable", effect="NoSchedule", time_added=ago(age)
    )
    return node(name, ready=ready, unschedulable=True, taints=(taint,))


def guarded(name: str = "mosquitto-1", **fields: object) -> podv1.Pod:
    return pod(Ref("Pod", "home", name), owner=MADE, labels=MATCHES, **fields)  # type: ignore[arg-type]


DAEMON = pod(
    Ref("Pod", "home", "log-x"),
    owner=appsv1.DaemonSet(metadata=meta(Ref("DaemonSet", "home", "log"))),
)
FREE = pod(Ref("Pod", "home", "web-x"), owner=MADE, labels={"app": "web"})


def test_a_budget_holds_all_that_is_left_on_a_cordoned_node() -> None:
    [finding] = detect(cordoned(), budget(), guarded(), DAEMON, node("w-2"))

    assert (finding.reason, finding.subject) == ("PDBBlocksDrain", BUDGET)
    assert (finding.since, finding.hold) == (ago(HOUR), timedelta(minutes=30))
    assert finding.severity is Severity.WARNING
    assert finding.affected == (OWNER.ref, Ref("Pod", "home", "mosquitto-1"))
    assert finding.proposal is not None
    assert "one replica more" in finding.proposal.text
    assert finding.proposal.commands[0] == (
        "kubectl -n home patch poddisruptionbudget mosquitto --type=merge "
        '-p \'{"spec":{"minAvailable":null,"maxUnavailable":1}}\''
    )


def test_a_budget_of_pods_that_are_not_healthy_says_to_mend_those() -> None:
    [finding] = detect(cordoned(), budget(healthy=0), guarded(ready=False))

    assert "too few of its pods are healthy" in finding.why
    assert finding.proposal is not None
    assert "health" in finding.proposal.text
    assert not any("patch" in each for each in finding.proposal.commands)


def test_one_budget_that_holds_two_nodes_is_one_finding_since_the_first() -> None:
    nodes = [cordoned(), cordoned("w-2", age=2 * HOUR)]

    [finding] = detect(*nodes, budget(), guarded(), guarded("mosquitto-2", node="w-2"))

    assert finding.since == ago(2 * HOUR)
    assert "w-1, w-2" in finding.message


@pytest.mark.parametrize(
    "items",
    [
        (node("w-1"), budget(), guarded()),
        (cordoned(), budget(allowed=1), guarded()),
        (cordoned(), budget(generation=2), guarded()),
        (cordoned(), budget(), guarded(), FREE),
        (cordoned(), budget(), FREE),
        (cordoned(), budget(), DAEMON),
        (cordoned(), budget(), guarded(phase="Succeeded")),
        (cordoned(), budget(), guarded(node="w-2")),
        (cordoned(ready="Unknown"), budget(), guarded()),
        (cordoned(), replace(budget(), metadata=meta(BUDGET._replace(namespace="x"))), guarded()),
    ],
    ids=[
        "no cordon",
        "room",
        "not yet counted",
        "others stay too",
        "not its pod",
        "only daemons",
        "finished",
        "elsewhere",
        "node lost",
        "other namespace",
    ],
)
def test_others_stop_no_drain(items: tuple[metav1.Object, ...]) -> None:
    assert detect(*items) == []
