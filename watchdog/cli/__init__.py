"""The command line: one module per group of commands, each imported when it is called."""

from watchdog.cli.main import main

__all__ = ["main"]
