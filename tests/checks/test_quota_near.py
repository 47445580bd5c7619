"""quota_near: quotas that are nearly used up, and limits that are meant."""

import pytest

from tests.builders import meta, snapshot
from watchdog.checks.quota_near import QuotaNearParams, quota_near
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

TEAM = Ref("ResourceQuota", "shop", "team")


def detect(
    hard: dict[str, str | int | float] | None,
    used: dict[str, str | int | float] | None,
    *,
    deleting: bool = False,
) -> list[Finding]:
    quota = corev1.ResourceQuota(
        metadata=meta(TEAM, deleting=deleting), status=corev1.QuotaStatus(hard=hard, used=used)
    )
    return list(quota_near.detect(snapshot(quota), QuotaNearParams()))


def test_a_quota_that_is_nearly_used_up_is_noted() -> None:
    [finding] = detect(
        {"requests.memory": "10Gi", "pods": "20"}, {"requests.memory": "9728Mi", "pods": "3"}
    )

    assert (finding.reason, finding.subject) == ("QuotaNearLimit", TEAM)
    assert finding.severity is Severity.INFO
    assert (finding.since, finding.sightings) == (None, 2)
    assert "requests.memory 9728Mi of 10Gi" in finding.message
    assert "pods" not in finding.message


@pytest.mark.parametrize("name", ["pods", "requests.cpu", "limits.memory", "count/pods"])
def test_a_quota_without_room_for_a_pod_is_a_warning(name: str) -> None:
    [finding] = detect({name: "4"}, {name: "4"})

    assert finding.severity is Severity.WARNING
    assert f"Nothing is left of {name}" in finding.why


def test_a_count_of_other_objects_that_is_reached_is_only_noted() -> None:
    [finding] = detect({"services.loadbalancers": "1"}, {"services.loadbalancers": "1"})

    assert finding.severity is Severity.INFO


def test_a_quota_with_room_a_limit_of_zero_and_one_not_yet_counted_are_no_fault() -> None:
    assert detect({"pods": "10"}, {"pods": "9"}) == []
    assert detect({"services.nodeports": "0"}, {"services.nodeports": "0"}) == []
    assert detect({"pods": "10"}, None) == []
    assert detect(None, None) == []
    assert detect({"pods": "10"}, {"pods": "10"}, deleting=True) == []
