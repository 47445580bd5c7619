"""Port 8642: what is open to everyone, what needs the token, and the document that describes it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from jsonschema import Draft202012Validator
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.builders import MINUTE, NOW
from tests.clock import FakeClock
from tests.store.builders import call_of, incident, run_row, save
from watchdog.domain.incident import Status
from watchdog.domain.job import LedgerEntry, RunState
from watchdog.store import calls, ledger
from watchdog.web.api import Api, api_app
from watchdog.web.health import Health
from watchdog.web.openapi import document
from watchdog.web.sources import Sources

TOKEN = {"Authorization": "Bearer s3cret"}
LISTS = ("incidents", "runs", "jobs", "checks")


@pytest.fixture
def health(clock: FakeClock) -> Health:
    health = Health()
    health.beat("scheduler", period=timedelta(seconds=5), now=clock.monotonic())
    return health


@pytest.fixture
def api(sources: Sources, health: Health) -> Api:
    return Api(
        health=health,
        probes={},
        metrics=lambda: b"watchdog_runs_total 1.0\n",
        sources=sources,
        version="1.2.3",
        token="s3cret",
    )


@pytest.fixture
def client(api: Api) -> TestClient:
    return TestClient(api_app(api))


def test_health_is_200_while_the_loops_live(client: TestClient) -> None:
    assert client.get("/healthz").status_code == 200


def test_health_is_503_when_a_loop_is_late(client: TestClient, clock: FakeClock) -> None:
    clock.advance(MINUTE)

    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()["loops"]["scheduler"]["alive"]) == (503, False)


def test_not_ready_names_what_is_missing(api: Api) -> None:
    async def lost() -> bool:
        return False

    answer = TestClient(api_app(replace(api, probes={"lock": lost}))).get("/readyz")

    assert (answer.status_code, answer.json()) == (503, {"ready": False, "failing": ["lock"]})


def test_a_daemon_that_can_do_its_work_is_ready(client: TestClient) -> None:
    assert client.get("/readyz").json() == {"ready": True, "failing": []}


def test_metrics_are_prometheus_text(client: TestClient) -> None:
    answer = client.get("/metrics")

    assert answer.content == b"watchdog_runs_total 1.0\n"
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")


@pytest.mark.parametrize("name", [*LISTS, "openapi.json"])
def test_without_a_configured_token_the_api_is_switched_off(api: Api, name: str) -> None:
    client = TestClient(api_app(replace(api, token="")))

    answer = client.get(f"/api/v1/{name}", headers={"Authorization": "Bearer "})

    assert answer.status_code == 404
    assert "WATCHDOG_API__TOKEN" in answer.json()["hint"]
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("sent", ["", "Bearer wrong", "Basic s3cret", "Bearer", "Bearer s3cret2"])
@pytest.mark.parametrize("name", LISTS)
def test_a_wrong_token_is_refused(client: TestClient, name: str, sent: str) -> None:
    answer = client.get(f"/api/v1/{name}", headers={"Authorization": sent} if sent else {})

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert set(answer.json()) == {"error", "hint"}


@pytest.mark.parametrize("name", LISTS)
def test_nothing_but_get_is_served(client: TestClient, name: str) -> None:
    assert client.post(f"/api/v1/{name}", headers=TOKEN).status_code == 405


def test_an_unknown_path_is_json_too(client: TestClient) -> None:
    assert client.get("/nothing").json()["error"] == "not found"


def test_incidents_are_listed_without_the_resolved_ones(
    client: TestClient, sources: Sources
) -> None:
    save(sources.store, incident("cart"), incident("old", Status.RESOLVED))

    answer = client.get("/api/v1/incidents", headers=TOKEN).json()

    assert [each["subjects"][0]["name"] for each in answer["incidents"]] == ["cart"]


def test_incidents_can_be_asked_by_status(client: TestClient, sources: Sources) -> None:
    save(sources.store, incident("cart"), incident("old", Status.RESOLVED))

    answer = client.get("/api/v1/incidents?status=resolved", headers=TOKEN).json()

    assert [each["status"] for each in answer["incidents"]] == ["resolved"]


@pytest.mark.parametrize(
    "query",
    [
        "incidents?status=broken",
        "incidents?limit=0",
        "runs?limit=1001",
        "runs?limit=x",
        "runs?verdict=zz",
        "runs?state=ok",
        "jobs?name=a",
        "checks?limit=3",
    ],
)
def test_a_wrong_parameter_is_a_400_with_a_hint(client: TestClient, query: str) -> None:
    answer = client.get(f"/api/v1/{query}", headers=TOKEN)

    assert (answer.status_code, bool(answer.json()["hint"])) == (400, True)


def test_runs_can_be_asked_by_verdict(client: TestClient, sources: Sources) -> None:
    save(sources.store, run=run_row("r7", state=RunState.ALERT))

    alerts = client.get("/api/v1/runs?verdict=alert", headers=TOKEN).json()
    failed = client.get("/api/v1/runs?verdict=failed", headers=TOKEN).json()

    assert ([each["run_id"] for each in alerts["runs"]], failed["runs"]) == (["r7"], [])


def test_an_unknown_path_leads_only_to_what_answers(api: Api, client: TestClient) -> None:
    closed = TestClient(api_app(replace(api, token="")))

    assert "openapi.json" in client.get("/").json()["hint"]
    assert client.get("/api/v1/openapi.json").status_code == 200
    hint = closed.get("/").json()["hint"]
    assert "openapi" not in hint
    assert [name for name in ("/healthz", "/readyz", "/metrics") if name in hint]


def test_runs_come_with_their_state(client: TestClient, sources: Sources) -> None:
    save(sources.store, run=run_row("r7"))

    [run] = client.get("/api/v1/runs?job=health", headers=TOKEN).json()["runs"]

    assert (run["run_id"], run["state"], run["due_at"]) == ("r7", "ok", "2026-11-20T12:00:00Z")


def test_runs_come_with_their_verdict_and_what_they_cost(
    client: TestClient, sources: Sources
) -> None:
    save(sources.store, run=run_row("r7"))
    calls.add(sources.store, call_of("r7", 0.25))

    [run] = client.get("/api/v1/runs", headers=TOKEN).json()["runs"]

    cost = {"calls": 1, "input_tokens": 100, "output_tokens": 20, "usd": 0.25}
    assert (run["verdict"], run["cost"]) == ("healthy", cost)


def test_jobs_come_with_next_and_last_run(client: TestClient, sources: Sources) -> None:
    save(sources.store, run=run_row("r7"))

    health, resting = client.get("/api/v1/jobs", headers=TOKEN).json()["jobs"]

    assert (health["next_run_at"], health["last_run"]["run_id"]) == ("2026-11-20T12:05:00Z", "r7")
    assert (resting["enabled"], resting["next_run_at"], resting["last_run"]) == (False, None, None)


def test_checks_say_whether_they_are_active_and_what_they_found(
    client: TestClient, sources: Sources
) -> None:
    save(sources.store, incident("cart"))

    checks = client.get("/api/v1/checks", headers=TOKEN).json()["checks"]

    assert {each["id"]: (each["active"], len(each["incidents"])) for each in checks} == {
        "crash_loop": (True, 1),
        "claims": (True, 0),
        "replicas": (False, 0),
    }


def test_the_document_names_exactly_the_routes(api: Api) -> None:
    app: Starlette = api_app(api)
    served = {route.path for route in app.routes if isinstance(route, Route)}

    paths = document("1.2.3")["paths"]

    assert isinstance(paths, dict)
    assert set(paths) == served


def test_the_document_is_served_without_the_token(client: TestClient) -> None:
    assert client.get("/api/v1/openapi.json").json() == document("1.2.3")


@pytest.mark.parametrize("name", LISTS)
def test_every_answer_is_as_the_document_says(
    client: TestClient, sources: Sources, name: str
) -> None:
    save(sources.store, incident("cart"), run=run_row("r7"))
    skipped = LedgerEntry(
        run_id="r8", job="health", trigger="schedule", due_at=NOW + MINUTE, state=RunState.SKIPPED
    )
    ledger.record(sources.store, skipped)
    described = client.get("/api/v1/openapi.json").json()
    answers = described["paths"][f"/api/v1/{name}"]["get"]["responses"]
    schema = answers["200"]["content"]["application/json"]["schema"]

    shown = client.get(f"/api/v1/{name}", headers=TOKEN).json()

    assert shown[name]
    Draft202012Validator({**schema, "components": described["components"]}).validate(shown)
