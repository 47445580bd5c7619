"""The five dimensions of a Run, taken from the settings and the checks in force."""

import json
from collections.abc import Callable, Collection
from hashlib import sha256

from watchdog.app.rbac import reader_rights
from watchdog.config.effective import effective
from watchdog.config.settings import Settings
from watchdog.config.souls import Texts
from watchdog.domain.check import Check
from watchdog.domain.record import Frame
from watchdog.domain.run import RunRequest
from watchdog.version import sha, version

DIGITS = 16


def framing(
    settings: Settings, checks: Collection[Check], texts: Callable[[], Texts] | None = None
) -> Callable[[RunRequest], Frame]:
    """Return what tells the Frame of a Run. `checks` are those that are switched on, `texts` the
    souls in force, None where no model is asked."""
    common = {
        "version": version(),
        "sha": sha(),
        "policy_digest": _policy(settings),
        "rights_digest": _digest(sorted(reader_rights(checks))),
    }
    known = {check.id: check for check in checks}

    def frame(request: RunRequest) -> Frame:
        own = [known[name] for name in request.checks if name in known]
        tools = _digest([_check(each, settings, request) for each in own])
        soul = texts().soul(request.soul) if texts else None
        chain = _chain(settings, request)
        return Frame(
            **common,
            model=chain[0] if chain else "",
            fallbacks=chain[1:],
            tools_digest=tools,
            soul=soul.slug if soul else "",
            soul_digest=soul.digest if soul else "",
        )

    return frame


def _chain(settings: Settings, request: RunRequest) -> tuple[str, ...]:
    """The models that the Run may ask; a Job may name its own."""
    if not settings.llm.usable:
        return ()
    return settings.llm.chain_for(request.model, request.fallbacks)


def _policy(settings: Settings) -> str:
    """Of the settings that decide whether something may be written, and who may say so."""
    return _digest({"mode": settings.mode, "allowed_users": settings.discord.allowed_users})


def _check(check: Check, settings: Settings, request: RunRequest) -> object:
    shown = effective(settings)["checks"]
    params = shown.get(check.id) if isinstance(shown, dict) else None
    needs, reasons = [*check.reads], list(check.reasons)
    return [check.id, needs, reasons, params, dict(request.params.get(check.id, {}))]


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return sha256(text.encode()).hexdigest()[:DIGITS]
