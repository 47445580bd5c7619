"""Tests of watchdog.config."""
