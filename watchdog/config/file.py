"""Reads config.yaml into a tree of mappings, and remembers the line of every key."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import yaml

from watchdog.domain.errors import Misconfigured

Tree: TypeAlias = dict[str, object]

_QUOTE = "check the indentation, and quote values that hold `: ` or start with a special character"


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What the file says. `lines` has the line (from 1) of every key, by its path."""

    path: Path
    tree: Tree = field(default_factory=dict)
    lines: dict[tuple[str, ...], int] = field(default_factory=dict)

    def where(self, path: tuple[str, ...]) -> str:
        """ "<file>:<line>" of a key, or of the nearest enclosing key that is written."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.path}:{self.lines[path]}" if path else str(self.path)


def read_config(path: Path, *, required: bool) -> ConfigFile:
    """Read the file; an absent one says nothing, unless it is `required`.

    Raises:
        Misconfigured: it cannot be read, or it is not YAML with a mapping at the top.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        if required:
            raise Misconfigured(
                f"{path}: there is no such file", hint="give --config the path of a file"
            ) from error
        return ConfigFile(path)
    except OSError as error:
        raise Misconfigured(
            f"{path}: cannot be read: {error.strerror}",
            hint="--home names a directory; config.yaml in it is a file that this user may read",
        ) from error
    except UnicodeDecodeError as error:
        raise Misconfigured(f"{path}: is not UTF-8", hint="save it as UTF-8") from error
    return parse_config(text, path)


def parse_config(text: str, path: Path) -> ConfigFile:
    """Parse the text of a config.yaml; keys without a value are as if they were not there.

    Raises:
        Misconfigured: it is not YAML, has a key twice, or is no mapping.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None or node.tag == "tag:yaml.org,2002:null":
            return ConfigFile(path)
        if not isinstance(node, yaml.MappingNode):
            raise Misconfigured(f"{path}:1: expected `key: value` lines", hint=_QUOTE)
        lines: dict[tuple[str, ...], int] = {}
        _walk(node, (), lines, path)
        tree = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _broken(error, path) from error
    return ConfigFile(path, _without_nulls(tree), lines)


def _broken(error: Exception, path: Path) -> Misconfigured:
    """ValueError and RecursionError are what the library lets through: a date of month 13."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return Misconfigured(f"{path}: not valid YAML: {error}", hint=_QUOTE)
    line = error.problem_mark.line + 1
    return Misconfigured(f"{path}:{line}: not valid YAML: {error.problem}", hint=_QUOTE)


def _walk(
    node: yaml.MappingNode, at: tuple[str, ...], lines: dict[tuple[str, ...], int], path: Path
) -> None:
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.tag != "tag:yaml.org,2002:str":
            raise Misconfigured(f"{path}:{line}: expected a key that is text", hint=_QUOTE)
        here = (*at, str(key.value))
        if here in lines:
            raise Misconfigured(
                f"{path}:{line}: `{'.'.join(here)}` is there twice, first in line {lines[here]}",
                hint="keep one of them",
            )
        lines[here] = line
        _walk_value(value, here, lines, path)


def _walk_value(
    value: yaml.Node, at: tuple[str, ...], lines: dict[tuple[str, ...], int], path: Path
) -> None:
    if isinstance(value, yaml.MappingNode):
        _walk(value, at, lines, path)
    elif isinstance(value, yaml.SequenceNode):
        for index, item in enumerate(value.value):
            here = (*at, str(index))
            lines[here] = item.start_mark.line + 1
            _walk_value(item, here, lines, path)


def _without_nulls(value: dict[Hashable, object]) -> Tree:
    return {
        str(key): _without_nulls(item) if isinstance(item, dict) else item
        for key, item in value.items()
        if item is not None
    }
