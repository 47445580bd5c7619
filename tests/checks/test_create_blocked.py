"""create_blocked: the message names the gate, the gate's own object has to prove it."""

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
    pod,
    replicaset,
    snapshot,
    template,
)
from tests.customs import MAIN, WRITER
from tests.logic.workloads.test_rejected import told
from watchdog.checks.create_blocked import create_blocked
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import (
    admissionv1,
    appsv1,
    batchv1,
    corev1,
    metav1,
    networkingv1,
    podv1,
)
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

REPORTS = Ref("Deployment", "shop", "reports")


def detect(*items: metav1.Object, missing: tuple[str, ...] = ()) -> list[Finding]:
    return list(create_blocked.detect(snapshot(*items, missing=missing), NoParams()))


def refused(
    message: str,
    *,
    before: podv1.PodTemplate | None = None,
    created: int = 0,
    spec: podv1.PodTemplate | None = None,
) -> list[metav1.Object]:
    """A Deployment of two replicas whose ReplicaSet may not create its pods."""
    owner = deployment(REPORTS, replicas=2, ready=0, pod_template=spec)
    condition = metav1.Condition(
        type="ReplicaFailure",
        status="True",
        reason="FailedCreate",
        message=message,
        last_transition_time=ago(HOUR),
    )
    new = replicaset(owner, 2, replicas=2, conditions=(condition,))
    status = msgspec.structs.replace(new.status, replicas=created)
    items: list[metav1.Object] = [owner, msgspec.structs.replace(new, status=status)]
    if before is not None:
        items.append(replicaset(owner, 1, replicas=0, pod_template=before))
    return items


def commands(finding: Finding) -> tuple[str, ...]:
    assert finding.proposal is not None
    return finding.proposal.commands


def quota(hard: str, used: str = "3Gi") -> corev1.ResourceQuota:
    return corev1.ResourceQuota(
        metadata=meta(Ref("ResourceQuota", "shop", "shop-quota")),
        spec=corev1.QuotaSpec(hard={"limits.memory": hard}),
        status=corev1.QuotaStatus(hard={"limits.memory": hard}, used={"limits.memory": used}),
    )


EXCEEDED = (
    'pods "reports-2-x" is forbidden: exceeded quota: shop-quota, requested: limits.memory=2Gi, '
    "used: limits.memory=3Gi, limited: limits.memory=4Gi"
)


def test_a_quota_that_is_used_up_is_the_subject_and_is_raised_by_what_is_missing() -> None:
    [finding] = detect(quota("4Gi"), *refused(EXCEEDED))

    assert finding.reason == "QuotaRejects"
    assert finding.subject == Ref("ResourceQuota", "shop", "shop-quota")
    assert finding.affected == (REPORTS,)
    assert finding.severity is Severity.CRITICAL
    assert finding.hold == 2 * MINUTE
    assert finding.since == ago(HOUR)
    assert "limits.memory" in finding.message
    assert commands(finding) == (
        "kubectl -n shop patch resourcequota shop-quota --type=merge "
        '-p \'{"spec":{"hard":{"limits.memory":"7Gi"}}}\'',
    )


def test_a_quota_that_was_raised_is_no_fault_while_the_controller_backs_off() -> None:
    assert detect(quota("12Gi"), *refused(EXCEEDED)) == []


def test_a_quota_that_was_removed_is_no_fault() -> None:
    assert detect(*refused(EXCEEDED)) == []


def no_replicaset(message: str, *, replicas: int = 2, paused: bool = False) -> appsv1.Deployment:
    """A Deployment whose newest template gets no ReplicaSet; the one before serves."""
    condition = metav1.Condition(
        type="Progressing",
        status="False",
        reason="ReplicaSetCreateError",
        message=f'Failed to create new replica set "reports-2": {message}',
        last_transition_time=ago(HOUR),
    )
    return deployment(REPORTS, replicas=replicas, conditions=(condition,), paused=paused)


NO_MORE = (
    'replicasets.apps "reports-2" is forbidden: exceeded quota: shop-quota, requested: '
    "count/replicasets.apps=1, used: count/replicasets.apps=4, limited: count/replicasets.apps=4"
)


def counted(hard: str) -> corev1.ResourceQuota:
    return corev1.ResourceQuota(
        metadata=meta(Ref("ResourceQuota", "shop", "shop-quota")),
        spec=corev1.QuotaSpec(hard={"count/replicasets.apps": hard}),
        status=corev1.QuotaStatus(used={"count/replicasets.apps": "4"}),
    )


