"""Sets up logging for a command: quiet unless asked, on stderr, without colour where unwanted."""

from watchdog import log
from watchdog.cli.options import Options
from watchdog.config.effective import secrets
from watchdog.config.settings import Settings
from watchdog.config.variables import process_environment


def start_logging(options: Options, settings: Settings, *, daemon: bool) -> None:
    """The daemon logs as `log` in config.yaml says, other commands errors only; -v: all.

    What a command has to say it says in its own lines `error:` and `hint:`.
    """
    quiet = settings.log.level if daemon else "error"
    log.configure(
        json=settings.log.format == "json",
        level="debug" if options.verbose else quiet,
        secrets=secrets(settings),
        colors=not process_environment().get("NO_COLOR"),
    )
