"""The OpenAPI 3.1 document of port 8642, written by hand; a test holds it to the routes."""

from typing import get_args

from watchdog.domain.incident import Status
from watchdog.web.run_commands import Ended

_TIME = {"type": ["string", "null"], "format": "date-time"}
_TEXT = {"type": "string"}
_ERROR = {
    "type": "object",
    "required": ["error", "hint"],
    "properties": {"error": _TEXT, "hint": _TEXT},
}
_REF = {
    "type": "object",
    "required": ["kind", "namespace", "name"],
    "properties": {"kind": _TEXT, "namespace": {"type": ["string", "null"]}, "name": _TEXT},
}
_INCIDENT = {
    "type": "object",
    "description": "As in `watchdog run --output json`, schema 1.",
    "required": ["id", "fingerprint", "status", "check", "reason", "severity", "subjects"],
    "properties": {
        "id": _TEXT,
        "fingerprint": _TEXT,
        "status": {"enum": [status.value for status in Status]},
        "check": _TEXT,
        "reason": _TEXT,
        "severity": {"enum": ["critical", "warning", "info"]},
        "subjects": {"type": "array", "items": _REF},
        "affected": {"type": "array", "items": _REF},
        "since": _TIME,
        "opened_at": _TIME,
        "resolved_at": _TIME,
        "title": _TEXT,
    },
}
_RUN = {
    "type": "object",
    "required": ["run_id", "job", "trigger", "state", "due_at"],
    "properties": {
        "run_id": _TEXT,
        "job": _TEXT,
        "trigger": {"enum": ["schedule", "catch_up", "manual"]},
        "state": _TEXT,
        "due_at": _TIME,
        "started_at": _TIME,
        "finished_at": _TIME,
        "text": _TEXT,
        "verdict": {
            "enum": ["healthy", "alert", "unknown", None],
            "description": "null for a run that came to none; not in a job's `last_run`",
        },
        "cost": {
            "type": "object",
            "description": "of its questions to models; not in a job's `last_run`",
            "required": ["calls", "input_tokens", "output_tokens", "usd"],
            "properties": {
                "calls": {"type": "integer"},
                "input_tokens": {"type": "integer"},
                "output_tokens": {"type": "integer"},
                "usd": {"type": "number"},
            },
        },
    },
}
_JOB = {
    "type": "object",
    "required": ["name", "schedule", "enabled", "next_run_at", "last_run"],
    "properties": {
        "name": _TEXT,
        "schedule": _TEXT,
        "enabled": {"type": "boolean"},
        "checks": {"type": "array", "items": _TEXT},
        "next_run_at": _TIME,
        "last_run": {"anyOf": [{"$ref": "#/components/schemas/Run"}, {"type": "null"}]},
        "paused_at": _TIME,
        "paused_for": _TEXT,
    },
}
_CHECK = {
    "type": "object",
    "required": ["id", "family", "active", "why", "looked_at", "unknown", "incidents"],
    "properties": {
        "id": _TEXT,
        "family": _TEXT,
        "active": {"type": "boolean"},
        "why": {"type": "string", "description": "why it is not active"},
        "looked_at": _TIME,
        "unknown": {"type": "string", "description": "what it could not see the last time"},
        "incidents": {"type": "array", "items": {"type": "string"}},
    },
}


def _answer(text: str, schema: object) -> dict[str, object]:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _list(name: str, schema: str, *parameters: object) -> dict[str, object]:
    items = {"type": "array", "items": {"$ref": f"#/components/schemas/{schema}"}}
    body = {"type": "object", "required": [name], "properties": {name: items}}
    refused = {"$ref": "#/components/schemas/Error"}
    return {
        "get": {
            "summary": f"All {name}" if not parameters else f"Some {name}, newest first",
            "security": [{"token": []}],
            "parameters": list(parameters),
            "responses": {
                "200": _answer(f"the {name}", body),
                "400": _answer("a parameter is wrong", refused),
                "401": _answer("the bearer token is missing or wrong", refused),
                "404": _answer("no token is configured", refused),
            },
        }
    }


def _parameter(name: str, schema: object, text: str) -> dict[str, object]:
    return {"name": name, "in": "query", "schema": schema, "description": text}


def _open(summary: str, **answers: object) -> dict[str, object]:
    responses = {code.removeprefix("code_"): answer for code, answer in answers.items()}
    return {"get": {"summary": summary, "security": [], "responses": responses}}


def document(version: str) -> dict[str, object]:
    """Return the document for this version of watchdog."""
    limit = _parameter(
        "limit", {"type": "integer", "minimum": 1, "maximum": 1000}, "at most so many"
    )
    status = _parameter("status", {"type": "string"}, "statuses, separated by commas")
    job = _parameter("job", {"type": "string"}, "the name of one job")
    verdict = _parameter("verdict", {"enum": list(get_args(Ended))}, "how it ended")
    shown = {"type": "object"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "watchdog", "version": version},
        "paths": {
            "/healthz": _open(
                "Whether every loop is alive",
                code_200=_answer("all are", shown),
                code_503=_answer("a loop is late by three periods", shown),
            ),
            "/readyz": _open(
                "Whether watchdog can do its work",
                code_200=_answer("it can", shown),
                code_503=_answer("`failing` names what it lacks", shown),
            ),
            "/metrics": _open(
                "Prometheus metrics",
                code_200={"description": "text format", "content": {"text/plain": {}}},
            ),
            "/api/v1/incidents": _list("incidents", "Incident", status, limit),
            "/api/v1/runs": _list("runs", "Run", job, verdict, limit),
            "/api/v1/jobs": _list("jobs", "Job"),
            "/api/v1/checks": _list("checks", "Check"),
            "/api/v1/openapi.json": _open("This document", code_200=_answer("it", shown)),
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Incident": _INCIDENT,
                "Run": _RUN,
                "Job": _JOB,
                "Check": _CHECK,
                "Error": _ERROR,
            },
        },
    }