def test_a_quota_that_refuses_the_replicaset_of_a_rollout_is_the_subject() -> None:
    [finding] = detect(counted("4"), no_replicaset(NO_MORE))

    assert finding.reason == "QuotaRejects"
    assert finding.affected == (REPORTS,)
    assert finding.since == ago(HOUR)
    assert "The ReplicaSet of the newest template" in finding.why
    assert '"count/replicasets.apps":"5"' in commands(finding)[0]


def test_a_replicaset_that_nobody_wants_any_more_is_no_fault() -> None:
    assert detect(counted("9"), no_replicaset(NO_MORE)) == []
    assert detect(counted("4"), no_replicaset(NO_MORE, paused=True)) == []
    assert detect(counted("4"), no_replicaset(NO_MORE, replicas=0)) == []


def test_a_controller_that_has_all_its_pods_is_no_fault() -> None:
    assert detect(quota("4Gi"), *refused(EXCEEDED, created=2)) == []


def test_a_quota_that_demands_limits_takes_the_values_of_siblings() -> None:
    said = 'pods "x" is forbidden: failed quota: shop-quota: must specify limits.memory for: app'
    limits = podv1.Resources(limits={"memory": "512Mi"})
    sibling = pod(Ref("Pod", "shop", "web"), spec=template(container(resources=limits)).spec)

    [finding] = detect(quota("4Gi"), sibling, *refused(said))

    assert finding.reason == "QuotaRejects"
    assert commands(finding) == (
        "kubectl -n shop set resources deployment/reports --limits=memory=512Mi",
    )


RANGE = corev1.LimitRange(
    metadata=meta(Ref("LimitRange", "shop", "bounds")),
    spec=corev1.LimitRangeSpec(
        limits=(corev1.LimitRangeItem(type="Container", max={"memory": "1Gi", "cpu": 2}),)
    ),
)


def test_the_limit_range_with_the_bound_of_the_message_is_the_subject() -> None:
    said = 'pods "x" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi'

    [finding] = detect(RANGE, *refused(said))

    assert (finding.reason, finding.subject) == ("LimitRangeRejects", RANGE.ref)
    assert "limit is 2Gi" in finding.why
    assert commands(finding) == ("kubectl -n shop describe limitrange bounds",)


def of_memory(size: str) -> podv1.PodTemplate:
    return template(container(resources=podv1.Resources(limits={"memory": size})))


def test_a_limit_range_is_widened_to_the_largest_of_all_that_it_keeps_out() -> None:
    said = 'pods "x" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi'
    db = msgspec.structs.replace(
        stateful(0), spec=appsv1.StatefulSetSpec(replicas=1, template=of_memory("3Gi"))
    )

    [finding] = detect(
        RANGE, *refused(said, spec=of_memory("1500Mi")), db, event(db, "FailedCreate", said)
    )

    assert commands(finding) == (
        "kubectl -n shop patch limitrange bounds --type=json "
        '-p \'[{"op":"replace","path":"/spec/limits/0/max/memory","value":"3Gi"}]\'',
    )


@pytest.mark.parametrize(
    ("item", "said", "resources", "value"),
    [
        (
            corev1.LimitRangeItem(type="Pod", min={"cpu": 2}),
            "minimum cpu usage per Pod is 2, but request is 1",
            podv1.Resources(requests={"cpu": "500m"}),
            '/min/cpu","value":"1"',
        ),
        (
            corev1.LimitRangeItem(type="Container", min={"memory": "1Gi"}),
            "minimum memory usage per Container is 1Gi, but request is 1.1G",
            podv1.Resources(limits={"memory": 1100000000}),
            '/min/memory","value":"1050Mi"',
        ),
        (
            corev1.LimitRangeItem(type="Container", max_limit_request_ratio={"cpu": 2}),
            "cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000",
            podv1.Resources(limits={"cpu": 2}, requests={"cpu": "500m"}),
            '/maxLimitRequestRatio/cpu","value":"4"',
        ),
    ],
)
def test_each_bound_of_a_limit_range_can_be_widened(
    item: corev1.LimitRangeItem, said: str, resources: podv1.Resources, value: str
) -> None:
    bounds = corev1.LimitRange(metadata=RANGE.metadata, spec=corev1.LimitRangeSpec(limits=(item,)))
    spec = template(container("a", resources=resources), container("b", resources=resources))

    [finding] = detect(bounds, *refused(f'pods "x" is forbidden: {said}', spec=spec))

    assert value in commands(finding)[0]


