"""hpa: autoscalers that cannot act, and those that rest by design."""

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
    snapshot,
    template,
)
from watchdog.checks.hpa import hpa
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import (
    apiregistrationv1,
    appsv1,
    autoscalingv1,
    certmanagerv1,
    metav1,
    podv1,
    statsv1,
)
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

WEB = Ref("Deployment", "shop", "web")
SCALER = Ref("HorizontalPodAutoscaler", "shop", "web")
KEDA = Ref("ScaledObject", "shop", "web")
CPU = autoscalingv1.Metric(
    type="Resource",
    resource=autoscalingv1.MetricSource(
        name="cpu", target=autoscalingv1.MetricTarget(type="Utilization")
    ),
)
QUEUE = autoscalingv1.Metric(
    type="External",
    external=autoscalingv1.MetricSource(metric=autoscalingv1.MetricName(name="queue_length")),
)
ABLE = metav1.Condition(type="AbleToScale", status="True", reason="ReadyForNewScale")
ASKS = podv1.Resources(requests={"cpu": "100m"})
MISSING = "failed to get cpu utilization: missing request for cpu in container app of Pod web-1"


def said(kind: str, reason: str, text: str = "", *, status: str = "False") -> metav1.Condition:
    return metav1.Condition(
        type=kind, status=status, reason=reason, message=text, last_transition_time=ago(HOUR)
    )


def made(
    *conditions: metav1.Condition,
    metrics: tuple[autoscalingv1.Metric, ...] = (CPU,),
    replicas: int = 2,
    least: int | None = 1,
    owner: metav1.Object | None = None,
    deleting: bool = False,
) -> autoscalingv1.HorizontalPodAutoscaler:
    return autoscalingv1.HorizontalPodAutoscaler(
        metadata=meta(SCALER, owner=owner, deleting=deleting),
        spec=autoscalingv1.HpaSpec(
            scale_target_ref=certmanagerv1.TypedName(kind="Deployment", name="web"),
            min_replicas=least,
            max_replicas=4,
            metrics=metrics,
        ),
        status=autoscalingv1.HpaStatus(
            current_replicas=replicas, desired_replicas=replicas, conditions=conditions
        ),
    )


def scaled(
    *conditions: metav1.Condition, paused: str = "", deleting: bool = False
) -> autoscalingv1.ScaledObject:
    return autoscalingv1.ScaledObject(
        metadata=meta(KEDA, annotations=metav1.Annotations(keda_paused=paused), deleting=deleting),
        spec=autoscalingv1.ScaledObjectSpec(scale_target_ref=certmanagerv1.TypedName(name="web")),
        status=metav1.ConditionsStatus(conditions=conditions),
    )


def api(name: str, group: str) -> apiregistrationv1.APIService:
    return apiregistrationv1.APIService(
        metadata=meta(Ref("APIService", "", name)),
        spec=apiregistrationv1.ApiServiceSpec(group=group),
    )


def web(resources: podv1.Resources | None = None) -> appsv1.Deployment:
    given = resources or podv1.Resources()
    return deployment(WEB, pod_template=template(container(resources=given)))


def running(
    owner: metav1.Object, *, resources: podv1.Resources, age: timedelta = HOUR
) -> list[metav1.Object]:
    spec = podv1.PodSpec(containers=(container(resources=resources),))
    return [pod(Ref("Pod", "shop", "web-1"), owner=owner, spec=spec, age=age)]


def detect(*items: metav1.Object) -> list[Finding]:
    return list(hpa.detect(snapshot(*items), NoParams()))


UNMEASURED = said("ScalingActive", "FailedGetResourceMetric", MISSING)


# ------------------------------------------------------------------------------ HPAMissingRequest
def test_a_container_without_the_request_is_named_on_its_workload() -> None:
    [finding] = detect(made(ABLE, UNMEASURED), web())

    assert (finding.reason, finding.subject) == ("HPAMissingRequest", WEB)
    assert finding.affected == (SCALER,)
    assert (finding.since, finding.hold) == (ago(HOUR), 10 * MINUTE)
    assert "cpu of container app" in finding.message
    assert finding.proposal is not None
    assert finding.proposal.text.startswith("Set a request for cpu of container app, of what it")
    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n shop describe deployment web",)


