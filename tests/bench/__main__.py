"""Prints what `watchdog` costs on a large cluster: `python -m tests.bench [PODS...]`."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.daemon import daemon
from tests.bench.measure import Cost, Traffic, run, serving

WATCHDOG = str(Path(sys.executable).parent / "watchdog")
SIZES = (5_000, 10_000)

# What is measured against each cluster: a title, and the command for a kubeconfig.
COMMANDS: dict[str, Callable[[str], list[str]]] = {
    "snapshot of all kinds": lambda config: [sys.executable, "-m", "tests.bench.look", config],
    "scan --output json": lambda config: [
        *(WATCHDOG, "--kubeconfig", config, "scan", "--output", "json"),
    ],
}


def main() -> None:
    """Measure, then print one table."""
    table = Table("pods", "what", "wall s", "CPU s", "peak MB", "requests", "MB sent", "exit")
    for option in ("--version", "--help"):
        _row(table, "-", option, run([WATCHDOG, option]), Traffic())
    for pods in [int(text) for text in sys.argv[1:]] or SIZES:
        for title, command in COMMANDS.items():
            with tempfile.TemporaryDirectory() as name:
                with serving(pods, Path(name)) as traffic:
                    cost = run(command(str(Path(name) / "kubeconfig")))
                _row(table, f"{pods:,}", title, cost, traffic[0])
        _daemon_rows(table, pods)
    Console().print(table)
    # In a process of its own: a child's peak memory counts from that of its parent at the fork.
    subprocess.run([sys.executable, "-m", "tests.bench.prompts"], check=True)


def _daemon_rows(table: Table, pods: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with serving(pods, folder):
            idle, after = daemon(WATCHDOG, str(folder / "kubeconfig"), folder / "home")
    for title, held in (("daemon, idle", idle), ("daemon, after run --all", after)):
        memory = (f"{held.cpu:.2f}", f"{held.rss:.0f}")
        table.add_row(f"{pods:,}", title, "-", *memory, "-", "-", "-")


def _row(table: Table, pods: str, title: str, cost: Cost, traffic: Traffic) -> None:
    table.add_row(
        *(pods, title, f"{cost.wall:.2f}", f"{cost.cpu:.2f}", f"{cost.rss:.0f}"),
        *(str(traffic.requests), f"{traffic.bytes / 1e6:.1f}", str(cost.code)),
    )


if __name__ == "__main__":
    main()
