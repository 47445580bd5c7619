"""Every command of `watchdog`: its name, its module, its line in --help."""

from watchdog.cli.lazy import Entry

COMMANDS = {
    "serve": Entry("watchdog.cli.serve", "serve", "Run the daemon: scheduler, web page, API."),
    "run": Entry("watchdog.cli.run", "run", "Run one job, one check or all checks now."),
    "scan": Entry(
        "watchdog.cli.scan", "scan", "Look once with all checks; store and send nothing."
    ),
    "demo": Entry("watchdog.cli.demo", "demo", "Run the daemon on a simulated cluster."),
    "incidents": Entry("watchdog.cli.incidents", "incidents", "List incidents, or show one."),
    "ack": Entry("watchdog.cli.incidents", "ack", "Acknowledge an incident: no more reminders."),
    "approve": Entry(
        "watchdog.cli.incidents", "approve", "Say yes to what watchdog asks to do, once."
    ),
    "deny": Entry("watchdog.cli.incidents", "deny", "Say no to what watchdog asks to do."),
    "silence": Entry("watchdog.cli.silence", "silence", "Add, list and end silences."),
    "note": Entry("watchdog.cli.note", "note", "Add an operator's note."),
    "ask": Entry("watchdog.cli.ask", "ask", "Ask the model about the cluster; nothing is changed."),
    "bench": Entry(
        "watchdog.cli.bench", "bench", "Measure models: speed, tests, recorded clusters."
    ),
    "eval": Entry("watchdog.cli.evaluate", "evaluate", "Measure rules and model on known causes."),
    "cron": Entry("watchdog.cli.cron", "cron", "List, change and run the jobs of jobs.json."),
    "runs": Entry("watchdog.cli.runs", "runs", "List the records of runs, or show one."),
    "seed": Entry("watchdog.cli.seed", "seed", "Write the default files that the home lacks."),
    "config": Entry("watchdog.cli.configuration", "config", "Check or show the configuration."),
    "doctor": Entry("watchdog.cli.doctor", "doctor", "Say what is set up and what is missing."),
    "rbac": Entry("watchdog.cli.rbac", "rbac", "Print or audit the rights of its identity."),
    "test-alert": Entry("watchdog.cli.test_alert", "test_alert", "Send a TEST to every target."),
}
