"""People's commands on a real store."""

from datetime import timedelta
from typing import Any

import pytest

from tests.builders import HOUR, NOW
from tests.clock import FakeClock
from tests.store.builders import incident, save
from watchdog.domain.errors import Usage
from watchdog.domain.incident import Status, Transition
from watchdog.store import incidents, notes, silences
from watchdog.store.engine import Store
from watchdog.web.commands import incident_commands

CART = incident("cart", title="cart keeps crashing")
OLD = incident("old", Status.RESOLVED)
HUSH = {"reason": "moving", "author": "ann", "for_seconds": 3600}


async def run(store: Store, clock: FakeClock, name: str, **given: Any) -> Any:
    return await incident_commands(store, clock)[name](given)


async def test_the_list_leaves_resolved_incidents_out(store: Store, clock: FakeClock) -> None:
    save(store, CART, OLD)

    found = await run(store, clock, "incidents.list")

    assert [each["id"] for each in found] == [CART.id]


async def test_the_list_can_be_asked_by_status(store: Store, clock: FakeClock) -> None:
    save(store, CART, OLD)

    found = await run(store, clock, "incidents.list", status=["resolved", "open"])

    assert {each["id"] for each in found} == {CART.id, OLD.id}


async def test_show_gives_the_incident_its_text_and_its_journal(
    store: Store, clock: FakeClock
) -> None:
    step = Transition(incident=CART.id, before=None, after=Status.OPEN, at=NOW, reason="seen")
    save(store, CART, transitions=[step])

    story = await run(store, clock, "incidents.show", id=CART.id[:5])

    assert story["incident"]["id"] == CART.id
    assert "cart keeps crashing" in story["text"]
    assert story["journal"] == [{"at": "2026-11-20T12:00:00Z", "kind": "open", "text": "seen"}]


async def test_ack_acknowledges_and_says_by_whom(store: Store, clock: FakeClock) -> None:
    save(store, CART)

    answer = await run(store, clock, "ack", id=CART.id, by="ann")

    assert answer["status"] == "acknowledged"
    assert incidents.find(store, CART.id).acknowledged_by == "ann"


async def test_a_silence_lasts_as_long_as_asked(store: Store, clock: FakeClock) -> None:
    made = await run(store, clock, "silence.add", **HUSH, namespace="shop")

    [kept] = silences.active(store, NOW)
    assert (kept.id, kept.author, kept.ends_at) == (made["id"], "ann", NOW + HOUR)
    assert kept.matches(CART, NOW)


async def test_a_silence_of_an_incident_takes_the_start_of_its_id(
    store: Store, clock: FakeClock
) -> None:
    save(store, CART)

    made = await run(store, clock, "silence.add", **HUSH, incident=CART.id[:5])

    assert made["incident"] == CART.id


async def test_a_silence_of_everything_is_refused(store: Store, clock: FakeClock) -> None:
    with pytest.raises(Usage, match="everything"):
        await run(store, clock, "silence.add", **HUSH)

    assert silences.select(store) == ()


async def test_a_silence_of_an_unknown_incident_is_refused(store: Store, clock: FakeClock) -> None:
    with pytest.raises(Usage, match="there is no incident"):
        await run(store, clock, "silence.add", **HUSH, incident="deadbeef-1")


async def test_silences_are_listed_with_whether_they_hold(store: Store, clock: FakeClock) -> None:
    await run(store, clock, "silence.add", **HUSH, check="crash_loop")
    clock.advance(timedelta(hours=2))
    await run(store, clock, "silence.add", **HUSH, check="replicas")

    listed = await run(store, clock, "silence.list")

    assert [(each["check"], each["active"]) for each in listed] == [
        ("replicas", True),
        ("crash_loop", False),
    ]


async def test_an_ended_silence_holds_no_more(store: Store, clock: FakeClock) -> None:
    made = await run(store, clock, "silence.add", **HUSH, check="crash_loop")

    await run(store, clock, "silence.end", id=made["id"])

    assert silences.active(store, NOW) == ()


async def test_a_note_is_kept_with_its_author(store: Store, clock: FakeClock) -> None:
    await run(store, clock, "note.add", text="the disk of w-2 is old", by="ann")

    [kept] = notes.recent(store)
    assert (kept.text, kept.author, kept.at) == ("the disk of w-2 is old", "ann", NOW)


@pytest.mark.parametrize(
    ("name", "given", "key"),
    [
        ("ack", {"id": "x"}, "by"),
        ("ack", {"id": "x", "by": ""}, "by"),
        ("incidents.list", {"status": ["broken"]}, "status"),
        ("incidents.show", {"id": "x", "more": 1}, "more"),
        ("silence.add", {**HUSH, "for_seconds": 0}, "for_seconds"),
        ("silence.end", {"id": "one"}, "id"),
        ("note.add", {"text": "", "by": "ann"}, "text"),
    ],
)
async def test_wrong_arguments_are_a_usage_error_naming_the_key(
    store: Store, clock: FakeClock, name: str, given: dict[str, object], key: str
) -> None:
    with pytest.raises(Usage, match=key):
        await run(store, clock, name, **given)
