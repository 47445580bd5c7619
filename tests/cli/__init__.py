"""Tests of watchdog.cli."""