def test_a_ratio_of_which_the_template_says_half_is_only_described() -> None:
    said = "cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000"
    item = corev1.LimitRangeItem(type="Container", max_limit_request_ratio={"cpu": 2})
    bounds = corev1.LimitRange(metadata=RANGE.metadata, spec=corev1.LimitRangeSpec(limits=(item,)))
    spec = template(container(resources=podv1.Resources(limits={"cpu": 2})))

    [finding] = detect(bounds, *refused(f'pods "x" is forbidden: {said}', spec=spec))

    assert commands(finding) == ("kubectl -n shop describe limitrange bounds",)


def test_a_limit_range_without_that_bound_is_not_blamed() -> None:
    said = 'pods "x" is forbidden: maximum memory usage per Container is 4Gi, but limit is 8Gi'

    assert detect(RANGE, *refused(said)) == []


VIOLATES = (
    'pods "x" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != '
    'false (container "app" must set securityContext.allowPrivilegeEscalation=false)'
)


def namespace(level: str) -> corev1.Namespace:
    labels = {"pod-security.kubernetes.io/enforce": level}
    return corev1.Namespace(metadata=meta(Ref("Namespace", "", "shop"), labels=labels))


def test_a_namespace_that_enforces_too_much_gets_the_level_the_pods_meet() -> None:
    [finding] = detect(namespace("restricted"), *refused(f"{VIOLATES}, {'seccompProfile ' * 40}"))

    assert "seccompProfile… " in finding.why
    assert "…." not in finding.why
    assert (finding.reason, finding.subject) == ("PodSecurityRejects", Ref("Namespace", "", "shop"))
    assert commands(finding) == (
        "kubectl label namespace shop pod-security.kubernetes.io/enforce=baseline --overwrite",
    )


def test_a_namespace_whose_level_was_changed_is_no_fault() -> None:
    assert detect(namespace("baseline"), *refused(VIOLATES)) == []


CALL_FAILED = (
    'Internal error occurred: failed calling webhook "defaults.lan": failed to call webhook: Post '
    '"https://hooks.security.svc:443/mutate?timeout=2s": {why}'
)
REFUSED = CALL_FAILED.format(why="dial tcp 10.96.0.9:443: connect: connection refused")


def webhooks(policy: str = "Fail") -> admissionv1.MutatingWebhookConfiguration:
    client = admissionv1.WebhookClient(
        service=admissionv1.WebhookService(namespace="security", name="hooks")
    )
    return admissionv1.MutatingWebhookConfiguration(
        metadata=meta(Ref("MutatingWebhookConfiguration", "", "pod-defaults")),
        webhooks=(
            admissionv1.Webhook(name="other.lan"),
            admissionv1.Webhook(name="defaults.lan", failure_policy=policy, client_config=client),
        ),
    )


def backend(*, ready: bool) -> list[metav1.Object]:
    labels = {"app": "hooks"}
    return [
        corev1.Service(
            metadata=meta(Ref("Service", "security", "hooks")),
            spec=corev1.ServiceSpec(selector=labels),
        ),
        pod(Ref("Pod", "security", "hooks-x"), labels=labels, ready=ready),
        networkingv1.EndpointSlice(
            metadata=meta(
                Ref("EndpointSlice", "security", "hooks-1"),
                labels={"kubernetes.io/service-name": "hooks"},
            ),
            endpoints=(
                networkingv1.SliceEndpoint(conditions=networkingv1.EndpointConditions(ready=ready)),
            ),
        ),
    ]


def test_a_webhook_that_fails_closed_is_critical_and_its_backend_comes_first() -> None:
    [finding] = detect(webhooks(), *backend(ready=False), *refused(REFUSED))

    assert finding.reason == "WebhookUnavailable"
    assert finding.subject == Ref("MutatingWebhookConfiguration", "", "pod-defaults")
    assert finding.severity is Severity.CRITICAL
    assert "no ready endpoint" in finding.why
    assert finding.proposal is not None
    assert "Pod/security/hooks-x first" in finding.proposal.text
    assert '"/webhooks/1/failurePolicy","value":"Ignore"' in commands(finding)[0]


