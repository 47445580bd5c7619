"""One pure planner per module: an Incident and a fresh Snapshot in, a Plan or the reasons against it."""
