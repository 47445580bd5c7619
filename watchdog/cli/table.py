"""Results for people (a rich table) and for other programs (YAML, SARIF)."""

import json

import click
import yaml
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from watchdog.domain.incident import Incident
from watchdog.domain.ref import Ref
from watchdog.domain.run import RunResult
from watchdog.domain.severity import Severity

_COLOURS = {Severity.CRITICAL: "bold red", Severity.WARNING: "yellow", Severity.INFO: "dim"}
_SARIF_LEVELS = {"critical": "error", "warning": "warning", "info": "note"}
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def incident_table(result: RunResult) -> None:
    """Print what stands, worst first, with its cause, and below it what to do."""
    console = Console(highlight=False)
    standing = sorted(
        (each for each in result.incidents if each.standing),
        key=lambda each: (-each.severity.rank, each.since, each.id),
    )
    if not standing:
        _calm(console, result)
        return
    table = Table(box=None, pad_edge=False, show_edge=False, expand=False)
    table.add_column("SEVERITY", no_wrap=True)
    table.add_column("REASON", no_wrap=True)
    table.add_column("SUBJECT", overflow="fold")
    table.add_column("CAUSE", overflow="fold")
    for incident in standing:
        table.add_row(
            f"[{_COLOURS[incident.severity]}]{incident.severity}[/]",
            escape(incident.reason),
            escape("\n".join(str(ref) for ref in incident.subjects)),
            _story(incident),
        )
    console.print(table)
    for incident in standing:
        _next(console, incident)


def _calm(console: Console, result: RunResult) -> None:
    """Say that nothing is open, and name what would be if it stood for longer."""
    waiting = result.incidents
    more = (
        f"; {len(waiting)} below {'its' if len(waiting) == 1 else 'their'} hold:"
        if waiting
        else "."
    )
    said = f"Nothing needs a human in {escape(result.cluster)}"
    if result.verdict == "unknown":
        said = (
            f"Unknown: {escape(result.cluster)} could not be read in full; "
            "nothing was found in the rest"
        )
    console.print(f"{said}{more}", soft_wrap=True)
    for incident in waiting:
        console.print(f"  {incident.reason}: {escape(incident.title)}", soft_wrap=True)


def _story(incident: Incident) -> str:
    words = incident.explanation
    lines = [escape(incident.title), f"[dim]{escape(words.by_rules)}[/dim]"]
    if words.source == "llm":
        lines.append(f"[italic]A model's opinion: {escape(words.text)}[/italic]")
    return "\n".join(line for line in lines if line)


def _next(console: Console, incident: Incident) -> None:
    """What to do, below the table: a command broken over lines could not be copied."""
    if incident.proposal is None:
        return
    subject = escape(str(incident.subjects[0]))
    console.print(f"\n[bold]{subject}[/bold] {escape(incident.proposal.text)}", soft_wrap=True)
    for command in incident.proposal.commands:
        console.print(f"  {escape(command)}", soft_wrap=True)


def print_plain(text: str, output: str) -> None:
    """Print the JSON `text` of a result as YAML or SARIF 2.1.0."""
    found = json.loads(text)
    if output == "yaml":
        click.echo(yaml.safe_dump(found, sort_keys=False, allow_unicode=True), nl=False)
        return
    standing = [each for each in found["incidents"] if each["status"] == "open"]
    results = [_sarif(incident) for incident in standing]
    rules = sorted({str(each["reason"]) for each in standing})
    tool = {
        "name": "watchdog",
        "version": found["watchdog"]["version"],
        "rules": [{"id": rule} for rule in rules],
    }
    run = {"tool": {"driver": tool}, "results": results}
    click.echo(json.dumps({"version": "2.1.0", "$schema": _SARIF_SCHEMA, "runs": [run]}, indent=1))


def _sarif(incident: dict[str, object]) -> dict[str, object]:
    subjects = incident["subjects"]
    refs = subjects if isinstance(subjects, list) else []
    names = [str(Ref(each["kind"], each["namespace"] or "", each["name"])) for each in refs]
    return {
        "ruleId": str(incident["reason"]),
        "level": _SARIF_LEVELS[str(incident["severity"])],
        "message": {"text": str(incident["title"])},
        "locations": [
            {"logicalLocations": [{"fullyQualifiedName": name, "kind": "object"}]} for name in names
        ],
        "partialFingerprints": {"watchdog/v1": str(incident["fingerprint"])},
    }