def test_the_request_it_had_before_is_given_back() -> None:
    owner = web()
    before = template(container(resources=ASKS))
    old, new = replicaset(owner, 1, pod_template=before), replicaset(owner, 2)

    [finding] = detect(made(ABLE, UNMEASURED), owner, old, new)

    assert finding.proposal is not None
    assert finding.proposal.commands == (
        "kubectl -n shop set resources deployment/web -c app --requests=cpu=100m",
    )


def share_of(resource: str, share: int) -> autoscalingv1.Metric:
    target = autoscalingv1.MetricTarget(type="Utilization", average_utilization=share)
    return autoscalingv1.Metric(
        type="Resource", resource=autoscalingv1.MetricSource(name=resource, target=target)
    )


@pytest.mark.parametrize(
    ("resource", "used", "amount"), [("cpu", "35m", "50m"), ("memory", "70Mi", "100Mi")]
)
def test_without_an_earlier_request_the_usage_is_made_the_wanted_share(
    resource: str, used: str, amount: str
) -> None:
    owner = web()
    sample = statsv1.PodMetrics(
        metadata=meta(Ref("PodMetrics", "shop", "web-1")),
        containers=(
            statsv1.ContainerMetrics(name="app", usage={resource: used}),
            statsv1.ContainerMetrics(name="proxy", usage={resource: "9Gi"}),
        ),
    )
    scaler = made(ABLE, UNMEASURED, metrics=(share_of(resource, 70),))

    [finding] = detect(scaler, owner, *running(owner, resources=podv1.Resources()), sample)

    assert finding.proposal is not None
    assert finding.proposal.commands == (
        f"kubectl -n shop set resources deployment/web -c app --requests={resource}={amount}",
    )


def test_an_earlier_revision_without_the_request_or_container_tells_nothing() -> None:
    owner = web()
    before = template(container("other", resources=ASKS), container())
    old, new = replicaset(owner, 1, pod_template=before), replicaset(owner, 2)

    [finding] = detect(made(ABLE, UNMEASURED), owner, old, new)

    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n shop describe deployment web",)


def test_only_the_container_that_is_measured_needs_a_request() -> None:
    source = autoscalingv1.MetricSource(
        name="cpu", container="app", target=autoscalingv1.MetricTarget(type="Utilization")
    )
    metric = autoscalingv1.Metric(type="ContainerResource", container_resource=source)
    broken = said("ScalingActive", "FailedGetContainerResourceMetric", MISSING)
    both = template(container(), container("proxy"))

    [finding] = detect(made(broken, metrics=(metric,)), deployment(WEB, pod_template=both))

    assert "proxy" not in finding.message


def test_a_sidecar_among_the_init_containers_needs_one_too() -> None:
    sidecar = container("mesh", restart_policy="Always")
    both = template(container(resources=ASKS), init_containers=(container("once"), sidecar))

    [finding] = detect(made(UNMEASURED), deployment(WEB, pod_template=both))

    assert finding.reason == "HPAMissingRequest"
    assert "container mesh" in finding.message
    assert "once" not in finding.message


@pytest.mark.parametrize("resources", [ASKS, podv1.Resources(limits={"cpu": "1"})])
def test_what_the_pods_have_counts_and_a_limit_is_a_request(resources: podv1.Resources) -> None:
    owner = web()

    [finding] = detect(made(UNMEASURED), owner, *running(owner, resources=resources))

    assert finding.reason == "HPACannotScale"


def test_an_average_value_needs_no_request() -> None:
    source = autoscalingv1.MetricSource(
        name="cpu", target=autoscalingv1.MetricTarget(type="AverageValue")
    )
    metrics = (
        QUEUE,
        autoscalingv1.Metric(type="Resource", resource=source),
        autoscalingv1.Metric(type="Resource"),
    )

    [finding] = detect(made(UNMEASURED, metrics=metrics), web())

    assert finding.reason == "HPACannotScale"


# --------------------------------------------------------------------------------- HPACannotScale
def test_a_metric_nobody_serves_is_the_autoscalers_own() -> None:
    text = "unable to fetch metrics from external metrics API: the server could not find it"
    broken = said("ScalingActive", "FailedGetExternalMetric", text)
    other = api("v1beta1.metrics.k8s.io", "metrics.k8s.io")

    [finding] = detect(made(ABLE, broken, metrics=(QUEUE,)), web(), other)

    assert (finding.reason, finding.subject) == ("HPACannotScale", SCALER)
    assert finding.affected == ()
    assert finding.proposal is not None
    assert "queue_length" in finding.proposal.text
    assert finding.why.startswith(
        "Deployment/shop/web keeps the replicas it has, whatever the load"
    )
    assert "external.metrics.k8s.io" in finding.proposal.text


