"""What is kept of a Run: which Incidents there were and what changed; they themselves are rows."""

from collections import defaultdict
from collections.abc import Sequence

from watchdog.domain.incident import Transition
from watchdog.domain.run import RunResult

SCHEMA = 1


def run_record(
    result: RunResult, changes: Sequence[Transition], *, version: str, sha: str
) -> dict[str, object]:
    """Return a JSON object: ids by status, the `changes` of this Run, and what it could not see.

    It grows with what happened, not with what is known of each Incident.
    """
    ids: defaultdict[str, list[str]] = defaultdict(list)
    for each in result.incidents:
        ids[each.status.value].append(each.id)
    return {
        "schema": SCHEMA,
        "watchdog": {"version": version, "sha": sha},
        "unknown": [
            {"check": each.check, "need": each.need, "reason": each.reason}
            for each in result.unknown
        ],
        "incidents": ids,
        "changes": [
            {
                "incident": each.incident,
                "before": each.before.value if each.before else None,
                "after": each.after.value if each.after else None,
            }
            for each in changes
        ],
    }
