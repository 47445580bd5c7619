"""Tests of watchdog.logic."""