def test_a_gap_of_pod_metrics_is_linked_to_the_pods_and_to_the_api() -> None:
    broken = said("ScalingActive", "FailedGetResourceMetric", "no metrics returned")
    served = api("v1beta1.metrics.k8s.io", "metrics.k8s.io")
    owner = web(resources=ASKS)

    [finding] = detect(made(broken), owner, *running(owner, resources=ASKS), served)

    assert finding.affected == (WEB, served.ref)


def test_a_missing_request_of_an_unknown_workload_cannot_be_proved() -> None:
    other = metav1.OwnerReference(kind="ReplicaSet", name="x")
    item = made(UNMEASURED, metrics=(CPU, autoscalingv1.Metric(type="Unknown")))
    mine = autoscalingv1.HorizontalPodAutoscaler(
        metadata=metav1.Metadata(name="web", namespace="shop", owner_references=(other,)),
        spec=item.spec,
        status=item.status,
    )

    [finding] = detect(mine)

    assert (finding.reason, finding.subject) == ("HPACannotScale", SCALER)
    assert any("Unknown" in each.text for each in finding.evidence)


def test_a_target_that_does_not_exist_is_said() -> None:
    [finding] = detect(made(said("AbleToScale", "FailedGetScale", "not found")))

    assert finding.proposal is not None
    assert "Deployment/shop/web does not exist" in finding.proposal.text
    assert finding.why.startswith(f"{SCALER} scales Deployment/shop/web, which does not exist")


def test_a_workload_of_the_autoscalers_name_is_proposed_when_its_target_is_gone() -> None:
    lost = said("AbleToScale", "FailedGetScale", "not found")
    item = made(lost)
    wrong = certmanagerv1.TypedName(kind="Deployment", name="web-old")
    other = msgspec.structs.replace(
        item, spec=msgspec.structs.replace(item.spec, scale_target_ref=wrong)
    )

    [finding] = detect(other, web())

    assert finding.proposal is not None
    assert finding.proposal.commands[0] == (
        "kubectl -n shop patch horizontalpodautoscaler web --type=merge -p "
        '\'{"spec":{"scaleTargetRef":{"name":"web"}}}\''
    )


@pytest.mark.parametrize(
    ("condition", "word"),
    [
        (said("AbleToScale", "FailedUpdateScale"), "scale subresource"),
        (said("ScalingActive", "InvalidSelector"), "selector of its own"),
        (said("ScalingActive", "AmbiguousSelector"), "selector of its own"),
    ],
)
def test_each_way_of_not_scaling_has_its_cure(condition: metav1.Condition, word: str) -> None:
    [finding] = detect(made(condition), web())

    assert finding.proposal is not None
    assert word in finding.proposal.text


def test_a_target_of_another_kind_is_not_called_missing() -> None:
    item = made(said("AbleToScale", "FailedGetScale"))
    rollout = certmanagerv1.TypedName(kind="Rollout", name="web")
    spec = autoscalingv1.HpaSpec(scale_target_ref=rollout)
    other = autoscalingv1.HorizontalPodAutoscaler(
        metadata=item.metadata, spec=spec, status=item.status
    )

    [finding] = detect(other)

    assert finding.proposal is not None
    assert "does not exist" not in finding.proposal.text


def test_an_autoscaler_of_keda_is_judged_as_its_scaled_object() -> None:
    broken = said("ScalingActive", "FailedGetExternalMetric")
    keda = scaled(said("Ready", "ScaledObjectReady", status="True"))

    [finding] = detect(made(broken, metrics=(QUEUE,), owner=keda), keda, web())

    assert (finding.subject, finding.affected) == (KEDA, (SCALER,))


