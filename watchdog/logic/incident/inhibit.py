"""Which Finding explains which: the larger one is said, the smaller one stays on the page.

A Finding hides another when its Reason is the larger one (`larger`) and the two are linked: they
name a common object as subject or affected.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from watchdog.domain.incident import Incident
from watchdog.domain.ref import Ref
from watchdog.logic.incident.group import Seen
from watchdog.logic.incident.larger import (
    beats,
    blames_callees,
    blames_parts,
    fault_of_callee,
    might_explain,
)
from watchdog.logic.incident.patience import patient


@dataclass(frozen=True, slots=True)
class _Explainer:
    reason: str
    subject: Ref
    linked: frozenset[Ref]

    @property
    def label(self) -> str:
        return f"{self.reason} of {self.subject}"


def inhibit(
    seen: Sequence[Seen], owners: Mapping[Ref, Ref], standing: Iterable[Incident] = ()
) -> tuple[Seen, ...]:
    """Return the same Findings, the explained ones marked with what explains them.

    `owners` is the workload of every pod. `standing` are open Incidents whose check did not look
    in this Run: they explain as well. Of Findings that explain each other one is left to be said.
    """
    findings = [
        _Explainer(
            each.finding.reason,
            each.finding.subject,
            _linked(owners, each.finding.subject, *each.finding.affected),
        )
        for each in seen
    ]
    others = [
        _Explainer(incident.reason, subject, _linked(owners, subject, *incident.affected))
        for incident in standing
        if incident.severity.needs_human
        for subject in incident.subjects
    ]
    everything = [*findings, *others]
    speaking = [
        number
        for number in range(len(everything))
        if number >= len(seen) or seen[number].finding.severity.needs_human
    ]  # what is only noted explains nothing
    near = _by_object(everything, speaking)
    explained_by = patient(
        seen,
        [
            _explainers(each, own, everything, near)
            for each, own in zip(seen, findings, strict=True)
        ],
    )
    said = _said(findings, explained_by)
    return tuple(
        replace(
            each,
            inhibited_by="" if number in said else everything[explained_by[number][0]].label,
        )
        for number, each in enumerate(seen)
    )


def _linked(owners: Mapping[Ref, Ref], *refs: Ref) -> frozenset[Ref]:
    return frozenset(refs) | {owners[ref] for ref in refs if ref in owners}


def _by_object(everything: Sequence[_Explainer], speaking: Iterable[int]) -> dict[Ref, list[int]]:
    """Which explainers name an object: hundreds of Findings need not be compared with each other."""
    near: defaultdict[Ref, list[int]] = defaultdict(list)
    for number in speaking:
        for ref in everything[number].linked:
            near[ref].append(number)
    return near


def _explainers(
    each: Seen, own: _Explainer, everything: Sequence[_Explainer], near: Mapping[Ref, Sequence[int]]
) -> list[int]:
    """Numbers of what explains this Finding, in order."""
    finding = each.finding
    beaten = {
        number
        for ref in own.linked
        for number in near.get(ref, ())
        if beats(everything[number].reason, everything[number].subject, finding.reason)
    }
    if blames_callees(finding.reason):
        beaten.update(
            number
            for ref in finding.blames
            for number in near.get(ref, ())
            if fault_of_callee(everything[number].reason)
        )
    if blames_parts(finding.reason):
        beaten.update(
            number
            for ref in finding.blames
            for number in near.get(ref, ())
            if everything[number].subject == ref
        )
    itself = (finding.reason, finding.subject)
    return sorted(
        number
        for number in beaten
        if (everything[number].reason, everything[number].subject) != itself
    )


def _said(findings: Sequence[_Explainer], explained_by: Sequence[Sequence[int]]) -> set[int]:
    """Numbers of the Findings that must be said so that every other is explained by one of them.

    Two services that cannot reach each other explain each other: the first by name is said, the
    same one in every Run.
    """
    said: set[int] = set()
    open_ends = set(range(len(findings)))
    while open_ends:
        # Whatever lies outside this set, other Incidents included, is said or leads to what is.
        reached = {
            number
            for number in open_ends
            if not explained_by[number] or not open_ends.issuperset(explained_by[number])
        }
        said.update(number for number in reached if not explained_by[number])
        if not reached:
            reached = {min(open_ends, key=lambda number: (findings[number].subject, number))}
            said |= reached
        open_ends -= reached
    return said


def hold_back(seen: Sequence[Seen], blind: Mapping[str, str]) -> tuple[Seen, ...]:
    """Mark the Findings that a check which could not look might explain; the others stay as said.

    `blind` maps each Reason that nobody could look for to why. Half a look takes the consequence
    for the cause: what is only a consequence waits until the whole can be seen.
    """
    return tuple(
        each if each.inhibited_by else replace(each, inhibited_by=_unjudged(each, blind))
        for each in seen
    )


def _unjudged(each: Seen, blind: Mapping[str, str]) -> str:
    for reason, why in blind.items():
        if might_explain(reason, each.finding.reason):
            return f"what cannot be seen now: {reason} ({why})"
    return ""
