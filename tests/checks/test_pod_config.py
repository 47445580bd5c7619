"""pod_config: which object is not there, who waits for it, and what must not be said."""

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
    waiting,
)
from watchdog.checks.pod_config import pod_config
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1, metav1, podv1, storagev1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

GHOST = Ref("Deployment", "blog", "ghost")
MAIL = Ref("Secret", "blog", "ghost-mail")
SETTINGS = Ref("ConfigMap", "blog", "settings")
CLAIM = Ref("PersistentVolumeClaim", "blog", "content")


def detect(*items: metav1.Object) -> list[Finding]:
    return list(pod_config.detect(snapshot(*items), NoParams()))


def env_key(key: str, *, name: str = "ghost-mail", optional: bool = False) -> podv1.PodTemplate:
    """A template whose container takes one Secret key."""
    source = podv1.EnvValueFrom(secret_key_ref=podv1.KeyRef(name=name, key=key, optional=optional))
    return template(container(env=(podv1.EnvVar(name="MAIL_PASS", value_from=source),)))


def volume(**source: object) -> podv1.PodTemplate:
    """A template with one volume named `cfg`."""
    return template(volumes=(msgspec.structs.replace(podv1.Volume(name="cfg"), **source),))


SETTINGS_VOLUME = volume(config_map=podv1.NameRef(name="settings"))


def stuck(
    spec: podv1.PodTemplate,
    *,
    message: str = "",
    reason: str = "CreateContainerConfigError",
    before: podv1.PodTemplate | None = None,
    name: str = "ghost",
) -> list[metav1.Object]:
    owner = deployment(Ref("Deployment", "blog", name), ready=0, pod_template=spec)
    new = replicaset(owner, 2)
    items: list[metav1.Object] = [owner, new]
    if before is not None:
        items.append(replicaset(owner, 1, replicas=0, pod_template=before))
    status = waiting(reason, message)
    ref = Ref("Pod", "blog", f"{name}-2-x")
    return [*items, pod(ref, status, owner=new, spec=spec.spec, phase="Pending")]


NO_KEY = "couldn't find key smtp-password in Secret blog/ghost-mail"


def test_a_key_that_is_missing_is_the_secrets_finding_and_names_both() -> None:
    [finding] = detect(*stuck(env_key("smtp-password"), message=NO_KEY))

    assert (finding.reason, finding.subject) == ("MissingConfigKey", MAIL)
    assert finding.severity is Severity.CRITICAL
    assert finding.hold == 2 * MINUTE
    assert GHOST in finding.affected
    assert "smtp-password" in finding.message
    assert "ghost-mail" in finding.message
    assert all(each.at for each in finding.evidence if each.kind == "status")


def test_a_reference_that_the_newest_revision_introduced_is_taken_back() -> None:
    [finding] = detect(*stuck(env_key("smtp-password"), message=NO_KEY, before=env_key("password")))

    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n blog rollout undo deployment/ghost",)


def test_an_object_that_was_always_referenced_is_to_be_restored_and_commands_only_read() -> None:
    spec = env_key("password")
    items = stuck(spec, message='secret "ghost-mail" not found', before=spec)

    [finding] = detect(*items)

    assert (finding.reason, finding.subject) == ("MissingSecret", MAIL)
    assert finding.proposal is not None
    assert "Git or a backup" in finding.proposal.text
    assert finding.proposal.commands == ("kubectl -n blog get secrets",)


def test_workloads_that_wait_for_one_object_are_one_finding() -> None:
    said = 'secret "ghost-mail" not found'
    items = [
        *stuck(env_key("a"), message=said, name="ghost"),
        *stuck(env_key("b"), message=said, name="isso"),
    ]

    [finding] = detect(*items)

    assert [ref.name for ref in finding.affected if ref.kind == "Deployment"] == ["ghost", "isso"]


def test_a_config_map_that_a_volume_needs_is_found_through_its_mount_event() -> None:
    items = stuck(SETTINGS_VOLUME, reason="ContainerCreating")
    said = 'MountVolume.SetUp failed for volume "cfg" : configmap "settings" not found'

    [finding] = detect(*items, event(items[-1], "FailedMount", said))

    assert (finding.reason, finding.subject) == ("MissingConfigMap", SETTINGS)


def test_a_key_that_a_volume_needs_is_found_through_its_mount_event() -> None:
    items = stuck(SETTINGS_VOLUME, reason="ContainerCreating")
    said = 'MountVolume.SetUp failed for volume "cfg" : references non-existent config key: a.yaml'

    [finding] = detect(*items, event(items[-1], "FailedMount", said))

    assert (finding.reason, finding.subject) == ("MissingConfigKey", SETTINGS)
    assert "a.yaml" in finding.message


def test_a_config_map_that_is_there_by_now_is_no_fault() -> None:
    items = stuck(SETTINGS_VOLUME, reason="ContainerCreating")
    said = 'MountVolume.SetUp failed for volume "cfg" : configmap "settings" not found'
    restored = corev1.ConfigMap(metadata=meta(SETTINGS))

    assert detect(*items, restored, event(items[-1], "FailedMount", said)) == []


def test_a_similar_name_is_a_hint() -> None:
    items = stuck(
        template(
            container(env_from=(podv1.EnvFrom(config_map_ref=podv1.NameRef(name="settings")),))
        ),
        message='configmap "settings" not found',
    )
    near = corev1.ConfigMap(metadata=meta(Ref("ConfigMap", "blog", "setting")))

    [finding] = detect(*items, near)

    assert finding.proposal is not None
    assert "similar name exists: setting" in finding.proposal.text