def test_of_two_configurations_with_a_webhook_of_one_name_the_called_one_is_the_subject() -> None:
    def calls(path: str, url: str = "") -> admissionv1.Webhook:
        service = admissionv1.WebhookService(namespace="security", name="hooks", path=path)
        called = admissionv1.WebhookClient(service=None if url else service, url=url)
        return admissionv1.Webhook(name="defaults.lan", client_config=called)

    first = Ref("ValidatingWebhookConfiguration", "", "a-defaults")
    second = Ref("ValidatingWebhookConfiguration", "", "b-defaults")
    other = admissionv1.ValidatingWebhookConfiguration(
        metadata=meta(first),
        webhooks=(calls("/validate"), calls("", "https://hooks.lan/mutate")),
    )
    right = admissionv1.ValidatingWebhookConfiguration(
        metadata=meta(second), webhooks=(admissionv1.Webhook(), calls("/mutate"))
    )

    [finding] = detect(other, right, *refused(REFUSED))

    assert finding.subject == second
    assert '"/webhooks/1/failurePolicy"' in commands(finding)[0]


def test_a_webhook_that_fails_open_by_now_is_no_fault() -> None:
    assert detect(webhooks("Ignore"), *backend(ready=False), *refused(REFUSED)) == []


def test_a_webhook_whose_endpoints_are_back_is_no_fault() -> None:
    said = CALL_FAILED.format(why='no endpoints available for service "hooks"')

    assert detect(webhooks(), *backend(ready=True), *refused(said)) == []


@pytest.mark.parametrize(
    ("why", "fact", "cure"),
    [
        (
            "tls: failed to verify certificate: x509: certificate signed by unknown authority",
            "whose certificate is not accepted",
            "caBundle",
        ),
        ("context deadline exceeded", "does not answer in time", "Restore the webhook's backend"),
    ],
)
def test_a_webhook_whose_backend_is_ready_tells_what_the_answer_was(
    why: str, fact: str, cure: str
) -> None:
    [finding] = detect(webhooks(), *backend(ready=True), *refused(CALL_FAILED.format(why=why)))

    assert fact in finding.why
    assert finding.proposal is not None
    assert cure in finding.proposal.text


def test_a_reference_that_validation_cannot_find_is_taken_out() -> None:
    said = 'pods "x" is forbidden: pod rejected: RuntimeClass "gvisor" not found'

    [finding] = detect(*refused(said))

    assert commands(finding) == (
        "kubectl -n shop patch deployment reports --type=strategic "
        '-p \'{"spec":{"template":{"spec":{"runtimeClassName":null}}}}\'',
    )


def test_a_webhook_without_a_service_says_so() -> None:
    said = CALL_FAILED.format(why='service "hooks" not found')

    [finding] = detect(webhooks(), *refused(said))

    assert "which does not exist" in finding.why


@pytest.mark.parametrize(
    ("message", "key"),
    [
        (
            'admission webhook "validate.kyverno.svc-fail" denied the request: label team is needed',
            [],
        ),
        ('Pod "x" is invalid: spec.hostname: Invalid value: "2_": a name', ["hostname"]),
        ('pods "x" is forbidden: no PriorityClass with name gold was found', ["priorityClassName"]),
    ],
)
def test_a_pod_that_is_invalid_or_denied_is_the_workloads_fault(
    message: str, key: list[str]
) -> None:
    [finding] = detect(*refused(message, before=template(container(image="x:1"))))

    assert (finding.reason, finding.subject) == ("PodSpecInvalid", REPORTS)
    assert [each.key for each in finding.carried] == key
    assert commands(finding) == ("kubectl -n shop rollout undo deployment/reports",)


NO_ACCOUNT = (
    'pods "x" is forbidden: error looking up service account shop/robot: serviceaccount "robot" '
    "not found"
)
ROBOT = Ref("ServiceAccount", "shop", "robot")


def test_a_service_account_that_does_not_exist_is_the_subject() -> None:
    [finding] = detect(*refused(NO_ACCOUNT))

    assert (finding.reason, finding.subject) == ("MissingServiceAccount", ROBOT)


def test_a_service_account_that_exists_by_now_is_no_fault() -> None:
    assert detect(corev1.ServiceAccount(metadata=meta(ROBOT)), *refused(NO_ACCOUNT)) == []


def test_a_refusal_of_another_kind_is_not_guessed_at() -> None:
    assert detect(*refused('pods "x" is forbidden: for reasons of its own')) == []