def test_a_scaled_object_that_is_not_ready_is_told_once() -> None:
    keda = scaled(
        metav1.Condition(type="Ready", status="False", reason="TriggerError", message="no")
    )
    broken = said("ScalingActive", "FailedGetExternalMetric")

    [finding] = detect(made(broken, metrics=(QUEUE,), owner=keda), keda, web())

    assert (finding.reason, finding.subject) == ("HPACannotScale", KEDA)
    assert (finding.since, finding.sightings) == (None, 2)


NOT_READY = metav1.Condition(type="Ready", status="False")


@pytest.mark.parametrize(
    "item",
    [
        scaled(NOT_READY, paused="true"),
        scaled(NOT_READY, said("Paused", "", status="True")),
        scaled(NOT_READY, deleting=True),
        scaled(metav1.Condition(type="Ready", status="Unknown")),
        scaled(said("Active", "ScalerNotActive"), said("Ready", "Fine", status="True")),
        scaled(),
    ],
    ids=["annotation", "condition", "deleted", "unknown", "at-zero", "new"],
)
def test_a_scaled_object_that_rests_is_no_fault(item: autoscalingv1.ScaledObject) -> None:
    assert detect(item) == []


@pytest.mark.parametrize(
    "item",
    [
        made(ABLE, said("ScalingActive", "ScalingDisabled")),
        made(said("AbleToScale", "BackoffBoth"), said("ScalingActive", "Fine", status="True")),
        made(ABLE, UNMEASURED, deleting=True),
        made(),
    ],
    ids=["at-zero", "backs-off", "deleted", "new"],
)
def test_an_autoscaler_that_rests_is_no_fault(item: autoscalingv1.HorizontalPodAutoscaler) -> None:
    assert detect(item, web()) == []


def test_pods_that_have_just_started_have_no_metrics_yet() -> None:
    owner = web(resources=ASKS)
    broken = said("ScalingActive", "FailedGetResourceMetric", "did not receive metrics")

    assert detect(made(broken), owner, *running(owner, age=MINUTE, resources=ASKS)) == []


# ------------------------------------------------------------------------------------ HPAMaxedOut
MORE = said("ScalingLimited", "TooManyReplicas", status="True")


def test_an_autoscaler_at_its_maximum_that_wants_more_is_noted() -> None:
    [finding] = detect(made(ABLE, MORE, replicas=4), web())

    assert (finding.reason, finding.severity) == ("HPAMaxedOut", Severity.INFO)
    assert finding.hold == 15 * MINUTE


@pytest.mark.parametrize(
    "item",
    [
        made(ABLE, MORE, replicas=3),
        made(ABLE, MORE, replicas=4, least=4),
        made(ABLE, said("ScalingLimited", "TooFewReplicas", status="True"), replicas=4),
        made(ABLE, said("ScalingLimited", "DesiredWithinRange"), replicas=4, least=None),
    ],
    ids=["not-there", "fixed", "at-minimum", "enough"],
)
def test_an_autoscaler_with_room_is_no_fault(item: autoscalingv1.HorizontalPodAutoscaler) -> None:
    assert detect(item, web()) == []


def test_a_source_of_metrics_in_the_cluster_that_does_not_answer_is_pointed_at() -> None:
    text = 'Get "http://prometheus.watch.svc:9090/api/v1/query": connection refused'
    keda = scaled(
        metav1.Condition(type="Ready", status="False", reason="TriggerError", message=text)
    )
    broken = said("ScalingActive", "FailedGetExternalMetric", text)

    [by_keda] = detect(keda, web())
    [by_scaler] = detect(made(broken, metrics=(QUEUE,)), web())

    assert by_keda.blames == by_scaler.blames == (Ref("Service", "watch", "prometheus"),)


def test_autoscalers_that_need_an_api_nobody_serves_have_one_cause() -> None:
    broken = said("ScalingActive", "FailedGetExternalMetric")
    served = api("v1beta1.external.metrics.k8s.io", "external.metrics.k8s.io")

    [alone] = detect(made(broken, metrics=(QUEUE,)), web())
    [with_api] = detect(made(broken, metrics=(QUEUE,)), web(), served)

    assert (alone.shared, with_api.shared) == ("API external.metrics.k8s.io", "")


def test_autoscalers_that_fight_over_one_workload_have_one_cause() -> None:
    broken = said("ScalingActive", "AmbiguousSelector", "pods are controlled by multiple HPAs")

    [finding] = detect(made(broken), web())

    assert finding.shared == f"pods of {web().ref}"
