"""Which notifiers there are: those of the configuration, else Discord, else the console."""

from typing import TextIO

from watchdog.config.settings import Settings
from watchdog.domain.errors import Misconfigured
from watchdog.domain.ports import Notifier
from watchdog.notifiers import console as console_module
from watchdog.notifiers import discord_webhook, jsonl

TYPES = ("console", "discord", "jsonl")


def build_notifiers(settings: Settings, *, console: TextIO) -> dict[str, Notifier]:
    """Return the notifiers by name, in the order of the configuration.

    Raises:
        Misconfigured: an entry of `notifiers` does not fit.
    """
    found: dict[str, Notifier] = {}
    for number, entry in enumerate(settings.notifiers):
        notifier = _built(dict(entry), settings, console, number)
        found[notifier.name] = notifier
    if not found and settings.discord.webhook_url.get_secret_value():
        found["discord"] = _built({"type": "discord"}, settings, console, 0)
    return found or {"console": console_module.Console(console)}


def _built(entry: dict[str, object], settings: Settings, console: TextIO, number: int) -> Notifier:
    kind = entry.get("type")
    try:
        if kind == "console":
            params = console_module.ConsoleParams.model_validate(entry)
            return console_module.make(params, stream=console)
        if kind == "jsonl":
            return jsonl.make(jsonl.JsonlParams.model_validate(entry), home=settings.home)
        if kind == "discord":
            return _discord(entry, settings)
    except ValueError as error:
        reason = "; ".join(line.strip() for line in str(error).splitlines()[1:3])
        raise Misconfigured(
            f"notifiers.{number}: {reason}", hint="see the notifiers in docs/reference.md"
        ) from error
    raise Misconfigured(
        f"notifiers.{number}.type: {kind!r} is not known", hint=f"use one of {', '.join(TYPES)}"
    )


def _discord(entry: dict[str, object], settings: Settings) -> Notifier:
    url = settings.discord.webhook_url
    if not url.get_secret_value() and "webhook_url" not in entry:
        raise Misconfigured(
            "notifiers: discord has no webhook", hint="set DISCORD_WEBHOOK_URL in the environment"
        )
    whole = {"webhook_url": url, "api_url": settings.discord.api_url, **entry}
    return discord_webhook.make(discord_webhook.DiscordWebhookParams.model_validate(whole))
