"""Finds plugins: imports every module of a package and collects its values of one type."""

import importlib
import pkgutil
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")


def collect(package: ModuleType, kind: type[T]) -> tuple[T, ...]:
    """Return the module-level values of `kind` in all direct submodules, in module order."""
    found: list[T] = []
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda each: each.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        found += [
            value
            for value in vars(module).values()
            if isinstance(value, kind) and value not in found
        ]
    return tuple(found)
