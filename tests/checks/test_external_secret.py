"""external_secret: who cannot fetch, and whether the store is why."""

import msgspec

from tests.builders import HOUR, MINUTE, ago, meta, snapshot
from watchdog.checks.external_secret import external_secret
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import certmanagerv1, externalsecretsv1, metav1
from watchdog.domain.ref import Ref

DB = Ref("ExternalSecret", "shop", "db")
VAULT = Ref("ClusterSecretStore", "", "vault")
LOCAL = Ref("SecretStore", "shop", "local")


def ready(status: str, reason: str = "", text: str = "") -> metav1.Condition:
    return metav1.Condition(
        type="Ready", status=status, reason=reason, message=text, last_transition_time=ago(HOUR)
    )


FAILED = ready("False", "SecretSyncedError", "key home/db: not found")


def made(
    *conditions: metav1.Condition,
    store: Ref | None = VAULT,
    target: str = "",
    fetched: bool = False,
    deleting: bool = False,
) -> externalsecretsv1.ExternalSecret:
    named = certmanagerv1.TypedName(kind=store.kind, name=store.name) if store else None
    return externalsecretsv1.ExternalSecret(
        metadata=meta(DB, deleting=deleting),
        spec=externalsecretsv1.ExternalSecretSpec(
            secret_store_ref=named,
            target=externalsecretsv1.SecretTarget(name=target) if target else None,
        ),
        status=externalsecretsv1.ExternalSecretStatus(
            refresh_time=ago(HOUR) if fetched else None, conditions=conditions
        ),
    )


def vault(status: str = "True") -> externalsecretsv1.ClusterSecretStore:
    condition = ready(status, "InvalidProviderConfig", "permission denied")
    return externalsecretsv1.ClusterSecretStore(
        metadata=meta(VAULT), status=metav1.ConditionsStatus(conditions=(condition,))
    )


def local(status: str = "True") -> externalsecretsv1.SecretStore:
    return externalsecretsv1.SecretStore(
        metadata=meta(LOCAL), status=metav1.ConditionsStatus(conditions=(ready(status),))
    )


def detect(*items: metav1.Object, missing: tuple[str, ...] = ()) -> list[Finding]:
    return list(external_secret.detect(snapshot(*items, missing=missing), NoParams()))


def test_an_external_secret_that_fails_is_named_with_the_secret_it_should_write() -> None:
    [finding] = detect(made(FAILED, target="db-login"), vault())

    assert (finding.reason, finding.subject) == ("ExternalSecretFailed", DB)
    assert finding.affected == (Ref("Secret", "shop", "db-login"),)
    assert (finding.since, finding.hold) == (ago(HOUR), 15 * MINUTE)
    assert "not found" in finding.why
    assert "never made" in finding.why


def test_what_was_fetched_before_is_still_in_use() -> None:
    [finding] = detect(made(FAILED, store=LOCAL, fetched=True), local())

    assert finding.affected == (Ref("Secret", "shop", "db"),)
    assert "still in use" in finding.why


def test_a_store_that_fails_is_named_instead_of_its_readers() -> None:
    [finding] = detect(made(FAILED), vault("False"))

    assert finding.subject == VAULT
    assert finding.affected == (DB, Ref("Secret", "shop", "db"))
    assert "permission denied" in finding.why
    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl describe clustersecretstore vault",)


def test_what_a_broken_store_has_never_given_is_not_said_to_be_in_use() -> None:
    [never] = detect(made(FAILED, target="db-login"), vault("False"))
    [before] = detect(made(FAILED, fetched=True), vault("False"))

    assert never.why.endswith("Secret/shop/db-login was never made.")
    assert before.why.endswith("still in use; a rotation does not arrive.")


def test_a_store_that_fails_before_anybody_reads_it_is_told_too() -> None:
    [finding] = detect(local("False"))

    assert finding.subject == LOCAL
    assert "nothing yet" in finding.why


def test_a_store_that_does_not_exist_is_said_only_when_stores_were_read() -> None:
    [lost] = detect(made(FAILED, store=LOCAL))
    [unread] = detect(made(FAILED), missing=("clustersecretstores",))
    [unnamed] = detect(made(FAILED, store=None))

    texts = [each.proposal.text for each in (lost, unread, unnamed) if each.proposal]
    assert ["does not exist" in text for text in texts] == [True, False, False]


def test_what_is_ready_unknown_or_leaving_is_no_fault() -> None:
    assert detect(made(ready("True")), vault(), local("Unknown")) == []
    assert detect(made(FAILED, deleting=True), vault()) == []
    assert detect(made(), externalsecretsv1.SecretStore(metadata=meta(LOCAL))) == []


def test_a_store_that_single_entries_name_is_named_when_it_fails() -> None:
    own = certmanagerv1.TypedName(kind=LOCAL.kind, name=LOCAL.name)
    entry = externalsecretsv1.SecretEntry(source_ref=externalsecretsv1.SecretSource(store_ref=own))
    spec = externalsecretsv1.ExternalSecretSpec(data_from=(entry,))
    item = msgspec.structs.replace(made(FAILED, store=None), spec=spec)

    [finding] = detect(item, local("False"), vault())

    assert (finding.subject, finding.affected[0]) == (LOCAL, DB)


def test_who_reads_from_a_generator_alone_has_no_store_to_correct() -> None:
    [finding] = detect(made(FAILED, store=None))

    assert finding.proposal is not None
    assert "its generator" in finding.proposal.text


def test_a_vault_in_the_cluster_that_does_not_answer_is_pointed_at() -> None:
    text = 'Get "http://vault.vault.svc:8200/v1/sys/health": connection refused'
    condition = ready("False", "InvalidProviderConfig", text)
    store = externalsecretsv1.ClusterSecretStore(
        metadata=meta(VAULT), status=metav1.ConditionsStatus(conditions=(condition,))
    )

    [by_store] = detect(store)
    [by_secret] = detect(made(ready("False", "SecretSyncedError", text)), vault())

    assert by_store.blames == by_secret.blames == (Ref("Service", "vault", "vault"),)
