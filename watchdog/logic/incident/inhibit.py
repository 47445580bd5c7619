"""Which Finding explains which: the larger one is said, the smaller one stays on the page.

A Finding hides another when its Reason stands left of the other's below and the two are linked:
they name a common object as subject or affected. Source: the inhibition table of the catalogue.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from watchdog.domain.incident import Incident
from watchdog.domain.ref import Ref
from watchdog.logic.incident.group import Seen
from watchdog.logic.incident.patience import patient

_CANNOT_START = frozenset(
    {
        "QuotaRejects",
        "LimitRangeRejects",
        "PodSecurityRejects",
        "WebhookUnavailable",
        "PodSpecInvalid",
        "MissingServiceAccount",
        "MissingConfigMap",
        "MissingSecret",
        "MissingConfigKey",
        "MissingClaim",
    }
)
_UNSCHEDULABLE = frozenset(
    {
        "UnschedulableNodeSelector",
        "UnschedulableTaint",
        "RequestTooLarge",
        "InsufficientCapacity",
        "AntiAffinityUnsatisfiable",
        "HostPortConflict",
        "VolumeNodeAffinityConflict",
        "RWOVolumeShared",
        "PriorityPreemption",
    }
)
_POD_START = frozenset({"MountFailed", "SandboxFailed"})
_COUNTS = frozenset({"ReplicasUnavailable", "RolloutStuck", "ServiceWithoutEndpoints"})
# What says only that something is wrong, not what: any other Reason on the object is better.
_WEAK = _COUNTS | {
    "AppUnhealthy",
    "ClusterDNSDown",
    "CrashLoop",
    "CronJobFailing",
    "WarningEventsPersist",
}
# States that are made of other objects' states: whatever is said of one of those is the cause.
_DERIVED = frozenset(
    {
        "ArgoDegraded",
        "FluxNotReady",
        "HPACannotScale",
        "APIServiceUnavailable",
        "CustomResourceStalled",
    }
)
# True of the object whatever else is: these explain only what the table says.
_BESIDE = frozenset({"ArgoOutOfSync", "HPAMissingRequest", "PDBBlocksDrain", "VolumeNearlyFull"})
# With these a callee answers as before; a volume that is full is named by the log itself.
_NO_FAULT_OF_A_CALLEE = (_DERIVED | _BESIDE) - {"VolumeNearlyFull"}
# What a template says of itself beats "the new revision is bad".
_OF_THE_SPEC = _CANNOT_START | {
    "ImageNotFound",
    "ImagePullUnauthorized",
    "RegistryUnreachable",
    "ImagePullPolicyWrong",
    "MemoryLimitTooLow",
    "LivenessProbeMisconfigured",
    "ReadinessProbeMisconfigured",
    "InitDependencyMissing",
}
# What a pod whose spec is not its template's, or a template that somebody else writes, looks like.
_OF_A_FOREIGN_SPEC = _UNSCHEDULABLE | {
    "AppUnhealthy",
    "BadRollout",
    "ContainerSpecInvalid",
    "CrashLoop",
    "DependencyUnavailable",
    "ImageNotFound",
    "ImagePullPolicyWrong",
    "ImagePullUnauthorized",
    "LivenessProbeMisconfigured",
    "MemoryLimitTooLow",
    "ReadinessProbeMisconfigured",
    "RegistryUnreachable",
}
_OF_CRONJOBS = frozenset({"CronJobFailing", "CronJobMissedRuns"})
_OF_CERTIFICATES = frozenset({"CertificateExpiringSoon", "CertificateRenewalOverdue"})
# What a callee suffers explains what its callers say of it.
_OF_CALLERS = frozenset(
    {
        "CrashLoop",
        "AppUnhealthy",
        "DependencyUnavailable",
        "InitDependencyMissing",
        "SandboxFailed",
        "ControllerStalled",
    }
)
# What lies between a caller and the pods it calls.
_OF_THE_PATH = frozenset(
    {
        "ScaledToZero",
        "NetworkPolicyBlocks",
        "DNSPolicyWrong",
        "ServiceSelectorMismatch",
        "ServiceSelectorTooBroad",
        "ServiceTargetPortMismatch",
        "WrongServicePort",
        "TrafficPolicyLocal",
    }
)
_HIDES: Mapping[str, frozenset[str]] = {
    # Its pods are not judged at all; these are about what it leaves behind on other nodes.
    "NodeNotReady": _COUNTS
    | _DERIVED
    | _UNSCHEDULABLE
    | {
        "ClaimPending",
        "ClusterDNSDown",
        "ControlPlaneUnhealthy",
        "MountFailed",
        "NodePressure",
        "PodEvictedRepeatedly",
        "StuckTerminating",
        "VolumeAttachFailed",
    },
    "NodeClockSkew": _COUNTS | {"AppUnhealthy", "CrashLoop", "DependencyUnavailable"},
    # Those that hold the leases of the control plane cannot renew them.
    "ControlPlaneUnhealthy": frozenset({"ControllerStalled"}),
    **dict.fromkeys(
        ("NodePressure", "EvictionThresholdMisconfigured"),
        _POD_START | _COUNTS | {"PodEvictedRepeatedly"},
    ),
    "NodeOutOfMemory": _POD_START | _COUNTS | {"PodEvictedRepeatedly"},
    "KernelLimitReached": _COUNTS | {"CrashLoop", "BadRollout", "DependencyUnavailable"},
    "SandboxFailed": _COUNTS,
    # Its subject may be a node, whose trouble explains nothing but this.
    "UnschedulableTaint": _COUNTS,
    "ClaimPending": _UNSCHEDULABLE | _POD_START,
    "StorageClassMissing": _UNSCHEDULABLE | _POD_START | {"ClaimPending"},
    "VolumeLost": _UNSCHEDULABLE | _POD_START,
    "VolumeAttachFailed": _UNSCHEDULABLE - {"RWOVolumeShared"} | _POD_START,
    "StatefulSetStuckRevision": frozenset(
        {"ImageNotFound", "CrashLoop", "BadRollout", "MemoryLimitTooLow"}
    ),
    "PodDrift": _OF_A_FOREIGN_SPEC | _COUNTS,
    "WebhookMutatesResources": _OF_A_FOREIGN_SPEC,
    "ExternalActorMutates": _OF_A_FOREIGN_SPEC,
    "RogueJob": frozenset({"MemoryLimitTooLow", "AppUnhealthy", "CrashLoop"}),
    # A right that only the newest revision lacks comes back with the one before.
    "BadRollout": frozenset({"RBACForbidden"}),
    "RBACForbidden": frozenset({"CronJobFailing", "DependencyUnavailable", "JobFailed"}),
    "FinalizerBlockedByRBAC": frozenset({"RBACForbidden", "StuckTerminating"}),
    # While a pod that runs holds the claim, the attach is refused as it should be.
    "RWOVolumeShared": _POD_START
    | {"VolumeNodeAffinityConflict", "AntiAffinityUnsatisfiable", "VolumeAttachFailed"},
    "PriorityPreemption": frozenset({"InsufficientCapacity"}),
    "RolloutStrategyUnsafe": frozenset({"RolloutStuck", "ReplicasUnavailable"}),
    "RolloutStuck": frozenset({"ReplicasUnavailable", "ServiceWithoutEndpoints"}),
    "ReplicasUnavailable": frozenset({"ServiceWithoutEndpoints"}),
    # Even the vaguest word about the pods says more than a count of them.
    "CrashLoop": _COUNTS,
    "AppUnhealthy": _COUNTS,
    **dict.fromkeys(_OF_THE_SPEC, frozenset({"BadRollout"})),
    "RegistryUnreachable": _COUNTS | {"BadRollout"},
    "QuotaRejects": frozenset({"BadRollout", "QuotaNearLimit"}),
    "NodeCordoned": _UNSCHEDULABLE | _COUNTS,
    "BackupStale": _OF_CRONJOBS,
    "JobHung": _OF_CRONJOBS,
    "SidecarBlocksJob": _OF_CRONJOBS | {"JobHung"},
    "StaleSecretEnv": frozenset({"DependencyUnavailable"}),
    "IssuerNotReady": _OF_CERTIFICATES | {"CertificateIssuanceFailed"},
    "CertificateIssuanceFailed": _OF_CERTIFICATES | {"MissingSecret"},
    "CertificateExpired": frozenset({"CertificateRenewalOverdue"}),
    "CertificateExpiringSoon": frozenset({"CertificateRenewalOverdue"}),
    "ExternalSecretFailed": frozenset({"MissingSecret", "MissingConfigKey"}),
    "CustomResourceStalled": frozenset({"ArgoDegraded", "FluxNotReady", "WarningEventsPersist"}),
    "CRDSchemaMismatch": frozenset(
        {"ArgoDegraded", "ArgoOutOfSync", "ArgoSyncFailed", "CustomResourceStalled"}
        | {"FluxNotReady", "WarningEventsPersist"}
    ),
    "ArgoSyncFailed": frozenset({"ArgoOutOfSync", "ArgoDegraded"}),
    "APIServiceUnavailable": _DERIVED - {"APIServiceUnavailable"} | {"StuckTerminating"},
    "ControllerStalled": _COUNTS | {"ArgoDegraded", "ArgoOutOfSync"},
    "HPACannotScale": frozenset({"ArgoDegraded", "FluxNotReady"}),
    "HPAMissingRequest": frozenset({"HPACannotScale", "ArgoDegraded", "FluxNotReady"}),
    **dict.fromkeys(_OF_THE_PATH, _OF_CALLERS | {"ServiceWithoutEndpoints"}),
    # What the content of a ConfigMap broke: the probes and hosts in it are not at fault.
    "BadConfigChange": frozenset(
        {
            "ContainerSpecInvalid",
            "DependencyUnavailable",
            "LivenessProbeMisconfigured",
            "ReadinessProbeMisconfigured",
        }
    ),
    # Whoever asks for the name is told a wrong address, or none.
    "DNSRewrite": _OF_CALLERS,
    # The name is missing for whoever leads to it as for whoever calls it.
    "MissingService": _OF_CALLERS | {"RouteInvalid"},
    # Without a more specific word about its pods, that they are the DNS says the most.
    "ClusterDNSDown": _OF_CALLERS | _COUNTS,
}


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
        if _beats(everything[number], finding.reason)
    }
    if finding.reason in _OF_CALLERS | {"CustomResourceStalled"}:
        beaten.update(
            number
            for ref in finding.blames
            for number in near.get(ref, ())
            if everything[number].reason not in _NO_FAULT_OF_A_CALLEE
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


def _beats(larger: _Explainer, smaller: str) -> bool:
    if smaller in _HIDES.get(larger.reason, ()):
        return True
    # A node's trouble explains only what the table says: a workload has pods elsewhere, too.
    if larger.reason in _DERIVED | _BESIDE or larger.subject.kind == "Node":
        return False
    if smaller in _DERIVED:
        return True
    if smaller not in _WEAK or larger.reason in _WEAK:
        return False
    # A weak Reason is beaten by every strong one that is not itself about a smaller thing.
    return larger.reason not in _HIDES.get(smaller, ())


# Reasons that say why pods of a workload do not start, run or serve.
_OF_PODS = (
    _CANNOT_START
    | _UNSCHEDULABLE
    | _POD_START
    | _OF_THE_SPEC
    | _OF_THE_PATH
    | {
        "BadRollout",
        "ContainerPortConflict",
        "ContainerSpecInvalid",
        "DependencyUnavailable",
        "KernelLimitReached",
        "MissingService",
        "NodeCordoned",
        "PodDrift",
        "RBACForbidden",
        "RolloutStrategyUnsafe",
        "ShmTooSmall",
        "StaleSecretEnv",
        "StatefulSetStuckRevision",
        "WebhookMutatesResources",
    }
)


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
        if _might_explain(reason, each.finding.reason):
            return f"what cannot be seen now: {reason} ({why})"
    return ""


def _might_explain(larger: str, smaller: str) -> bool:
    if smaller in _HIDES.get(larger, ()) or (smaller in _DERIVED and larger not in _DERIVED):
        return True
    return smaller in _WEAK and larger in _OF_PODS