def test_a_pull_secret_that_does_not_exist_is_named_while_the_image_cannot_be_pulled() -> None:
    spec = template(image_pull_secrets=(podv1.NameRef(name="robot"), podv1.NameRef(name="other")))
    items = stuck(spec, reason="ImagePullBackOff", message="401 Unauthorized")
    said = "Unable to retrieve some image pull secrets (robot); attempting to pull may not succeed."

    [finding] = detect(*items, event(items[-1], "FailedToRetrieveImagePullSecret", said))

    assert (finding.reason, finding.subject) == ("MissingSecret", Ref("Secret", "blog", "robot"))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (env_key("k", optional=True), 'secret "ghost-mail" not found'),
        (env_key("k"), 'secret "of-someone-else" not found'),
        (env_key("k"), "couldn't find key other in Secret blog/ghost-mail"),
    ],
)
def test_what_the_spec_does_not_demand_is_not_blamed(spec: podv1.PodTemplate, message: str) -> None:
    assert detect(*stuck(spec, message=message)) == []


def test_an_old_mount_event_of_a_pod_that_runs_is_no_fault() -> None:
    running = pod(Ref("Pod", "blog", "ghost"), spec=SETTINGS_VOLUME.spec)
    said = event(running, "FailedMount", 'configmap "settings" not found', age=HOUR)

    assert detect(running, said) == []


def unscheduled(
    spec: podv1.PodTemplate, *, before: podv1.PodTemplate | None = None
) -> list[metav1.Object]:
    *rest, last = stuck(spec, reason="ContainerCreating", before=before)
    assert isinstance(last, podv1.Pod)
    said = metav1.Condition(
        type="PodScheduled",
        status="False",
        reason="Unschedulable",
        message='0/4 nodes are available: persistentvolumeclaim "content" not found.',
        last_transition_time=ago(HOUR),
    )
    pending = pod(last.ref, owner=rest[1], spec=spec.spec, node="", conditions=(said,), ready=False)
    return [*rest, pending]


USES_CLAIM = volume(persistent_volume_claim=podv1.ClaimSource(claim_name="content"))


def test_a_claim_that_does_not_exist_is_the_subject() -> None:
    [finding] = detect(*unscheduled(USES_CLAIM, before=USES_CLAIM))

    assert (finding.reason, finding.subject) == ("MissingClaim", CLAIM)
    assert finding.hold == 5 * MINUTE


def test_a_claim_whose_name_the_newest_revision_changed_is_the_workloads_fault() -> None:
    before = volume(persistent_volume_claim=podv1.ClaimSource(claim_name="content-old"))

    [finding] = detect(*unscheduled(USES_CLAIM, before=before))

    assert (finding.reason, finding.subject) == ("MissingClaim", GHOST)
    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n blog rollout undo deployment/ghost",)


def test_a_claim_that_exists_by_now_is_no_fault() -> None:
    claim = storagev1.PersistentVolumeClaim(metadata=meta(CLAIM))

    assert detect(*unscheduled(USES_CLAIM), claim) == []


def test_every_kind_of_volume_is_read() -> None:
    sources = (
        podv1.ProjectedSource(config_map=podv1.NameRef(name="settings")),
        podv1.ProjectedSource(secret=podv1.NameRef(name="tls")),
        podv1.ProjectedSource(),
    )
    projected = volume(projected=podv1.ProjectedVolume(sources=sources))
    plain = volume(secret=podv1.SecretVolume(secret_name="tls"))
    said = 'MountVolume.SetUp failed for volume "cfg" : secret "tls" not found'

    for spec in (projected, plain):
        items = stuck(spec, reason="ContainerCreating")
        [finding] = detect(*items, event(items[-1], "FailedMount", said))
        assert (finding.reason, finding.subject) == ("MissingSecret", Ref("Secret", "blog", "tls"))


def test_of_a_projected_volume_the_source_that_takes_the_key_lacks_it() -> None:
    def source(name: str, key: str) -> podv1.NameRef:
        return podv1.NameRef(name=name, items=(podv1.KeyToPath(key=key),))

    sources = (
        podv1.ProjectedSource(config_map=source("settings", "ca.crt")),
        podv1.ProjectedSource(secret=source("old", "tls.crt")),
        podv1.ProjectedSource(secret=source("tls", "ca.crt")),
    )
    spec = volume(projected=podv1.ProjectedVolume(sources=sources))
    items = stuck(spec, reason="ContainerCreating")
    said = 'MountVolume.SetUp failed for volume "cfg" : references non-existent secret key: ca.crt'

    [finding] = detect(*items, event(items[-1], "FailedMount", said))

    assert (finding.reason, finding.subject) == ("MissingConfigKey", Ref("Secret", "blog", "tls"))


def test_events_of_another_reason_or_about_another_volume_say_nothing() -> None:
    items = stuck(SETTINGS_VOLUME, reason="ContainerCreating")
    other = 'MountVolume.SetUp failed for volume "x" : references non-existent secret key: k'

    assert detect(*items, event(items[-1], "FailedMount", other)) == []
    assert detect(*items, event(items[-1], "FailedScheduling", "whatever")) == []
    assert (
        detect(*items, event(items[-1], "FailedMount", 'configmap "settings" not found', age=HOUR))
        == []
    )


def test_a_pull_secret_that_the_pod_does_not_name_is_not_blamed() -> None:
    spec = template(image_pull_secrets=(podv1.NameRef(name="robot"),))
    items = stuck(spec, reason="ImagePullBackOff", message="401 Unauthorized")
    said = "Unable to retrieve some image pull secrets (other); attempting to pull may not succeed."

    assert detect(*items, event(items[-1], "FailedToRetrieveImagePullSecret", said)) == []
    assert detect(*items, event(items[-1], "BackOff", "Back-off pulling image")) == []
