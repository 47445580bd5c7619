"""ExternalSecrets and their stores that cannot fetch."""

from collections import defaultdict
from collections.abc import Container, Iterator
from datetime import datetime, timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.evidence import Evidence, Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.objects import externalsecretsv1, metav1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.network.unanswered import unanswered

_HOLD = timedelta(minutes=15)


@check(
    family="gitops",
    needs=("externalsecrets",),
    optional=("secretstores", "clustersecretstores", "services", "ingresses"),
    reasons=("ExternalSecretFailed",),
    params=NoParams,
)
def external_secret(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """An ExternalSecret is not Ready, or the store it reads from is not.

    The store is named where it fails, with all that read from it. Secrets that were fetched before
    keep their last content, so what runs goes on running.
    """
    stores: dict[Ref, externalsecretsv1.SecretStore | externalsecretsv1.ClusterSecretStore] = {
        **snapshot.of("secretstores", externalsecretsv1.SecretStore),
        **snapshot.of("clustersecretstores", externalsecretsv1.ClusterSecretStore),
    }
    broken = {ref: found for ref, item in stores.items() if (found := _failure(item))}
    readers: defaultdict[Ref, list[externalsecretsv1.ExternalSecret]] = defaultdict(list)
    for item in snapshot.of("externalsecrets", externalsecretsv1.ExternalSecret).values():
        failing, failed = [ref for ref in item.stores if ref in broken], _failure(item)
        for ref in failing:
            readers[ref].append(item)
        if failing:
            continue
        if failed is not None:
            yield _secret_failed(snapshot, item, failed, stores)
    for ref, failed in sorted(broken.items()):
        yield _store_failed(snapshot, stores[ref], failed, readers[ref])


def _failure(item: metav1.Conditioned) -> metav1.Condition | None:
    ready = item.condition("Ready")
    fails = ready is not None and ready.status == "False" and not item.deleting
    return ready if fails else None


def _secret_failed(
    snapshot: Snapshot,
    item: externalsecretsv1.ExternalSecret,
    failed: metav1.Condition,
    stores: dict[Ref, externalsecretsv1.SecretStore | externalsecretsv1.ClusterSecretStore],
) -> Finding:
    lost = next((ref for ref in item.stores if _surely_missing(snapshot, ref, stores)), None)
    asked = symptom.listed(map(str, item.stores)) or "its generator"
    text = (
        f"{lost} does not exist: create it, or correct what names it in {item.ref}."
        if lost
        else f"Correct the key {item.ref} asks {asked} for, or give the store the right to read it."
    )
    fetched = item.status.refresh_time
    last = "It was fetched before, and that content is still in use." if fetched else ""
    return _finding(
        item.ref,
        affected=(item.secret,),
        message=f"{item.ref} cannot be fetched: {failed.reason or 'not ready'}",
        why=f"{item.ref} says: {symptom.sentence(failed.message)} {last or f'{item.secret} was never made.'}",
        since=failed.last_transition_time or item.metadata.creation_timestamp,
        blames=unanswered(snapshot, failed.message, item.namespace),
        evidence=symptom.conditions(item.ref, item.status.conditions, failed),
        text=text,
    )


def _surely_missing(snapshot: Snapshot, store: Ref, known: Container[Ref]) -> bool:
    need = "clustersecretstores" if store.kind == "ClusterSecretStore" else "secretstores"
    return snapshot.has(need) and store not in known


def _store_failed(
    snapshot: Snapshot,
    store: externalsecretsv1.SecretStore | externalsecretsv1.ClusterSecretStore,
    failed: metav1.Condition,
    readers: list[externalsecretsv1.ExternalSecret],
) -> Finding:
    names = symptom.listed(str(each.ref) for each in readers)
    return _finding(
        store.ref,
        affected=tuple(ref for each in readers for ref in (each.ref, each.secret)),
        message=f"{store.ref} cannot be read: {failed.reason or 'not ready'}",
        why=f"{store.ref} says: {symptom.sentence(failed.message)} Read from it: {names or 'nothing yet'}. "
        f"{_state(readers)}",
        since=failed.last_transition_time or store.metadata.creation_timestamp,
        blames=unanswered(snapshot, failed.message, store.namespace),
        evidence=symptom.conditions(store.ref, store.status.conditions, failed),
        text=f"Correct {store.ref}: the provider's address, or the credentials it names.",
    )


def _state(readers: list[externalsecretsv1.ExternalSecret]) -> str:
    """What is left of what was fetched: without a first time there is nothing to use."""
    never = [str(each.secret) for each in readers if each.status.refresh_time is None]
    lacks = f"{symptom.listed(never)} {'was' if len(never) == 1 else 'were'} never made."
    used = "What was fetched before is still in use; a rotation does not arrive."
    return " ".join((*((lacks,) if never else ()), *((used,) if len(never) < len(readers) else ())))


def _finding(
    subject: Ref,
    *,
    affected: tuple[Ref, ...],
    message: str,
    why: str,
    since: datetime | None,
    blames: tuple[Ref, ...],
    evidence: tuple[Evidence, ...],
    text: str,
) -> Finding:
    return Finding(
        reason="ExternalSecretFailed",
        subject=subject,
        affected=affected,
        severity=Severity.WARNING,
        message=message,
        why=why,
        since=since,
        hold=_HOLD,
        blames=blames,
        evidence=evidence,
        proposal=Proposal(text, (command.describe(subject),)),
    )
