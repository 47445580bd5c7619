"""Tests of watchdog.loops."""
