"""Custom resources that nobody brings to an end, and who should.

Source of the signs: the Kubernetes API conventions (Ready, Available, observedGeneration) and kstatus
(Stalled, Reconciling). What says nothing of itself is only judged by what it should have made.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.objects import customv1, metav1, podv1, rbacv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic.workloads.rbac import AnyRole, bound

HOLD = timedelta(minutes=30)
_MOVING = ("Reconciling", "Progressing")
_WRITES = frozenset({"update", "patch", "*"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """What says that a custom resource does not get on; `idle` is about its controller, not itself."""

    text: str
    since: datetime | None
    condition: metav1.Condition | None = None

    @property
    def idle(self) -> bool:
        return self.condition is None


def sign(snapshot: Snapshot, item: customv1.CustomResource, *, childless: bool) -> Sign | None:
    """Return why it does not get on; None while it does, rests by choice or says nothing.

    `childless`: nothing is owned by it, although it should have made something.
    """
    if item.deleting or item.resting:
        return None
    if (bad := _bad(snapshot, item)) is not None:
        said = f" ({bad.reason})" if bad.reason else ""
        return Sign(
            text=f"{bad.type} is {bad.status}{said}",
            since=bad.last_transition_time or item.metadata.creation_timestamp,
            condition=bad,
        )
    seen, now = item.status.observed_generation, item.metadata.generation
    if seen is not None and seen < now:
        return Sign(
            text=f"its controller has seen generation {seen}, not the change to {now}",
            since=item.changed_at,
        )
    if childless and item.status.blank:
        born = item.changed_at or item.metadata.creation_timestamp
        return Sign(text="nothing was made of it and it has no status", since=born)
    return None


def _bad(snapshot: Snapshot, item: customv1.CustomResource) -> metav1.Condition | None:
    stalled = item.condition("Stalled")
    if stalled is not None and stalled.status == "True":
        return stalled
    moving = (item.condition(kind) for kind in _MOVING)
    if any(each is not None and _on_its_way(snapshot, each) for each in moving):
        return None
    states = (item.condition(kind) for kind in ("Ready", "Available"))
    return next((each for each in states if each is not None and each.status == "False"), None)


def _on_its_way(snapshot: Snapshot, moving: metav1.Condition) -> bool:
    since = moving.last_transition_time
    return moving.status == "True" and since is not None and snapshot.age(since) < HOLD


def plural_of(snapshot: Snapshot, group: str, kind: str) -> str:
    """The resource name of a kind by its installed definition; "" when none fits.

    Only names of definitions are read, and an English plural tells which of them is meant.
    """
    name = kind.lower()
    likely = {name, f"{name}s", f"{name}es", f"{name.removesuffix('y')}ies"}
    definitions = snapshot.of("customresourcedefinitions", customv1.CustomResourceDefinition)
    return next(
        (
            each.plural
            for each in definitions.values()
            if each.group == group and each.plural in likely
        ),
        "",
    )


def controller_of(snapshot: Snapshot, group: str, kind: str) -> Workload | None:
    """The one workload whose ServiceAccount was given the right to write this very kind."""
    plural = plural_of(snapshot, group, kind)
    wanted = {plural, f"{plural}/status", "*"}
    found = [
        workload
        for workload in snapshot.workloads.values()
        if plural and any(_writes(rule, group, wanted) for rule in _rules(snapshot, workload))
    ]
    return found[0] if len(found) == 1 else None


def _writes(rule: rbacv1.PolicyRule, group: str, resources: set[str]) -> bool:
    return (
        group in (rule.api_groups or ())
        and not resources.isdisjoint(rule.resources or ())
        and not _WRITES.isdisjoint(rule.verbs)
    )


def _rules(snapshot: Snapshot, workload: Workload) -> Iterator[rbacv1.PolicyRule]:
    name = workload.template.spec.service_account_name or "default"
    account = Ref("ServiceAccount", workload.ref.namespace, name)
    roles: dict[Ref, AnyRole] = {
        **snapshot.of("roles", rbacv1.Role),
        **snapshot.of("clusterroles", rbacv1.ClusterRole),
    }
    for ref in bound(snapshot, account, workload.ref.namespace):
        role = roles.get(ref)
        if role is not None:
            yield from role.rules or ()


def lost_variables(workload: Workload) -> tuple[str, ...]:
    """Environment variables that the newest revision does not set any more."""
    if workload.previous is None:
        return ()
    now, before = _variables(workload.template.spec), _variables(workload.previous.template.spec)
    return tuple(sorted(before - now))


def _variables(spec: podv1.PodSpec) -> set[str]:
    return {each.name for container in spec.containers for each in container.env}
