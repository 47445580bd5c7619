"""Says in one line which key is wrong, where it was written, and what is expected there.

Values are never repeated: they may be secrets.
"""

from collections.abc import Collection, Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from watchdog.config.layers import Layers
from watchdog.config.nearest import did_you_mean
from watchdog.config.variables import PLAIN_NAMES, KeyPath, variable_name
from watchdog.domain.errors import Misconfigured

_EXPECTED: Mapping[str, str] = {
    "int": "expected a whole number",
    "float": "expected a number",
    "bool": "expected true or false",
    "string": "expected text; quote it",
    "model": "expected a section of `key: value` lines",
    "dict": "expected a section of `key: value` lines",
    "tuple": "expected a list",
    "list": "expected a list",
    "set": "expected a list",
    "missing": "is required",
    "value": "",  # our own validators: the text says it
}
_LIMITS: Mapping[str, str] = {
    "literal_error": "expected {expected}",
    "greater_than": "expected more than {gt}",
    "greater_than_equal": "expected {ge} or more",
    "less_than": "expected less than {lt}",
    "less_than_equal": "expected {le} or less",
    "string_pattern_mismatch": "expected text of the form {pattern}",
    "string_too_long": "expected at most {max_length} characters",
    "extra_forbidden": "there is no such key",
}
_ALL_KEYS = "`watchdog config show` prints every key with its value"


def wrong_value(
    error: ValidationError, layers: Layers, *, known: Collection[KeyPath], under: KeyPath = ()
) -> Misconfigured:
    """Translate the first thing that pydantic found wrong; `under` is the path of its model.

    `known` are the paths of all keys that could have been meant; `*` is any place in a list.
    """
    details = error.errors(include_url=False, include_input=False)
    first, path = details[0], (*under, *(str(part) for part in details[0]["loc"]))
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    if first["type"] == "extra_forbidden":
        return unknown_key(path, layers, known=known, more=more)
    return Misconfigured(
        f"{layers.origin(path)}: {expected(first)}{more}",
        hint=f"correct {layers.variable(path) or '`' + '.'.join(path) + '`'}, "
        "then try `watchdog config check`",
    )


def unknown_key(
    path: KeyPath, layers: Layers, *, known: Collection[KeyPath], more: str = ""
) -> Misconfigured:
    """A key, or a variable, that means nothing; the hint names the nearest that does."""
    name = layers.variable(path)
    if name and not layers.within(path):
        names = {*map(variable_name, known), *PLAIN_NAMES}
        near = did_you_mean(name, names)
        return Misconfigured(f"`{name}`: unknown variable{more}", hint=near or _ALL_KEYS)
    near = did_you_mean(".".join(path), (".".join(_at(path, each)) for each in known))
    return Misconfigured(f"{layers.origin(path)}: unknown key{more}", hint=near or _ALL_KEYS)


def _at(path: KeyPath, known: KeyPath) -> KeyPath:
    """A path of `known` at the places that `path` has in lists; there it has a `*`."""
    places = (*path, *known[len(path) :])
    return tuple(place if part == "*" else part for part, place in zip(known, places, strict=False))


def expected(details: ErrorDetails) -> str:
    """Return what is wrong with one value, in words for people; never the value itself."""
    kind, context = details["type"], details.get("ctx", {})
    if kind in _LIMITS:
        return _LIMITS[kind].format(**context)
    if kind == "string_too_short" and context["min_length"] == 1:
        return "must not be empty"
    text = _EXPECTED.get(kind.split("_")[0])
    return text or str(context.get("error") or details["msg"])
