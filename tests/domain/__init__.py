"""Tests of watchdog.domain."""
