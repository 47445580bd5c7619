"""What this identity may really do, against what the plugins declare: `watchdog rbac audit`."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from watchdog.app.lines import Line, State
from watchdog.app.manifests.names import ACTOR, CANARY_NAMESPACE, LEASE_NAME, NAMESPACE, STOP_SWITCH
from watchdog.app.rbac import COMPONENTS, Triple, actor_rights, component_rights, reader_rights
from watchdog.domain.check import Check
from watchdog.domain.policy import PROTECTED_NAMESPACES
from watchdog.domain.ports import Right
from watchdog.domain.remediation import Remediation
from watchdog.kube.dnsconfig import DnsSource
from watchdog.kube.rights import Held, Holdings
from watchdog.logic.symptom import counted, listed

_ADMISSION, _RBAC = "admissionregistration.k8s.io", "rbac.authorization.k8s.io"
_LEASES = "coordination.k8s.io"
# What nothing of ours asks for, on every object: each is refused, which shows that the role is narrow.
DENIED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("", "secrets"): ("get", "list", "watch", "create"),
    ("", "configmaps"): ("create", "update", "patch", "delete"),
    ("", "pods"): ("update", "patch", "deletecollection"),
    ("", "pods/exec"): ("get", "create"),
    ("", "pods/attach"): ("get", "create"),
    ("", "pods/portforward"): ("get", "create"),
    ("", "pods/proxy"): ("get", "create"),
    ("", "pods/ephemeralcontainers"): ("update", "patch"),
    ("", "services/proxy"): ("get", "create"),
    ("", "nodes"): ("update", "patch", "delete"),
    ("", "nodes/proxy"): ("get", "create"),
    ("", "namespaces"): ("create", "patch", "delete"),
    ("", "events"): ("create", "patch"),
    ("", "persistentvolumes"): ("patch", "delete"),
    ("", "persistentvolumeclaims"): ("patch", "delete"),
    ("", "serviceaccounts"): ("create", "impersonate"),
    ("", "serviceaccounts/token"): ("create",),
    ("", "users"): ("impersonate",),
    ("", "groups"): ("impersonate",),
    ("apps", "deployments"): ("create", "update", "delete", "deletecollection"),
    ("apps", "statefulsets"): ("create", "update", "delete", "deletecollection"),
    ("apps", "daemonsets"): ("create", "update", "delete", "deletecollection"),
    ("batch", "jobs"): ("create", "deletecollection"),
    (_RBAC, "roles"): ("create", "patch", "bind", "escalate"),
    (_RBAC, "clusterroles"): ("create", "patch", "bind", "escalate"),
    (_RBAC, "rolebindings"): ("create", "patch"),
    (_RBAC, "clusterrolebindings"): ("create", "patch"),
    (_LEASES, "leases"): ("create", "update", "patch", "delete"),
    (_ADMISSION, "validatingadmissionpolicies"): ("create", "patch", "delete"),
    (_ADMISSION, "validatingadmissionpolicybindings"): ("create", "patch", "delete"),
    (_ADMISSION, "validatingwebhookconfigurations"): ("create", "patch", "delete"),
    (_ADMISSION, "mutatingwebhookconfigurations"): ("create", "patch", "delete"),
    ("apiextensions.k8s.io", "customresourcedefinitions"): ("create", "patch", "delete"),
    ("certificates.k8s.io", "certificatesigningrequests/approval"): ("update", "patch"),
}
REFUSED: Sequence[Triple] = tuple(
    (*resource, verb) for resource, verbs in DENIED.items() for verb in verbs
)
# Held by whoever is logged in: to ask who one is, and what one may do.
_REVIEWS = frozenset({"authorization.k8s.io", "authentication.k8s.io"})
_READS = frozenset({"get", "list", "watch"})
_EVERYWHERE = "the component act-everywhere: in protected namespaces the policies alone refuse it"
_NARROW = "take it away: compare with `watchdog rbac render`, and look for other bindings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """Every right that something of ours asks for."""

    reader: frozenset[Triple]
    actor: frozenset[Triple]
    components: Mapping[str, frozenset[Triple]]  # what each adds to the actor


def declared_by(checks: Collection[Check], remediations: Collection[Remediation]) -> Declared:
    """What these declare."""
    return Declared(
        reader=reader_rights(checks, remediations),
        actor=actor_rights(remediations),
        components={name: component_rights(remediations, name) for name in COMPONENTS.values()},
    )


def compare(
    declared: Declared,
    answers: Sequence[Right],
    holdings: Mapping[str, Holdings],
    source: DnsSource,
    lease: str = "",
) -> Iterator[Line]:
    """The whole audit: what is granted, missing, refused, held where, and held besides.

    `lease` is the one without which nothing is written, "" for none.
    """
    yield from _reading(declared, answers)
    yield from _acting(declared, holdings)
    yield from _holding(holdings, lease)
    yield from _wider(declared, holdings, source)
    if unsure := [name for name, each in holdings.items() if not each.complete]:
        text = f"the API server could not say everything about {listed(unsure)}"
        yield Line(State.NOTE, text, "another authorizer than RBAC does not list what it grants")


def compare_reading(declared: Declared, answers: Sequence[Right]) -> Iterator[Line]:
    """What can be told where namespaces may not be listed: all but what is held in which."""
    yield from _reading(declared, answers)
    yield Line(
        State.NOTE,
        "what is held in single namespaces is not known: they cannot be listed",
        "audit again once the missing rights are granted",
    )


def _reading(declared: Declared, answers: Sequence[Right]) -> Iterator[Line]:
    yield from _granted([x for x in answers if _triple(x) in declared.reader])
    yield from denied_lines([x for x in answers if _triple(x) not in declared.reader])


def _granted(answers: Sequence[Right]) -> Iterator[Line]:
    """What the checks need: by API group, and each that is missing."""
    groups: defaultdict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    verbs: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for each in answers:
        if each.allowed:
            verbs[each.group, each.resource].append(each.verb)
    for (group, resource), held in verbs.items():
        groups[group, tuple(held)].append(resource)
    for (group, names), resources in groups.items():
        where = f" of {group}" if group else ""
        yield Line(State.OK, f"granted: {', '.join(names)} on {', '.join(resources)}{where}")
    for each in answers:
        if not each.allowed:
            hint = "apply rbac/, or what `watchdog rbac render` prints"
            yield Line(State.FAULT, f"not granted: {_named(each)}", hint)


def denied_lines(answers: Sequence[Right]) -> Iterator[Line]:
    """What must not be granted: that it is not is the evidence."""
    verbs: defaultdict[str, list[str]] = defaultdict(list)
    for each in answers:
        if not each.allowed:
            verbs[_of(each.resource, each.group)].append(each.verb)
    for resource, names in verbs.items():
        yield Line(State.OK, f"denied: {', '.join(names)} on {resource}")
    for each in answers:
        if each.allowed:
            yield Line(State.FAULT, f"granted, and nothing asks for it: {_named(each)}", _NARROW)


def evidence(answers: Sequence[Right]) -> Line:
    """The same in one line; a person's own identity may do more, and none of it is done."""
    if more := [_named(each) for each in answers if each.allowed]:
        text = f"this identity may do what is never done: {listed(more)}"
        return Line(State.NOTE, text, "`watchdog rbac audit` compares it with what is declared")
    resources = listed((_of(each.resource, each.group) for each in answers), limit=12)
    return Line(
        State.OK, f"{counted(len(answers), 'right')} denied, as they should be: {resources}"
    )


