"""A Corefile as CoreDNS reads it: server blocks and their plugins. Pure text in, values out.

Source: the Corefile manual (coredns.io/manual/toc) and the tokens of CoreDNS's Caddyfile parser: a
word, a text in double quotes, a comment from "#", braces at the end of a line and on their own.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from watchdog.domain.ref import Ref

_TOKEN = re.compile(r'"(?P<quoted>(?:\\.|[^"\\])*)"|(?P<comment>#[^\n]*)|(?P<word>\S+)')
_DEEPEST = 5  # imports within imports
_NOT_DNS = ("tls://", "https://", "https3://", "grpc://", "quic://")
_DNS_PORT = "53"


@dataclass(frozen=True, slots=True)
class File:
    """One key of a ConfigMap: where it lives and what it says."""

    config: Ref
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Directive:
    """One plugin of a server block: its name with its arguments, and the lines in its braces."""

    config: Ref
    key: str
    line: int
    words: tuple[str, ...]
    body: tuple[tuple[str, ...], ...] = ()

    @property
    def name(self) -> str:
        return self.words[0]

    @property
    def args(self) -> tuple[str, ...]:
        return self.words[1:]

    def said(self, word: str) -> tuple[str, ...] | None:
        """The arguments of the first line of the body that begins with `word`; None without one."""
        return next((line[1:] for line in self.body if line[0] == word), None)

    @property
    def where(self) -> str:
        """ "line 4 of Corefile: template ANY ANY shop.svc.cluster.local"."""
        return f"line {self.line} of {self.key}: {' '.join(self.words)}"


@dataclass(frozen=True, slots=True)
class Server:
    """One server block. `zones` end in a dot; not `complete` when an import could not be followed."""

    zones: tuple[str, ...]
    directives: tuple[Directive, ...]
    complete: bool

    def of(self, name: str) -> tuple[Directive, ...]:
        """The uses of one plugin, in order."""
        return tuple(each for each in self.directives if each.name == name)


@dataclass(frozen=True, slots=True)
class _Line:
    file: File
    number: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Node:
    """A line, and the lines in the braces it opens."""

    line: _Line
    inner: tuple["_Node", ...] = ()


@dataclass(frozen=True, slots=True)
class Folder:
    """What an import can lead to. `complete` when every file that may be there could be read."""

    files: tuple[File, ...]
    complete: bool


def servers(main: File, folder: Folder) -> tuple[Server, ...]:
    """Return the server blocks that answer plain DNS; empty when the text cannot be parsed."""
    nodes = _parsed(main)
    if nodes is None:
        return ()
    snippets = {
        node.line.words[0].strip("()"): node.inner
        for node in nodes
        if node.line.words[0].startswith("(")
    }
    found = [
        each
        for node, complete in _followed(nodes, snippets, folder, _DEEPEST)
        if node is not None and not node.line.words[0].startswith("(")
        for each in _server(node, snippets, folder, complete=complete)
    ]
    whole = all(complete for _, complete in _followed(nodes, snippets, folder, _DEEPEST))
    ports = {port for port, _ in found}
    asked = _DNS_PORT if _DNS_PORT in ports else None
    return tuple(
        Server(each.zones, each.directives, each.complete and whole)
        for port, each in found
        if asked is None or port == asked
    )


def _server(
    node: _Node, snippets: Mapping[str, tuple[_Node, ...]], folder: Folder, *, complete: bool
) -> Iterator[tuple[str, Server]]:
    """Yield one server for each port of a block, with the port."""
    zones: dict[str, list[str]] = {}
    for key in node.line.words:
        for address in filter(None, key.split(",")):
            if not address.startswith(_NOT_DNS):
                zone, port = _address(address.removeprefix("dns://"))
                zones.setdefault(port, []).append(zone)
    inner = tuple(_followed(node.inner, snippets, folder, _DEEPEST))
    directives = tuple(_directive(each) for each, _ in inner if each is not None)
    whole = complete and all(done for _, done in inner)
    for port, names in zones.items():
        yield port, Server(tuple(names), directives, whole)


def _address(text: str) -> tuple[str, str]:
    """Zone and port of a key such as ".:53" or "cluster.local"."""
    zone, _, port = text.partition(":")
    return dotted(zone), port or _DNS_PORT


def dotted(name: str) -> str:
    """A name as the plugins compare it: small letters, and a dot at the end."""
    return f"{name.lower().rstrip('.')}."


def within(name: str, zones: Iterable[str]) -> str:
    """The longest of the zones that a name lies in; "" for none. All end in a dot."""
    found = [zone for zone in zones if zone == "." or name == zone or name.endswith(f".{zone}")]
    return max(found, key=len, default="")


def _directive(node: _Node) -> Directive:
    line = node.line
    body = tuple(each.line.words for each in node.inner)
    return Directive(line.file.config, line.file.key, line.number, line.words, body)


def _followed(
    nodes: Iterable[_Node],
    snippets: Mapping[str, tuple[_Node, ...]],
    folder: Folder,
    depth: int,
) -> Iterator[tuple[_Node | None, bool]]:
    """Yield the nodes with imports replaced by what they name; (None, False) for what is unknown."""
    for node in nodes:
        words = node.line.words
        if words[0] != "import" or len(words) < 2:
            yield node, True
        elif not depth:
            yield None, False
        elif words[1] in snippets:
            yield from _followed(snippets[words[1]], snippets, folder, depth - 1)
        else:
            yield from _of_files(words[1], snippets, folder, depth - 1)


def _of_files(
    path: str, snippets: Mapping[str, tuple[_Node, ...]], folder: Folder, depth: int
) -> Iterator[tuple[_Node | None, bool]]:
    pattern = path.rpartition("/")[2]
    chosen = [file for file in folder.files if fnmatchcase(file.key, pattern)]
    if not folder.complete or (not chosen and "*" not in pattern):
        yield None, False  # a pattern that no file matches imports nothing
    for file in chosen:
        nodes = _parsed(file)
        if nodes is None:
            yield None, False
        else:
            yield from _followed(nodes, snippets, folder, depth)


def _parsed(file: File) -> tuple[_Node, ...] | None:
    lines = list(_lines(file))
    nodes, rest = _nodes(lines, 0)
    return None if rest != len(lines) else nodes


def _nodes(lines: list[_Line], start: int) -> tuple[tuple[_Node, ...], int]:
    """The nodes from `start` to the brace that closes them, and the number of that line."""
    found: list[_Node] = []
    keys: tuple[str, ...] = ()  # of a server block whose keys go over several lines
    while start < len(lines) and lines[start].words != ("}",):
        line = lines[start]
        words = (*keys, *line.words)
        keys = ()
        inner: tuple[_Node, ...] = ()
        if words[-1] == "{":
            words = words[:-1]
            inner, start = _nodes(lines, start + 1)
        elif words[-1].endswith(","):
            keys = words
        start += 1
        if words and not keys:
            found.append(_Node(_Line(line.file, line.number, words), inner))
    return tuple(found), start


def _lines(file: File) -> Iterator[_Line]:
    words: list[str] = []
    number, at = 1, 1
    end = 0
    for match in _TOKEN.finditer(file.text):
        passed = file.text.count("\n", end, match.start())
        end = match.start()
        at += passed
        if passed and words:
            yield _Line(file, number, tuple(words))
            words = []
        if match["comment"] is not None:
            continue
        number = at
        quoted = match["quoted"]
        words.append(match["word"] if quoted is None else quoted.replace('\\"', '"'))
    if words:
        yield _Line(file, number, tuple(words))
