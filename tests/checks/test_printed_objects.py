"""Objects as `kubectl get -o yaml` prints them give the same Findings as built ones."""

from pathlib import Path

import msgspec
import yaml

from tests.builders import NEEDS, node, snapshot
from watchdog.checks.create_blocked import create_blocked
from watchdog.checks.pod_pending import pod_pending
from watchdog.domain.check import NoParams
from watchdog.domain.objects import corev1, metav1
from watchdog.domain.ref import Ref

OBJECTS = Path(__file__).parent.parent / "objects"
RECORDS = {record.KIND: record for record in NEEDS}


def printed(name: str) -> list[metav1.Object]:
    """The objects of one file, decoded as those of the API are."""
    items = yaml.safe_load((OBJECTS / name).read_text())["items"]
    return [msgspec.convert(item, RECORDS[item["kind"]], strict=False) for item in items]


def test_a_quota_that_refuses_is_named_with_its_resource() -> None:
    [finding] = create_blocked.detect(snapshot(*printed("quota-exceeded.yaml")), NoParams())

    assert (finding.reason, finding.subject) == (
        "QuotaRejects",
        Ref("ResourceQuota", "billing", "team-quota"),
    )
    assert "limits.memory" in finding.message
    assert finding.affected == (Ref("Deployment", "billing", "invoices"),)


def test_a_volume_on_a_node_the_pod_may_not_use_is_named_with_both_nodes() -> None:
    tainted = corev1.Taint(key="node-role.kubernetes.io/control-plane", effect="NoSchedule")
    nodes = [node("cp-0", taints=(tainted,)), node("w-1"), node("w-2"), node("w-3")]
    items = printed("volume-on-another-node.yaml")

    [finding] = pod_pending.detect(snapshot(*nodes, *items), NoParams())

    assert (finding.reason, finding.subject) == (
        "VolumeNodeAffinityConflict",
        Ref("StatefulSet", "billing", "ledger"),
    )
    assert "lives on w-3, but the pod may only run on w-1" in finding.message
