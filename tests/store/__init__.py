"""Tests of watchdog.store."""