def _acting(declared: Declared, holdings: Mapping[str, Holdings]) -> Iterator[Line]:
    """Where it may act, and where only half of what that takes is there."""
    missing = {name: _lacking(declared.actor, each) for name, each in holdings.items()}
    full = sorted(name for name, lacking in missing.items() if not lacking)
    if full and len(full) == len(holdings):
        added = _added(declared, holdings[full[0]])
        yield Line(State.NOTE, f"may act in every namespace{added}", _EVERYWHERE)
        return
    if all(len(lacking) == len(declared.actor) for lacking in missing.values()):
        yield Line(State.OK, "may act nowhere")
    for name in full:
        if name in PROTECTED_NAMESPACES and name != CANARY_NAMESPACE:
            hint = f"delete the RoleBinding {ACTOR} there: the policies alone refuse it now"
            yield Line(State.FAULT, f"may act in the protected namespace {name}", hint)
    if open_ := [name for name in full if name not in PROTECTED_NAMESPACES]:
        yield Line(State.OK, f"may act in {listed(open_)}{_added(declared, holdings[open_[0]])}")
    elif CANARY_NAMESPACE in full:
        yield Line(
            State.NOTE, "may act nowhere but on the canary", "list namespaces in the overlay"
        )
    for name, lacking in sorted(missing.items()):
        if lacking and len(lacking) < len(declared.actor):
            text = f"may act in {name} by half: not {', '.join(sorted(map(_worded, lacking)))}"
            yield Line(
                State.FAULT, text, "bind the ClusterRole as `watchdog rbac render` prints it"
            )


