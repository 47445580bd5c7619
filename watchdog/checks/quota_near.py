"""Resource quotas that are nearly used up."""

from collections.abc import Iterator

from pydantic import Field

from watchdog.domain.check import Params, check
from watchdog.domain.evidence import Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1
from watchdog.domain.quantity import quantity
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom

# What every new pod takes of a quota; a count of other objects is often reached by design.
_OF_PODS = ("pods", "cpu", "memory", "requests.", "limits.", "count/pods", "ephemeral-storage")


class QuotaNearParams(Params):
    """`checks.quota_near` in the config file."""

    share: float = Field(default=0.9, gt=0, le=1, description="share of a quota that is noted")


@check(
    family="admission",
    needs=("resourcequotas",),
    reasons=("QuotaNearLimit",),
    params=QuotaNearParams,
)
def quota_near(snapshot: Snapshot, params: QuotaNearParams) -> Iterator[Finding]:
    """A quota is used beyond a share of it; used up, it stops the next pod.

    Only noted, except when nothing is left of what pods need. A limit of zero forbids on purpose.
    """
    for quota in snapshot.of("resourcequotas", corev1.ResourceQuota).values():
        shares = dict(_shares(quota))
        near = {name: share for name, share in shares.items() if share > params.share}
        if near and not quota.deleting:
            yield _finding(quota, near)


def _shares(quota: corev1.ResourceQuota) -> Iterator[tuple[str, float]]:
    used = quota.status.used or {}
    for name, hard in sorted((quota.status.hard or {}).items()):
        if limit := quantity(hard):
            yield name, quantity(used.get(name, 0)) / limit


def _finding(quota: corev1.ResourceQuota, near: dict[str, float]) -> Finding:
    used, hard = quota.status.used or {}, quota.status.hard or {}
    up = [name for name, share in near.items() if share >= 1 and name.startswith(_OF_PODS)]
    figures = [f"{name} {used.get(name, 0)} of {hard[name]}" for name in near]
    what = symptom.listed(figures)
    consequence = (
        f"Nothing is left of {symptom.listed(up)}: the next pod is refused, also one that only "
        "replaces another in a rollout"
        if up
        else "Pods that run are not touched, but new ones may soon be refused"
    )
    return Finding(
        reason="QuotaNearLimit",
        subject=quota.ref,
        severity=Severity.WARNING if up else Severity.INFO,
        message=f"{quota.ref} is {'used up' if up else 'nearly used up'}: {what}",
        why=f"Namespace {quota.namespace} has used {what}. {consequence}.",
        since=None,
        sightings=2,
        evidence=tuple(symptom.fact("status", quota.ref, each) for each in figures[:6]),
        proposal=Proposal(
            f"Free what is not needed in namespace {quota.namespace}, or raise the quota.",
            (command.describe(quota.ref), command.listed(quota.ref, "pods")),
        ),
    )
