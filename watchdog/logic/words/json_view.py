"""The JSON contract: what `run --output json` and `scan --output json` print (schema 1)."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from watchdog.domain.attempt import Attempt, Considered, Result
from watchdog.domain.evidence import Evidence, Proposal
from watchdog.domain.incident import Incident
from watchdog.domain.plan import Call, Step
from watchdog.domain.ref import Ref
from watchdog.domain.run import RunResult, Told, Unknown
from watchdog.domain.triaged import Spent
from watchdog.logic.words.doing import standing

SCHEMA = 1

# The API server's own word for each call.
VERBS = {Call.RESTART: "patch", Call.SCALE: "patch", Call.EVICT: "create", Call.DELETE: "delete"}


def run_json(
    result: RunResult, *, version: str, sha: str, numbered: bool = True
) -> dict[str, object]:
    """Return the object of the contract; `numbered=False` for `scan`, whose Incidents have no id."""
    return {
        "schema": SCHEMA,
        "run_id": result.run_id,
        "job": result.job,
        "started_at": _time(result.started_at),
        "finished_at": _time(result.finished_at),
        "cluster": result.cluster,
        "watchdog": {"version": version, "sha": sha},
        "verdict": result.verdict.value,
        "unknown": [_unknown(each) for each in result.unknown],
        "incidents": [incident_json(each, numbered=numbered) for each in result.incidents],
        "notifications": [_told(each) for each in result.told],
        "llm": _spent(result.spent),
    }


def run_json_text(result: RunResult, *, version: str, sha: str, numbered: bool = True) -> str:
    """Return `run_json` as one line of text."""
    return json.dumps(
        run_json(result, version=version, sha=sha, numbered=numbered), ensure_ascii=False
    )


def incident_json(incident: Incident, *, numbered: bool = True) -> dict[str, object]:
    """Return one Incident of the contract."""
    explanation = incident.explanation
    return {
        "id": incident.id if numbered else None,
        "fingerprint": incident.fingerprint,
        "status": incident.status.value,
        "check": incident.check,
        "reason": incident.reason,
        "severity": incident.severity.value,
        "subjects": _refs(incident.subjects),
        "affected": _refs(incident.affected),
        "since": _time(incident.since),
        "opened_at": _time(incident.opened_at),
        "resolved_at": _time(incident.resolved_at),
        "title": incident.title,
        "explanation": {
            "text": explanation.text,
            "source": explanation.source,
            "confidence": explanation.confidence,
        },
        "evidence": [_evidence(each) for each in incident.evidence],
        "proposal": _proposal(incident.proposal),
        "remediation": remediation_json(incident.remediation),
    }


def remediation_json(considered: Considered | None) -> dict[str, object] | None:
    """Return what is thought of doing, or was done."""
    if considered is None:
        return None
    return {
        "name": considered.name,
        "decision": considered.decision.outcome.value,
        "reasons": [*considered.decision.reasons, *standing(considered)],
        "steps": [_step(each) for each in considered.plan.steps] if considered.plan else [],
        "attempt": _attempt(considered.attempt),
    }


def _step(step: Step) -> dict[str, object]:
    return {
        "verb": VERBS[step.call],
        "ref": _ref(step.target),
        "uid": step.uid,
        "what": step.what,
    }


def _attempt(attempt: Attempt | None) -> dict[str, object] | None:
    """What may have had an effect and is not known to have is `failed`, and verified like the rest."""
    if attempt is None:
        return None
    known = attempt.result in (Result.APPLIED, Result.REFUSED)
    return {
        "started_at": _time(attempt.begun_at),
        "result": attempt.result.value if known else Result.FAILED.value,
        "verification": attempt.verified.value,
    }


def _time(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def _refs(refs: Sequence[Ref]) -> list[dict[str, object]]:
    return [_ref(each) for each in refs]


def _ref(ref: Ref) -> dict[str, object]:
    return {"kind": ref.kind, "namespace": ref.namespace or None, "name": ref.name}


def _evidence(evidence: Evidence) -> dict[str, object]:
    return {
        "kind": evidence.kind,
        "ref": _ref(evidence.ref),
        "at": _time(evidence.at),
        "text": evidence.text,
    }


def _proposal(proposal: Proposal | None) -> dict[str, object] | None:
    return {"text": proposal.text, "commands": list(proposal.commands)} if proposal else None


def _unknown(unknown: Unknown) -> dict[str, object]:
    return {
        "check": unknown.check,
        "need": unknown.need,
        "reason": unknown.reason,
        "text": unknown.text,
    }


def _spent(spent: Spent) -> dict[str, object]:
    return {
        "calls": spent.calls,
        "input_tokens": spent.input_tokens,
        "output_tokens": spent.output_tokens,
        "cost_usd": spent.cost_usd,
        "model_requested": spent.requested or None,
        "models_served": list(spent.served),
    }


def _told(told: Told) -> dict[str, object]:
    return {
        "incident": told.incident,
        "kind": told.kind.value,
        "target": told.target,
        "delivered": told.delivered,
        "text": told.text,
    }
