"""`watchdog ask`: a question to the model, answered from what it may read; nothing is changed."""

import json
from typing import Any

import click

from watchdog.cli.context import Options
from watchdog.cli.door import call

_WAIT = 180 + 120 + 10  # seconds: the conversation, reading the cluster, and some for the way


@click.command()
@click.argument("text")
@click.option("--model", help="Ask this model, and no other.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_obj
def ask(options: Options, *, text: str, model: str | None, output: str) -> None:
    """Ask the model about the cluster; it looks things up, and answers with its opinion.

    It opens no incident and writes nothing to the cluster.
    """
    answer: Any = call(options, "ask", {"text": text, "model": model or ""}, timeout=_WAIT)
    if output == "json":
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    llm = answer["llm"]
    click.echo(f"A model's opinion ({llm['model_served'] or llm['model_requested']}):")
    click.echo(answer["answer"])
    for line in (answer["doubt"], answer["note"]):
        if line:
            click.echo(f"Note: {line}")
    click.echo("Read for it:" if answer["read"] else "Read for it: the incidents that stand")
    for each in answer["read"]:
        failed = "" if each["result"] == "read" else " (could not be read)"
        click.echo(f"  {each['what']}{failed}")
