"""The JSON contract, against the JSON Schema that is shipped."""

import json
from dataclasses import replace
from importlib.resources import files

import pytest
from jsonschema import (
    Draft202012Validator,
    ValidationError,
)

from tests.builders import MINUTE, NOW, ago
from tests.logic.decision.planned import POD, ask, attempt, evict
from tests.logic.incidents import BROKEN
from watchdog.domain.attempt import Considered, Result
from watchdog.domain.evidence import Evidence
from watchdog.domain.incident import Status
from watchdog.domain.notification import NotificationKind
from watchdog.domain.policy import Decision, Outcome
from watchdog.domain.ref import Ref
from watchdog.domain.run import RunResult, Told, Unknown, VerdictState
from watchdog.domain.triaged import Spent
from watchdog.logic.words.json_view import incident_json, run_json, run_json_text

VALIDATOR = Draft202012Validator(
    json.loads(files("watchdog").joinpath("cli", "run.schema.json").read_text()),
    format_checker=Draft202012Validator.FORMAT_CHECKER,
)
NODE = Ref("Node", "", "n1")
RESULT = RunResult(
    run_id="r1",
    job="cluster-health-check",
    started_at=ago(MINUTE),
    finished_at=NOW,
    cluster="homelab",
    verdict=VerdictState.UNKNOWN,
    unknown=(Unknown(check="pods", need="pods", reason="forbidden", text="cannot list pods"),),
    incidents=(
        BROKEN,
        replace(
            BROKEN,
            status=Status.PENDING,
            subjects=(NODE,),
            opened_at=None,
            evidence=(Evidence(kind="status", ref=NODE, text="NotReady"),),
            proposal=None,
        ),
    ),
    told=(
        Told(
            incident=BROKEN.id,
            kind=NotificationKind.OPENED,
            target="discord",
            delivered=True,
            text="CRITICAL: é",
        ),
    ),
)


def test_the_shipped_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(VALIDATOR.schema)


def test_a_run_is_valid_json_of_the_contract() -> None:
    view = json.loads(run_json_text(RESULT, version="0.1.0", sha="abc"))

    VALIDATOR.validate(view)
    assert view == run_json(RESULT, version="0.1.0", sha="abc")


def test_what_models_cost_is_named() -> None:
    spent = Spent(
        calls=2,
        input_tokens=300,
        output_tokens=40,
        cost_usd=0.01,
        requested="small",
        served=("small", "big"),
    )

    written = run_json(replace(RESULT, spent=spent), version="1", sha="0")

    assert written["llm"] == {
        "calls": 2,
        "input_tokens": 300,
        "output_tokens": 40,
        "cost_usd": 0.01,
        "model_requested": "small",
        "models_served": ["small", "big"],
    }


def test_the_incidents_of_a_scan_have_no_id() -> None:
    view = run_json(RESULT, version="0.1.0", sha="abc", numbered=False)

    VALIDATOR.validate(view)
    assert [each["id"] for each in json.loads(json.dumps(view))["incidents"]] == [None, None]


def test_an_incident_is_written_as_the_contract_says() -> None:
    assert incident_json(BROKEN) == {
        "id": BROKEN.id,
        "fingerprint": BROKEN.fingerprint,
        "status": "open",
        "check": "image_pull",
        "reason": "ImageNotFound",
        "severity": "critical",
        "subjects": [{"kind": "Deployment", "namespace": "shop", "name": "api"}],
        "affected": [{"kind": "Pod", "namespace": "shop", "name": "api-7d9f8b6c5d-x2x4z"}],
        "since": "2026-11-20T11:25:00Z",
        "opened_at": "2026-11-20T11:30:00Z",
        "resolved_at": None,
        "title": BROKEN.title,
        "explanation": {
            "text": BROKEN.explanation.text,
            "source": "rules",
            "confidence": None,
        },
        "evidence": [
            {
                "kind": "event",
                "ref": {"kind": "Pod", "namespace": "shop", "name": "api-7d9f8b6c5d-x2x4z"},
                "at": "2026-11-20T11:59:00Z",
                "text": 'Failed to pull image "shop/api:2.0": not found',
            }
        ],
        "proposal": {
            "text": "Go back to revision 1.",
            "commands": ["kubectl -n shop rollout undo deployment/api"],
        },
        "remediation": None,
    }


def test_what_is_thought_of_doing_is_written_as_the_contract_says() -> None:
    asked = Considered(
        name="EvictPod",
        decision=Decision(outcome=Outcome.ASK, reasons=("mode suggest: a person is asked",)),
        plan=evict(),
        approval=ask(evict()),
    )

    assert incident_json(replace(BROKEN, remediation=asked))["remediation"] == {
        "name": "EvictPod",
        "decision": "ask",
        "reasons": [
            "mode suggest: a person is asked",
            "say yes until 2026-11-20 13:00 UTC: watchdog approve k-1",
        ],
        "steps": [
            {
                "verb": "create",
                "ref": {"kind": "Pod", "namespace": "shop", "name": POD.name},
                "uid": str(POD),
                "what": f"evict {POD}",
            }
        ],
        "attempt": None,
    }


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (Result.APPLIED, "applied"),
        (Result.REFUSED, "refused"),
        (Result.FAILED, "failed"),
        (Result.UNKNOWN, "failed"),
        (Result.INTENDED, "failed"),
    ],
)
def test_an_attempt_is_valid_json_of_the_contract(result: Result, told: str) -> None:
    tried = Considered(
        name="RolloutRestart",
        decision=Decision(outcome=Outcome.ALLOW),
        attempt=attempt(result=result),
    )
    view = run_json(
        replace(RESULT, incidents=(replace(BROKEN, remediation=tried),)), version="0", sha="0"
    )

    VALIDATOR.validate(view)
    [found] = json.loads(json.dumps(view))["incidents"]
    assert found["remediation"]["steps"] == []
    assert found["remediation"]["attempt"] == {
        "started_at": "2026-11-20T12:00:00Z",
        "result": told,
        "verification": "pending",
    }


def test_a_cluster_scoped_object_has_no_namespace() -> None:
    assert incident_json(replace(BROKEN, subjects=(NODE,)))["subjects"] == [
        {"kind": "Node", "namespace": None, "name": "n1"}
    ]


@pytest.mark.parametrize("key", ["schema", "verdict", "incidents", "llm"])
def test_the_schema_misses_no_key(key: str) -> None:
    view = run_json(RESULT, version="0.1.0", sha="abc")
    del view[key]

    with pytest.raises(ValidationError):
        VALIDATOR.validate(view)
