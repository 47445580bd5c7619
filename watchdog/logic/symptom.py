"""What every Finding says in the same way: who suffers, since when, which facts, what to do."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from watchdog.domain.evidence import Evidence, EvidenceKind, Proposal
from watchdog.domain.objects import metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload, managed_by

FRESH = timedelta(minutes=20)  # how far back an event still explains the state of now
SETTLED = timedelta(minutes=10)  # Ready for this long: lifetime counters are history
_QUOTED = 300
_LOG_LINE = 200
_OF_STATEFULSETS = re.compile(r" (?:rollout undo|set \w+|patch) statefulset[/ ]")
_ONCE = (
    "An ordered StatefulSet keeps a pod that has never been ready: after the change remove that one "
    "once, so that it is made from the new template."
)


def shorten(text: str, limit: int = _QUOTED) -> str:
    """Return foreign text as one line of at most `limit` characters.

    It ends with a whole word: half a token would no longer be known for one.
    """
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    whole, blank, _ = line[:limit].rpartition(" ")
    return f"{whole if blank else line[: limit - 1]}…"


def sentence(text: str, limit: int = _QUOTED) -> str:
    """Return foreign text as one sentence that others can follow; "" for none."""
    line = shorten(text, limit)
    return line if not line or line.endswith((".", "!", "?", "…")) else f"{line}."


def quoted(lead: str, lines: Sequence[str]) -> str:
    """Return the last line of a log as a sentence, with a space after; "" where there is none."""
    return f"{lead}: {sentence(lines[-1], _LOG_LINE)} " if lines else ""


def listed(names: Iterable[str], limit: int = 5) -> str:
    """Return "a, b and 3 more"."""
    shown = tuple(dict.fromkeys(names))
    more = len(shown) - limit
    text = ", ".join(shown[:limit])
    return f"{text} and {more} more" if more > 0 else text


def counted(number: int, noun: str) -> str:
    """Return "1 pod" or "3 pods"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def verb(number: int, plural: str) -> str:
    """Return the verb that goes with so many: "ends" for 1, "end" for 3."""
    return f"{plural}s" if number == 1 else plural


def still_serve(pods: int) -> str:
    """Say what an earlier revision still does for its users."""
    return f"{counted(pods, 'pod')} of an earlier revision still {verb(pods, 'serve')}."


def fact(kind: EvidenceKind, ref: Ref, text: str, at: datetime | None = None) -> Evidence:
    """One line of evidence."""
    return Evidence(kind=kind, ref=ref, at=at, text=shorten(text))


def said(ref: Ref, condition: metav1.Condition) -> Evidence:
    """A condition as evidence: "Ready=False (Reason): message"."""
    value = f"={condition.status}" if condition.status else ""
    reason = f" ({condition.reason})" if condition.reason else ""
    message = f": {condition.message}" if condition.message else ""
    text = f"{condition.type}{value}{reason}{message}"
    return fact("status", ref, text, condition.last_transition_time)


def conditions(
    ref: Ref, found: Iterable[metav1.Condition] | None, deciding: metav1.Condition | None
) -> tuple[Evidence, ...]:
    """The conditions of an object as evidence, the one that decided first."""
    ordered = sorted(found or (), key=lambda each: each != deciding)
    return tuple(said(ref, each) for each in ordered)


def unready_since(pod: podv1.Pod) -> datetime | None:
    """When the pod stopped being Ready, else when it was created."""
    ready = pod.condition("Ready")
    return (ready.last_transition_time if ready else None) or pod.metadata.creation_timestamp


def first_of(moments: Iterable[datetime | None]) -> datetime | None:
    """The earliest of the moments that are known."""
    return min((moment for moment in moments if moment is not None), default=None)


def settled(snapshot: Snapshot, pod: podv1.Pod) -> bool:
    """Whether the pod has been Ready for so long that its past does not count any more."""
    since = unready_since(pod)
    return pod.ready and since is not None and snapshot.age(since) >= SETTLED


def affected(snapshot: Snapshot, pods: Iterable[podv1.Pod], subject: Ref) -> tuple[Ref, ...]:
    """The workloads of these pods and the pods themselves, without the subject."""
    pods = tuple(pods)
    refs = (*snapshot.owners_of(pods), *(pod.ref for pod in pods))
    return tuple(ref for ref in dict.fromkeys(refs) if ref != subject)


def readiness(snapshot: Snapshot, owner: Ref) -> str:
    """Say what is left of a workload: "1 of 3 pods of Deployment/shop/api is ready."."""
    ready, wanted = _ready(snapshot, owner)
    return f"{ready} of {wanted} pods of {owner} {'is' if ready == 1 else 'are'} ready."


def readiness_fact(snapshot: Snapshot, owner: Ref) -> Evidence:
    """Return the same as evidence: "1 of 3 pods ready"."""
    ready, wanted = _ready(snapshot, owner)
    return fact("status", owner, f"{ready} of {wanted} pods ready" if wanted else "scaled to 0")


def _ready(snapshot: Snapshot, owner: Ref) -> tuple[int, int]:
    known = snapshot.workloads.get(owner)
    pods = snapshot.pods_by_owner.get(owner, ())
    if known:
        return known.ready, known.wanted
    return sum(pod.ready for pod in pods), len(pods)


def advise(workload: Workload | None, text: str, *commands: str) -> Proposal:
    """A Proposal; a workload kept in Git gets the warning that the cluster is not its source.

    A StatefulSet waits for a pod that has never been ready before it replaces any (Kubernetes:
    "Forced rollback"), so a mended template alone does not cure it.
    """
    if any(_OF_STATEFULSETS.search(each) for each in commands):
        text = f"{text} {_ONCE}"
    return _advise(workload.gitops if workload else "", text, commands)


def advise_on(item: metav1.Object, text: str, *commands: str) -> Proposal:
    """As `advise`, for an object of any other kind."""
    return _advise(managed_by(item.annotations, item.labels), text, commands)


def _advise(gitops: str, text: str, commands: Iterable[str]) -> Proposal:
    if gitops:
        text = f"{text} It is managed by {gitops}: change it in Git; self-heal reverts this."
    return Proposal(text, tuple(each for each in dict.fromkeys(commands) if each))
