"""Pages, API, health and metrics. Read-only but for the commands of the unix socket."""