def stateful(created: int) -> appsv1.StatefulSet:
    return appsv1.StatefulSet(
        metadata=meta(Ref("StatefulSet", "shop", "db")),
        spec=appsv1.StatefulSetSpec(replicas=1),
        status=appsv1.WorkloadStatus(replicas=created),
    )


def test_a_stateful_set_says_it_by_an_event_however_old() -> None:
    db = stateful(0)

    [finding] = detect(db, quota("4Gi"), event(db, "FailedCreate", EXCEEDED, age=HOUR))

    assert finding.affected == (db.ref,)


def test_an_event_from_before_the_newest_pod_or_template_is_history() -> None:
    db = stateful(0)
    said = event(db, "FailedCreate", EXCEEDED, age=HOUR)
    born = pod(Ref("Pod", "shop", "db-0"), owner=db, age=MINUTE)
    changed = appsv1.ControllerRevision(
        metadata=meta(Ref("ControllerRevision", "shop", "db-2"), owner=db, age=MINUTE), revision=2
    )

    assert detect(db, quota("4Gi"), said, born) == []
    assert detect(db, quota("4Gi"), said, changed) == []


def test_a_quota_is_raised_for_all_that_it_keeps_out() -> None:
    db = stateful(0)

    [finding] = detect(db, quota("4Gi"), *refused(EXCEEDED), event(db, "FailedCreate", EXCEEDED))

    assert finding.affected == (REPORTS, db.ref)
    assert '"limits.memory":"9Gi"' in commands(finding)[0]


def test_a_quota_may_be_short_for_one_and_ask_another_for_limits() -> None:
    demand = 'pods "x" is forbidden: failed quota: shop-quota: must specify limits.memory for: app'
    db = stateful(0)
    limits = podv1.Resources(limits={"memory": "512Mi"})
    sibling = pod(Ref("Pod", "shop", "web"), spec=template(container(resources=limits)).spec)

    [finding] = detect(
        db, sibling, quota("4Gi"), *refused(EXCEEDED), event(db, "FailedCreate", demand)
    )

    assert '"limits.memory":"7Gi"' in commands(finding)[0]
    assert (
        commands(finding)[1] == "kubectl -n shop set resources statefulset/db --limits=memory=512Mi"
    )


def test_a_job_gets_no_command_that_its_template_refuses() -> None:
    demand = 'pods "x" is forbidden: failed quota: shop-quota: must specify limits.memory for: app'
    job = batchv1.Job(metadata=meta(Ref("Job", "shop", "import")))
    limits = podv1.Resources(limits={"memory": "512Mi"})
    sibling = pod(Ref("Pod", "shop", "web"), spec=template(container(resources=limits)).spec)

    [finding] = detect(quota("4Gi"), job, sibling, event(job, "FailedCreate", demand))

    assert commands(finding) == ("kubectl -n shop describe resourcequota shop-quota",)


def test_an_event_of_a_stateful_set_that_has_its_pods_is_no_fault() -> None:
    db = stateful(1)

    assert detect(db, quota("4Gi"), event(db, "FailedCreate", EXCEEDED)) == []


def test_a_daemon_set_and_a_job_say_it_by_their_events_too() -> None:
    agent = appsv1.DaemonSet(
        metadata=meta(Ref("DaemonSet", "shop", "agent")),
        status=appsv1.DaemonSetStatus(desired_number_scheduled=3, current_number_scheduled=1),
    )
    job = batchv1.Job(metadata=meta(Ref("Job", "shop", "import")))
    done = batchv1.Job(
        metadata=meta(Ref("Job", "shop", "done")), status=batchv1.JobStatus(succeeded=1)
    )
    events = [event(each, "FailedCreate", EXCEEDED) for each in (agent, job, done)]

    [finding] = detect(quota("4Gi"), agent, job, done, *events)

    assert finding.affected == (agent.ref, job.ref)


def test_other_events_of_a_stateful_set_say_nothing() -> None:
    db = stateful(0)

    assert detect(db, quota("4Gi"), event(db, "FailedUpdate", EXCEEDED)) == []


def test_a_controller_of_a_namespace_that_ends_is_not_judged() -> None:
    ending = corev1.Namespace(
        metadata=meta(Ref("Namespace", "", "shop")),
        status=corev1.NamespaceStatus(phase="Terminating"),
    )

    assert detect(ending, quota("4Gi"), *refused(EXCEEDED)) == []


