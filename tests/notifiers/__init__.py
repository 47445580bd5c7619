"""Tests of watchdog.notifiers."""
