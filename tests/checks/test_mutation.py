"""mutation: who writes what breaks a workload, and when that is proven."""

import msgspec
import pytest

from tests.builders import (
    HOUR,
    MINUTE,
    ago,
    container,
    deployment,
    meta,
    replicaset,
    running,
    snapshot,
    template,
)
from tests.logic.drifting import (
    APP,
    AS_MEANT,
    CURRENT,
    NAMESPACE,
    OWNER,
    PULLING,
    RESOURCES,
    made,
    squeezed,
    webhook,
)
from watchdog.checks.mutation import mutation
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import admissionv1, corev1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

HOOK = Ref("MutatingWebhookConfiguration", "", "defaults")


def detect(*items: metav1.Object) -> list[Finding]:
    return list(mutation.detect(snapshot(OWNER, CURRENT, NAMESPACE, *items), NoParams()))


def commands(finding: Finding) -> tuple[str, ...]:
    assert finding.proposal is not None
    return finding.proposal.commands


def test_a_webhook_that_squeezes_all_new_pods_is_the_fault() -> None:
    [finding] = detect(squeezed(), squeezed("web-2"), webhook())

    assert (finding.reason, finding.subject) == ("WebhookMutatesResources", HOOK)
    assert (finding.severity, finding.hold) == (Severity.WARNING, 5 * MINUTE)
    assert finding.since == ago(HOUR)
    assert finding.affected == (APP, Ref("Pod", "shop", "web-1"), Ref("Pod", "shop", "web-2"))
    assert "memory limit of app: 512Mi -> 64Mi" in finding.message
    assert commands(finding) == (
        "kubectl patch mutatingwebhookconfiguration defaults --type=json -p "
        '\'[{"op":"add","path":"/webhooks/0/namespaceSelector","value":{"matchExpressions":'
        '[{"key":"kubernetes.io/metadata.name","operator":"NotIn","values":["shop"]}]}}]\'',
    )


def test_narrowing_keeps_what_the_webhook_selects_by() -> None:
    has = metav1.LabelRequirement(key="tier", operator="Exists")
    among = metav1.LabelRequirement(key="tier", operator="In", values=("a",))
    chosen = metav1.LabelSelector(match_labels={"tier": "a"}, match_expressions=(has, among))

    [finding] = detect(squeezed(), webhook(space=chosen))

    assert '"matchLabels":{"tier":"a"}' in commands(finding)[0]
    assert '{"key":"tier","operator":"Exists"},' in commands(finding)[0]
    assert '{"key":"tier","operator":"In","values":["a"]},' in commands(finding)[0]


def unlimited(*items: metav1.Object) -> list[Finding]:
    """As detect, with a template that sets no memory limit."""
    open_ended = msgspec.structs.replace(
        AS_MEANT, resources=podv1.Resources(RESOURCES.requests, {"cpu": "1"})
    )
    owner = deployment(APP, pod_template=template(open_ended, container("gone")))
    current = replicaset(owner, 1)
    return list(mutation.detect(snapshot(owner, current, NAMESPACE, *items), NoParams()))


def test_a_limit_where_the_template_has_none_is_a_mutation_too() -> None:
    [finding] = unlimited(squeezed(), webhook())

    assert "memory limit of app: none -> 64Mi" in finding.message


def test_the_defaults_of_a_limit_range_are_no_mutation() -> None:
    bounds = corev1.LimitRange(metadata=meta(Ref("LimitRange", "shop", "defaults")))

    assert unlimited(squeezed(), bounds, webhook()) == []


OTHERS = metav1.LabelSelector(match_labels={"tier": "b"})
UPDATES = (admissionv1.WebhookRule(operations=("UPDATE",), api_groups=("",), resources=("pods",)),)
GROUPS = (admissionv1.WebhookRule(operations=("*",), api_groups=("apps",), resources=("*",)),)
CONFIG = (admissionv1.WebhookRule(operations=("*",), api_groups=("*",), resources=("configmaps",)),)


@pytest.mark.parametrize(
    "hooks",
    [
        (),
        (webhook(age=MINUTE),),
        (webhook(space=OTHERS),),
        (webhook(item=OTHERS),),
        (webhook(rules=UPDATES),),
        (webhook(rules=GROUPS),),
        (webhook(rules=CONFIG),),
        (webhook(rules=()),),
        (webhook(), webhook("sidecars")),
    ],
    ids=["none", "young", "space", "item", "update", "group", "resource", "no rule", "two"],
)
def test_without_exactly_one_webhook_that_was_asked_nothing_is_proven(
    hooks: tuple[metav1.Object, ...],
) -> None:
    assert detect(squeezed(), *hooks) == []


def test_of_two_webhooks_the_one_that_older_pods_did_not_meet_is_the_fault() -> None:
    before = made("web-0", running(), age=9 * HOUR)
    old = webhook("sidecars", age=20 * HOUR)

    [finding] = detect(squeezed(), before, webhook(), old)

    assert finding.subject == HOOK


def test_a_younger_pod_that_is_as_meant_acquits_the_webhook() -> None:
    assert detect(squeezed(), made("web-2", running(), age=MINUTE), webhook()) == []


def test_pods_that_differ_in_different_ways_are_no_mutation() -> None:
    assert detect(squeezed(), squeezed("web-2", memory="32Mi"), webhook()) == []


def test_a_change_that_breaks_nothing_is_no_fault() -> None:
    limits = podv1.Resources(RESOURCES.requests, {"memory": "64Mi", "cpu": "1"})

    assert detect(made(status=running(), resources=limits), webhook()) == []
    assert detect(made(status=PULLING, resources=limits), webhook()) == []
    assert detect(made(status=PULLING, image="other:1"), webhook()) == []
