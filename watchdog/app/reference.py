"""The reference as Markdown: checks, notifiers, settings, metrics and rights, as the code has them.

The commands and exit codes stand in `watchdog.cli.reference`, which prints the whole page. Nothing
is described here: a text that is missing belongs to the thing itself.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from inspect import cleandoc
from pathlib import Path
from typing import cast

from prometheus_client.metrics import MetricWrapperBase
from pydantic import BaseModel, PlainSerializer, SecretStr
from pydantic.fields import FieldInfo

from watchdog.app.manifests import names
from watchdog.app.rbac import COMPONENTS, reader_rights
from watchdog.app.registry import all_checks, all_remediations
from watchdog.config.remediation import RuleSettings, WindowSettings
from watchdog.config.sections import Section, key_paths
from watchdog.config.settings import Settings
from watchdog.config.values import format_duration
from watchdog.config.variables import PLAIN_NAMES, KeyPath, variable_name
from watchdog.domain.check import Check
from watchdog.domain.run import WHEN_GRANTED
from watchdog.domain.snapshot import BASE_NEEDS
from watchdog.kube.rights import rights_of
from watchdog.logic.incident import blindness, own_faults
from watchdog.logic.incident.detect import needs_of
from watchdog.metrics import Metrics
from watchdog.notifiers.console import ConsoleParams
from watchdog.notifiers.discord_webhook import DiscordWebhookParams
from watchdog.notifiers.jsonl import JsonlParams

NOTIFIER_PARAMS: Mapping[str, type[BaseModel]] = {
    "console": ConsoleParams,
    "discord": DiscordWebhookParams,
    "jsonl": JsonlParams,
}
_OWN_FINDINGS: Mapping[str, str | None] = {
    own_faults.CONFIG_INVALID: own_faults.config_invalid.__doc__,
    own_faults.DELIVERY_FAILING: own_faults.delivery_failing.__doc__,
    own_faults.MODEL_PATH_DOWN: own_faults.model_path_down.__doc__,
    blindness.REASON: blindness.__doc__,
}


def checks() -> str:
    """One part per check: what it sees, what it calls it, what it reads, what can be set."""
    return "\n\n".join(["## Checks", *(_check(each) for each in all_checks()), _own_state()])


def _check(each: Check) -> str:
    extra = [need for need in each.reads if need not in each.needs]
    lines = [
        f"### `{each.id}`",
        cleandoc(each.doc),
        f"- family: `{each.family}`\n- reasons: {_listed(each.reasons)}\n- reads: {_listed(each.needs)}"
        + (f"\n- reads if it may: {_listed(extra)}" if extra else ""),
    ]
    if each.params.model_fields:
        lines.append(_keys(each.params, under=f"checks.{each.id}."))
    return "\n\n".join(lines)


def _own_state() -> str:
    """What watchdog says about itself: no plugin, but incidents like all others."""
    rows = [(_code(reason), cleandoc(doc or "")) for reason, doc in _OWN_FINDINGS.items()]
    return "\n\n".join(["### `self`", table(("reason", "when"), rows)])


def notifiers() -> str:
    """What an entry of `notifiers` may say, by its type."""
    parts = ["## Notifiers", "Each entry of `notifiers` has a `type`; the other keys depend on it."]
    for kind, params in NOTIFIER_PARAMS.items():
        fields = {name for name in params.model_fields if name != "type"}
        parts += [f"### `type: {kind}`", _keys(params) if fields else "No further key."]
    return "\n\n".join(parts)


def _keys(params: type[BaseModel], *, under: str = "") -> str:
    rows = [
        (_code(under + (declared.alias or name)), _default(declared), _meaning(declared))
        for name, declared in params.model_fields.items()
        if name != "type"
    ]
    return table(("key", "default", "meaning"), rows)


def settings() -> str:
    """Every key of config.yaml, with its variables, its default, and when it is read."""
    fields = dict(_fields(Settings))
    plain: dict[KeyPath, str] = {path: name for name, path in PLAIN_NAMES.items()}
    rows = []
    for path, declared in fields.items():
        names = [plain[path]] if path in plain else []
        names.append(variable_name(path))
        rows.append(
            (
                _code(".".join(path)),
                ", ".join(map(_code, names)),
                _default(declared),
                _reload(declared),
                _meaning(declared),
            )
        )
    return "\n\n".join(
        [
            "## Settings",
            "Keys of `config.yaml` in the home directory; the environment is stronger. "
            "`watchdog config show` prints what is in force.",
            table(("key", "variable", "default", "read at", "meaning"), rows),
            "### Each entry of `remediation.rules`",
            cleandoc(RuleSettings.__doc__ or ""),
            _keys(RuleSettings),
            "### Each entry of `windows`, of `remediation` and of a rule",
            cleandoc(WindowSettings.__doc__ or ""),
            _keys(WindowSettings),
        ]
    )


def _fields(model: type[Section]) -> Iterator[tuple[KeyPath, FieldInfo]]:
    """Every key that has a value of its own: a section has none."""
    for path in key_paths(model):
        owner: type[BaseModel] = model
        for name in path[:-1]:
            inner = owner.model_fields[name].annotation
            assert isinstance(inner, type)
            owner = inner
        declared = owner.model_fields[path[-1]]
        if declared.default_factory is None:
            yield path, declared


def _reload(declared: FieldInfo) -> str:
    extra = declared.json_schema_extra
    return str(extra["reload"]) if isinstance(extra, dict) else ""


def metrics() -> str:
    """Every series of /metrics with its labels."""
    rows = []
    for series in vars(Metrics()).values():
        if isinstance(series, MetricWrapperBase):
            [family] = series.describe()
            name = family.name + ("_total" if family.type == "counter" else "")
            labels = series._labelnames  # the library keeps them to itself
            rows.append((_code(name), family.type, _listed(labels), family.documentation))
    return "\n\n".join(
        [
            "## Metrics",
            "Served at `/metrics` of `http.api_bind`, besides the `process_*` series of the "
            "Prometheus client.",
            table(("series", "type", "labels", "meaning"), rows),
        ]
    )


def rights() -> str:
    """What the shipped roles grant, and who asks for it."""
    found = all_checks()
    verbs: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for group, resource, verb in sorted(reader_rights(found, all_remediations())):
        verbs[group, resource].append(verb)
    rows = [
        (_code(group or '""'), _code(resource), ", ".join(names), _askers((group, resource), found))
        for (group, resource), names in verbs.items()
    ]
    extra = [need for need in sorted(WHEN_GRANTED) if need in needs_of(found)]
    return "\n\n".join(
        [
            "## Rights",
            "The role in `rbac/10-reader.yaml`; no verb writes. A kind that may not be listed makes the "
            "verdict `unknown`.",
            table(("API group", "resource", "verbs", "for"), rows),
            f"Used when granted by `rbac/components/configmaps`, and not part of the role: "
            f"{_listed(extra)}. Of ConfigMaps only the metadata is listed; the content of one, the "
            "configuration of the cluster's DNS (`dns.config_map`), is read by its name.",
            "What acting takes besides, in the namespaces that the overlay `act` lists, fenced in by the "
            "admission policies in `rbac/act`. New pods are tried "
            "(`dryRun`) and never made.",
            table(("API group", "resource", "verb", "for", "in"), _actor_rows()),
            f"`rbac/components/lease-fence` adds get and update on one Lease, `{names.NAMESPACE}/"
            f"{names.LEASE_NAME}`, and sets `actor.lease`: without that Lease nothing is written.",
        ]
    )


def _actor_rows() -> Iterator[Sequence[str]]:
    """One row for each right to write, with the remediations that make the call."""
    grants = sorted({grant for each in all_remediations() for grant in each.grants})
    for grant in grants:
        users = [each for each in all_remediations() if grant in each.grants]
        alone = any(not each.asks for each in users)
        where = "act" if alone else f"components/{COMPONENTS[users[0].name]}"
        yield (
            _code(grant.group or '""'),
            _code(grant.resource),
            grant.verb,
            _listed(each.name for each in users),
            _code(f"rbac/{where}"),
        )


def _askers(right: tuple[str, str], found: Sequence[Check]) -> str:
    """Who asks for a resource of an API group."""
    if right == ("", "pods/log"):
        return "the containers that a Finding names"
    if any(right in _resources(need) for need in BASE_NEEDS):
        return "every run"
    return _listed(
        each.id for each in found if any(right in _resources(need) for need in each.reads)
    )


def _resources(need: str) -> set[tuple[str, str]]:
    return {(group, resource) for group, resource, _ in rights_of(need)}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; a bar in a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    escaped = [[cell.replace("|", r"\|") for cell in row] for row in lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in escaped)


def _meaning(declared: FieldInfo) -> str:
    return (declared.description or "").replace("<", r"\<")  # else Markdown takes it for a tag


def _default(declared: FieldInfo) -> str:
    """As it is written in config.yaml; empty for "not set"."""
    if declared.is_required():
        return "required"
    match _written(declared):
        case None | SecretStr() | Path():
            text = ""
        case bool() as flag:
            text = str(flag).lower()
        case timedelta() as span:
            text = format_duration(span)
        case tuple() | list() | dict() as several:
            text = ", ".join(map(str, several))
        case value:
            text = str(value)
    return _code(text) if text else ""


def _written(declared: FieldInfo) -> object:
    """The default in the form that `watchdog config show` gives it."""
    for each in declared.metadata:
        if isinstance(each, PlainSerializer):
            return cast("Callable[[object], object]", each.func)(declared.default)
    return declared.default


def _listed(words: Iterable[str]) -> str:
    return ", ".join(map(_code, words))


def _code(text: str) -> str:
    return f"`{text}`"
