"""Containers that end because something they call does not answer."""

from datetime import timedelta

from watchdog.domain.evidence import Proposal
from watchdog.domain.ref import Ref
from watchdog.logic.facts import Fact, Family
from watchdog.logic.network import callees, hosts, infrastructure
from watchdog.logic.pods.cause import Case, Cause, looks
from watchdog.logic.pods.crash import Crash

_SAYING = {
    Family.REFUSED: "{} refuses the connection: nothing listens there",
    Family.TIMEOUT: "{} does not answer: the path is blocked or the host is down",
    Family.NO_SUCH_HOST: "the name {} does not resolve",
    Family.AUTH_FAILED: "{} refuses the login",
}


def dependency(case: Case, crash: Crash) -> Cause | None:
    """The log of the end names a callee that cannot be reached, or that refuses."""
    fact = crash.fact(*_SAYING)
    if fact is None:
        return None
    who = fact.name or "a service it depends on"
    return Cause(
        reason="DependencyUnavailable",
        hold=timedelta(minutes=15),
        headline=f"{case.owner} ends because {_SAYING[fact.family].format(who)}",
        why=f"{case.said}The program ends on it at each start; the program itself is not "
        "what fails, and a restart does not help while the dependency is away.",
        proposal=Proposal(
            f"Look at {who} first; once it answers, the pod recovers within its back-off of "
            "5 minutes.",
            looks(case.owner, crash),
        ),
        blames=_behind(case, fact),
    )


def _behind(case: Case, fact: Fact) -> tuple[Ref, ...]:
    """What the fact may mean to the owner's pods, and a DNS without a ready pod."""
    snapshot, owner = case.snapshot, case.owner
    dns = infrastructure.dns_service(snapshot) if fact.family is Family.NO_SUCH_HOST else None
    if dns is None or any(pod.ready for pod in snapshot.pods_by_service.get(dns, ())):
        return callees.blamed(snapshot, owner, (fact,))
    found = (*callees.blamed(snapshot, owner, (fact,)), *hosts.behind(snapshot, dns))
    return tuple(dict.fromkeys(found))
