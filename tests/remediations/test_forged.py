"""Whatever is written into references, labels and annotations, a Plan names only what is truly owned."""

from collections.abc import Mapping

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.remediations.shop import API, HASH, LABELS, Shop, incident
from tests.remediations.test_delete_debris import littered
from tests.remediations.test_evict_pod import drifted, reserved
from tests.remediations.test_rollout_restart import hung, rotated
from watchdog.domain.objects import appsv1, metav1, podv1
from watchdog.domain.plan import Plan
from watchdog.domain.policy import Policy
from watchdog.domain.ref import Ref
from watchdog.domain.remediation import Remediation
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.decision.preflight import objections
from watchdog.remediations.delete_debris import delete_debris
from watchdog.remediations.evict_pod import evict_pod
from watchdog.remediations.rollout_restart import rollout_restart

RS = Ref("ReplicaSet", "shop", "api-1")
UIDS = st.sampled_from(["", str(API), str(RS), "StatefulSet/shop/api", "somebody"])
REFERENCES = st.builds(
    metav1.OwnerReference,
    kind=st.sampled_from(["ReplicaSet", "Deployment", "StatefulSet", "Job", "Node"]),
    name=st.sampled_from(["api", "api-1", "other"]),
    uid=UIDS,
    controller=st.sampled_from([True, False, None]),
)
OWNERS = st.lists(REFERENCES, max_size=2).map(tuple)
TAGS = st.sampled_from([HASH, LABELS, {}, {"app": "other"}, {**HASH, "extra": "x"}])
WORDS = st.sampled_from(["", "never", "NEVER ", "always", "please"])

# A broken shop, the Remediation that is meant for it, and its Incident's subject.
BROKEN: tuple[tuple[str, Shop, Remediation, Ref], ...] = (
    ("StaleSecretEnv", rotated(), rollout_restart, API),
    ("AppUnhealthy", hung(0, 1), rollout_restart, API),
    ("AppUnhealthy", hung(0), evict_pod, API),
    ("PodDrift", drifted(), evict_pod, Ref("Pod", "shop", "api-1")),
    ("SandboxFailed", reserved(), evict_pod, Ref("Node", "", "w-1")),
    ("FailedPodClutter", littered(4), delete_debris, API),
)


def forge(
    item: metav1.Object,
    owners: tuple[metav1.OwnerReference, ...] | None,
    labels: dict[str, str] | None,
    word: str,
) -> metav1.Object:
    metadata = msgspec.structs.replace(
        item.metadata, annotations=metav1.Annotations(remediate=word)
    )
    if owners is not None:
        metadata = msgspec.structs.replace(metadata, owner_references=owners)
    if labels is not None:
        metadata = msgspec.structs.replace(metadata, labels=labels)
    return msgspec.structs.replace(item, metadata=metadata)


def forged(snapshot: Snapshot, changes: Mapping[str, metav1.Object]) -> Snapshot:
    objects = {
        need: tuple(changes.get(item.uid, item) for item in items)
        for need, items in snapshot.objects.items()
    }
    return Snapshot(cluster=snapshot.cluster, taken_at=snapshot.taken_at, objects=objects)


def owns(above: metav1.Object, selector: metav1.LabelSelector, item: metav1.Object) -> bool:
    """The oracle: one link, by hand."""
    said = [each for each in item.metadata.owner_references if each.controller]
    wanted = selector.match_labels or {}
    return (
        bool(said)
        and (said[0].kind, said[0].name, said[0].uid) == (above.KIND, above.name, above.uid)
        and bool(wanted)
        and all(item.labels.get(key) == value for key, value in wanted.items())
    )


def truly(snapshot: Snapshot, pod: podv1.Pod, top: appsv1.Deployment) -> bool:
    direct = snapshot.replicasets[RS]
    if owns(top, top.spec.selector, pod):
        return True
    return (
        owns(direct, direct.spec.selector, pod)
        and owns(top, top.spec.selector, direct)
        and (top.spec.selector.match_labels or {}).items() <= pod.labels.items()
    )


def never(item: metav1.Object) -> bool:
    return item.annotations.remediate.strip().lower() == "never"


@given(
    broken=st.sampled_from(BROKEN),
    owners=st.lists(st.none() | OWNERS, min_size=4, max_size=4),
    labels=st.lists(st.none() | TAGS, min_size=4, max_size=4),
    words=st.lists(WORDS, min_size=4, max_size=4),
    on_top=WORDS,
    between=st.tuples(st.none() | OWNERS, st.none() | TAGS, WORDS),
)
@example(
    broken=BROKEN[3],
    owners=[None] * 4,
    labels=[None] * 4,
    words=[""] * 4,
    on_top="",
    between=(None, None, ""),
)
@example(
    broken=BROKEN[3],
    owners=[(metav1.OwnerReference(kind="ReplicaSet", name="api-1", uid="x", controller=True),)]
    * 4,
    labels=[None] * 4,
    words=[""] * 4,
    on_top="",
    between=(None, None, ""),
)
@settings(max_examples=300, deadline=None)
def test_a_plan_names_only_what_its_owner_truly_controls(
    broken: tuple[str, Shop, Remediation, Ref],
    owners: list[tuple[metav1.OwnerReference, ...] | None],
    labels: list[dict[str, str] | None],
    words: list[str],
    on_top: str,
    between: tuple[tuple[metav1.OwnerReference, ...] | None, dict[str, str] | None, str],
) -> None:
    reason, found, remediation, subject = broken
    seen = found.look()
    pods = [item for item in seen.objects["pods"] if item.name != "x"]
    changes = {
        pod.uid: forge(pod, *each)
        for pod, each in zip(pods, zip(owners, labels, words, strict=True), strict=False)
    }
    assert found.direct is not None
    changes[found.direct.uid] = forge(found.direct, *between)
    changes[found.top.uid] = forge(found.top, None, None, on_top)
    lied = forged(seen, changes)
    wanted = incident(reason, subject, affected=tuple(pod.ref for pod in pods))

    plan = remediation.plan(wanted, lied, Policy())

    if not isinstance(plan, Plan):
        return
    top = lied.deployments[API]
    assert plan.owner == API
    assert not never(top)
    for step in plan.steps:
        item = lied.all_pods.get(step.target, top)
        assert step.uid == item.uid
        assert not never(item)
        assert item is top or truly(lied, lied.all_pods[step.target], top)
    assert isinstance(objections(plan, lied), tuple)


def test_the_shops_are_planned_for_when_nothing_is_forged() -> None:
    for reason, found, remediation, subject in BROKEN:
        affected = tuple(pod.ref for pod in found.pods)
        plan = remediation.plan(
            incident(reason, subject, affected=affected), found.look(), Policy()
        )

        assert isinstance(plan, Plan), reason
        assert objections(plan, found.look()) == ()
