"""What is kept of a Run: how it was made, which Incidents there were, what changed, and why it
spoke or did not. The Incidents and messages themselves are rows of their own."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from watchdog.domain.incident import Transition
from watchdog.domain.record import Frame
from watchdog.domain.run import RunRequest, RunResult

SCHEMA = 3


def run_record(
    request: RunRequest,
    frame: Frame,
    result: RunResult,
    changes: Sequence[Transition],
    *,
    unsaid: Mapping[str, str],
) -> dict[str, object]:
    """Return a JSON object: the five dimensions of the Run, what was asked for, ids by status, the
    `changes` of this Run, why Incidents stayed `unsaid` (id -> reason in, ids by reason out), and what
    it could not see.

    It grows with what happened, not with what is known of each Incident.
    """
    ids: defaultdict[str, list[str]] = defaultdict(list)
    for each in result.incidents:
        ids[each.status.value].append(each.id)
    return {
        "schema": SCHEMA,
        **_made_with(request, frame),
        "request": _request(request),
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
                "reason": each.reason,
            }
            for each in changes
        ],
        "unsaid": _by_reason(unsaid),
    }


def _made_with(request: RunRequest, frame: Frame) -> dict[str, object]:
    return {
        "soul": {"slug": frame.soul, "digest": frame.soul_digest},
        "tools": {"checks": list(request.checks), "digest": frame.tools_digest},
        "agent": {"version": frame.version, "sha": frame.sha},
        "model": {"requested": frame.model, "fallbacks": list(frame.fallbacks)},
        "permissions": {
            "mode": request.mode,
            "policy_digest": frame.policy_digest,
            "rights_digest": frame.rights_digest,
        },
    }


def _request(request: RunRequest) -> dict[str, object]:
    """What a clone needs in order to ask for the same."""
    return {
        "schedule": request.schedule,
        "clone_of": request.clone_of,
        "params": {check: dict(values) for check, values in request.params.items()},
        "silent": request.silent,
        "deliver": list(request.deliver),
        "summary": request.summary,
        "timeout_seconds": request.timeout.total_seconds(),
        "model": request.model,
        "fallbacks": list(request.fallbacks),
    }


def _by_reason(unsaid: Mapping[str, str]) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for incident, reason in unsaid.items():
        found[reason].append(incident)
    return found
