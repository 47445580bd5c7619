"""What is listened on: the page, the API with health and metrics, and the CLI's door."""

from collections.abc import Callable, Mapping

from watchdog.app.home import Home
from watchdog.config.settings import Settings
from watchdog.metrics import Metrics
from watchdog.version import version
from watchdog.web.api import Api, api_app
from watchdog.web.door import Command, door_app
from watchdog.web.guard import Credentials
from watchdog.web.health import Health
from watchdog.web.pages import pages_app
from watchdog.web.readiness import probes
from watchdog.web.server import Site, listen_tcp, listen_unix
from watchdog.web.sources import Sources

_API, _PAGE = "http.api_bind", "http.dashboard_bind"


def refuse_taken(settings: Settings) -> None:
    """Try the addresses of page and API, before anybody is sent there.

    Raises:
        Misconfigured: a port is in use; the text names the setting.
    """
    listen_tcp(settings.http.api_bind, setting=_API).close()
    listen_tcp(settings.http.dashboard_bind, setting=_PAGE).close()


def sites(
    settings: Settings,
    home: Home,
    *,
    sources: Sources,
    health: Health,
    metrics: Metrics,
    commands: Mapping[str, Command],
    jobs_parsed: Callable[[], bool],
) -> list[Site]:
    """Open every listener; nothing is served yet.

    Raises:
        Misconfigured: a port is in use; the text names the setting.
        StoreFailed: the socket cannot be made in the home.
    """
    dashboard = settings.dashboard
    credentials = None
    if dashboard.username:
        credentials = Credentials(dashboard.username, dashboard.password.get_secret_value())
    asked = probes(
        home.store,
        sources.clock,
        health,
        lock_held=lambda: True,  # this process holds it until it ends
        jobs_parsed=jobs_parsed,
        overdue_after=settings.overdue_after,
    )
    api = Api(
        health=health,
        probes=asked,
        metrics=metrics.render,
        sources=sources,
        version=version(),
        token=settings.api.token.get_secret_value(),
    )
    bind = settings.http.dashboard_bind
    page = pages_app(sources, loopback=bind.loopback, credentials=credentials)
    return [
        Site(api_app(api), listen_tcp(settings.http.api_bind, setting=_API)),
        Site(page, listen_tcp(bind, setting=_PAGE)),
        Site(door_app(commands), listen_unix(home.socket)),
    ]
