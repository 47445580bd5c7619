"""Kubernetes objects as YAML that people review: fields in order, long expressions as blocks."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

Manifest = Mapping[str, Any]
Body = Manifest | Sequence[Manifest]

_SHORT = 24  # characters: a list of verbs stands in one line, one of resources does not


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key, repeats nothing by alias, writes several lines as a block."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, data: str) -> yaml.ScalarNode:
    quoted = not data or ("'" in data and '"' not in data)
    style = "|" if "\n" in data else '"' if quoted else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=style)


def _list(dumper: yaml.SafeDumper, data: Sequence[object]) -> yaml.SequenceNode:
    words = [each for each in data if isinstance(each, str)]
    length = sum(len(word) + 2 for word in words)
    short = len(words) == len(data) and (len(data) == 1 or length <= _SHORT)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=short)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)


def document(manifest: Body, comment: str = "") -> str:
    """One object, with a comment above it; every line of the comment is given without its mark."""
    above = "".join(f"# {line}\n" for line in comment.splitlines())
    shown = yaml.dump(manifest, Dumper=_Dumper, sort_keys=False, width=400, allow_unicode=True)
    return above + shown


def stream(documents: Sequence[str]) -> str:
    """Several documents in one text, as `kubectl apply -f -` reads them."""
    return "---\n".join(documents)