def test_a_demand_that_the_previous_revision_met_is_undone() -> None:
    said = 'pods "x" is forbidden: failed quota: shop-quota: must specify limits.memory for: app'
    before = template(container(resources=podv1.Resources(limits={"memory": "1Gi"})))

    [finding] = detect(quota("4Gi"), *refused(said, before=before))

    assert commands(finding) == ("kubectl -n shop rollout undo deployment/reports",)


def test_a_demand_without_any_example_is_only_described() -> None:
    said = 'pods "x" is forbidden: failed quota: shop-quota: must specify limits.memory for: app'

    [finding] = detect(quota("4Gi"), pod(Ref("Pod", "shop", "bare")), *refused(said))

    assert commands(finding) == ("kubectl -n shop describe resourcequota shop-quota",)


def test_a_demand_the_quota_no_longer_makes_is_no_fault() -> None:
    said = 'pods "x" is forbidden: failed quota: shop-quota: must specify limits.cpu for: app'

    assert detect(quota("4Gi"), *refused(said)) == []


def test_what_the_quota_does_not_count_is_not_short() -> None:
    said = EXCEEDED.replace("limits.memory=2Gi", "limits.memory=2Gi,requests.cpu=1")

    [finding] = detect(quota("4Gi"), *refused(said))

    assert "requests.cpu" not in finding.message


def test_a_ratio_is_found_and_the_previous_resources_come_back() -> None:
    said = (
        'pods "x" is forbidden: memory max limit to request ratio per Container is 2, but provided '
        "ratio is 4.000000"
    )
    ratio = corev1.LimitRange(
        metadata=meta(Ref("LimitRange", "shop", "ratio")),
        spec=corev1.LimitRangeSpec(
            limits=(
                corev1.LimitRangeItem(type="Pod"),
                corev1.LimitRangeItem(type="Container", max_limit_request_ratio={"memory": 2}),
            )
        ),
    )
    before = template(container(resources=podv1.Resources(limits={"memory": "1Gi"})))

    [finding] = detect(ratio, *refused(said, before=before))

    assert (finding.reason, finding.subject) == ("LimitRangeRejects", ratio.ref)
    assert commands(finding) == ("kubectl -n shop rollout undo deployment/reports",)


def test_a_webhook_is_told_even_where_services_cannot_be_read() -> None:
    [finding] = detect(webhooks(), *refused(REFUSED), missing=("services",))

    assert finding.reason == "WebhookUnavailable"


def test_a_webhook_that_no_configuration_has_is_not_guessed_at() -> None:
    assert detect(*refused(REFUSED)) == []


def test_a_workload_that_cannot_be_made_rests_on_the_custom_resource_that_asks_for_it() -> None:
    [finding] = detect(told())

    assert (finding.reason, finding.subject, finding.proof) == ("PodSpecInvalid", MAIN, WRITER)
    assert [each.value for each in finding.carried] == ["EVICT"]
    assert "StatefulSet main-tikv" in finding.message


def nightly(*, suspend: bool = False) -> batchv1.CronJob:
    spec = batchv1.CronJobSpec(schedule="0 3 * * *", suspend=suspend)
    return batchv1.CronJob(metadata=meta(Ref("CronJob", "shop", "nightly")), spec=spec)


def test_a_quota_that_refuses_the_jobs_of_a_cronjob_is_the_subject() -> None:
    text = (
        'Error creating job: jobs.batch "nightly-1" is forbidden: exceeded quota: compute, '
        "requested: count/jobs.batch=1, used: count/jobs.batch=3, limited: count/jobs.batch=3"
    )
    full = corev1.ResourceQuota(
        metadata=meta(Ref("ResourceQuota", "shop", "compute")),
        spec=corev1.QuotaSpec(hard={"count/jobs.batch": "3"}),
        status=corev1.QuotaStatus(used={"count/jobs.batch": "3"}),
    )

    [finding] = detect(nightly(), full, event(nightly(), "FailedCreate", text))

    assert (finding.reason, finding.subject) == ("QuotaRejects", full.ref)
    assert finding.affected == (nightly().ref,)
    assert "no new runs" in finding.message
    assert "one Job asks for 1 more" in finding.why
    assert "a restart" not in finding.why
    asleep = nightly(suspend=True)
    assert detect(asleep, full, event(asleep, "FailedCreate", text)) == []
