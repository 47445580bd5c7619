"""Secrets of every kind, generated when a test runs, and the sinks none of them may reach."""
