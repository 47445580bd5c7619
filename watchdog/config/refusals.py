"""What is refused though every single value is well-formed: open doors, unknown plugins."""

from collections.abc import Mapping

from pydantic import BaseModel, ValidationError

from watchdog.config.layers import Layers
from watchdog.config.nearest import did_you_mean
from watchdog.config.problems import wrong_value
from watchdog.config.sections import DashboardSettings, HttpSettings
from watchdog.config.variables import KeyPath, variable_name
from watchdog.domain.errors import Misconfigured

Params = Mapping[str, type[BaseModel]]


def refuse_open_doors(http: HttpSettings, dashboard: DashboardSettings) -> None:
    """Page and API have a port each; the page is open to other machines only with credentials.

    The API needs no such rule: without a token it serves health and metrics alone.

    Raises:
        Misconfigured: names what is not set, or the port that both would take.
    """
    _refuse_one_port(http)
    credentials = {
        "username": dashboard.username,
        "password": dashboard.password.get_secret_value(),
        "session_secret": dashboard.session_secret.get_secret_value(),
    }
    unset = [("dashboard", key) for key, value in credentials.items() if not value]
    if unset and not http.dashboard_bind.loopback:
        raise Misconfigured(
            f"http.dashboard_bind: {http.dashboard_bind} is open to other machines, and not set: "
            + ", ".join(".".join(path) for path in unset),
            hint=f"set {', '.join(map(variable_name, unset))}; or bind 127.0.0.1:9119, which "
            "`kubectl port-forward` reaches",
        )


def refuse_bad_checks(
    checks: Mapping[str, Mapping[str, object]],
    disabled: tuple[str, ...],
    params: Params,
    layers: Layers,
) -> None:
    """Validate `checks` and `disabled_checks` against the checks that there are.

    Raises:
        Misconfigured: an unknown check, an unknown key of one, or a wrong value.
    """
    for name in disabled:
        if name not in params:
            raise _no_such("check", name, ("disabled_checks",), params, layers)
    for name, entry in checks.items():
        if name not in params:
            raise _no_such("check", name, ("checks", name), params, layers)
        _validate(entry, params[name], ("checks", name), layers)


def refuse_bad_notifiers(
    notifiers: tuple[Mapping[str, object], ...], params: Params, layers: Layers
) -> None:
    """Validate each entry of `notifiers` against the Params of its `type`.

    Raises:
        Misconfigured: an unknown or missing type, an unknown key, or a wrong value.
    """
    for index, entry in enumerate(notifiers):
        path = ("notifiers", str(index))
        kind = str(entry.get("type", ""))
        if kind not in params:
            raise _no_such("type of notifier", kind, path, params, layers)
        rest = {key: value for key, value in entry.items() if key != "type"}
        _validate(rest, params[kind], path, layers)


def _validate(
    entry: Mapping[str, object], model: type[BaseModel], path: KeyPath, layers: Layers
) -> None:
    try:
        model.model_validate(entry)
    except ValidationError as error:
        known = [(*path, key) for key in model.model_fields]
        raise wrong_value(error, layers, known=known, under=path) from error


def _no_such(what: str, name: str, path: KeyPath, params: Params, layers: Layers) -> Misconfigured:
    near = did_you_mean(name, params)
    return Misconfigured(
        f"{layers.origin(path)}: there is no {what} {name!r}",
        hint=near or f"there are: {', '.join(sorted(params))}",
    )


def _refuse_one_port(http: HttpSettings) -> None:
    if http.api_bind.meets(http.dashboard_bind):
        raise Misconfigured(
            f"http.dashboard_bind: {http.dashboard_bind} is the port of http.api_bind "
            f"({http.api_bind})",
            hint="give one of the two another port; 0 lets the system choose",
        )
