"""What a finished Run means for the shell: its exit code, and what could not be seen."""

from collections.abc import Iterable

import click

from watchdog.cli.exits import ExitCode
from watchdog.domain.run import RunResult, VerdictState

_PARTLY = "nothing was concluded from what is missing; `watchdog doctor` names the rights and sources it needs"
# By the reason for which nothing at all could be read.
_HINTS = {
    "unreachable": "check that the API server runs, and the address in the kubeconfig",
    "timeout": "check the address in the kubeconfig, the network, a VPN and firewalls; or the API "
    "server is overloaded",
    "untrusted": "check certificate-authority and the server name in the kubeconfig, and whether the "
    "certificate of the API server has expired",
    "unauthorized": "log in again or renew the token or certificate in the kubeconfig: it has expired "
    "or belongs to another cluster",
    "unhealthy": "look after the API server: kubectl get --raw '/readyz?verbose' lists its checks; "
    "etcd is its store",
    "model": "`watchdog doctor` tries every model; detection needs none",
}


def outcome(result: RunResult) -> ExitCode:
    """The exit code of a verdict."""
    return {
        VerdictState.HEALTHY: ExitCode.OK,
        VerdictState.ALERT: ExitCode.NEEDS_HUMAN,
        VerdictState.UNKNOWN: ExitCode.CLUSTER,
    }[result.verdict]


def say_unknown(result: RunResult) -> None:
    """Name on stderr what could not be read; nothing when all was seen."""
    say_blind((each.text, each.reason) for each in result.unknown if each.counts)


def say_blind(unread: Iterable[tuple[str, str]]) -> None:
    """Print an error line for each (text, reason) that could not be read, once, and one hint.

    Where one thing kept everything from being read, the hint is about that.
    """
    distinct = dict(unread)
    for text in distinct:
        click.echo(f"error: {text}", err=True)
    if distinct:
        [first, *others] = distinct.values()
        hint = _HINTS.get(first, _PARTLY) if not others else _PARTLY
        click.echo(f"hint: {hint}", err=True)
