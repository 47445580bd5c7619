"""From the global options of one call to its settings."""

from watchdog.cli.options import Options
from watchdog.config.refusals import Params
from watchdog.config.settings import Settings, load_settings
from watchdog.config.variables import process_environment

__all__ = ["Options", "settings_of"]


def settings_of(
    options: Options, *, check_params: Params | None = None, notifier_params: Params | None = None
) -> Settings:
    """Load the settings for these options and this process's environment.

    Raises:
        Misconfigured: as `load_settings`.
    """
    return load_settings(
        config=options.config,
        home=options.home,
        environ=process_environment(),
        check_params=check_params,
        notifier_params=notifier_params,
    )
