"""The fence of the Lease: held, renewed, lost, watched and let go, and its record at the API server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.clock import FakeClock
from tests.kube.faulty import Answer, connected, playing, status
from watchdog.domain.errors import Forbidden, Transient, WatchdogError
from watchdog.kube.answers import TimedOut
from watchdog.kube.decode import Malformed
from watchdog.kube.lease import RENEW, REQUEST, LeaseFence, LeaseObject
from watchdog.kube.writing import Unsent
from watchdog.logic.decision.lease import LASTS, SURE, Lease

ME, OTHER = "me", "other_1a2b"
FREE = Lease(version="1", transitions=3)
HELD = Lease(version="1", holder=OTHER, seconds=LASTS, transitions=3)
SECOND = timedelta(seconds=1)


@dataclass
class Record:
    """Implements `Leases` in memory."""

    stands: Lease = FREE
    name: str = "own/watchdog"
    error: Exception | None = None  # instead of every answer
    reads: int = 0
    written: list[Lease] = field(default_factory=list)
    before: Callable[[], Awaitable[None]] | None = None  # while a write is under way

    async def read(self) -> Lease:
        self.reads += 1
        if self.error:
            raise self.error
        return self.stands

    async def write(self, lease: Lease) -> Lease:
        if self.before:
            await self.before()
        if self.error:
            raise self.error
        assert lease.version == self.stands.version
        self.written.append(lease)
        return self.put(lease)

    def put(self, lease: Lease) -> Lease:
        """Somebody writes it."""
        self.stands = replace(lease, version=str(int(self.stands.version) + 1))
        return self.stands


@asynccontextmanager
async def fenced(record: Record, clock: FakeClock | None = None) -> AsyncIterator[LeaseFence]:
    """A fence over a record, let go at the end."""
    fence = LeaseFence(record, clock or FakeClock(), me=ME)
    try:
        yield fence
    finally:
        await fence.close()


async def passing(clock: FakeClock, seconds: float) -> None:
    """Let time pass by the second, and whoever waits go on."""
    for _ in range(int(seconds)):
        await clock.asleep()
        clock.advance(SECOND)
        await asyncio.sleep(0)  # noqa: TID251 - the loops under test take their turn


async def test_what_is_free_is_taken_at_once() -> None:
    record = Record()
    async with fenced(record) as fence:
        assert fence.left == 0

        assert await fence.refusal() == ""

        assert fence.left == SURE
        assert record.stands.holder == ME
        assert record.stands.transitions == 4


async def test_it_counts_from_before_it_was_asked_for() -> None:
    clock = FakeClock()

    async def slowly() -> None:
        clock.advance(SECOND * 3)

    async with fenced(Record(before=slowly), clock) as fence:
        await fence.turn()

        assert fence.left == SURE - 3


async def test_every_check_renews_it_with_one_request() -> None:
    record = Record()
    async with fenced(record) as fence:
        for _ in range(3):
            assert await fence.refusal() == ""

        assert (record.reads, len(record.written)) == (1, 3)


async def test_it_is_kept_while_nobody_asks() -> None:
    record, clock = Record(), FakeClock()
    async with fenced(record, clock) as fence:
        await fence.refusal()

        await passing(clock, 3 * LASTS)

        assert fence.left > SURE - RENEW.total_seconds() - 1
        assert record.reads == 1


async def test_a_holder_that_moves_is_respected_after_a_few_seconds() -> None:
    record, clock = Record(HELD), FakeClock()
    async with fenced(record, clock) as fence:
        asked = asyncio.get_running_loop().create_task(fence.refusal())
        await passing(clock, 7)
        record.put(HELD)
        await passing(clock, 7)

        assert await asked == f"another watchdog acts here: {OTHER} holds the Lease own/watchdog"
        assert fence.left == 0
        assert record.written == []


async def test_a_holder_that_is_known_to_live_is_named_at_once() -> None:
    record = Record(HELD)
    async with fenced(record) as fence:
        await fence.turn()
        record.put(HELD)
        await fence.turn()

        assert OTHER in await fence.refusal()


async def test_what_somebody_wrote_for_a_name_is_told_without_tricks() -> None:
    evil = replace(HELD, holder="a\x1b[31m\n\u202eb" + "x" * 300)
    record = Record(evil)
    async with fenced(record) as fence:
        await fence.turn()
        record.put(evil)

        told = await fence.refusal()

    assert told.isprintable()
    assert len(told) < 200


async def test_a_holder_that_is_silent_for_its_whole_lease_is_gone() -> None:
    record, clock = Record(HELD), FakeClock()
    async with fenced(record, clock) as fence:
        asked = asyncio.get_running_loop().create_task(fence.refusal())
        await passing(clock, LASTS - 1)
        assert not asked.done()
        await passing(clock, 7)

        assert await asked == ""
        assert record.stands.holder == ME


async def test_once_watched_it_is_taken_when_its_holder_dies_though_nobody_asks() -> None:
    record, clock = Record(HELD), FakeClock()
    async with fenced(record, clock) as fence:
        asked = asyncio.get_running_loop().create_task(fence.refusal())
        await passing(clock, 7)
        record.put(HELD)
        await passing(clock, 7)
        assert OTHER in await asked

        await passing(clock, LASTS + RENEW.total_seconds() + 1)

        assert fence.left > 0


async def test_a_record_that_is_made_anew_under_its_holder_is_no_longer_held() -> None:
    record = Record()
    async with fenced(record) as fence:
        await fence.refusal()
        record.put(Lease(version=""))
        record.error = Transient("HTTP 409")
        await fence.turn()
        record.error = None

        assert "was made anew, and is watched for a while first" in await fence.refusal()
        assert fence.left == 0


async def test_a_name_that_somebody_put_over_mine_ends_it_at_once() -> None:
    record = Record()
    async with fenced(record) as fence:
        await fence.refusal()
        record.put(HELD)
        record.error = Transient("HTTP 409")
        assert "HTTP 409" in await fence.refusal()
        record.error = None

        assert OTHER in await fence.refusal()
        assert fence.left == 0


@pytest.mark.parametrize("error", [Forbidden("no right"), Transient("no answer")])
async def test_what_cannot_be_read_is_not_held(error: WatchdogError) -> None:
    async with fenced(Record(error=error)) as fence:
        assert await fence.refusal() == f"the Lease own/watchdog cannot be had: {error}"
        assert fence.left == 0


async def test_a_renewal_that_fails_is_a_no_and_ends_it_when_its_time_is_over() -> None:
    record, clock = Record(), FakeClock()
    async with fenced(record, clock) as fence:
        await fence.refusal()
        record.error = Transient("no answer")

        assert "no answer" in await fence.refusal()
        assert fence.left == SURE
        await passing(clock, SURE)

        assert fence.left == 0


async def test_a_renewal_whose_answer_was_lost_is_found_and_renewed() -> None:
    record = Record()
    async with fenced(record) as fence:
        await fence.refusal()
        record.error = Transient("no answer")
        await fence.turn()
        record.error = None
        record.put(record.stands)  # it had arrived all the same

        assert await fence.refusal() == ""


async def test_an_answer_with_another_name_is_not_believed() -> None:
    record = Record()

    async def rewritten() -> None:
        record.put = lambda lease: replace(lease, holder=OTHER)  # type: ignore[method-assign]

    record.before = rewritten
    async with fenced(record) as fence:
        assert "another name stands in it" in await fence.refusal()
        assert fence.left == 0


async def test_a_defect_does_not_end_the_watch() -> None:
    record, clock = Record(), FakeClock()
    async with fenced(record, clock) as fence:
        await fence.refusal()
        record.error = RuntimeError("a defect")
        await passing(clock, 2 * RENEW.total_seconds())
        record.error = None
        await passing(clock, 2 * RENEW.total_seconds())

        assert fence.left > 0


async def test_a_holder_that_stops_lets_go() -> None:
    record = Record()
    async with fenced(record) as fence:
        await fence.refusal()

    assert record.stands.holder == ""
    assert fence.left == 0


async def test_who_does_not_hold_it_lets_nothing_go() -> None:
    record = Record(HELD)
    async with fenced(record) as fence:
        await fence.turn()
    async with fenced(record):
        pass

    assert record.stands == HELD


async def test_to_let_go_may_fail() -> None:
    record = Record()
    async with fenced(record) as fence:
        await fence.refusal()
        record.error = Transient("no answer")

    assert fence.left == 0


async def test_nothing_is_done_that_begins_when_it_is_not_held() -> None:
    async with fenced(Record()) as fence:
        with pytest.raises(Unsent, match="not ours any more"):
            async with fence.held():
                pytest.fail("it was done")


async def test_what_would_outlast_it_is_cut_short() -> None:
    clock = FakeClock()
    async with fenced(Record(), clock) as fence:
        await fence.turn()
        clock.advance(timedelta(seconds=SURE - 0.05))

        with pytest.raises(TimedOut, match="before the Lease own/watchdog ends"):
            async with fence.held():
                await asyncio.Event().wait()


# ------------------------------------------------------------------------- the record over HTTP
BODY = {
    "metadata": {"name": "watchdog", "resourceVersion": "41", "labels": {"a": "b"}},
    "spec": {
        "holderIdentity": OTHER,
        "leaseDurationSeconds": 60,
        "leaseTransitions": 3,
        "acquireTime": "2026-11-21T08:00:00.000000Z",
        "renewTime": "2026-11-21T08:00:00.000000Z",
    },
}
PATH = "/apis/coordination.k8s.io/v1/namespaces/own/leases/watchdog"


@asynccontextmanager
async def object_of(folder: Path, answer: Answer) -> AsyncIterator[LeaseObject]:
    """The Lease own/watchdog of a server."""
    async with playing(folder, answer) as server, connected(server.kubeconfig) as connection:
        yield LeaseObject(connection, FakeClock(), namespace="own", name="watchdog")


async def test_it_is_written_over_the_version_that_was_read_and_keeps_what_is_not_ours(
    tmp_path: Path,
) -> None:
    seen: list[tuple[str, str]] = []
    written: list[dict[str, Any]] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append((request.method, request.path))
        if request.method == "PUT":
            written.append(await request.json())
        return web.json_response(BODY)

    async with object_of(tmp_path, answer) as record:
        found = await record.read()
        await record.write(replace(found, holder=ME))
        await record.write(found)
        await record.write(replace(found, holder=""))

    assert found == Lease(version="41", holder=OTHER, seconds=60, transitions=3)
    assert seen == [("GET", PATH), *[("PUT", PATH)] * 3]
    taken, renewed, free = written
    assert taken["metadata"] == BODY["metadata"]
    assert taken["spec"] == {
        "holderIdentity": ME,
        "leaseDurationSeconds": 60,
        "leaseTransitions": 3,
        "acquireTime": "2026-11-20T12:00:00.000000Z",
        "renewTime": "2026-11-20T12:00:00.000000Z",
    }
    assert renewed["spec"]["acquireTime"] == "2026-11-21T08:00:00.000000Z"
    assert free["spec"]["holderIdentity"] is None


async def test_a_lease_that_was_never_held_has_no_holder(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"metadata": {"resourceVersion": "7"}, "spec": {}})

    async with object_of(tmp_path, answer) as record:
        assert await record.read() == Lease(version="7")


async def test_a_refused_write_is_an_error(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.Response:
        return status(403, "leases is forbidden") if request.method == "PUT" else body()

    async with object_of(tmp_path, answer) as record:
        found = await record.read()
        with pytest.raises(Forbidden, match="leases is forbidden"):
            await record.write(found)


def body() -> web.Response:
    return web.json_response(BODY)


@pytest.mark.parametrize("text", ["[]", "{}", '{"metadata": {}}', "no JSON"])
async def test_what_is_no_lease_is_not_understood(text: str, tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=text, content_type="application/json")

    async with object_of(tmp_path, answer) as record:
        with pytest.raises(Malformed):
            await record.read()


async def test_a_server_that_does_not_answer_is_given_up_before_a_third_of_a_renewal(
    tmp_path: Path,
) -> None:
    async def answer(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return body()

    async with object_of(tmp_path, answer) as record:
        with pytest.raises(TimedOut, match="no answer within 4 s"):
            await record.read()

    assert RENEW.total_seconds() / 3 > REQUEST
