"""One pure detector per module: Snapshot in, Findings out. No module here knows another."""
