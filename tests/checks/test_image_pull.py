"""image_pull: what the registry's answer means, who is named for it, and what would mend it."""

from datetime import timedelta

import msgspec
import pytest

from tests.builders import (
    HOUR,
    MINUTE,
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
from watchdog.checks.image_pull import image_pull
from watchdog.domain.check import NoParams
from watchdog.domain.custom import Carried
from watchdog.domain.finding import Finding
from watchdog.domain.objects import appsv1, corev1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.logic.redact import redact

API = Ref("Deployment", "shop", "api")
GOOD, BAD = "ghcr.io/example/api:1.4.2", "ghcr.io/example/api:1.4.3"
NOT_FOUND = (
    f'Back-off pulling image "{BAD}": ErrImagePull: rpc error: code = NotFound desc = failed to pull '
    f'and unpack image "{BAD}": failed to resolve reference "{BAD}": {BAD}: not found'
)
DNS = (
    'failed to do request: Head "https://harbor.lan/v2/x/manifests/2": dial tcp: '
    "lookup harbor.lan on 192.168.1.1:53: no such host"
)


def detect(*items: metav1.Object) -> list[Finding]:
    return list(image_pull.detect(snapshot(*items), NoParams()))


def failing(
    image: str,
    message: str,
    *,
    name: str = "api",
    on: str = "w-1",
    reason: str = "ImagePullBackOff",
    policy: str = "IfNotPresent",
    secret: str = "",
    serving: int = 0,
    before: str = "",
) -> list[metav1.Object]:
    """A Deployment whose newest revision cannot pull its image; `before` was the image until now."""
    spec = template(
        container(image=image, image_pull_policy=policy),
        image_pull_secrets=(podv1.NameRef(name=secret),) if secret else (),
    )
    owner = deployment(Ref("Deployment", "shop", name), ready=serving, pod_template=spec)
    new = replicaset(owner, 2)
    items: list[metav1.Object] = [owner, new]
    if before:
        old = template(container(image=before))
        items.append(replicaset(owner, 1, ready=serving, replicas=serving, pod_template=old))
    status = waiting(reason, message)
    stuck = pod(
        Ref("Pod", "shop", f"{name}-2-x"),
        status,
        owner=new,
        spec=spec.spec,
        node=on,
        phase="Pending",
    )
    return [*items, stuck]


def test_a_tag_that_does_not_exist_is_the_deployments_fault_and_the_old_image_comes_back() -> None:
    [finding] = detect(*failing(BAD, NOT_FOUND, serving=1, before=GOOD))

    assert (finding.reason, finding.subject) == ("ImageNotFound", API)
    assert finding.severity is Severity.WARNING
    assert finding.hold == 2 * MINUTE
    assert finding.shared == f"image {BAD}"
    assert finding.affected == (Ref("Pod", "shop", "api-2-x"),)
    assert BAD in finding.message
    assert finding.proposal is not None
    assert GOOD in finding.proposal.text
    assert finding.proposal.commands == ("kubectl -n shop rollout undo deployment/api",)
    assert finding.carried == (Carried(value=BAD, key="image", instead=GOOD),)


def test_the_answer_of_the_registry_stands_before_its_long_wrapping() -> None:
    said = f"{'failed to pull and unpack image: ' * 20}unexpected status: 401 Unauthorized"

    [finding] = detect(*failing(BAD, said, secret="pull"))

    first, spec = finding.evidence
    assert "ImagePullBackOff on node w-1 (401 Unauthorized): failed to pull" in first.text
    assert spec.text == f"image {BAD}, imagePullPolicy IfNotPresent, pull secrets pull"


def test_no_text_that_is_not_a_name_gets_into_a_command() -> None:
    said = "failed to authorize: unexpected status: 401 Unauthorized"

    [finding] = detect(*failing(BAD, said, secret="x; kubectl delete ns shop", before=GOOD))

    assert finding.proposal is not None
    assert "delete" not in f"{finding.proposal.text} {finding.proposal.commands}"


def test_without_a_ready_pod_it_is_critical() -> None:
    [finding] = detect(*failing(BAD, NOT_FOUND, before=GOOD))

    assert finding.severity is Severity.CRITICAL


def test_a_first_install_has_no_image_to_return_to_and_no_command_invents_one() -> None:
    [finding] = detect(*failing(BAD, NOT_FOUND))

    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n shop describe pod api-2-x",)
    assert [each.instead for each in finding.carried] == [None]


def test_an_init_container_counts_as_well() -> None:
    owner = deployment(API, ready=0)
    stuck = pod(
        Ref("Pod", "shop", "api-x"),
        waiting("PodInitializing"),
        owner=owner,
        init=[waiting("ErrImagePull", NOT_FOUND, name="migrate")],
        ready=False,
    )

    [finding] = detect(owner, stuck)

    assert (finding.reason, finding.subject) == ("ImageNotFound", API)


@pytest.mark.parametrize(
    ("message", "secret", "reason"),
    [
        ("unexpected status from HEAD request to https://r.lan/v2/x: 401 Unauthorized", "", "no"),
        ("failed to fetch anonymous token: unexpected status: 403 Forbidden", "", "no"),
        ("pull access denied, repository does not exist or may require authorization", "reg", "no"),
        ("pull access denied, repository does not exist or may require authorization", "", "gone"),
        ("manifest unknown: manifest unknown", "reg", "gone"),
        ("no match for platform in manifest: not found", "", "gone"),
        ("failed to resolve: 503 Service Unavailable", "reg", "away"),
        ("failed to verify certificate: x509: certificate signed by unknown authority", "", "away"),
        ("toomanyrequests: You have reached your pull rate limit", "", "away"),
    ],
)
def test_the_registrys_answer_decides(message: str, secret: str, reason: str) -> None:
    [finding] = detect(*failing("r.lan/x:401-not-found", message, secret=secret))

    expected = {
        "no": "ImagePullUnauthorized",
        "gone": "ImageNotFound",
        "away": "RegistryUnreachable",
    }
    assert finding.reason == expected[reason]


def test_an_image_without_a_variant_for_the_node_says_so() -> None:
    [finding] = detect(*failing(BAD, "no match for platform in manifest: not found"))

    assert "no variant for the platform of node w-1" in finding.message


@pytest.mark.parametrize(
    ("reason", "message", "said", "advice"),
    [
        (
            "InvalidImageName",
            "invalid reference format",
            "No registry has been asked",
            "lower case",
        ),
        ("ErrImagePull", "no match for platform in manifest", "registry answers", "push a variant"),
        ("ErrImagePull", "", "Whether the registry answers is not known", "push"),
        ("ErrImagePull", NOT_FOUND, "the registry answers", "push"),
    ],
)
def test_what_is_not_at_fault_follows_from_who_answered(
    reason: str, message: str, said: str, advice: str
) -> None:
    [finding] = detect(*failing(BAD, message, reason=reason))

    assert said in finding.why
    assert finding.proposal is not None
    assert advice in finding.proposal.text


def test_the_redaction_leaves_the_registrys_refusal_whole() -> None:
    message = "pull access denied, repository does not exist or may require authorization"

    [finding] = detect(*failing("r.lan/x:1", message, secret="registry-pull"))

    assert redact(finding.why) == finding.why  # "authorization: word" looks like a header


def test_refused_credentials_name_registry_and_pull_secret() -> None:
    message = (
        "unexpected status from HEAD request to https://r.lan/v2/x/manifests/1: 401 Unauthorized"
    )
    [finding] = detect(*failing("r.lan/x:1", message, secret="registry-pull"))

    assert "r.lan" in finding.message
    assert "401 Unauthorized" in finding.message
    assert "registry-pull" in finding.why
    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n shop describe secret registry-pull",)


def test_without_credentials_the_pull_secret_of_a_sibling_is_proposed() -> None:
    sibling = pod(
        Ref("Pod", "shop", "web"),
        spec=podv1.PodSpec(
            containers=(container(image="r.lan/web:1"),),
            image_pull_secrets=(podv1.NameRef(name="robot"),),
        ),
    )
    [finding] = detect(sibling, *failing("r.lan/x:1", "401 Unauthorized"))

    assert finding.proposal is not None
    assert "robot" in finding.proposal.commands[0]


def test_a_pull_secret_that_is_absent_is_the_cause_itself() -> None:
    items = failing("r.lan/x:1", "401 Unauthorized", secret="gone")
    said = "Unable to retrieve some image pull secrets (gone); attempting to pull may not succeed."

    assert detect(*items, event(items[-1], "FailedToRetrieveImagePullSecret", said)) == []


def test_workloads_of_one_silent_registry_share_it() -> None:
    found = detect(
        *failing("harbor.lan/a:2", DNS, name="a"),
        *failing("harbor.lan/b:2", DNS, name="b", on="w-2", reason="ErrImagePull"),
    )

    assert [each.subject.name for each in found] == ["a", "b"]
    assert {each.shared for each in found} == {"registry harbor.lan"}
    assert {each.hold for each in found} == {10 * MINUTE}
    assert "no such host" in found[0].message


def test_a_silent_registry_sends_back_only_to_an_image_of_another_registry() -> None:
    [moved] = detect(*failing("harbor.lan/a:2", DNS, before=GOOD))
    [stayed] = detect(*failing("harbor.lan/a:2", DNS, before="harbor.lan/a:1"))

    assert moved.proposal is not None
    assert stayed.proposal is not None
    assert moved.proposal.commands == ("kubectl -n shop rollout undo deployment/api",)
    assert stayed.proposal.commands == ("kubectl -n shop describe pod api-2-x",)


def test_the_only_node_that_cannot_reach_a_registry_is_named_instead_of_its_pods() -> None:
    items = failing("harbor.lan/a:2", DNS)
    peer = pod(
        Ref("Pod", "shop", "api-2-y"),
        running(image_id="sha256:1"),
        owner=items[1],
        spec=template(container(image="harbor.lan/a:2")).spec,
        node="w-2",
    )

    [finding] = detect(node("w-1"), node("w-2"), *items, peer)

    assert (finding.reason, finding.subject) == ("RegistryUnreachable", Ref("Node", "", "w-1"))
    assert API in finding.affected


def test_a_peer_that_pulled_before_the_registry_fell_silent_proves_nothing() -> None:
    items = failing("harbor.lan/a:2", DNS)
    peer = pod(
        Ref("Pod", "shop", "api-2-y"),
        owner=items[1],
        spec=template(container(image="harbor.lan/a:2")).spec,
        node="w-2",
        age=9 * HOUR,
    )

    [finding] = detect(*items, peer)

    assert finding.subject == API


def test_policy_always_is_wrong_when_the_node_holds_what_no_registry_serves() -> None:
    said = "pull access denied, repository does not exist or may require authorization"
    holder = node("w-1")
    images = (corev1.NodeImage(names=("docker.io/lab/dashboard:latest",)),)
    holder = msgspec.structs.replace(
        holder, status=msgspec.structs.replace(holder.status, images=images)
    )

    [wrong] = detect(holder, *failing("lab/dashboard:latest", said, policy="Always"))
    [absent] = detect(node("w-1"), *failing("lab/dashboard:latest", said, policy="Always"))

    assert wrong.reason == "ImagePullPolicyWrong"
    assert wrong.proposal is not None
    assert '"imagePullPolicy":"IfNotPresent"' in wrong.proposal.commands[0]
    assert absent.reason == "ImageNotFound"


def test_policy_never_without_the_image_is_the_policys_fault() -> None:
    said = 'Container image "lab/x:1" is not present with pull policy of Never'
    [finding] = detect(*failing("lab/x:1", said, reason="ErrImageNeverPull", policy="Never"))

    assert finding.reason == "ImagePullPolicyWrong"


def test_a_bare_back_off_is_classed_by_the_newest_event() -> None:
    items = failing(BAD, f'Back-off pulling image "{BAD}"')
    said = event(items[-1], "Failed", f'Failed to pull image "{BAD}": 401 Unauthorized')

    [finding] = detect(*items, said)

    assert finding.reason == "ImagePullUnauthorized"


def test_a_workload_kept_in_git_is_to_be_changed_there() -> None:
    owner, *rest = failing(BAD, NOT_FOUND, before=GOOD)
    tracked = metav1.Annotations(argo_tracking="shop:apps/Deployment:shop/api")
    owner = msgspec.structs.replace(
        owner, metadata=msgspec.structs.replace(owner.metadata, annotations=tracked)
    )

    [finding] = detect(owner, *rest)

    assert finding.proposal is not None
    assert "change it in Git" in finding.proposal.text


def test_an_image_that_is_still_being_pulled_is_no_fault() -> None:
    assert detect(*failing(BAD, "", reason="ContainerCreating")) == []


def test_an_old_event_of_a_pod_that_runs_is_no_fault() -> None:
    healthy = pod(Ref("Pod", "shop", "api-1"))
    said = event(
        healthy, "Failed", f'Failed to pull image "{BAD}": not found', age=timedelta(hours=1)
    )

    assert detect(healthy, said) == []


def test_pods_of_a_lost_node_are_not_judged() -> None:
    assert detect(node("w-1", ready="Unknown"), *failing(BAD, NOT_FOUND)) == []


def test_a_revision_further_back_is_named_by_its_image() -> None:
    owner, new, stuck = failing("ghcr.io/example/api:3", NOT_FOUND)
    assert isinstance(owner, appsv1.Deployment)
    worse = template(container(image=BAD))
    twin = pod(
        Ref("Pod", "shop", "api-1-x"),
        waiting("ImagePullBackOff", NOT_FOUND),
        owner=new,
        spec=worse.spec,
        phase="Pending",
    )
    middle = replicaset(owner, 1, replicas=0, pod_template=worse)
    oldest = replicaset(owner, 0, replicas=0, pod_template=template(container(image=GOOD)))
    other = replicaset(owner, -1, replicas=0, pod_template=template(container("other")))

    [finding] = detect(owner, new, middle, oldest, other, stuck, twin)

    assert finding.proposal is not None
    assert any("set image" in each or "undo" in each for each in finding.proposal.commands)
    assert GOOD in finding.proposal.text


def test_no_revision_knows_the_container() -> None:
    owner, new, stuck = failing(BAD, NOT_FOUND)
    assert isinstance(owner, appsv1.Deployment)
    older = replicaset(owner, 1, replicas=0, pod_template=template(container("other")))

    [finding] = detect(owner, new, older, stuck)

    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n shop describe pod api-2-x",)


def test_an_image_of_the_same_repository_that_runs_is_proposed() -> None:
    sibling = pod(Ref("Pod", "shop", "web"), spec=template(container(image=GOOD)).spec)

    [finding] = detect(sibling, *failing(BAD, NOT_FOUND))

    assert finding.proposal is not None
    assert finding.proposal.commands == (f"kubectl -n shop set image deployment/api app={GOOD}",)


def test_a_bare_pods_sibling_is_only_named() -> None:
    sibling = pod(Ref("Pod", "shop", "web"), spec=template(container(image=GOOD)).spec)
    bare = pod(
        Ref("Pod", "shop", "one"),
        waiting("ImagePullBackOff", NOT_FOUND),
        spec=template(container(image=BAD)).spec,
    )

    [finding] = detect(sibling, bare)

    assert finding.proposal is not None
    assert GOOD in finding.proposal.text
    assert finding.proposal.commands == ("kubectl -n shop describe pod one",)


def test_a_repository_that_runs_elsewhere_exists_so_access_is_what_fails() -> None:
    said = "pull access denied, repository does not exist or may require authorization"
    runs = pod(
        Ref("Pod", "home", "x"),
        running(image_id="sha256:1"),
        spec=template(container(image="lab/x:1")).spec,
    )

    [finding] = detect(runs, *failing("lab/x:2", said))

    assert finding.reason == "ImagePullUnauthorized"


def test_a_finished_pod_is_history() -> None:
    *_, stuck = failing(BAD, NOT_FOUND)
    assert isinstance(stuck, podv1.Pod)
    status = msgspec.structs.replace(stuck.status, phase="Failed")

    assert detect(msgspec.structs.replace(stuck, status=status)) == []


def test_an_event_about_another_image_says_nothing_about_this_one() -> None:
    items = failing(BAD, "")
    said = event(items[-1], "Failed", "Failed to pull image x: 401 Unauthorized")

    [finding] = detect(*items, said)

    assert finding.reason == "ImageNotFound"


def test_peers_of_another_registry_or_policy_prove_nothing_about_a_node() -> None:
    items = failing("harbor.lan/a:2", DNS)
    peers = [
        pod(Ref("Pod", "shop", f"p-{n}"), spec=template(spec).spec, node="w-2", ready=n != 3)
        for n, spec in enumerate(
            (
                container(image="harbor.lan/b:1", image_pull_policy="IfNotPresent"),
                container(image="ghcr.io/b:1", image_pull_policy="Always"),
                container(image=GOOD),
                container(image="harbor.lan/a:2"),
            )
        )
    ]

    [finding] = detect(*items, *peers)

    assert finding.subject == API


def test_refused_access_with_nothing_to_lend_asks_for_a_pull_secret() -> None:
    other = pod(Ref("Pod", "home", "x"), spec=template(container(image="r.lan/web:1")).spec)
    [finding] = detect(other, *failing("r.lan/x:1", "401 Unauthorized"))

    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n shop get serviceaccounts",)


def test_a_registry_in_this_cluster_is_blamed_unless_it_only_limits_pulls() -> None:
    registry = corev1.Service(metadata=meta(Ref("Service", "infra", "zot")))
    image = "zot.infra.svc.cluster.local:5000/api:1"
    down = "dial tcp 10.96.4.4:5000: connect: connection refused"

    [finding] = detect(registry, *failing(image, down))
    [throttled] = detect(registry, *failing(image, "429 Too Many Requests"))

    assert finding.blames == (Ref("Service", "infra", "zot"),)
    assert throttled.blames == ()


def test_a_disk_without_room_for_the_image_is_the_nodes() -> None:
    full = "failed to extract layer sha256:1f: write /var/lib/containerd/x: no space left on device"

    assert detect(*failing(GOOD, full)) == []
