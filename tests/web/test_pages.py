"""The pages, rendered from a real store."""

from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import watchdog.web
from tests.builders import HOUR, MINUTE, NOW, node, pod, snapshot
from tests.clock import FakeClock
from tests.logic.decision.planned import ask, attempt, evict
from tests.store.builders import call_of, incident, run_row, save
from tests.web.conftest import CHECKS
from watchdog.domain.attempt import Considered
from watchdog.domain.evidence import Evidence, Explanation, Proposal
from watchdog.domain.incident import Status, Transition
from watchdog.domain.job import LedgerEntry, RunState
from watchdog.domain.policy import Decision, Outcome
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.store import calls, jobsfile, ledger, silences
from watchdog.web.pages import pages_app
from watchdog.web.sources import Sources

PAGES = ("/", "/checks", "/jobs", "/runs")
EVIL = "<script>alert('x')</script>"
CART = Ref("Deployment", "shop", "cart")


@pytest.fixture
def browser(sources: Sources) -> TestClient:
    return TestClient(pages_app(sources, loopback=True), base_url="http://localhost:9119")


class Tags(HTMLParser):
    """Notes every tag with its attributes, and what is never closed."""

    VOID = frozenset({"meta", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def tags_of(text: str) -> Tags:
    tags = Tags()
    tags.feed(text)
    tags.close()
    return tags


def text_between(page: str, start: str, end: str) -> str:
    return page.partition(start)[2].partition(end)[0]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_shown_before_anything_has_happened(browser: TestClient, path: str) -> None:
    answer = browser.get(path)

    assert answer.status_code == 200
    assert not tags_of(answer.text).open


def test_nobody_is_told_that_all_is_well_before_the_first_look(browser: TestClient) -> None:
    assert "Not looked yet" in browser.get("/").text


def test_a_healthy_cluster_needs_nobody(browser: TestClient, sources: Sources) -> None:
    sources.board.saw(snapshot(node("w-1")))

    assert "<h1>Nothing needs a human</h1>" in browser.get("/").text


def test_what_cannot_be_seen_is_not_called_healthy(browser: TestClient, sources: Sources) -> None:
    sources.board.saw(snapshot(missing=("pods",)))

    page = browser.get("/").text

    assert "State unknown" in page
    assert "cannot list pods" in page
    assert "Nothing needs a human" not in page


def test_a_cluster_that_does_not_answer_is_said_first(
    browser: TestClient, sources: Sources
) -> None:
    sources.board.saw(snapshot())
    sources.board.failed("no answer from the API server")

    page = browser.get("/").text

    assert "no answer from the API server" in page
    assert "Nothing needs a human" not in page


def test_an_open_incident_comes_with_its_story_and_its_commands(
    browser: TestClient, sources: Sources
) -> None:
    cart = incident(
        "cart",
        title="cart keeps crashing",
        explanation=Explanation("The new revision cannot find its database."),
        proposal=Proposal("Undo it.", ("kubectl -n shop rollout undo deployment/cart",)),
    )
    save(sources.store, cart)

    page = browser.get("/").text

    assert "1 incident needs a human" in page
    for text in (
        "cart keeps crashing",
        "CrashLoop",
        "Deployment/shop/cart",
        "The new revision cannot find its database.",
        "kubectl -n shop rollout undo deployment/cart",
        f"/incidents/{cart.id}",
    ):
        assert text in page


def test_the_worst_incident_comes_first(browser: TestClient, sources: Sources) -> None:
    save(
        sources.store,
        incident("mild", title="mild", since=NOW - HOUR),
        incident("bad", title="bad", severity=Severity.CRITICAL),
    )

    page = browser.get("/").text

    assert page.index(">bad<") < page.index(">mild<")


def test_what_is_seen_and_not_said_comes_with_the_reason(
    browser: TestClient, sources: Sources
) -> None:
    save(
        sources.store,
        incident("a", Status.PENDING, title="waits"),
        incident("b", title="folded", inhibited_by="NodeNotReady of Node/w-2"),
        incident("c", Status.ACKNOWLEDGED, title="known", acknowledged_by="ann"),
        incident("d", title="hushed"),
        incident("e", title="small", severity=Severity.INFO),
    )
    silences.add(
        sources.store, reason="moving", author="bob", now=NOW, ends_at=NOW + HOUR, name="d"
    )

    section = text_between(browser.get("/").text, "Seen and not said", "</section>")

    for text in (
        "not confirmed yet, seen once",
        "explained by NodeNotReady of Node/w-2",
        "acknowledged by ann",
        "silenced until 2026-11-20 13:00 UTC by bob: moving",
        "severity info",
    ):
        assert text in section


def test_what_is_known_already_needs_nobody_new(browser: TestClient, sources: Sources) -> None:
    sources.board.saw(snapshot())
    save(sources.store, incident("c", Status.ACKNOWLEDGED, acknowledged_by="ann"))

    assert "<h1>Nothing new needs a human</h1>" in browser.get("/").text


def test_what_is_being_repaired_is_not_said_and_shows_what_is_done(
    browser: TestClient, sources: Sources
) -> None:
    tried = Considered(
        name="EvictPod",
        decision=Decision(outcome=Outcome.ALLOW),
        plan=evict(),
        mode="act",
        attempt=attempt(evict(), at=NOW),
    )
    cart = incident("cart", opened_at=NOW, remediation=tried)
    save(sources.store, cart)

    page = browser.get(f"/incidents/{cart.id}").text

    assert f"attempt {attempt().id} is being verified" in page
    assert "Done by watchdog: evict Pod/shop/" in page
    assert "1 incident needs" not in browser.get("/").text


def test_what_waits_for_a_yes_is_shown_with_its_command(
    browser: TestClient, sources: Sources
) -> None:
    asked = Considered(
        name="EvictPod", decision=Decision(outcome=Outcome.ASK), plan=evict(), approval=ask(evict())
    )
    cart = incident("cart", remediation=asked)
    save(sources.store, cart)

    assert "watchdog approve k-1" in browser.get(f"/incidents/{cart.id}").text


def test_the_timeline_has_evidence_and_journal_newest_first(
    browser: TestClient, sources: Sources
) -> None:
    cart = incident(
        "cart",
        evidence=(Evidence(kind="log", ref=CART, at=NOW - MINUTE, text="no such host: db"),),
    )
    steps = [
        Transition(incident=cart.id, before=None, after=Status.PENDING, at=NOW, reason="first"),
        Transition(
            incident=cart.id, before=Status.PENDING, after=Status.OPEN, at=NOW, reason="second"
        ),
    ]
    save(sources.store, cart, transitions=steps)

    page = browser.get(f"/incidents/{cart.id}").text

    assert "no such host: db" in page
    assert page.index("</span> second") < page.index("</span> first")


def test_an_unknown_incident_is_a_404_that_leads_back(browser: TestClient) -> None:
    answer = browser.get("/incidents/deadbeef-1")

    assert answer.status_code == 404
    assert "there is no incident" in answer.text
    assert 'href="/"' in answer.text


def test_an_unknown_page_is_a_404(browser: TestClient) -> None:
    assert browser.get("/nothing").status_code == 404


@pytest.mark.parametrize("path", ["/", "/checks", "/incidents/"])
def test_no_text_of_the_cluster_becomes_markup(
    browser: TestClient, sources: Sources, path: str
) -> None:
    evil = incident(
        "cart",
        title=EVIL,
        reason=EVIL,
        subjects=(Ref("Deployment", EVIL, EVIL),),
        affected=(Ref("Pod", EVIL, EVIL),),
        explanation=Explanation(EVIL),
        evidence=(Evidence(kind="log", ref=Ref("Pod", EVIL, EVIL), text=EVIL),),
        proposal=Proposal(EVIL, (EVIL,)),
        acknowledged_by=EVIL,
    )
    step = Transition(incident=evil.id, before=None, after=Status.OPEN, at=NOW, reason=EVIL)
    save(sources.store, evil, replace(evil, opening=2, inhibited_by=EVIL), transitions=[step])
    sources.board.saw(snapshot(node(EVIL), pod(Ref("Pod", "shop", EVIL))))
    sources.board.failed(EVIL)

    page = browser.get(path if path != "/incidents/" else path + evil.id).text

    assert "&lt;script&gt;" in page
    scripts = [attributes for tag, attributes in tags_of(page).seen if tag == "script"]
    assert scripts == [{"src": "/static/refresh.js", "defer": None}]


@pytest.mark.parametrize("path", ["/jobs", "/runs"])
def test_no_text_of_an_operator_becomes_markup(
    browser: TestClient, sources: Sources, path: str
) -> None:
    jobsfile.pause(sources.store, "health", reason=EVIL, now=NOW)
    skipped = LedgerEntry(
        run_id="r1", job=EVIL, trigger="schedule", due_at=NOW, state=RunState.SKIPPED, text=EVIL
    )
    ledger.record(sources.store, skipped)

    page = browser.get(path).text

    assert "&lt;script&gt;" in page
    assert EVIL not in page


def test_secrets_and_invisible_characters_do_not_reach_the_page(
    browser: TestClient, sources: Sources
) -> None:
    text = "login failed: password=hunter2hunter2 \x1b[31mred\u202e"
    cart = incident("cart", evidence=(Evidence(kind="log", ref=CART, text=text),))
    save(sources.store, cart)

    page = browser.get(f"/incidents/{cart.id}").text

    assert "login failed" in page
    assert "hunter2" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_loaded_from_another_host_and_nothing_is_inline(
    browser: TestClient, sources: Sources, path: str
) -> None:
    save(sources.store, incident("cart"))

    tags = tags_of(browser.get(path).text).seen

    for _, attributes in tags:
        assert not {name for name in attributes if name.startswith("on")} | (
            {"style"} & attributes.keys()
        )
        for name in ("href", "src", "action"):
            assert (attributes.get(name) or "/").startswith("/")


def test_every_file_the_pages_ask_for_is_served(browser: TestClient) -> None:
    tags = tags_of(browser.get("/").text).seen
    asked = {
        path
        for _, attributes in tags
        for path in (attributes.get("href"), attributes.get("src"))
        if path and path.startswith("/static/")
    }

    assert asked == {"/static/icon.svg", "/static/style.css", "/static/refresh.js"}
    assert {browser.get(path).status_code for path in asked} == {200}


def test_the_static_files_name_no_other_host() -> None:
    folder = Path(watchdog.web.__path__[0]) / "static"

    for file in folder.iterdir():
        text = file.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert "//" not in text.replace("// ", "")


def test_checks_say_why_they_do_not_look(browser: TestClient, sources: Sources) -> None:
    sources.board.saw(snapshot(missing=("persistentvolumeclaims",)))

    page = browser.get("/checks").text

    assert "forbidden: persistentvolumeclaims" in text_between(page, 'id="claims"', "</li>")
    assert "disabled in the configuration" in text_between(page, 'id="replicas"', "</li>")
    assert "Not looked since the start" in text_between(page, 'id="crash_loop"', "</li>")
    assert len(CHECKS) == page.count("<li id=")


def test_jobs_show_next_run_pause_and_last_state(
    browser: TestClient, sources: Sources, clock: FakeClock
) -> None:
    save(sources.store, run=run_row("r7", state=RunState.ALERT))
    clock.advance(timedelta(minutes=2))

    page = browser.get("/jobs").text

    assert "in 3 min" in page
    assert "2026-11-20 12:05:00 UTC" in page
    assert ">alert<" in page
    assert "disabled" in page


def test_a_paused_job_shows_no_next_run(browser: TestClient, sources: Sources) -> None:
    jobsfile.pause(sources.store, "health", reason="upgrade", now=NOW)

    page = browser.get("/jobs").text

    assert ": upgrade" in page
    assert "12:05:00" not in page


def test_runs_show_what_became_of_every_due_time(browser: TestClient, sources: Sources) -> None:
    save(sources.store, run=run_row("r7", finished_at=NOW + timedelta(seconds=1.5)))
    skipped = LedgerEntry(
        run_id="r8",
        job="health",
        trigger="schedule",
        due_at=NOW + MINUTE,
        state=RunState.SKIPPED,
        text="still under way",
    )
    ledger.record(sources.store, skipped)

    page = browser.get("/runs").text

    assert "1.5 s" in page
    assert "still under way" in page
    assert page.index("skipped") < page.index("r7")


def test_runs_show_what_their_questions_cost(browser: TestClient, sources: Sources) -> None:
    save(sources.store, run=run_row("r7"))
    calls.add(sources.store, call_of("r7", 0.25))

    page = browser.get("/runs").text

    assert "0.2500 USD" in page
    assert "1 questions" not in page


def test_the_node_line_says_what_is_wrong_with_a_node(
    browser: TestClient, sources: Sources
) -> None:
    sources.board.saw(snapshot(node("w-1"), node("w-2", ready="Unknown", unschedulable=True)))

    page = browser.get("/").text

    assert "<strong>w-1</strong> ready" in page
    assert "<strong>w-2</strong> not ready, cordoned" in page
