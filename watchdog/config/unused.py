"""Settings that are validated and that nothing in this version reads."""

from pydantic import SecretStr

from watchdog.config.settings import Settings

_UNUSED = (
    ("discord", "bot_token"),
    ("discord", "home_channel"),
    ("discord", "allowed_users"),
    ("discord", "gateway_url"),
    ("heartbeat", "url"),
)
UNUSED_HINT = 'see "Not in this version" in the README; until then only a webhook speaks on Discord'


def unused(settings: Settings) -> tuple[str, ...]:
    """Return the keys that are set to no effect: whoever set them counts on them."""
    return tuple(f"{section}.{key}" for section, key in _UNUSED if _set(settings, section, key))


def _set(settings: Settings, section: str, key: str) -> bool:
    value = getattr(getattr(settings, section), key)
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)
