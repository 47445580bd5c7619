"""The settings as they are in force, for people: secrets masked, everything else as written."""

import re
from collections.abc import Mapping

from pydantic import BaseModel, SecretStr

from watchdog.config.settings import Settings

# Typed, not "***": someone (or some program) would take that for the value and write it back.
MASK = "<redacted:secret>"
_SECRET_KEY = re.compile(r"(?i)passw|secret|token|key|credential|webhook")
_USERINFO = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_QUERY_SECRET = re.compile(r"(?i)(?<=[?&])(\w*(?:password|key|token|secret)\w*)=[^&\s]+")


def effective(settings: Settings) -> dict[str, object]:
    """Return all keys with their values as JSON-able values, in the order of the reference."""
    shown = settings.model_dump()
    return {
        key: _masked(shown[key], typed=isinstance(getattr(settings, key), BaseModel))
        for key in type(settings).model_fields
    }


def secrets(settings: BaseModel) -> tuple[str, ...]:
    """Every secret value that is set, for the redaction of logs and messages."""
    found: list[str] = []
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            found += secrets(value)
        elif isinstance(value, SecretStr) and value.get_secret_value():
            found.append(value.get_secret_value())
    return tuple(found)


def _masked(value: object, *, typed: bool, secret: bool = False) -> object:
    """A `typed` section says by itself what is secret; elsewhere the name of a key does."""
    match value:
        case SecretStr():
            return MASK if value.get_secret_value() else ""
        case Mapping():
            return {
                str(key): _masked(
                    item, typed=typed, secret=not typed and bool(_SECRET_KEY.search(str(key)))
                )
                for key, item in value.items()
            }
        case list() | tuple():
            return [_masked(item, typed=typed, secret=secret) for item in value]
        case None | bool() | int() | float():
            return value
        case _:
            return MASK if secret and value else _without_credentials(str(value))


def _without_credentials(text: str) -> str:
    return _QUERY_SECRET.sub(rf"\1={MASK}", _USERINFO.sub("<redacted:userinfo>", text))
