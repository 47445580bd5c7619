"""Who may see the page: Host headers, credentials, and the headers of every answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from watchdog.web.guard import Credentials, is_loopback
from watchdog.web.pages import pages_app
from watchdog.web.sources import Sources

ANN = Credentials("ann", "pass:wörd")


def browser(sources: Sources, *, loopback: bool, credentials: Credentials | None) -> TestClient:
    app = pages_app(sources, loopback=loopback, credentials=credentials)
    return TestClient(app, base_url="http://127.0.0.1:9119")


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:9119", "LOCALHOST:9119", "127.0.0.1:9119", "[::1]:9119", "[::1]"],
)
def test_loopback_names_are_served(sources: Sources, host: str) -> None:
    client = browser(sources, loopback=True, credentials=None)

    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example:9119", "10.0.0.1", "[", ""]
)
def test_a_name_that_was_bound_to_loopback_by_others_is_refused(
    sources: Sources, host: str
) -> None:
    client = browser(sources, loopback=True, credentials=None)

    assert client.get("/", headers={"Host": host}).status_code == 421


@given(st.text())
def test_no_host_header_breaks_the_check(host: str) -> None:
    assert is_loopback(host) in (True, False)


def test_any_host_is_served_on_a_bind_with_credentials(sources: Sources) -> None:
    client = browser(sources, loopback=False, credentials=ANN)

    answer = client.get("/", headers={"Host": "watchdog.example"}, auth=("ann", "pass:wörd"))

    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/", "/checks", "/static/style.css", "/nothing"])
def test_nothing_is_shown_without_the_credentials(sources: Sources, path: str) -> None:
    answer = browser(sources, loopback=True, credentials=ANN).get(path)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    "sent", ["Basic", "Basic !", "Basic YW5u", "Bearer YW5uOnBhc3M=", "Basic YW5uOnBhc3M="]
)
def test_wrong_credentials_are_refused(sources: Sources, sent: str) -> None:
    client = browser(sources, loopback=True, credentials=ANN)

    assert client.get("/", headers={"Authorization": sent}).status_code == 401


@pytest.mark.parametrize("path", ["/", "/nothing", "/static/refresh.js"])
def test_every_answer_ties_the_browser_down(sources: Sources, path: str) -> None:
    headers = browser(sources, loopback=True, credentials=None).get(path).headers

    assert headers["content-security-policy"].startswith("default-src 'self'; ")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


def test_a_password_is_not_shown_by_repr() -> None:
    assert "wörd" not in repr(ANN)
