"""`watchdog config`: check the configuration, or print the one in force."""

import io
import json

import click
import yaml

from watchdog.app.notifying import build_notifiers
from watchdog.app.registry import all_checks, families_of, params_of
from watchdog.cli.context import Options, settings_of
from watchdog.config.effective import effective
from watchdog.config.jobs import parse_jobs
from watchdog.config.settings import Settings
from watchdog.config.souls import read_texts, soul_slugs
from watchdog.config.unused import unused
from watchdog.domain.check import Check
from watchdog.domain.errors import Misconfigured


@click.group()
def config() -> None:
    """Check or show the configuration."""


@config.command()
@click.pass_obj
def check(options: Options) -> None:
    """Validate config.yaml, the environment, cron/jobs.json, souls and prompts; write nothing."""
    checks = all_checks()
    settings = settings_of(options, check_params=params_of(checks))
    build_notifiers(settings, console=io.StringIO())
    _check_jobs(settings, checks)
    if keys := unused(settings):
        click.echo(f"warning: set, and not used in this version: {', '.join(keys)}", err=True)
    for fault in read_texts(settings.home).faults:
        raise fault
    click.echo(f"the configuration in {settings.home} is valid", err=True)


@config.command()
@click.option("--output", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
@click.pass_obj
def show(options: Options, *, output: str) -> None:
    """Print every key with the value in force; secrets are masked."""
    shown = effective(settings_of(options))
    if output == "json":
        click.echo(json.dumps(shown, indent=2))
    else:
        click.echo(yaml.safe_dump(shown, sort_keys=False, allow_unicode=True), nl=False)


def _check_jobs(settings: Settings, checks: tuple[Check, ...]) -> None:
    """Raises Misconfigured; an absent file is seeded when the daemon starts."""
    path = settings.home / "cron" / "jobs.json"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"{path}: cannot be read: {error}", hint="make it a UTF-8 file that this user may read"
        ) from error
    jobs = parse_jobs(
        text,
        known_checks=families_of(checks),
        params=params_of(checks),
        souls=soul_slugs(settings.home),
    )
    for warning in jobs.warnings:
        click.echo(f"warning: {path}: {warning}", err=True)
