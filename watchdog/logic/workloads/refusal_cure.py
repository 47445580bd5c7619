"""What lets the pods of all workloads in that one object refuses."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from watchdog.domain.evidence import Proposal
from watchdog.domain.objects import corev1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic import command
from watchdog.logic.symptom import advise, listed
from watchdog.logic.workloads.gatekeeper import LEVEL, amount, backend, distrusted, service_of
from watchdog.logic.workloads.limit_range import Bound, asked, bound
from watchdog.logic.workloads.refusal import Blocked, Gate, shortfall, unspecified, webhook

# What even the level "baseline" forbids, by the words of the Pod Security plugin.
_BASELINE = (
    "host namespaces",
    "hostPath",
    "privileged",
    "non-default capabilities",
    "hostPort",
    "hostProcess",
    "procMount",
    "forbidden sysctls",
    "seLinuxOptions",
    "forbidden AppArmor",
)
# References of a pod that validation looks up, and the field that holds them.
_LOOKED_UP = {
    "no PriorityClass with name": "priorityClassName",
    "RuntimeClass": "runtimeClassName",
}

Group = Sequence[Blocked]


def cure(snapshot: Snapshot, subject: Ref, group: Group) -> Proposal:
    """Return what to do about one gatekeeper for all that it keeps out."""
    return _CURES[group[0].refusal.gate](snapshot, subject, group)


def _owners(group: Group) -> str:
    return listed(dict.fromkeys(str(each.owner) for each in group))


def _first(snapshot: Snapshot, group: Group) -> Workload | None:
    return snapshot.workloads.get(group[0].owner)


def _quota(snapshot: Snapshot, subject: Ref, group: Group) -> Proposal:
    quota = snapshot.of("resourcequotas", corev1.ResourceQuota)[subject]
    used: dict[str, float] = {}
    more: defaultdict[str, float] = defaultdict(float)
    full = [each for each in group if shortfall(quota, each.refusal.detail)]
    for each in full:
        for name, (_, taken, wanted) in shortfall(quota, each.refusal.detail).items():
            used[name] = taken
            more[name] += wanted * each.missing
    needed = {name: amount(name, used[name] + more[name]) for name in sorted(used)}
    texts, commands = [], []
    if needed:
        wants = listed(f"{name}={size}" for name, size in needed.items())
        texts.append(
            f"Raise the quota to {wants}, which is what the missing pods need, or lower the limits of "
            f"{_owners(full)}; free what is not used in namespace {subject.namespace}."
        )
        commands.append(command.patch(subject, {"spec": {"hard": needed}}, kind="merge"))
    silent = [each for each in group if each not in full]
    if silent:
        text, orders = _specify(snapshot, quota, silent)
        texts.append(text)
        commands += orders
    return advise(_first(snapshot, group), " ".join(texts), *commands)


def _specify(
    snapshot: Snapshot, quota: corev1.ResourceQuota, group: Group
) -> tuple[str, list[str]]:
    names = sorted({n for each in group for n in unspecified(quota, each.refusal.detail)})
    text = (
        f"Give every container of {_owners(group)} {listed(names)}: the quota counts it, so a pod "
        "without it is refused. A LimitRange can set defaults for the namespace."
    )
    commands = []
    for each in group:
        if _resources_changed(snapshot.workloads.get(each.owner)):
            commands.append(command.rollout_undo(each.owner))
        else:
            wanted = unspecified(quota, each.refusal.detail)
            commands.append(_like_siblings(snapshot, each, wanted))
    return text, commands


def _like_siblings(snapshot: Snapshot, each: Blocked, names: tuple[str, ...]) -> str:
    """Set what pods of the same namespace set; only read when there is no example."""
    values: dict[str, dict[str, str]] = {"limits": {}, "requests": {}}
    for pod in snapshot.pods.values():
        for container in pod.spec.containers if pod.namespace == each.owner.namespace else ():
            for name in names:
                part, _, resource = name.rpartition(".")
                part = part or "requests"
                held = (
                    container.resources.limits if part == "limits" else container.resources.requests
                )
                if part in values and resource in (held or {}):
                    values[part].setdefault(resource, str((held or {})[resource]))
    words = [
        f"--{part}=" + ",".join(f"{name}={size}" for name, size in sorted(held.items()))
        for part, held in values.items()
        if held
    ]
    if not words or each.owner.kind == "Job":  # a Job's template cannot change
        return command.describe(Ref("ResourceQuota", each.owner.namespace, each.refusal.name))
    return command.kubectl(each.owner, "set resources", command.target(each.owner), *words)


def _resources_changed(workload: Workload | None) -> bool:
    """Whether the newest revision changed what its containers ask for."""
    if workload is None or workload.previous is None:
        return False
    now, before = workload.template.spec, workload.previous.template.spec
    return [c.resources for c in now.containers] != [c.resources for c in before.containers]


def _limit_range(snapshot: Snapshot, subject: Ref, group: Group) -> Proposal:
    changed = [each for each in group if _resources_changed(snapshot.workloads.get(each.owner))]
    rest = [each for each in group if each not in changed]
    undo = [command.rollout_undo(each.owner) for each in changed]
    steps = _widened(snapshot, rest)
    widen = command.patch(subject, steps, kind="json") if steps else ""
    text = f"Bring the resources of {_owners(group)} inside the bounds"
    if changed:
        text = f"{text} (the previous revision was admitted)"
    if rest:
        text = f"{text}, or widen LimitRange {subject.name} to what they ask for"
    return advise(
        _first(snapshot, group),
        f"{text}.",
        *undo,
        widen or ("" if undo else command.describe(subject)),
    )


def _widened(snapshot: Snapshot, group: Group) -> list[dict[str, object]]:
    """The bounds as wide as the widest of these templates."""
    wide: dict[str, tuple[Bound, float]] = {}
    for each in group:
        found = bound(snapshot, each.owner.namespace, each.refusal.name)
        size = asked(found, each.template) if found else None
        if found is not None and size is not None:
            best = min if found.part == "min" else max
            _, other = wide.get(found.path, (found, size))
            wide[found.path] = found, best(size, other)
    return [
        {
            "op": "replace",
            "path": path,
            "value": f"{size:g}" if found.part == "ratio" else amount(found.name, size),
        }
        for path, (found, size) in sorted(wide.items())
    ]


def _pod_security(snapshot: Snapshot, subject: Ref, group: Group) -> Proposal:
    strict = any(word in each.refusal.detail for each in group for word in _BASELINE)
    meets = "privileged" if strict else "baseline"
    return advise(
        _first(snapshot, group),
        f"Set the level the pods meet ({meets}), or better give {_owners(group)} the securityContext "
        f"that {group[0].refusal.name} demands.",
        command.label(subject, LEVEL, meets),
    )


def _webhook(snapshot: Snapshot, subject: Ref, group: Group) -> Proposal:
    found = (webhook(snapshot, each.refusal) for each in group)
    places = dict.fromkeys(each[1] for each in found if each)
    ignore = [
        {"op": "replace", "path": f"/webhooks/{index}/failurePolicy", "value": "Ignore"}
        for index in places
    ]
    behind = service_of(snapshot, group[0])
    _, workloads = backend(snapshot, behind)
    who = listed(map(str, workloads)) or f"{behind or 'outside the cluster'}"
    first = (
        f"Put the authority that signed the certificate of {who} into the caBundle of {subject}, or "
        "renew that certificate (where cert-manager injects it: see why it did not)."
        if any(distrusted(each.refusal.detail) for each in group)
        else f"Restore the webhook's backend {who} first."
    )
    return Proposal(
        f"{first} Until then failurePolicy Ignore lets pods in without that webhook's check or change.",
        (command.patch(subject, ignore, kind="json"),),
    )


def _spec(snapshot: Snapshot, subject: Ref, group: Group) -> Proposal:
    workload, first = snapshot.workloads.get(subject), group[0]
    earlier = workload is not None and workload.previous is not None
    field = _LOOKED_UP.get(first.refusal.name, "")
    take_out = command.patch_pod_spec(subject, {field: None}) if field else ""
    named = f"{field} of the pod template (or create what it names)" if field else "the named field"
    return advise(
        workload,
        f"Correct {named}"
        + (", or return to the previous revision, which was admitted." if earlier else "."),
        command.rollout_undo(subject) if earlier else take_out or command.describe(first.creator),
    )


def _account(_snapshot: Snapshot, subject: Ref, _group: Group) -> Proposal:
    return Proposal(
        f"Restore ServiceAccount {subject.name} with its role bindings from Git or a backup; created "
        "empty it lets the pods start, without rights.",
        (command.kubectl(subject, "create serviceaccount", subject.name),),
    )


_CURES: Mapping[Gate, Callable[[Snapshot, Ref, Group], Proposal]] = {
    Gate.QUOTA: _quota,
    Gate.LIMIT_RANGE: _limit_range,
    Gate.POD_SECURITY: _pod_security,
    Gate.WEBHOOK: _webhook,
    Gate.DENIED: _spec,
    Gate.INVALID: _spec,
    Gate.ACCOUNT: _account,
}
