"""What a cluster DNS with a given configuration answers to one name. Pure: no name is looked up.

Source: the manuals of the CoreDNS plugins rewrite, template, hosts, kubernetes and forward, and the
order in which CoreDNS calls them, which is that of its plugin.cfg and not that of the Corefile.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from watchdog.logic.network.corefile import Directive, File, Server, dotted, within
from watchdog.logic.network.patterns import compiled

DOMAIN = "cluster.local."
# Plugins that answer no name by themselves, or only those asked about below.
_KNOWN = frozenset(
    [
        *("acl", "any", "autopath", "bind", "bufsize", "cache", "cancel", "chaos", "debug"),
        *("dnssec", "dnstap", "errors", "forward", "header", "health", "hosts", "import"),
        *(
            "kubernetes",
            "loadbalance",
            "local",
            "log",
            "loop",
            "metadata",
            "minimal",
            "multisocket",
        ),
        *("nsid", "pprof", "prometheus", "ready", "reload", "rewrite", "root", "template"),
        *("timeouts", "trace", "ttl"),
    ]
)
_MODES = ("exact", "prefix", "suffix", "substring", "regex")
_FLOWS = ("continue", "stop")
_DEFAULT_HOSTS = "/etc/hosts"  # of the DNS pod itself: it names no Service


@dataclass(frozen=True, slots=True)
class Question:
    """A name with its dot, the type of address asked for, and the files a plugin may name."""

    name: str
    kind: Literal["A", "AAAA"] = "A"
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes of a question.

    `served`: the kubernetes plugin answers, to the name `to`. `moved`: with `to`, an address or a
    name. `denied`: with no address, `said` how. `unserved`: nobody who knows the cluster is asked.
    `unknown`: cannot be told. `directive` is what makes it so.
    """

    kind: Literal["served", "moved", "denied", "unserved", "unknown"]
    to: tuple[str, ...] = ()
    said: str = ""
    directive: Directive | None = None


def zones_of(servers: Sequence[Server]) -> tuple[str, ...]:
    """The zones the kubernetes plugin answers for, without those for addresses."""
    found = [
        zone
        for server in servers
        for plugin in server.of("kubernetes")
        for zone in _zones(plugin.args, server)
        if not zone.endswith(".arpa.")
    ]
    return tuple(dict.fromkeys(found))


def resolve(servers: Sequence[Server], question: Question) -> Answer:
    """Return what these server blocks answer."""
    zone = within(question.name, [zone for server in servers for zone in server.zones])
    asked = [server for server in servers if zone in server.zones]
    if not asked or any(server.of("view") for server in asked):
        return Answer("unknown")
    server = asked[0]
    renamed, by, rcode = _rewritten(server, question.name)
    inner = Question(renamed, question.kind, question.files)
    found = _template(server, inner) or _hosts(server, inner) or _kubernetes(server, inner)
    if found.kind == "served" and rcode is not None:
        return Answer("denied", said=f"rcode {rcode.args[-1]}", directive=rcode)
    if by is None:
        return found
    if found.kind == "unserved":  # a name from outside is asked instead
        return Answer("moved", (renamed,), directive=by)
    return Answer(found.kind, found.to, found.said, found.directive or by)


# --------------------------------------------------------------------------------------- rewrite
def _rewritten(server: Server, name: str) -> tuple[str, Directive | None, Directive | None]:
    """The name that is asked instead, the rule that says so, and one that spoils the answer."""
    by: Directive | None = None
    spoilt: Directive | None = None
    for rule in server.of("rewrite"):
        flow, words = _rule(rule)
        changed = _renamed(name, words[1:]) if words[:1] == ("name",) else None
        if words[:1] == ("rcode",) and spoilt is None and _spoils(name, words[1:]):
            spoilt = rule
        if changed is None:
            continue
        if changed != name:
            name, by = changed, rule
        if flow == "stop":
            break
    return name, by, spoilt


def _rule(rule: Directive) -> tuple[str, tuple[str, ...]]:
    """Whether other rules follow, and the words of the rule itself, which may stand in braces."""
    args = rule.args
    flow = args[0] if args[:1] and args[0] in _FLOWS else "stop"
    words = args[1:] if args[:1] and args[0] in _FLOWS else args
    return flow, words or next((line for line in rule.body if line[0] == "name"), ())


