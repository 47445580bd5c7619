"""One look at the cluster: collect, check, read the logs of suspects, check again, inhibit."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from watchdog.domain.check import Check
from watchdog.domain.errors import Misconfigured
from watchdog.domain.finding import Finding
from watchdog.domain.incident import Incident
from watchdog.domain.ports import Cluster
from watchdog.domain.run import Unknown
from watchdog.domain.snapshot import Missing, Snapshot
from watchdog.logic.incident.blindness import FAILED
from watchdog.logic.incident.detect import (
    can_see,
    reads_logs,
    run_check,
    unread_logs,
    unreadable,
    wanted_customs,
    wanted_logs,
)
from watchdog.logic.incident.group import Seen, ripe
from watchdog.logic.incident.inhibit import hold_back, inhibit
from watchdog.logic.incident.own_faults import CHECK as OWN
from watchdog.logic.incident.patience import with_patience
from watchdog.logic.incident.rehome import rehome, wanted_specs
from watchdog.logic.incident.story import with_story
from watchdog.logic.pods.change import changes_before
from watchdog.logic.pods.related_events import events_around

log = structlog.get_logger()

CheckParams = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What all checks see in one Snapshot. A check that could not see is in `blind`, not in `found`."""

    snapshot: Snapshot
    found: Mapping[str, tuple[Finding, ...]]
    blind: Mapping[str, tuple[Unknown, ...]]
    unjudged: Mapping[str, str]  # Reasons nobody could look for now, and why

    def seen(
        self, known: Sequence[Incident] = (), *, own: Collection[str] | None = None
    ) -> tuple[Seen, ...]:
        """All Findings with what changed and happened around them, the explained ones marked.

        Standing ones of the `known` Incidents explain too, when their checks are blind. `own` are
        the checks whose Incidents this Run may open, None for all.
        """
        return tuple(self._with_story(each) for each in self._marked(known, own))

    def _survives(self, each: Seen) -> bool:
        due = ripe(each.finding, self.snapshot.taken_at)
        return due and not each.inhibited_by and each.finding.severity.needs_human

    def _with_story(self, each: Seen) -> Seen:
        finding = each.finding
        story = changes_before(self.snapshot, finding)
        if self._survives(each):
            story += events_around(self.snapshot, finding)
        return replace(each, finding=with_story(finding, story))

    def _marked(self, known: Sequence[Incident], own: Collection[str] | None) -> tuple[Seen, ...]:
        everything = [
            Seen(
                check=check,
                finding=finding,
                uncertain=unread_logs(finding, self.snapshot),
            )
            for check, findings in sorted(self.found.items())
            for finding in findings
            if finding.proof is None  # what is not proved is not said
        ]
        others = [
            each
            for each in known
            if each.standing and each.check not in self.found and each.check != OWN
        ]
        waiting = with_patience(everything, known, own=own, now=self.snapshot.taken_at)
        explained = inhibit(waiting, self.snapshot.owners, others)
        return hold_back(explained, self.unjudged)


def check_all(snapshot: Snapshot, checks: Sequence[Check], params: CheckParams) -> View:
    """Run every check that can see. A check that breaks is blind: one bug must not silence the rest.

    Raises:
        Misconfigured: settings that do not fit a check.
    """
    found: dict[str, tuple[Finding, ...]] = {}
    blind: dict[str, tuple[Unknown, ...]] = {}
    for check in checks:
        if not can_see(check, snapshot):
            blind[check.id] = unreadable(check, snapshot)
            continue
        try:
            found[check.id] = run_check(check, snapshot, params.get(check.id, {}))
        except Misconfigured:
            raise
        except Exception as error:
            log.exception("check failed", check=check.id)
            text = f"the check failed: {type(error).__name__}"
            blind[check.id] = (Unknown(check=check.id, need="check", reason=FAILED, text=text),)
    return View(snapshot=snapshot, found=found, blind=blind, unjudged=_unjudged(checks, blind))


def _unjudged(checks: Sequence[Check], blind: Mapping[str, tuple[Unknown, ...]]) -> dict[str, str]:
    """Reasons of checks that should see and do not; an API that is not installed hides nothing."""
    return {
        reason: f"{unknown.need} {unknown.reason}"
        for check in checks
        for unknown in blind.get(check.id, ())
        if unknown.counts
        for reason in check.reasons
    }


async def look(
    cluster: Cluster, snapshot: Snapshot, checks: Sequence[Check], params: CheckParams
) -> View:
    """Check once, read what suspects ask for, and check those again with it.

    Raises:
        Misconfigured: settings that do not fit a check.
    """
    whole = await _with_customs(cluster, snapshot, checks, params)
    view = await _with_logs(cluster, whole, checks, params)
    findings = [finding for each in view.found.values() for finding in each]
    specs = wanted_specs(findings, view.snapshot)
    if specs:
        read = await cluster.specs(specs)
        view = replace(view, found=rehome(view.found, view.snapshot, read))
    return view


async def _with_customs(
    cluster: Cluster, snapshot: Snapshot, checks: Sequence[Check], params: CheckParams
) -> Snapshot:
    """The same Snapshot with the kinds of custom resources that checks ask for."""
    kinds = wanted_customs(checks, snapshot, params)
    if not kinds:
        return snapshot
    answers = await cluster.customs(kinds)
    listed = {str(kind): each for kind, each in answers.items() if isinstance(each, tuple)}
    missing = {str(kind): each for kind, each in answers.items() if isinstance(each, Missing)}
    return replace(
        snapshot,
        objects={**snapshot.objects, **listed},
        missing={**snapshot.missing, **missing},
    )


async def _with_logs(
    cluster: Cluster, snapshot: Snapshot, checks: Sequence[Check], params: CheckParams
) -> View:
    """Check once, read the logs that suspects ask for, and check those again with them."""
    view = check_all(snapshot, checks, params)
    everything = [finding for findings in view.found.values() for finding in findings]
    queries = wanted_logs(everything, snapshot)
    if not queries:
        return view
    richer = snapshot.with_logs(await cluster.logs(queries))
    curious = {
        check for check, findings in view.found.items() if any(finding.logs for finding in findings)
    } | {each.id for each in checks if each.id in view.found and reads_logs(each)}
    again = check_all(richer, [each for each in checks if each.id in curious], params)
    return View(
        snapshot=richer,
        found={**{k: v for k, v in view.found.items() if k not in curious}, **again.found},
        blind={**view.blind, **again.blind},
        unjudged={**view.unjudged, **again.unjudged},
    )
