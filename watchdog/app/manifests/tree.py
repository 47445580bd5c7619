"""The folders of rbac/: which objects stand in each, and what one changes of another's."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from watchdog.app.manifests import canary, names, policies
from watchdog.app.manifests.admission import bound
from watchdog.app.manifests.names import manifest
from watchdog.app.manifests.roles import binding, cluster_role, named_role, rules_of
from watchdog.app.manifests.text import Manifest
from watchdog.app.rbac import Triple, actor_rights, component_rights, reader_rights
from watchdog.domain.check import Check
from watchdog.domain.policy import Policy
from watchdog.domain.remediation import Remediation
from watchdog.kube.dnsconfig import DnsSource

ACT = "act"  # the folder of what acting takes
_CONFIGMAPS = "platform-engineer-configmaps"
_DNS = "platform-engineer-dns"


@dataclass(frozen=True, slots=True)
class File:
    """One object in one file, and what its reader should know."""

    name: str
    manifest: Manifest
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """Sets a field of every object of this kind and name; a path that ends in "-" adds to a list."""

    kind: str
    name: str
    path: str
    value: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """One kustomization below rbac/. A component is named by an overlay; it changes what that has."""

    path: str
    files: Sequence[File]
    patches: Sequence[Patch] = ()
    acts: bool = True  # it is of no use without the folder ACT

    @property
    def component(self) -> str:
        """Its name as a component; "" for a folder that is a resource."""
        return self.path.removeprefix("components/") if "/" in self.path else ""


def folders(
    checks: Collection[Check],
    remediations: Collection[Remediation],
    limits: Policy | None = None,
) -> tuple[Folder, ...]:
    """All of rbac/, in the order in which it is applied: the components last.

    Of the operator's `limits` the protected namespaces and the most replicas are written into it.
    """
    limits = limits or Policy()
    most = limits.scale.most if limits.scale else policies.MOST_REPLICAS
    asked = {name: component_rights(remediations, name) for name in ("scale", "jobs")}
    return (
        _reader(reader_rights(checks, remediations)),
        _act(actor_rights(remediations), limits.protected),
        _act_everywhere(),
        _configmaps(DnsSource()),
        _asked("jobs", policies.jobs(limits.protected), asked["jobs"]),
        _lease_fence(),
        _asked("scale", policies.scale(limits.protected, most), asked["scale"]),
        _short_lived_actor(),
    )


def _reader(rights: Collection[Triple]) -> Folder:
    why = (
        "What the checks read, and nothing else: made by `watchdog rbac render --folder rbac`, and\n"
        "compared with the code by a test. Secrets are in no rule: to list is to read them."
    )
    return Folder(
        path="",
        files=(
            File("10-reader.yaml", cluster_role(names.READER, rights), why),
            File("20-reader-binding.yaml", binding(names.READER)),
        ),
    )


def _act(rights: Collection[Triple], protected: Sequence[str]) -> Folder:
    actor = (
        "What acting takes, given by RoleBindings in the namespaces that an overlay lists. To patch a\n"
        "workload is to run any image under any account of its namespace, so these rules are no\n"
        "boundary: the policies beside them are."
    )
    get = {("", "configmaps", "get")}
    stop = named_role(names.STOP, get, namespace=names.NAMESPACE, only=[names.STOP_SWITCH])
    files = [
        File("10-actor.yaml", cluster_role(names.ACTOR, rights), actor),
        File("20-stop.yaml", stop, "The switch: whoever makes this ConfigMap stops every write."),
        File("30-stop-binding.yaml", binding(names.STOP, namespace=names.NAMESPACE, role="Role")),
        *_policy_files(
            40,
            (
                policies.restart_only(protected),
                "Of a workload, only the time of a restart may change.",
            ),
            (policies.pods(protected), "Evictions, and deletions of what has failed."),
            (policies.nothing_else(), "The closed set. Policies guard writes, never reads."),
        ),
        File("50-canary-namespace.yaml", canary.namespace(), "Where the fences are tried."),
        File("60-canary-quota.yaml", canary.quota()),
        File("70-canary.yaml", canary.deployment()),
        File("80-canary-binding.yaml", binding(names.ACTOR, namespace=names.CANARY_NAMESPACE)),
    ]
    return Folder(path=ACT, files=files)


def _act_everywhere() -> Folder:
    why = "In every namespace. The protected ones are then fenced by the policies alone."
    return Folder(
        path="components/act-everywhere",
        files=(File("10-actor-binding.yaml", binding(names.ACTOR), why),),
    )


def _configmaps(source: DnsSource) -> Folder:
    lists = (
        "Which ConfigMaps there are and when they changed. Only metadata is asked for, but RBAC cannot\n"
        "say so: whoever holds this right could list their content as well. Hence a component of its own."
    )
    dns = "The configuration of the cluster's DNS, by name: the setting dns.config_map says which."
    where, get = source.namespace, {("", "configmaps", "get")}
    role = named_role(_DNS, get, namespace=where, only=source.names)
    return Folder(
        path="components/configmaps",
        acts=False,
        files=(
            File("10-reader.yaml", cluster_role(_CONFIGMAPS, {("", "configmaps", "list")}), lists),
            File("20-reader-binding.yaml", binding(_CONFIGMAPS)),
            File("30-dns.yaml", role, dns),
            File("40-dns-binding.yaml", binding(_DNS, namespace=where, role="Role")),
        ),
    )


def _asked(name: str, policy: Mapping[str, Any], rights: Collection[Triple]) -> Folder:
    """A component that adds a write to the actor, and opens the closed set for it."""
    why = "Done after a person's yes only, and never outside of this."
    return Folder(
        path=f"components/{name}",
        files=_policy_files(10, (policy, why)),
        patches=(
            *(
                Patch(kind="ClusterRole", name=names.ACTOR, path="/rules/-", value=rule)
                for rule in rules_of(rights)
            ),
            _exempted(name),
        ),
    )


def _lease_fence() -> Folder:
    lease = manifest(
        "coordination.k8s.io/v1", "Lease", names.LEASE_NAME, {}, namespace=names.NAMESPACE
    )
    why = (
        "Of all watchdogs in this cluster the one that holds this acts. It is made here because the\n"
        "right to create cannot be limited to a name. Argo CD leaves Leases out: apply it by hand."
    )
    rights = {("coordination.k8s.io", "leases", verb) for verb in ("get", "update")}
    role = named_role(names.LEASE, rights, namespace=names.NAMESPACE, only=[names.LEASE_NAME])
    return Folder(
        path="components/lease-fence",
        files=(
            File("10-lease.yaml", lease, why),
            File("20-lease-role.yaml", role),
            File(
                "30-lease-binding.yaml",
                binding(names.LEASE, namespace=names.NAMESPACE, role="Role"),
            ),
        ),
        patches=(_exempted("lease-fence"), _told("WATCHDOG_ACTOR__LEASE", names.LEASE_NAME)),
    )


def _short_lived_actor() -> Folder:
    account = manifest(
        "v1",
        "ServiceAccount",
        names.ACTOR,
        {"automountServiceAccountToken": False},
        namespace=names.NAMESPACE,
    )
    mint = {("", "serviceaccounts/token", "create")}
    role = named_role(names.TOKEN, mint, namespace=names.NAMESPACE, only=[names.ACTOR])
    why = "Writes are made under this account, with tokens of ten minutes."
    told = _told("WATCHDOG_ACTOR__SERVICE_ACCOUNT", names.ACTOR)
    return Folder(
        path="components/short-lived-actor",
        files=(
            File("10-actor.yaml", account, why),
            File("20-token.yaml", role),
            File(
                "30-token-binding.yaml",
                binding(names.TOKEN, namespace=names.NAMESPACE, role="Role"),
            ),
        ),
        patches=(*_handed_over(), _exempted("short-lived-actor"), told),
    )


def _handed_over() -> tuple[Patch, ...]:
    """Every binding of the actor names the other account instead of ours."""
    [subject] = binding(names.ACTOR, accounts=[names.ACTOR])["subjects"]
    return tuple(
        Patch(kind=kind, name=names.ACTOR, path="/subjects", value=[subject])
        for kind in ("RoleBinding", "ClusterRoleBinding")
    )


def _told(variable: str, name: str) -> Patch:
    """The pod has to know in whose name it writes, and under which Lease."""
    value = {"name": variable, "value": name}
    path = "/spec/template/spec/containers/0/env/-"
    return Patch(kind="Deployment", name="watchdog", path=path, value=value)


def _exempted(name: str) -> Patch:
    return Patch(
        kind="ValidatingAdmissionPolicy",
        name=names.NOTHING_ELSE,
        path="/spec/matchConditions/-",
        value=policies.EXEMPTIONS[name],
    )


def _policy_files(first: int, *found: tuple[Mapping[str, Any], str]) -> tuple[File, ...]:
    """Each policy with its binding behind it, numbered from `first`."""
    files = []
    for number, (policy, why) in enumerate(found):
        name = policy["metadata"]["name"]
        short = name.removeprefix("watchdog-")
        files += [
            File(f"{first + 2 * number}-{short}.yaml", policy, why),
            File(f"{first + 2 * number + 1}-{short}-binding.yaml", bound(name)),
        ]
    return tuple(files)
