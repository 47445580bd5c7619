"""Workloads that run and are not ready because a host they are told to call does not answer."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import timedelta

from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.facts import Fact, Family, facts, telling_lines
from watchdog.logic.network import callees
from watchdog.logic.pods.probing import Failing, Kind, contradiction, failing

_HOLD = timedelta(minutes=15)
_SAYS = {
    Family.REFUSED: "refuses the connection",
    Family.TIMEOUT: "does not answer",
    Family.NO_SUCH_HOST: "does not resolve",
    Family.AUTH_FAILED: "refuses the login",
}


def unready_for_others(snapshot: Snapshot, crashing: Collection[Ref]) -> Iterator[Finding]:
    """Yield DependencyUnavailable for workloads whose readiness fails on what their log ends with.

    The last telling line has to name a host that the spec names, too, or a login that is refused.
    Workloads in `crashing` are judged by how they end.
    """
    groups: defaultdict[Ref, list[tuple[Failing, Fact]]] = defaultdict(list)
    for each in failing(snapshot):
        judged = each.owner in crashing or each.kind is not Kind.READINESS or contradiction(each)
        fact = None if judged else _last_word(snapshot, each)
        if fact is not None:
            groups[each.owner].append((each, fact))
    for owner, group in sorted(groups.items()):
        yield _finding(snapshot, owner, group)


def _last_word(snapshot: Snapshot, each: Failing) -> Fact | None:
    lines = telling_lines(each.log, 1)
    said = [fact for line in lines for fact in facts(line) if fact.family in _SAYS]
    return next((fact for fact in said if _is_told_to_call(snapshot, each.owner, fact)), None)


def _is_told_to_call(snapshot: Snapshot, owner: Ref, fact: Fact) -> bool:
    named = fact.name.partition(":")[0].lower()
    return fact.family is Family.AUTH_FAILED or named in callees.written(snapshot, owner)


def _finding(snapshot: Snapshot, owner: Ref, group: list[tuple[Failing, Fact]]) -> Finding:
    first, fact = group[0]
    name, who = first.container.name, fact.name or "a service it logs in to"
    return Finding(
        reason="DependencyUnavailable",
        subject=owner,
        affected=symptom.affected(snapshot, (each.pod for each, _ in group), owner),
        severity=snapshot.severity_for(owner),
        message=f"{owner} is not ready because {who} {_SAYS[fact.family]}",
        why=f"Container {name} runs, its readiness probe fails, and the last it says is: "
        f"{symptom.shorten(fact.line, 200)}. {symptom.readiness(snapshot, owner)} The program itself is "
        "not what fails, and a restart does not help while the dependency is away.",
        since=symptom.first_of(symptom.unready_since(each.pod) for each, _ in group),
        hold=_HOLD,
        blames=callees.blamed(snapshot, owner, (fact,)),
        evidence=(
            symptom.fact("log", first.pod.ref, fact.line),
            *(
                symptom.fact(
                    "status",
                    each.pod.ref,
                    f"container {each.container.name} runs and is not ready",
                    symptom.unready_since(each.pod),
                )
                for each, _ in group[:2]
            ),
        ),
        proposal=symptom.advise(
            snapshot.workloads.get(owner),
            f"Look at {who} first: its address and credentials in the spec, whether it runs, the way "
            "to it. The pod gets ready by itself once it answers.",
            command.logs(first.pod.ref, name),
            command.describe(owner),
        ),
        logs=first.queries,
    )
