"""`watchdog incidents`, `ack`, `silence` and `note` as their users see them, without a daemon."""

import json
from pathlib import Path

import pytest

from tests.cli.installed import call, refusal
from tests.store.builders import incident, save
from watchdog.domain.incident import Status, Transition
from watchdog.store import notes
from watchdog.store.engine import open_store

CART = incident("cart", title="cart keeps crashing [red]")
OLD = incident("old", Status.RESOLVED)
HUSH = ("silence", "add", "--for", "2h", "--reason", "moving")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    store = open_store("", home=tmp_path)
    step = Transition(
        incident=CART.id, before=None, after=Status.OPEN, at=CART.since, reason="stands"
    )
    save(store, CART, OLD, transitions=[step])
    store.close()
    return tmp_path


def test_the_list_is_a_table_on_stdout(home: Path) -> None:
    done = call("incidents", "list", home=home)

    assert (done.returncode, done.stderr) == (0, "")
    header, row = done.stdout.splitlines()
    assert header.split() == ["ID", "STATUS", "SEVERITY", "REASON", "SUBJECT", "SINCE", "TITLE"]
    assert row.startswith(CART.id)
    assert row.rstrip().endswith("cart keeps crashing [red]")


def test_the_list_as_json_is_one_object(home: Path) -> None:
    done = call("incidents", "list", "--status", "resolved", "--output", "json", home=home)

    assert [each["id"] for each in json.loads(done.stdout)["incidents"]] == [OLD.id]


def test_an_empty_list_leaves_stdout_empty(tmp_path: Path) -> None:
    done = call("incidents", "list", home=tmp_path)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "no incidents\n")


def test_show_takes_the_beginning_of_an_id(home: Path) -> None:
    done = call("incidents", "show", CART.id[:6], home=home)

    assert "cart keeps crashing" in done.stdout
    assert "2026-11-20 12:00:00 UTC  open: stands" in done.stdout


def test_show_as_json_has_incident_and_journal(home: Path) -> None:
    shown = json.loads(call("incidents", "show", CART.id, "--output", "json", home=home).stdout)

    assert (shown["incident"]["id"], shown["journal"][0]["kind"]) == (CART.id, "open")


def test_an_unknown_incident_is_a_usage_error(home: Path) -> None:
    code, error, _ = refusal(call("incidents", "show", "deadbeef-1", home=home))

    assert (code, error) == (2, "there is no incident 'deadbeef-1'")


def test_ack_changes_the_status(home: Path) -> None:
    done = call("ack", CART.id, home=home)
    listed = call("incidents", "list", "--output", "json", home=home)

    assert (done.returncode, done.stdout) == (0, "")
    assert json.loads(listed.stdout)["incidents"][0]["status"] == "acknowledged"


def test_a_resolved_incident_cannot_be_acknowledged(home: Path) -> None:
    code, error, _ = refusal(call("ack", OLD.id, home=home))

    assert (code, error) == (2, f"incident {OLD.id} is resolved, it cannot be acknowledged")


def test_a_silence_is_added_listed_and_ended(home: Path) -> None:
    assert call(*HUSH, "--namespace", "shop", "--reason-name", "CrashLoop", home=home).stderr
    listed = call("silence", "list", home=home).stdout
    ended = call("silence", "end", "1", home=home)

    assert "reason=CrashLoop namespace=shop" in listed
    assert "moving" in listed
    assert ended.returncode == 0
    assert call("silence", "list", home=home).stderr == "no silences\n"
    assert json.loads(call("silence", "list", "--all", "--output", "json", home=home).stdout)


def test_a_silence_of_everything_is_a_usage_error(home: Path) -> None:
    code, error, hint = refusal(call(*HUSH, home=home))

    assert (code, error) == (2, "this would silence everything")
    assert "--namespace" in hint


def test_a_wrong_duration_is_a_usage_error(home: Path) -> None:
    done = call("silence", "add", "--for", "soon", "--reason", "x", "--name", "a", home=home)

    code, error, _ = refusal(done)
    assert (code, "write 30m, 2h or 3d" in error) == (2, True)


def test_a_note_is_kept(home: Path) -> None:
    done = call("note", "add", "the disk of w-2 is old", home=home)

    store = open_store("", home=home)
    [kept] = notes.recent(store)
    store.close()
    assert (done.returncode, kept.text) == (0, "the disk of w-2 is old")
