"""Tests mirror the tree of watchdog/."""
