"""Findings about the configuration of the cluster's DNS: names that lead astray, and who suffers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.evidence import Evidence, LogQuery, Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.facts import Family
from watchdog.logic.network import caller_logs, hosts
from watchdog.logic.network.caller_logs import Complaint
from watchdog.logic.network.calls import by_service, calls
from watchdog.logic.network.dnsconfig import Config, Wrong, config_of, domain_of, wrong_answers
from watchdog.logic.network.resolving import DOMAIN

_HOLD = timedelta(minutes=5)
_CLOCKS = timedelta(minutes=2)
_RECENT = timedelta(hours=24)  # what nobody has suffered from for so long hits nobody
_NAMED = 10  # Services that nobody is known to call are named up to here
_STREAMS = 6
_AHEAD = (
    " CoreDNS was started before that change and does not reload: it holds from its next start."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reach:
    """Who calls the Services of a wrong answer, who of them suffers, and what they say."""

    services: tuple[Ref, ...]
    callers: tuple[Ref, ...]
    suffering: tuple[Ref, ...]
    words: tuple[Complaint, ...]


def misled(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one Finding for each ConfigMap of the DNS that gives wrong answers."""
    config = config_of(snapshot)
    if config is None or not config.servers:
        return
    wrong = wrong_answers(snapshot, config, domain_of(config))
    if not wrong:
        yield from _other_domain(snapshot, config)
        yield from _old_answers(snapshot, config)
    for ref in sorted({each.config for each in wrong}):
        yield _wrong(snapshot, config, ref, tuple(each for each in wrong if each.config == ref))


def _wrong(snapshot: Snapshot, config: Config, ref: Ref, wrong: tuple[Wrong, ...]) -> Finding:
    changed = config.changed_at(ref)
    services = [each.service for each in wrong]
    reach = _reach(snapshot, services, changed)
    severity = _severity(snapshot, config, changed, wrong, reach)
    ahead = config.outdated and not reach.suffering
    more = _AHEAD if ahead else ""
    shown = _rules(wrong)
    first = next((each for each in wrong if each.service.ref in reach.services), wrong[0])
    several = f" and {len(wrong) - 1} other Services" if len(wrong) > 1 else ""
    return Finding(
        reason="DNSRewrite",
        subject=ref,
        affected=reach.services if ahead else (*reach.services, *reach.callers),
        severity=severity,
        message=f"the cluster's DNS misleads who asks for {first.service.ref}{several}",
        why=f"{first.service.ref} exists, but its name {first.name} is {first.said}, because of "
        f"{shown[0]}. {_suffer(reach)}{more} The Service and its pods are not at fault, and "
        "restarting who calls them does not help.",
        since=changed,
        hold=_HOLD,
        sightings=2 if changed is None else 1,
        evidence=(
            *(symptom.fact("spec", ref, rule, changed) for rule in shown[:3]),
            *_quoted(reach),
            *_changed(config, ref),
        ),
        proposal=_cure(config, ref, f"Take {shown[0]} out of {ref}, or correct it", restart=True),
        logs=_streams(snapshot, reach.callers),
    )


def _rules(wrong: Sequence[Wrong]) -> tuple[str, ...]:
    """What misleads, each once: the line of the configuration, or what it lacks."""
    return tuple(
        dict.fromkeys(
            symptom.shorten(each.directive.where, 160) if each.directive else "what it lacks"
            for each in wrong
        )
    )


def _severity(
    snapshot: Snapshot,
    config: Config,
    changed: datetime | None,
    wrong: Sequence[Wrong],
    reach: _Reach,
) -> Severity:
    """Critical when somebody suffers, or is about to: no address, and not for ages without harm.

    Another address may be meant, as long as nobody suffers from it.
    """
    if reach.suffering:
        return Severity.CRITICAL
    if not any(each.dead for each in wrong):
        return Severity.INFO
    if changed is not None and snapshot.age(changed) > _RECENT:
        return Severity.INFO
    return Severity.WARNING if config.outdated else Severity.CRITICAL


def _suffer(reach: _Reach) -> str:
    if not reach.suffering:
        return (
            f"It is called by {symptom.listed(map(str, reach.callers))}." if reach.callers else ""
        )
    return f"{symptom.listed(map(str, reach.suffering))} cannot reach it."


def _quoted(reach: _Reach) -> Iterator[Evidence]:
    return (symptom.fact("log", each.pod, each.fact.line) for each in reach.words[:2])


def _changed(config: Config, ref: Ref) -> Iterator[Evidence]:
    if (at := config.changed_at(ref)) is not None:
        yield symptom.fact("change", ref, "its content was changed", at)


# ------------------------------------------------------------------------------------- the others
def _reach(
    snapshot: Snapshot, services: Sequence[corev1.Service], changed: datetime | None
) -> _Reach:
    hit = {each.ref for each in services}
    called = {ref: group for ref, group in by_service(calls(snapshot)).items() if ref in hit}
    written = {call.caller for group in called.values() for call in group}
    words = tuple(_complaints(snapshot, hit, written))
    heard = {snapshot.owners[word.pod] for word in words}
    named = {ref for word in words if (ref := _meant(snapshot, word)) in hit and ref is not None}
    callers = tuple(sorted(written | heard))
    return _Reach(
        services=tuple(sorted(called.keys() | named)) or tuple(sorted(hit))[:_NAMED],
        callers=callers,
        suffering=tuple(
            each for each in callers if each in heard or _fell(snapshot, each, changed)
        ),
        words=words,
    )