def _parts(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    if words and words[0] in _MODES:
        return words[0], words[1:]
    return "exact", words


def _renamed(name: str, words: Sequence[str]) -> str | None:
    """The new name if the rule takes this one, else None."""
    mode, rest = _parts(words)
    if len(rest) < 2:
        return None
    before, after = rest[0], rest[1]
    match mode:
        case "exact":
            return dotted(after) if name == dotted(before) else None
        case "prefix":
            return after.lower() + name[len(before) :] if name.startswith(before.lower()) else None
        case "suffix":
            end = dotted(before)
            return name[: -len(end)] + dotted(after) if name.endswith(end) else None
        case "substring":
            return name.replace(before.lower(), after.lower()) if before.lower() in name else None
        case _:
            return _by_pattern(name, before, after)


def _by_pattern(name: str, before: str, after: str) -> str | None:
    pattern = compiled(before)
    match = pattern.search(name) if pattern else None
    if match is None:
        return None
    for number, group in enumerate(match.groups(), start=1):
        after = after.replace(f"{{{number}}}", group or "")
    return dotted(after.replace("{0}", match[0]))


def _spoils(name: str, words: Sequence[str]) -> bool:
    """Whether a rule turns a good answer into a failure."""
    mode, rest = _parts(words)
    if len(rest) < 3 or rest[1].upper() != "NOERROR" or rest[2].upper() == "NOERROR":
        return False
    # The name stays as it is: only whether the rule takes it counts.
    return _renamed(name, (mode, rest[0], rest[0])) is not None


# -------------------------------------------------------------------------------------- template
def _template(server: Server, question: Question) -> Answer | None:
    """What the templates of a block answer; None when they pass the question on."""
    for rule in server.of("template"):
        if len(rule.args) < 2 or rule.args[0].upper() not in ("IN", "ANY"):
            continue
        if rule.args[1].upper() not in (question.kind, "ANY"):
            continue
        if not within(question.name, _zones(rule.args[2:], server)):
            continue
        patterns = [word for line in rule.body if line[0] == "match" for word in line[1:]]
        if any(compiled(each) is None for each in patterns):
            return Answer("unknown")
        if not patterns or any(found.search(question.name) for found in _compiled(patterns)):
            return _of_template(rule, question)
        if not _falls_through(rule, question.name):
            return Answer("denied", said="SERVFAIL", directive=rule)
    return None


def _compiled(patterns: Sequence[str]) -> Iterator[re.Pattern[str]]:
    return (found for each in patterns if (found := compiled(each)) is not None)


def _of_template(rule: Directive, question: Question) -> Answer:
    rcode = (rule.said("rcode") or ("NOERROR",))[0].upper()
    if rcode != "NOERROR":
        return Answer("denied", said=rcode, directive=rule)
    records = [line[1:] for line in rule.body if line[0] == "answer"]
    if not records:
        return Answer("denied", said="an answer without an address", directive=rule)
    values = [" ".join(record).split() for record in records]
    wanted = [
        each[-1]
        for each in values
        if len(each) > 2 and each[-2].upper() in (question.kind, "CNAME")
    ]
    if not wanted or any("{" in each or "}" in each for each in wanted):
        return Answer("unknown")
    return Answer("moved", tuple(wanted), directive=rule)


def _falls_through(rule: Directive, name: str) -> bool:
    zones = rule.said("fallthrough")
    return zones is not None and (not zones or bool(within(name, map(dotted, zones))))


def _zones(names: Sequence[str], server: Server) -> tuple[str, ...]:
    """The zones a plugin names, else those of its block."""
    return tuple(map(dotted, names)) or server.zones


# ----------------------------------------------------------------------------------------- hosts
def _hosts(server: Server, question: Question) -> Answer | None:
    """What the hosts plugin answers; None when it passes the question on."""
    for plugin in server.of("hosts")[:1]:
        named = [word for word in plugin.args if not word.startswith("/")]
        if not within(question.name, _zones(named, server)):
            continue
        entries, known = _entries(plugin, question.files)
        found = [address for address, names in entries if question.name in names]
        fitting = tuple(each for each in found if (":" in each) == (question.kind == "AAAA"))
        if fitting:
            return Answer("moved", fitting, directive=plugin)
        if found:
            return Answer("denied", said="an answer without an address", directive=plugin)
        if not _falls_through(plugin, question.name):
            if not known:
                return Answer("unknown")
            return Answer("denied", said="SERVFAIL", directive=plugin)
    return None


def _entries(
    plugin: Directive, files: Sequence[File]
) -> tuple[tuple[tuple[str, frozenset[str]], ...], bool]:
    """The addresses and names of the plugin's lines and of its file, and whether all are known."""
    path = plugin.args[0] if plugin.args[:1] and plugin.args[0].startswith("/") else _DEFAULT_HOSTS
    key = path.rpartition("/")[2]
    read = [file for file in files if file.key == key]
    lines = [line.partition("#")[0].split() for file in read for line in file.text.splitlines()]
    entries = tuple(
        (line[0], frozenset(map(dotted, line[1:])))
        for line in (*plugin.body, *lines)
        if len(line) > 1 and ("." in line[0] or ":" in line[0])
    )
    return entries, bool(read) or path == _DEFAULT_HOSTS


# ------------------------------------------------------------------------------------ kubernetes
def _kubernetes(server: Server, question: Question) -> Answer:
    for plugin in server.of("kubernetes"):
        zone = within(question.name, _zones(plugin.args, server))
        if zone:
            return _in_cluster(plugin, question.name, zone)
    if not server.complete or any(each.name not in _KNOWN for each in server.directives):
        return Answer("unknown")
    forward = next(
        (
            each
            for each in server.of("forward")
            if within(question.name, map(dotted, each.args[:1]))
        ),
        None,
    )
    return Answer("unserved", forward.args[1:] if forward else (), directive=forward)


def _in_cluster(plugin: Directive, name: str, zone: str) -> Answer:
    """The plugin may be told to know some namespaces only."""
    only = plugin.said("namespaces")
    parts = name.removesuffix(zone).rstrip(".").split(".")
    hidden = only is not None and parts[-1:] == ["svc"] and parts[-2:-1] and parts[-2] not in only
    if hidden and not _falls_through(plugin, name):
        return Answer("denied", said="NXDOMAIN", directive=plugin)
    return Answer("served", (name,))
