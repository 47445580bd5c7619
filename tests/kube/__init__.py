"""Tests of watchdog.kube."""
