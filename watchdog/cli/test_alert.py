"""`watchdog test-alert`: one marked message to every target, with its receipt."""

import click

from watchdog.cli.context import Options
from watchdog.cli.door import call
from watchdog.cli.exits import ExitCode

_WAITS = (
    "look at the way there; the message waits in the outbox, and `watchdog serve` tries it again"
)


@click.command("test-alert")
@click.pass_obj
def test_alert(options: Options) -> ExitCode:
    """Send a message marked TEST to every target, and say of each whether it arrived."""
    answer = call(options, "test-alert", {}, timeout=120)
    if not isinstance(answer, list):
        raise TypeError("the command `test-alert` returns a list")
    for line in answer:
        state = "delivered" if line["delivered"] else "not delivered"
        detail = f" (receipt {line['receipt']})" if line["receipt"] else ""
        click.echo(f"{line['target']}: {state}{detail}")
        if not line["delivered"]:
            click.echo(f"error: {line['error']}", err=True)
            click.echo(f"hint: {line['hint'] or _WAITS}", err=True)
    delivered = all(line["delivered"] for line in answer)
    return ExitCode.OK if delivered else ExitCode.DELIVERY
