"""Types of single settings: how a duration, a list, an address or a zone is written."""

import json
import re
from datetime import time, timedelta
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, SecretStr

from watchdog.config.binds import Bind, parse_bind

_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_DURATION = re.compile(r"(?:\d+[dhms])+")


def parse_duration(text: object) -> timedelta:
    """Read "24h", "90s" or "1d12h".

    Raises:
        ValueError: it is something else; a bare number has no unit and is refused.
    """
    if isinstance(text, timedelta):
        return text
    if not isinstance(text, str) or not _DURATION.fullmatch(text):
        raise ValueError('expected a duration with its unit, such as "24h", "10m" or "1d12h"')
    parts = re.findall(r"(\d+)([dhms])", text)
    try:
        return sum((timedelta(**{_UNITS[unit]: int(n)}) for n, unit in parts), timedelta())
    except OverflowError as error:
        raise ValueError("expected a shorter duration") from error


def format_duration(span: timedelta) -> str:
    """Write a duration of whole seconds as it is read: "1d12h"; zero is "0s"."""
    rest, text = int(span.total_seconds()), ""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


def _days(value: object) -> object:
    """Read "mon-fri", "sat" or a list of both, Monday being 0; a span may go over the weekend."""
    if isinstance(value, tuple):  # as it is kept
        return value
    parts = value if isinstance(value, list) else str(value).split(",")
    found = {day for part in parts for day in _span_of_days(str(part))}
    if not found:
        raise ValueError('expected days such as "mon-fri" or [sat, sun]')
    return tuple(sorted(found))


def _span_of_days(text: str) -> list[int]:
    names = [name.strip().lower() for name in text.split("-")]
    if len(names) > 2 or not all(name in _DAYS for name in names):
        raise ValueError('expected days such as "mon-fri" or [sat, sun]')
    first, last = _DAYS.index(names[0]), _DAYS.index(names[-1])
    return [day % 7 for day in range(first, (last if last >= first else last + 7) + 1)]


def _names_of_days(days: tuple[int, ...]) -> list[str]:
    return [_DAYS[day] for day in days]


def _time(value: object) -> object:
    """To YAML an unquoted 22:00 is the number 1320, and 06:00 is text."""
    if isinstance(value, time):
        return value
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('expected a time of day in quotes, such as "22:00"')
    return time(int(match[1]), int(match[2]))


def _time_text(at: time) -> str:
    return f"{at:%H:%M}"


def _positive(span: timedelta) -> timedelta:
    if span <= timedelta():
        raise ValueError("expected more than zero")
    return span


def _listed(value: object) -> object:
    """A list in the file; in the environment comma separated or a JSON array."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return _json(value)
    return [part.strip() for part in value.split(",") if part.strip()]


def _digits(value: object) -> object:
    """Discord's ids are numbers to YAML and names to everyone else."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _json(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError("expected a JSON array or object") from error


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError('expected an IANA time zone such as "Europe/Berlin" or "UTC"') from error
    return name


def _url_of(text: str, schemes: tuple[str, ...]) -> None:
    """Refuse what is no URL with a host. The text is not repeated: it may hold a credential."""
    try:
        parts = urlsplit(text)
        complete = parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        complete = False
    if text and not complete:
        raise ValueError(
            f"expected a URL that starts with {' or '.join(s + '://' for s in schemes)}"
        )


def _web_url(text: str) -> str:
    _url_of(text, ("http", "https"))
    return text.rstrip("/")


def _socket_url(text: str) -> str:
    _url_of(text, ("ws", "wss"))
    return text


def _secret_url(secret: SecretStr) -> SecretStr:
    _url_of(secret.get_secret_value(), ("http", "https"))
    return secret


def _store_url(text: str) -> str:
    if text and not text.startswith(("sqlite://", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("expected a URL that starts with sqlite:/// or postgresql://")
    return text


def _price(pair: tuple[float, float]) -> tuple[float, float]:
    if not all(0 <= each < float("inf") for each in pair):
        raise ValueError("expected two prices that are not negative: [in, out]")
    return pair


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    AfterValidator(_positive),
    PlainSerializer(format_duration),
]
Days = Annotated[tuple[int, ...], BeforeValidator(_days), PlainSerializer(_names_of_days)]
TimeOfDay = Annotated[time, BeforeValidator(_time), PlainSerializer(_time_text)]
Listed = BeforeValidator(_listed)
Words = Annotated[tuple[str, ...], Listed]
Id = Annotated[str, BeforeValidator(_digits)]
Ids = Annotated[tuple[Id, ...], Listed]
FromJson = BeforeValidator(_json)
Zone = Annotated[str, AfterValidator(_zone)]
WebUrl = Annotated[str, AfterValidator(_web_url)]
SocketUrl = Annotated[str, AfterValidator(_socket_url)]
SecretUrl = Annotated[SecretStr, AfterValidator(_secret_url)]
StoreUrl = Annotated[str, AfterValidator(_store_url)]
Address = Annotated[Bind, BeforeValidator(parse_bind), PlainSerializer(str)]
Price = Annotated[tuple[float, float], AfterValidator(_price)]
Prices = Annotated[dict[str, Price], FromJson]
