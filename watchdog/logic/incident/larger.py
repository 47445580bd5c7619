"""Which Reason explains which: the table of what is larger, and what its words mean.

A Reason that stands left of another's below explains it when both are about one object. Source: the
inhibition table of the catalogue.
"""

from collections.abc import Mapping

from watchdog.domain.ref import Ref

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
# What names whom it needs: a controller whom it fetches from, a pod the source of its image, its
# volume or the disk of its node, a deletion the controller that has to clean up.
_OF_FETCHERS = frozenset(
    {
        "ArgoComparisonFailed",
        "ArgoSyncFailed",
        "CertificateExpiringSoon",
        "CertificateIssuanceFailed",
        "CertificateRenewalOverdue",
        "ClaimPending",
        "CustomResourceStalled",
        "ExternalSecretFailed",
        "FluxNotReady",
        "HPACannotScale",
        "IssuerNotReady",
        "MountFailed",
        "RegistryUnreachable",
        "ReplicasUnavailable",
        "RolloutStuck",
        "StuckTerminating",
    }
)
# States that may be made of the same state of a part: an application of applications, for one.
_OF_PARTS = frozenset({"ArgoDegraded"})
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
    "RogueJob": frozenset({"MemoryLimitTooLow", "AppUnhealthy", "CrashLoop"})
    | {"NodeOutOfMemory", "NodePressure", "NodeSaturated", "PodEvictedRepeatedly"},
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
    # Without its Job a run is not even begun.
    **dict.fromkeys(_CANNOT_START, frozenset({"BadRollout", "CronJobMissedRuns"})),
    "QuotaRejects": frozenset({"BadRollout", "CronJobMissedRuns", "QuotaNearLimit"}),
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


def beats(larger: str, subject: Ref, smaller: str) -> bool:
    """Whether Reason `larger`, said of `subject`, explains `smaller` on an object both name."""
    if smaller in _HIDES.get(larger, ()):
        return True
    # A node's trouble explains only what the table says: a workload has pods elsewhere, too.
    if larger in _DERIVED | _BESIDE or subject.kind == "Node":
        return False
    if smaller in _DERIVED:
        return True
    if smaller not in _WEAK or larger in _WEAK:
        return False
    # A weak Reason is beaten by every strong one that is not itself about a smaller thing.
    return larger not in _HIDES.get(smaller, ())


def blames_callees(reason: str) -> bool:
    """Whether what stands behind what a Finding of this Reason blames explains it."""
    return reason in _OF_CALLERS | _OF_FETCHERS


def blames_parts(reason: str) -> bool:
    """Whether whatever is said of what a Finding of this Reason blames explains it."""
    return reason in _OF_PARTS


def fault_of_callee(reason: str) -> bool:
    """Whether an object that others call answers worse with this Reason."""
    return reason not in _NO_FAULT_OF_A_CALLEE


def might_explain(larger: str, smaller: str) -> bool:
    """Whether Reason `larger`, which nobody could look for, may be behind `smaller`."""
    if smaller in _HIDES.get(larger, ()) or (smaller in _DERIVED and larger not in _DERIVED):
        return True
    return smaller in _WEAK and larger in _OF_PODS
