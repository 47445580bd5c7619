"""The notify loop on a real store and a Discord on loopback: at least once, in order, never twice."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from structlog.testing import capture_logs

from tests.builders import NOW
from tests.clock import FakeClock
from tests.doubles.discord import FakeDiscord, Fault, fake_discord, rate_limited
from tests.doubles.messages import REMINDER, RESOLVED, UPDATED, message
from watchdog.domain.errors import Permanent, StoreFailed
from watchdog.domain.notification import Message, Notification, NotificationKind
from watchdog.domain.ports import Notifier
from watchdog.loops.notify import Notify
from watchdog.metrics import Metrics
from watchdog.notifiers.console import Console
from watchdog.notifiers.discord_webhook import DiscordWebhookParams, make
from watchdog.store import journal, outbox
from watchdog.store.engine import Store, open_store

SECOND = timedelta(seconds=1)
THREAD = message().thread


class HastyClock(FakeClock):
    """Whoever sleeps wakes at once, at the moment asked for."""

    async def sleep_until(self, moment: datetime) -> None:
        self.advance(max(moment - self.now(), timedelta(0)))
        await anyio.lowlevel.checkpoint()


class Broken:
    """A notifier with a bug."""

    name = "broken"

    async def send(self, notification: Notification, receipt: str) -> str:
        raise ZeroDivisionError

    async def close(self) -> None:
        pass


class Refusing:
    """A notifier that takes nothing of one thread."""

    name = "refusing"

    def __init__(self, thread: str) -> None:
        self.sent: list[str] = []
        self._thread = thread

    async def send(self, notification: Notification, receipt: str) -> str:
        if notification.message.thread == self._thread:
            raise Permanent("no", hint="say it better")
        self.sent.append(notification.message.thread)
        return ""

    async def close(self) -> None:
        pass


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("", home=tmp_path)
    yield opened
    opened.close()


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with fake_discord() as server:
        yield server


@pytest.fixture
async def webhook(discord: FakeDiscord) -> AsyncIterator[Notifier]:
    notifier = make(DiscordWebhookParams(webhook_url=SecretStr(discord.webhook_url)))
    yield notifier
    await notifier.close()


def say(store: Store, *messages: Message, target: str = "discord") -> tuple[int, ...]:
    rows = outbox.enqueue(store, [(target, each) for each in messages], NOW)
    return tuple(row.id for row in rows)


async def test_a_row_is_delivered_once_and_its_thread_edited_later(
    store: Store, discord: FakeDiscord, webhook: Notifier
) -> None:
    notify = Notify(store, {"discord": webhook}, FakeClock())
    ids = say(store, message())

    [(row, arrived)] = await notify.deliver(ids)
    say(store, message(UPDATED, quiet=True), message(RESOLVED))
    later = await notify.deliver(None)

    assert (row.id, arrived) == (ids[0], True)
    assert [arrived for _, arrived in later] == [True, True]
    [post] = discord.posts
    assert len(post.edits) == 2
    assert await notify.deliver(None) == ()


async def test_a_short_rate_limit_is_waited_out(
    store: Store, discord: FakeDiscord, webhook: Notifier
) -> None:
    discord.faults.extend([None, rate_limited(1.5)])
    ids = say(store, *(message(thread=f"t-{n}") for n in range(4)))

    outcomes = await Notify(store, {"discord": webhook}, HastyClock()).deliver(ids)

    assert [arrived for _, arrived in outcomes] == [True] * 4
    assert len(discord.posts) == 4


async def test_a_long_rate_limit_is_not(
    store: Store, discord: FakeDiscord, webhook: Notifier
) -> None:
    clock = HastyClock()
    discord.faults.append(rate_limited(300))
    ids = say(store, message(), message(thread="t-2"))

    outcomes = await Notify(store, {"discord": webhook}, clock).deliver(ids)

    assert [arrived for _, arrived in outcomes] == [False, False]
    assert len(discord.calls) == 1
    assert clock.now() == NOW
    assert outbox.next_due_at(store) == NOW
    assert outbox.due(store, NOW + 301 * SECOND)[0].next_try_at == NOW + 301 * SECOND


async def test_tries_back_off_to_ten_minutes(
    store: Store, discord: FakeDiscord, webhook: Notifier
) -> None:
    clock = FakeClock()
    notify = Notify(store, {"discord": webhook}, clock)
    discord.faults.extend([Fault(status=503)] * 9)
    say(store, message())
    waits = []
    async with asyncio.TaskGroup() as group:
        stop = asyncio.Event()
        group.create_task(notify.loop(stop))
        for _ in range(9):
            await clock.asleep()
            [row] = outbox.due(store, NOW + timedelta(days=1))
            waits.append((row.next_try_at - clock.now()).total_seconds())
            clock.advance(row.next_try_at - clock.now())
            await until(lambda: len(discord.calls) > len(waits))
        stop.set()

    assert waits == [5, 10, 20, 40, 80, 160, 320, 600, 600]
    assert len(discord.posts) == 1


async def test_a_delivery_makes_the_next_pause_short_again(
    store: Store, discord: FakeDiscord, webhook: Notifier
) -> None:
    notify = Notify(store, {"discord": webhook}, HastyClock())
    broken = Fault(status=503)
    discord.faults.extend([broken, broken, None, broken])

    with capture_logs() as lines:
        await notify.deliver(say(store, message()))
        await notify.deliver(say(store, message(RESOLVED)))

    assert [line["wait_seconds"] for line in lines] == [5.0, 10.0, 5.0]


async def test_a_refused_row_is_given_up_and_written_down(
    store: Store, discord: FakeDiscord, webhook: Notifier
) -> None:
    metrics = Metrics()
    discord.webhook = ("gone", "x")
    ids = say(store, message())

    outcomes = await Notify(store, {"discord": webhook}, FakeClock(), metrics=metrics).deliver(ids)

    assert [arrived for _, arrived in outcomes] == [False]
    assert outbox.due(store, NOW + timedelta(days=1)) == ()
    [entry] = journal.entries(store, THREAD)
    assert entry.kind == "undelivered"
    assert "10015 Unknown Webhook" in entry.text
    assert b'watchdog_notifications_total{result="abandoned",target="discord"} 1.0' in (
        metrics.render()
    )


async def test_a_delivery_is_counted(store: Store, discord: FakeDiscord, webhook: Notifier) -> None:
    metrics = Metrics()
    say(store, message())

    await Notify(store, {"discord": webhook}, FakeClock(), metrics=metrics).deliver(None)

    assert b'watchdog_notifications_total{result="delivered",target="discord"} 1.0' in (
        metrics.render()
    )


async def test_a_refused_row_does_not_hold_up_the_others(store: Store) -> None:
    refusing = Refusing(THREAD)
    ids = say(store, message(), message(thread="t-2"), target="refusing")

    outcomes = await Notify(store, {"refusing": refusing}, HastyClock()).deliver(ids)

    assert [arrived for _, arrived in outcomes] == [False, True]


async def test_a_target_without_a_notifier_goes_to_the_console_with_a_note(store: Store) -> None:
    stream = StringIO()
    say(store, message(), target="discord:123")

    await Notify(store, {"console": Console(stream)}, FakeClock()).deliver(None)

    assert "  (meant for discord, which is not configured)\n" in stream.getvalue()


@pytest.mark.parametrize("target", ["log", "discord"])
async def test_the_log_takes_what_is_meant_for_it_and_what_nobody_else_takes(
    store: Store, target: str
) -> None:
    say(store, message(), target=target)

    with capture_logs() as lines:
        [(_, arrived)] = await Notify(store, {}, FakeClock()).deliver(None)

    assert arrived
    assert [(line["event"], line["title"]) for line in lines] == [
        ("notification", "CRITICAL: opened api")
    ]


async def test_a_bug_in_one_notifier_is_logged_and_holds_up_nobody_else(store: Store) -> None:
    stream = StringIO()
    notify = Notify(store, {"broken": Broken(), "console": Console(stream)}, HastyClock())
    say(store, message(), target="broken")
    say(store, message(), target="console")

    with capture_logs() as lines:
        outcomes = await notify.deliver(None)

    assert [arrived for _, arrived in outcomes] == [False, True]
    assert lines[0]["event"] == "notifier broken"
    assert lines[0]["exc_info"]


async def test_a_row_that_always_fails_lets_new_ones_pass(store: Store) -> None:
    class Picky(Refusing):
        async def send(self, notification: Notification, receipt: str) -> str:
            try:
                return await super().send(notification, receipt)
            except Permanent as error:
                raise RuntimeError from error

    picky = Picky(THREAD)
    clock = HastyClock()
    notify = Notify(store, {"picky": picky}, clock)
    say(store, message(), target="picky")
    await notify.deliver(None)
    say(store, message(thread="t-2"), message(thread="t-3"), target="picky")
    clock.advance(timedelta(minutes=1))

    await notify.deliver(None)

    assert picky.sent == ["t-2", "t-3"]


async def test_what_arrived_is_not_sent_again_while_the_store_takes_nothing(
    store: Store, tmp_path: Path, discord: FakeDiscord, webhook: Notifier
) -> None:
    say(store, message())
    clock = HastyClock()
    notify = Notify(dataclasses.replace(store, writer=store.reader), {"discord": webhook}, clock)

    outcomes = await notify.deliver(None)

    assert [arrived for _, arrived in outcomes] == [False]
    assert clock.now() > NOW  # it tried again
    assert len(discord.posts) == 1


async def test_the_loop_survives_a_store_that_cannot_be_read(
    tmp_path: Path, discord: FakeDiscord, webhook: Notifier
) -> None:
    opened = open_store("", home=tmp_path)
    opened.close()
    (tmp_path / "state.db").write_bytes(b"no database" * 1000)
    clock = FakeClock()
    notify = Notify(opened, {"discord": webhook}, clock)
    stop = asyncio.Event()

    with capture_logs() as lines:
        async with asyncio.TaskGroup() as group:
            group.create_task(notify.loop(stop))
            await clock.asleep()
            stop.set()

    assert [line["event"] for line in lines] == ["outbox not readable"]
    with pytest.raises(StoreFailed):
        await notify.deliver(None)


async def test_the_loop_wakes_for_new_rows_and_keeps_its_heartbeat(
    store: Store, discord: FakeDiscord, webhook: Notifier
) -> None:
    clock = FakeClock()
    notify = Notify(store, {"discord": webhook}, clock)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(notify.loop(stop))
        await clock.asleep()
        say(store, message())
        clock.advance(SECOND)
        notify.wake()
        await until(lambda: len(discord.posts) == 1)
        stop.set()

    assert notify.heartbeat == clock.monotonic()


async def test_the_loop_finishes_the_row_in_hand_when_told_to_stop(
    store: Store, discord: FakeDiscord, webhook: Notifier
) -> None:
    discord.faults.append(Fault(seconds=0.2))
    say(store, message(), message(thread="t-2"))
    notify = Notify(store, {"discord": webhook}, FakeClock())
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(notify.loop(stop))
        await until(lambda: len(discord.calls) == 1)
        stop.set()

    assert len(discord.posts) == 1
    assert [row.message.thread for row in outbox.due(store, NOW)] == ["t-2"]


KINDS = {"clean": None, "503": Fault(status=503), "drop": Fault(drop=True), "429": rate_limited(3)}
LOST = {
    "502 after": Fault(status=502, after=True),
    "drop after": Fault(drop=True, after=True),
}
Talk = Sequence[tuple[str, NotificationKind]]
PLANS = st.lists(st.sampled_from([*KINDS, *LOST]), max_size=12)
TALKS = st.lists(
    st.tuples(st.sampled_from(["a-1", "b-1", "c-1"]), st.sampled_from([UPDATED, REMINDER, RESOLVED])),
    max_size=8,
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(talk=TALKS, plan=PLANS)
async def test_every_message_arrives_in_order_and_twice_only_when_its_answer_was_lost(
    talk: Talk, plan: Sequence[str]
) -> None:
    with TemporaryDirectory() as home:
        store = open_store("", home=Path(home))
        try:
            await converse(store, talk, plan)
        finally:
            store.close()


async def converse(store: Store, talk: Talk, plan: Sequence[str]) -> None:
    clock = HastyClock()
    async with fake_discord() as discord:
        webhook = make(DiscordWebhookParams(webhook_url=SecretStr(discord.webhook_url)))
        notify = Notify(store, {"discord": webhook}, clock)
        discord.faults.extend((KINDS | LOST)[each] for each in plan)
        said: dict[str, list[str]] = {}
        for number, (thread, kind) in enumerate(talk):
            said.setdefault(thread, []).append(f"{thread} no {number}")
            text = said[thread][-1]
            # REMINDER is a post, the others edits, as the kinds say.
            spoken = message(kind, thread=thread, text=text, quiet=kind is not REMINDER)
            # `updated` rows replace each other while they wait: that is the outbox's business.
            say(
                store, spoken if kind is not UPDATED else dataclasses.replace(spoken, kind=RESOLVED)
            )
            await notify.deliver(None)
        for _ in range(40):
            await notify.deliver(None)
            clock.advance(timedelta(minutes=10))
        assert outbox.due(store, clock.now()) == ()
        await webhook.close()

    for thread, texts in said.items():
        heard = [
            body["content"].split("\n")[1]
            for (_, _, body), fate in zip(discord.calls, fates(discord, plan), strict=True)
            if fate in ("clean", *LOST) and f"{thread} no" in body["content"]
        ]
        assert list(dict.fromkeys(heard)) == texts
        assert heard == sorted(heard, key=texts.index)
    lost = sum(fate in LOST for fate in fates(discord, plan))
    done = sum(fate in ("clean", *LOST) for fate in fates(discord, plan))
    assert done == len(talk) + lost


def fates(discord: FakeDiscord, plan: Sequence[str]) -> list[str]:
    """What became of each call."""
    return [*plan, *["clean"] * len(discord.calls)][: len(discord.calls)]


async def until(true: Callable[[], bool]) -> None:
    with anyio.fail_after(5):
        while not true():  # noqa: ASYNC110 - what is waited for happens in the loop under test
            await anyio.sleep(0.005)