def _holding(holdings: Mapping[str, Holdings], lease: str) -> Iterator[Line]:
    """Whether it may hold the Lease that decides who of several acts."""
    there, name = holdings.get(NAMESPACE), lease or LEASE_NAME
    rights = [(_LEASES, "leases", verb) for verb in ("get", "update")]
    held = there is not None and not _lacking(rights, there, name)
    if held:
        yield Line(State.OK, f"may hold the Lease {NAMESPACE}/{name}")
    elif lease:
        hint = "apply the component lease-fence; until then nothing is written"
        yield Line(State.FAULT, f"may not hold the Lease {NAMESPACE}/{name}", hint)


def _added(declared: Declared, there: Holdings) -> str:
    """Which components are in."""
    names = [
        name for name, more in declared.components.items() if more and not _lacking(more, there)
    ]
    return f" (with {', '.join(names)})" if names else ""


def _lacking(wanted: Collection[Triple], there: Holdings, name: str = "") -> list[Triple]:
    return [each for each in wanted if not any(_covers(x, Held(*each, name)) for x in there.held)]


def _wider(
    declared: Declared, holdings: Mapping[str, Holdings], source: DnsSource
) -> Iterator[Line]:
    """What is held and nobody declares, by right; custom kinds may be given for reading."""
    everywhere = _known(declared)
    found: defaultdict[Held, list[str]] = defaultdict(list)
    for name, there in holdings.items():
        known = everywhere | _by_name(name, source)
        for held in there.held - known:
            if held.group not in _REVIEWS and replace(held, name="") not in known:
                found[held].append(name)
    for held, names in sorted(found.items()):
        where = "everywhere" if len(names) == len(holdings) else f"in {listed(sorted(names))}"
        text = f"{_worded((held.group, held.resource, held.verb))}{_only(held)} {where}"
        if held.verb in _READS and _custom(held.group):
            yield Line(
                State.NOTE, f"reads besides: {text}", "used for the kinds that own something here"
            )
        else:
            yield Line(State.FAULT, f"wider than declared: {text}", _NARROW)


def _known(declared: Declared) -> frozenset[Held]:
    """What is declared for every object; the component configmaps lists them."""
    added = (right for more in declared.components.values() for right in more)
    return frozenset(
        Held(*each)
        for each in (*declared.reader, *declared.actor, *added, ("", "configmaps", "list"))
    )


def _by_name(namespace: str, source: DnsSource) -> frozenset[Held]:
    """What is declared on objects of one name, where they are."""
    found = set()
    if namespace == source.namespace:
        found |= {Held("", "configmaps", "get", name) for name in source.names}
    if namespace == NAMESPACE:
        found |= {
            Held("", "configmaps", "get", STOP_SWITCH),
            Held("", "serviceaccounts/token", "create", ACTOR),
            *(Held(_LEASES, "leases", verb, LEASE_NAME) for verb in ("get", "update")),
        }
    return frozenset(found)


def _covers(one: Held, other: Held) -> bool:
    """Whether holding the one is holding the other."""
    pairs = ((one.group, other.group), (one.resource, other.resource), (one.verb, other.verb))
    return all(mine in ("*", its) for mine, its in pairs) and one.name in ("", other.name)


def _custom(group: str) -> bool:
    return "." in group and not group.endswith(".k8s.io")


def _triple(right: Right) -> Triple:
    return right.group, right.resource, right.verb


def _named(right: Right) -> str:
    return _worded(_triple(right))


def _worded(triple: Triple) -> str:
    group, resource, verb = triple
    return f"{verb} {_of(resource, group)}"


def _of(resource: str, group: str) -> str:
    """As kubectl writes it: the group belongs to the resource, before its subresource."""
    name, slash, subresource = resource.partition("/")
    return f"{name}{'.' if group else ''}{group}{slash}{subresource}"


def _only(held: Held) -> str:
    return f" ({held.name})" if held.name else ""
