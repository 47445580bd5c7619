"""A wrong value that an operator writes has to be changed where it is written: in the custom resource.

Whoever edits the workload is reverted. A Finding moves only when the spec of the custom resource
holds the very value that was proved wrong; else the workload stays the subject.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from watchdog.domain.custom import Carried, Leaf, Spec, Writer
from watchdog.domain.evidence import Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.quantity import quantity
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Missing, Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.incident.group import ripe
from watchdog.logic.workloads.writers import is_custom, writers

MAX_SPECS = 20

CLASS, COUNT, IMAGE = "storageClassName", "replicas", "image"
# Operators have names of their own for these fields.
_COUNTS = frozenset({COUNT, "replicaCount", "size", "instances", "members", "nodes", "count"})
_TAGS = frozenset({"tag", "imageTag", "version"})
_AMOUNTS = frozenset({"cpu", "memory", "storage", "ephemeral-storage"})
_SHOWN_STEPS = 6
_STEP = re.compile(r"[-A-Za-z0-9_./]{1,253}")

Specs = Mapping[Writer, Spec | Missing]


def wanted_specs(findings: Iterable[Finding], snapshot: Snapshot) -> tuple[Writer, ...]:
    """The custom resources above Findings that stood for their hold and say which value is wrong."""
    above = writers(snapshot)
    wanted = (
        finding.proof or above.get(finding.subject)
        for finding in findings
        if finding.carried and ripe(finding, snapshot.taken_at)
    )
    return tuple(dict.fromkeys(each for each in wanted if each is not None))[:MAX_SPECS]


def rehome(
    found: Mapping[str, tuple[Finding, ...]], snapshot: Snapshot, specs: Specs
) -> dict[str, tuple[Finding, ...]]:
    """The same Findings, moved to the custom resource that carries their value.

    Where that is what they rest on, they are proved by it.
    """
    above = writers(snapshot)
    return {
        check: tuple(_at_home(finding, above, specs) for finding in findings)
        for check, findings in found.items()
    }


def _at_home(finding: Finding, above: Mapping[Ref, Writer], specs: Specs) -> Finding:
    """Of a chain of custom resources the topmost that carries the value: the rest is made from it."""
    writer, best = finding.proof or above.get(finding.subject), finding
    passed: set[Writer] = set()
    while writer is not None and writer not in passed and is_custom(writer.api_version):
        passed.add(writer)
        spec = specs.get(writer)
        if not isinstance(spec, Spec):
            break
        if hits := tuple(_hits(spec.leaves, finding.carried)):
            best = _moved(finding, writer, spec, hits)
        writer = spec.writer
    return best


def _hits(leaves: Iterable[Leaf], carried: Iterable[Carried]) -> Iterator[tuple[Leaf, Carried]]:
    """Where each value stands in a spec."""
    for wrong in carried:
        own = tuple(leaf for leaf in leaves if _holds(leaf, wrong))
        yield from ((leaf, wrong) for leaf in own or tuple(_split(leaves, wrong)))


def _holds(leaf: Leaf, wrong: Carried) -> bool:
    same = leaf.value == wrong.value
    if wrong.key in _AMOUNTS and not same:
        same = quantity(leaf.value) == quantity(wrong.value) > 0
    return same and _named(_field(leaf), wrong.key)


def _field(leaf: Leaf) -> str:
    """The name a value stands under; items of a list stand under the name of the list."""
    return next(step for step in reversed(leaf.path) if not step.isdigit())


def _named(field: str, key: str) -> bool:
    match key:
        case "":
            return True
        case "storageClassName":
            return "class" in field.lower()
        case "replicas":
            return field in _COUNTS
        case "image":
            return "image" in field.lower()
        case _:
            return field == key


def _split(leaves: Iterable[Leaf], wrong: Carried) -> Iterator[Leaf]:
    """An image as repository and tag, or a selector as key and values: the leaves of the value."""
    leaves = tuple(leaves)
    values = {leaf.value for leaf in leaves}
    if wrong.key == IMAGE:
        repository, _, tag = wrong.value.rpartition(":")
        if repository in values and tag:
            yield from (leaf for leaf in leaves if _field(leaf) in _TAGS and leaf.value == tag)
        return
    keys = {leaf.path[:-1] for leaf in leaves if leaf.path[-1] == "key" and leaf.value == wrong.key}
    for leaf in leaves:
        inside = any(leaf.path[: len(place)] == place for place in keys)
        if inside and leaf.value == wrong.value and _field(leaf) in ("value", "values"):
            yield leaf


def _moved(
    finding: Finding, writer: Writer, spec: Spec, hits: tuple[tuple[Leaf, Carried], ...]
) -> Finding:
    ref = writer.ref if spec.namespaced else writer.ref._replace(namespace="")
    where = symptom.listed(f"{_dotted(leaf)} {leaf.value}" for leaf, _ in hits)
    was = finding.subject
    made = "" if was == ref else f" {was} is made from it: its operator reverts an edit there."
    return replace(
        finding,
        subject=ref,
        proof=None,
        affected=tuple(each for each in dict.fromkeys((was, *finding.affected)) if each != ref),
        message=f"{ref} asks for {where}: {finding.message}",
        why=f"{finding.why} {ref} asks for {where}.{made}",
        evidence=(symptom.fact("spec", ref, f"{where}"), *finding.evidence),
        proposal=_proposal(ref, writer, spec, hits, made),
    )


def _dotted(leaf: Leaf) -> str:
    """The path for people: the middle of a long one tells nobody anything."""
    path = leaf.path
    return ".".join(path if len(path) <= _SHOWN_STEPS else (*path[:3], "…", *path[-2:]))


def _proposal(
    ref: Ref, writer: Writer, spec: Spec, hits: tuple[tuple[Leaf, Carried], ...], made: str
) -> Proposal:
    words = [
        f"{_dotted(leaf)}{f' to {value}' if value else ' by taking it out' if value == '' else ''}"
        for leaf, wrong in hits
        for value in (_instead(leaf, wrong),)
    ]
    text = f"Correct {ref}: {symptom.listed(words)}.{made}"
    if any(wrong.key == CLASS for _, wrong in hits):
        text = (
            f"{text} The class of a claim cannot change: remove the Pending claim afterwards, which "
            "holds no data, so that it is made anew."
        )
    if spec.gitops:
        text = f"{text} It is managed by {spec.gitops}: change it in Git; self-heal reverts this."
    named = ref._replace(kind=f"{ref.kind}.{writer.group}")
    body = [step for leaf, wrong in hits if (step := _step(leaf, _instead(leaf, wrong)))]
    amounts = [wrong for _, wrong in hits if wrong.key in _AMOUNTS]
    if len(body) < len(hits) or len(set(amounts)) < len(amounts):  # which of them is not known
        return Proposal(text, (command.kubectl(named, "get", command.target(named), "-o yaml"),))
    return Proposal(text, (command.patch(named, body, kind="json"),))


def _instead(leaf: Leaf, wrong: Carried) -> str | None:
    """What mends this leaf; of an image that is split only the tag can be replaced here."""
    if wrong.key != IMAGE or leaf.value == wrong.value or not wrong.instead:
        return wrong.instead
    repository, _, tag = wrong.instead.rpartition(":")
    return tag if repository == wrong.value.rpartition(":")[0] else None


def _step(leaf: Leaf, value: str | None) -> dict[str, object] | None:
    """One step of a JSON patch; None when nobody knows what to write, or the path is no plain one."""
    if value is None or not all(_STEP.fullmatch(each) for each in leaf.path):
        return None
    path = "".join(f"/{each.replace('/', '~1')}" for each in leaf.path)
    if not value:
        return {"op": "remove", "path": path}
    return {"op": "replace", "path": path, "value": value}
