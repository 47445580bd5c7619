"""What is installed in a cluster for watchdog's identity: made from what the plugins declare."""
