"""Tests of watchdog.checks."""
