"""Which webhooks the API server would ask about a new pod, and which of them would refuse it."""

from collections.abc import Iterator, Mapping

from watchdog.domain.objects import admissionv1, metav1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.labels import selects
from watchdog.logic.workloads.gatekeeper import backend
from watchdog.logic.workloads.refusal import Configuration


def dead_ends(snapshot: Snapshot, namespace: str, labels: Mapping[str, str]) -> Iterator[str]:
    """Name the webhooks that fail closed and whose Service does not answer."""
    for item, webhook in asked(snapshot, namespace, labels):
        service = webhook.client_config.service
        behind = Ref("Service", service.namespace, service.name) if service else None
        state, _ = backend(snapshot, behind)
        if webhook.failure_policy != "Ignore" and state:
            yield f"webhook {webhook.name} of {item.ref} fails closed, and calls {behind}{state}"


def asked(
    snapshot: Snapshot, namespace: str, labels: Mapping[str, str]
) -> Iterator[tuple[Configuration, admissionv1.Webhook]]:
    """Yield the webhooks whose rules and selectors take a new pod of this namespace."""
    found = snapshot.namespaces.get(namespace)
    of_namespace = found.labels if found else {}
    for item in configurations(snapshot):
        for webhook in item.webhooks:
            if judges_new_pods(webhook, of_namespace, labels):
                yield item, webhook


def judges_new_pods(
    webhook: admissionv1.Webhook, namespace: Mapping[str, str], labels: Mapping[str, str]
) -> bool:
    """Whether a new pod with these labels, in a namespace with those, goes through the webhook."""
    return (
        _has_rule_for_new_pods(webhook)
        and _takes(webhook.namespace_selector, namespace)
        and _takes(webhook.object_selector, labels)
    )


def configurations(snapshot: Snapshot) -> tuple[Configuration, ...]:
    """All webhook configurations, the mutating ones first."""
    mutating = snapshot.of(
        "mutatingwebhookconfigurations", admissionv1.MutatingWebhookConfiguration
    )
    validating = snapshot.of(
        "validatingwebhookconfigurations", admissionv1.ValidatingWebhookConfiguration
    )
    return (*mutating.values(), *validating.values())


def _takes(selector: metav1.LabelSelector | None, labels: Mapping[str, str]) -> bool:
    return selector is None or selects(selector, labels)


def _has_rule_for_new_pods(webhook: admissionv1.Webhook) -> bool:
    return any(
        not {"CREATE", "*"}.isdisjoint(rule.operations or ())
        and not {"", "*"}.isdisjoint(rule.api_groups or ())
        and not {"pods", "*", "*/*"}.isdisjoint(rule.resources or ())
        for rule in webhook.rules or ()
    )
