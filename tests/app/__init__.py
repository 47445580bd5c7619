"""Tests of watchdog.app."""
