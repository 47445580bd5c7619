"""The environment over the file: one tree of raw values, and where each of them was written."""

from collections.abc import Mapping
from dataclasses import dataclass

from watchdog.config.file import ConfigFile, Tree
from watchdog.config.variables import KeyPath
from watchdog.domain.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Layers:
    """Both sources. `variables` has the name of the variable that sets each key."""

    file: ConfigFile
    variables: dict[KeyPath, str]

    def merged(self, environ: Mapping[str, str]) -> Tree:
        """Return the raw values of both; the environment wins.

        Raises:
            Misconfigured: one variable sets a section and another a key in it.
        """
        tree = _copy(self.file.tree)
        for path, name in sorted(self.variables.items()):
            _place(tree, path, environ[name], name)
        return tree

    def origin(self, path: KeyPath) -> str:
        """Where this key, or what encloses it, was set: a variable, or file, line and key."""
        name, key = self.variable(path), f"`{'.'.join(path)}`"
        if name:
            return f"`{name}`: {key}" if self.within(path) else f"`{name}`"
        return f"{self.file.where(path)}: {key}"

    def within(self, path: KeyPath) -> bool:
        """Whether this key was written inside of a variable, whose JSON sets what encloses it."""
        return any(path[: len(other)] == other != path for other in self.variables)

    def variable(self, path: KeyPath) -> str:
        """The variable that sets this key, "" when the file does."""
        if self.within(path):
            return next(
                name for other, name in self.variables.items() if path[: len(other)] == other
            )
        if path in self.variables or path in self.file.lines:
            return self.variables.get(path, "")
        related = (
            name
            for other, name in self.variables.items()
            if other[: len(path)] == path[: len(other)]  # one encloses the other
        )
        return next(related, "")


def _copy(tree: Tree) -> Tree:
    return {key: _copy(item) if isinstance(item, dict) else item for key, item in tree.items()}


def _place(tree: Tree, path: KeyPath, text: str, name: str) -> None:
    """Put `text` at `path`; sections on the way that are missing, or no mapping, become one."""
    for part in path[:-1]:
        inner = tree.get(part)
        if isinstance(inner, str):
            raise Misconfigured(
                f"`{name}`: `{part}` is set as a whole by another variable",
                hint=f"unset one of them; `{part}` is a section: its keys are set one by one",
            )
        if not isinstance(inner, dict):
            inner = tree[part] = {}
        tree = inner
    tree[path[-1]] = text
