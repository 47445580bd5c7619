"""`watchdog rbac`: what its identity has to be granted, and what it has been."""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

import click

from watchdog.app.access import Access
from watchdog.app.auditing import audit
from watchdog.app.manifests.render import documents, files
from watchdog.app.manifests.text import stream
from watchdog.app.manifests.tree import ACT, Folder, folders
from watchdog.app.manifests.write import write
from watchdog.app.registry import all_checks, all_remediations, params_of
from watchdog.cli.context import Options, settings_of
from watchdog.cli.exits import ExitCode
from watchdog.cli.lines import show_lines
from watchdog.cli.logs import start_logging
from watchdog.config.policy import policy_of
from watchdog.domain.errors import Usage

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


@click.group()
def rbac() -> None:
    """Print the manifests of its identity, or compare them with what it may really do."""


@rbac.command()
@click.option(
    "--act", "acts", is_flag=True, help="With what acting takes: actor, policies, canary."
)
@click.option(
    "--namespaces", default="", metavar="A,B", help="Bind the actor in these (with --act)."
)
@click.option(
    "--component", "names", multiple=True, metavar="NAME", help="With an optional component."
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the kustomizations of all of this below a folder instead.",
)
@click.pass_obj
def render(
    options: Options, *, acts: bool, namespaces: str, names: Sequence[str], folder: Path | None
) -> None:
    """Print roles, bindings and policies for the enabled checks and remediations."""
    found = _enabled(options)
    if folder:
        count = write(folder, files(found))
        click.echo(f"{count} files written below {folder}", err=True)
        return
    where = _namespaces(namespaces, acts=acts)
    click.echo(stream(documents(_chosen(found, names, acts=acts), where)), nl=False)


@rbac.command("audit")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_obj
def audit_(options: Options, *, output: str) -> ExitCode:
    """Ask the API server what this identity may do, and compare it with what is declared.

    Granted and denied rights are the evidence. Exits with 1 if one is missing, or held besides. Rights
    say nothing of the admission policies: the self-test tries those before anything is written.
    """
    settings = settings_of(options, check_params=params_of(all_checks()))
    start_logging(options, settings, daemon=False)
    access = Access(options.kubeconfig, options.context)
    return show_lines(asyncio.run(audit(settings, access)), output)


def _enabled(options: Options) -> tuple[Folder, ...]:
    checks = all_checks()
    settings = settings_of(options, check_params=params_of(checks))
    limits = policy_of(settings)
    enabled = [check for check in checks if check.id not in settings.disabled_checks]
    # what asks a person has components of its own: whoever names one means it
    acting = [each for each in all_remediations() if each.asks or each.name in limits.enabled]
    return folders(enabled, acting, limits)


def _namespaces(text: str, *, acts: bool) -> list[str]:
    """The names of a list.

    Raises:
        Usage: one is none, or the actor is not asked for.
    """
    found = [name.strip() for name in text.split(",") if name.strip()]
    if found and not acts:
        raise Usage("--namespaces is for the actor", hint="add --act")
    for name in found:
        if not _NAME.fullmatch(name):
            hint = "up to 63 lower case letters, digits and hyphens"
            raise Usage(f"{name} is no name of a namespace", hint=hint)
    return found


def _chosen(found: Sequence[Folder], names: Sequence[str], *, acts: bool) -> list[Folder]:
    """The folders asked for.

    Raises:
        Usage: a component that there is not, or one that adds to what was not asked for.
    """
    known = {folder.component: folder for folder in found if folder.component}
    for name in names:
        if name not in known:
            raise Usage(f"no component {name}", hint=f"there are {', '.join(sorted(known))}")
        if known[name].acts and not acts:
            raise Usage(f"component {name} adds to what acting takes", hint="add --act")
    plain = ("", ACT) if acts else ("",)
    return [each for each in found if each.path in plain or each.component in names]
