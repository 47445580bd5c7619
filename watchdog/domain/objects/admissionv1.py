"""Webhook configurations."""

from typing import ClassVar

import msgspec

from watchdog.domain.objects.metav1 import LabelSelector, Metadata, Object, Record


class WebhookService(Record, frozen=True):
    namespace: str = ""
    name: str = ""
    path: str = ""
    port: int = 443


class WebhookClient(Record, frozen=True):
    service: WebhookService | None = None
    url: str = ""


class WebhookRule(Record, frozen=True):
    operations: tuple[str, ...] | None = None
    api_groups: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None


class Webhook(Record, frozen=True):
    """One webhook of a configuration; a selector that is None takes everything."""

    name: str = ""
    rules: tuple[WebhookRule, ...] | None = None
    namespace_selector: LabelSelector | None = None
    object_selector: LabelSelector | None = None
    failure_policy: str = "Fail"
    timeout_seconds: int = 10
    client_config: WebhookClient = msgspec.field(default_factory=WebhookClient)


class MutatingWebhookConfiguration(Object, frozen=True):
    KIND: ClassVar[str] = "MutatingWebhookConfiguration"
    metadata: Metadata = msgspec.field(default_factory=Metadata)
    webhooks: tuple[Webhook, ...] = ()


class ValidatingWebhookConfiguration(Object, frozen=True):
    KIND: ClassVar[str] = "ValidatingWebhookConfiguration"
    metadata: Metadata = msgspec.field(default_factory=Metadata)
    webhooks: tuple[Webhook, ...] = ()