def _complaints(snapshot: Snapshot, hit: set[Ref], callers: set[Ref]) -> Iterator[Complaint]:
    """What logs say of these Services; a name that is not said counts for who calls them."""
    talking = {
        snapshot.owners[each.pod] for each in snapshot.log_texts if each.pod in snapshot.pods
    }
    for owner in sorted(talking):
        for word in caller_logs.complaints(snapshot, owner):
            unnamed = not word.host and word.fact.family is Family.NO_SUCH_HOST
            if _meant(snapshot, word) in hit or (unnamed and owner in callers):
                yield word


def _meant(snapshot: Snapshot, word: Complaint) -> Ref | None:
    return hosts.service_of(snapshot, word.host, word.pod.namespace) if word.host else None


def _fell(snapshot: Snapshot, owner: Ref, changed: datetime | None) -> bool:
    """Whether a pod of a workload stopped being ready since the change."""
    return any(
        pod.status.phase == "Running"
        and not pod.ready
        and (changed is None or (symptom.unready_since(pod) or changed) >= changed - _CLOCKS)
        for pod in snapshot.pods_by_owner.get(owner, ())
    )


def _streams(snapshot: Snapshot, callers: Sequence[Ref]) -> tuple[LogQuery, ...]:
    """The logs of who is not ready first."""
    found = [
        (any(not pod.ready for pod in snapshot.pods_by_owner.get(owner, ())), owner)
        for owner in callers
    ]
    ordered = [owner for unready, owner in sorted(found, key=lambda each: (not each[0], each[1]))]
    return tuple(query for owner in ordered for query in caller_logs.streams(snapshot, owner))[
        :_STREAMS
    ]


def _cure(config: Config, ref: Ref, text: str, *, restart: bool) -> Proposal:
    item = next(each for each in config.configs if each.ref == ref)
    second = ""
    if config.workload is not None and restart and not config.reloads:
        again = command.rollout_restart(config.workload.ref)
        second = f" CoreDNS has no reload here: restart it as the second step ({again})."
    return symptom.advise_on(
        item,
        f"{text}; the last good content is in Git or in a backup.{second}",
        command.kubectl(ref, "get configmap", ref.name, "-o yaml"),
    )


# --------------------------------------------------------------------------- what only logs confirm
def _other_domain(snapshot: Snapshot, config: Config) -> Iterator[Finding]:
    """The kubernetes plugin serves another domain since today, and callers find no Service."""
    changed = config.changed_at(config.ref)
    domain = domain_of(config)
    if domain == DOMAIN or changed is None or snapshot.age(changed) > _RECENT:
        return
    wrong = wrong_answers(snapshot, config, DOMAIN)
    reach = _reach(snapshot, [each.service for each in wrong], changed)
    lost = [word for word in reach.words if word.fact.family is Family.NO_SUCH_HOST]
    if wrong and (lost or not snapshot.log_texts):
        text = f"the kubernetes plugin serves {domain.rstrip('.')} and not {DOMAIN.rstrip('.')}"
        yield _said(
            snapshot,
            config,
            reach,
            headline=f"the cluster's DNS does not know {DOMAIN.rstrip('.')}: {text}",
            text=text,
            since=changed,
            cure=_cure(
                config,
                config.ref,
                f"Give the kubernetes plugin of {config.ref} the zone {DOMAIN.rstrip('.')} again",
                restart=True,
            ),
        )


def _old_answers(snapshot: Snapshot, config: Config) -> Iterator[Finding]:
    """The configuration is right by now, but CoreDNS still has the one it was started with."""
    if not config.outdated or config.workload is None or config.started_at is None:
        return
    reach = _reach(snapshot, tuple(snapshot.services.values()), config.started_at)
    lost = [word for word in reach.words if word.fact.family is Family.NO_SUCH_HOST]
    if not lost:
        return
    restart = command.rollout_restart(config.workload.ref)
    text = (
        "the configuration was changed after CoreDNS was started, and "
        "without the plugin reload it still answers by the old one"
    )
    yield _said(
        snapshot,
        config,
        reach,
        headline=f"the cluster's DNS answers by an old configuration; {config.ref} is right by now",
        text=text,
        since=config.changed_at(config.ref),
        cure=symptom.advise(
            config.workload,
            f"Restart {config.workload.ref}: its new pods read the configuration of today. The "
            "plugin reload in the Corefile would make that needless.",
            restart or command.describe(config.workload.ref),
        ),
    )


def _said(
    snapshot: Snapshot,
    config: Config,
    reach: _Reach,
    *,
    headline: str,
    text: str,
    since: datetime | None,
    cure: Proposal,
) -> Finding:
    return Finding(
        reason="DNSRewrite",
        subject=config.ref,
        affected=(*reach.services, *reach.callers),
        severity=Severity.CRITICAL,
        message=headline,
        why=f"{text[:1].upper()}{text[1:]}. {_suffer(reach)} The Services exist and are not at fault.",
        since=since,
        hold=_HOLD,
        evidence=(symptom.fact("spec", config.ref, text, since), *_quoted(reach)),
        proposal=cure,
        logs=_streams(snapshot, reach.callers),
    )
