"""Tests of watchdog.web."""
