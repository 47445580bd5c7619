"""The observe loop's work: one Snapshot for a tick, one transaction for a Run, nothing lost."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.clock import FakeClock
from tests.loops.scripted import (
    CART,
    Stage,
    broken,
    broken_cart,
    buggy,
    framed,
    healthy,
    of_an_add_on,
)
from watchdog.domain.check import Check
from watchdog.domain.errors import Forbidden, Misconfigured, Transient
from watchdog.domain.evidence import Log
from watchdog.domain.incident import Status
from watchdog.domain.job import RunState
from watchdog.domain.notification import NotificationKind
from watchdog.domain.run import RunRequest, RunResult, VerdictState
from watchdog.domain.snapshot import Missing, Snapshot
from watchdog.loops.finished_run import Ran, told
from watchdog.loops.observe import Observer, Setting
from watchdog.store import identity, incidents, ledger, silences
from watchdog.store.engine import Store, open_store
from watchdog.store.tables import run as run_table

STEP = timedelta(minutes=15)


class Notes:
    """Implements `loops.observe_ports.RunRecorder`."""

    def __init__(self) -> None:
        self.jobs: list[tuple[str, bool]] = []

    def ran(self, request: RunRequest, result: RunResult, *, took: timedelta, told: bool) -> None:
        self.jobs.append((request.job, told))


class Watch:
    """An Observer with everything around it."""

    def __init__(self, store: Store) -> None:
        self.clock = FakeClock()
        self.stage = Stage(self.clock)
        self.store = store
        self.notes = Notes()
        self.count = 0
        self.observer = self.observing(broken, buggy)

    async def turns(self, *shown: Snapshot, **changes: object) -> list[list[NotificationKind]]:
        """One Run for each of these views of the cluster; what each of them says."""
        said = []
        for each in shown:
            self.stage.shown = each
            said.append(kinds(await self.run(**changes)))
        return said

    def observing(self, *checks: Check) -> Observer:
        return Observer(
            cluster=self.stage,
            store=self.store,
            clock=self.clock,
            recorder=self.notes,
            setting=Setting(checks=checks, params={}, frame=framed, namespace="own"),
        )

    def request(self, *checks: str, **changes: object) -> RunRequest:
        self.count += 1
        request = RunRequest(
            run_id=f"run-{self.count}",
            job="watch",
            trigger="manual",
            checks=checks or ("broken",),
            deliver=("console",),
        )
        return replace(request, **changes)  # type: ignore[arg-type]

    async def run(self, *checks: str, **changes: object) -> Ran:
        [ran] = await self.observer.run([self.request(*checks, **changes)])
        self.clock.advance(STEP)
        return ran

    def stored(self) -> dict[str, Any]:
        """The record of the newest Run, as it stands in the database."""
        query = select(run_table.c.result).order_by(run_table.c.due_at.desc()).limit(1)
        with self.store.read() as connection:
            record: dict[str, Any] = json.loads(str(connection.scalar(query)))
        return record

    async def tick(self) -> list[NotificationKind]:
        """Two jobs of one moment: only the first reads services."""
        jobs = [self.request("buggy"), self.request("broken", job="other")]
        both = await self.observer.run(jobs)
        self.clock.advance(STEP)
        return [kind for ran in both for kind in kinds(ran)]


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    store = open_store("", home=tmp_path)
    yield Watch(store)
    store.close()


def kinds(ran: Ran) -> list[NotificationKind]:
    return [row.message.kind for row in ran.notifications]


async def test_a_healthy_tick_says_nothing(watch: Watch) -> None:
    watch.stage.shown = healthy()

    ran = await watch.run()

    assert (ran.result.verdict, ran.result.incidents, ran.notifications) == (
        VerdictState.HEALTHY,
        (),
        (),
    )
    assert watch.notes.jobs == [("watch", False)]


async def test_a_fault_is_said_once_over_five_runs_and_its_end_once(watch: Watch) -> None:
    watch.stage.shown = broken_cart()
    while_broken = [kinds(await watch.run()) for _ in range(5)]
    watch.stage.shown = healthy()
    after = [kinds(await watch.run()) for _ in range(3)]

    assert while_broken == [[NotificationKind.OPENED], [], [], [], []]
    assert after == [[], [NotificationKind.RESOLVED], []]


async def test_the_logs_of_suspects_reach_the_check(watch: Watch) -> None:
    watch.stage.shown = broken_cart()

    [incident] = (await watch.run()).result.incidents

    assert incident.title == f"{CART} is broken: fatal: boom"


async def test_a_log_that_is_not_answered_changes_no_verdict(watch: Watch) -> None:
    watch.stage.shown, watch.stage.log = broken_cart(), Log(unread="timeout")

    assert (await watch.run()).result.verdict is VerdictState.ALERT


async def test_jobs_of_one_tick_share_one_snapshot(watch: Watch) -> None:
    await watch.observer.run([watch.request(), watch.request(job="other")])

    assert watch.stage.looks == 1
    assert [job for job, _ in watch.notes.jobs] == ["watch", "other"]


async def test_two_jobs_of_one_tick_say_one_thing_once(watch: Watch) -> None:
    watch.stage.shown = broken_cart()

    first, second = await watch.observer.run([watch.request(), watch.request(job="other")])

    assert (kinds(first), kinds(second)) == ([NotificationKind.OPENED], [])


async def test_a_job_leaves_the_incidents_of_other_checks_alone(watch: Watch) -> None:
    watch.stage.shown = broken_cart()
    await watch.run("broken")
    watch.stage.shown = healthy()

    ran = [await watch.run("buggy") for _ in range(3)][-1]

    assert [(each.check, each.status) for each in ran.result.incidents] == [("broken", Status.OPEN)]
    assert ran.result.verdict is VerdictState.ALERT


async def test_a_check_that_is_switched_off_leaves_nothing_open(watch: Watch) -> None:
    watch.stage.shown = broken_cart()
    await watch.run("broken")
    watch.observer = watch.observing(buggy)

    ran = await watch.run("broken-no-more")

    assert [each.status for each in ran.result.incidents] == [Status.RESOLVED]
    assert (ran.result.verdict, kinds(ran)) == (VerdictState.HEALTHY, [NotificationKind.RESOLVED])


async def test_a_check_that_breaks_is_unknown_and_the_others_go_on(watch: Watch) -> None:
    watch.stage.shown = broken_cart()

    ran = await watch.run("broken", "buggy")

    assert [(each.check, each.reason) for each in ran.result.unknown] == [("buggy", "failed")]
    assert ran.result.verdict is VerdictState.UNKNOWN
    assert [each.check for each in ran.result.incidents if each.standing] == ["broken"]


async def test_what_cannot_be_read_is_said_in_the_second_run_and_closed_by_sight(
    watch: Watch,
) -> None:
    watch.stage.missing = {"pods": Missing("forbidden", "cannot list pods")}
    blind = [await watch.run(), await watch.run(), await watch.run()]
    watch.stage.missing = {}
    seeing = [await watch.run(), await watch.run()]

    assert [each.result.verdict for each in blind] == [VerdictState.UNKNOWN] * 3
    assert [kinds(each) for each in blind] == [[], [NotificationKind.UNKNOWN], []]
    assert [kinds(each) for each in seeing] == [[], [NotificationKind.RESOLVED]]


async def test_what_one_job_of_a_tick_cannot_read_is_said_although_another_did_not_try(
    watch: Watch,
) -> None:
    watch.stage.missing = {"services": Missing("forbidden", "cannot list services")}
    said = [kind for _ in range(3) for kind in await watch.tick()]
    watch.stage.missing = {}
    ended = [kind for _ in range(3) for kind in await watch.tick()]

    assert (said, ended) == ([NotificationKind.UNKNOWN], [NotificationKind.RESOLVED])


async def test_a_check_that_works_again_ends_its_blindness(watch: Watch) -> None:
    watch.stage.shown = broken_cart()
    blind = [await watch.run("buggy"), await watch.run("buggy")]
    watch.stage.shown = healthy()
    seeing = [await watch.run("buggy"), await watch.run("buggy")]

    assert [kinds(each) for each in blind] == [[], [NotificationKind.UNKNOWN]]
    assert [kinds(each) for each in seeing] == [[], [NotificationKind.RESOLVED]]


async def test_a_blind_run_resolves_nothing(watch: Watch) -> None:
    watch.stage.shown = broken_cart()
    await watch.run()
    watch.stage.missing = {"pods": Missing("timeout", "cannot list pods")}

    ran = [await watch.run() for _ in range(3)][-1]

    assert Status.OPEN in {each.status for each in ran.result.incidents if each.check == "broken"}


@pytest.mark.parametrize("error", [Transient("no answer"), Forbidden("401")])
async def test_a_cluster_that_cannot_be_read_at_all_is_unknown(
    watch: Watch, error: Transient | Forbidden
) -> None:
    watch.stage.shown = broken_cart()
    await watch.run()
    watch.stage.error = error

    ran = await watch.run()

    assert ran.result.verdict is VerdictState.UNKNOWN
    assert Status.OPEN in {each.status for each in ran.result.incidents if each.check == "broken"}


async def test_a_home_belongs_to_one_cluster(watch: Watch) -> None:
    await watch.run()
    watch.stage.shown = replace(watch.stage.shown, cluster="another")

    with pytest.raises(Misconfigured, match="belongs to cluster stage"):
        await watch.run()


async def test_blindness_from_the_first_run_on_is_said_and_ends_with_the_first_sight(
    watch: Watch,
) -> None:
    watch.stage.error = Transient("no answer")
    blind = [await watch.run(), await watch.run()]
    watch.stage.error = None
    seeing = [await watch.run(), await watch.run()]

    assert [kinds(each) for each in blind] == [[], [NotificationKind.UNKNOWN]]
    assert [kinds(each) for each in seeing] == [[], [NotificationKind.RESOLVED]]


async def test_who_may_not_read_namespaces_still_knows_whose_home_it_is(watch: Watch) -> None:
    await watch.run()
    watch.stage.shown = replace(watch.stage.shown, cluster="")

    await watch.run()

    assert identity.known_cluster(watch.store) == "c0ffee"


async def test_a_run_that_tells_nobody_leaves_the_news_for_the_next(watch: Watch) -> None:
    watch.stage.shown = broken_cart()

    quiet = await watch.run(deliver=())
    loud = await watch.run()

    assert (kinds(quiet), kinds(loud)) == ([], [NotificationKind.OPENED])


async def test_an_end_seen_by_a_run_that_tells_nobody_is_told_by_the_next(watch: Watch) -> None:
    watch.stage.shown = broken_cart()
    await watch.run()
    watch.stage.shown = healthy()
    for _ in range(2):
        await watch.run(deliver=())

    after = [await watch.run() for _ in range(2)]

    assert [kinds(each) for each in after] == [[NotificationKind.RESOLVED], []]
    assert [each.result.incidents for each in after] == [(), ()]


async def test_a_silence_counts_from_its_start_whatever_the_cluster_says_of_the_time(
    watch: Watch,
) -> None:
    watch.stage.shown = broken_cart()
    watch.stage.behind = timedelta(minutes=2)
    now = watch.clock.now()
    silences.add(watch.store, reason="known", author="ann", now=now, ends_at=now + STEP)

    assert kinds(await watch.run()) == []


async def test_a_summary_is_sent_even_when_all_is_well(watch: Watch) -> None:
    watch.stage.shown = healthy()

    assert kinds(await watch.run(summary=True)) == [NotificationKind.REPORT]


async def test_each_run_is_a_row_of_the_ledger(watch: Watch) -> None:
    watch.stage.shown = broken_cart()
    await watch.run()

    [entry] = ledger.recent(watch.store)

    assert (entry.job, entry.state) == ("watch", RunState.ALERT)
    assert len(incidents.select(watch.store)) == 1


async def test_a_reminder_counts_as_an_update_in_the_result(watch: Watch) -> None:
    watch.stage.shown = broken_cart()
    await watch.run()
    watch.clock.advance(timedelta(hours=25))

    ran = await watch.run()

    assert kinds(ran) == [NotificationKind.REMINDER]
    assert [each.kind for each in told(ran, {}).told] == [NotificationKind.UPDATED]


async def test_what_arrived_is_said_to_have_arrived(watch: Watch) -> None:
    watch.stage.shown = broken_cart()
    ran = await watch.run()

    assert [each.delivered for each in told(ran, {ran.notifications[0].id: True}).told] == [True]


async def test_the_end_goes_to_whoever_was_told_of_the_beginning(watch: Watch) -> None:
    watch.stage.shown = broken_cart()
    await watch.run(deliver=("discord:111",))
    watch.stage.shown = healthy()

    ends = [await watch.run(deliver=("console",)) for _ in range(2)]

    assert [(row.target, row.message.kind) for row in ends[1].notifications] == [
        ("discord:111", NotificationKind.RESOLVED)
    ]


OPENED, RESOLVED = NotificationKind.OPENED, NotificationKind.RESOLVED


async def test_what_comes_and_goes_is_told_as_flapping_once_and_ends_once(watch: Watch) -> None:
    up, down = healthy(), broken_cart()
    ordinary = await watch.turns(down, up, up, down, up, up)
    flapping = await watch.turns(down, up, up, down, up, down, up, up, up)
    ended = await watch.turns(up, up, up)

    assert ordinary == [[OPENED], [], [RESOLVED]] * 2
    assert flapping == [[OPENED], *[[]] * 8]
    assert ended == [[RESOLVED], [], []]


async def test_each_target_is_told_by_whichever_job_tells_it(watch: Watch) -> None:
    watch.stage.shown = broken_cart()

    both = [await watch.run(deliver=(target,)) for target in ("log", "discord", "log", "discord")]

    assert [[row.target for row in ran.notifications] for ran in both] == [
        ["log"],
        ["discord"],
        [],
        [],
    ]


async def test_what_an_api_knew_is_over_when_it_is_uninstalled(watch: Watch) -> None:
    watch.stage.shown = broken_cart()
    watch.observer = watch.observing(of_an_add_on)
    await watch.run("of_an_add_on")
    watch.stage.missing = {"applications": Missing("forbidden", "403")}
    refused = [kinds(await watch.run("of_an_add_on")) for _ in range(3)]
    watch.stage.missing = {"applications": Missing("absent", "not installed")}

    ran = [await watch.run("of_an_add_on") for _ in range(2)]

    assert all(RESOLVED not in said for said in refused)
    statuses = {each.check: each.status for each in ran[-1].result.incidents}
    assert statuses["of_an_add_on"] is Status.RESOLVED
    assert ran[-1].result.verdict is VerdictState.HEALTHY


async def test_a_run_keeps_ids_what_changed_and_what_it_caused(watch: Watch) -> None:
    watch.stage.shown = broken_cart()
    first = await watch.run()
    [incident] = first.result.incidents
    record = watch.stored()
    await watch.run()

    assert record["incidents"] == {"open": [incident.id]}
    assert record["changes"] == [
        {"incident": incident.id, "before": None, "after": "open", "reason": "first seen"}
    ]
    assert record["notifications"] == [
        {"id": 1, "incident": incident.id, "kind": "opened", "target": "console"}
    ]
    assert (watch.stored()["changes"], watch.stored()["notifications"]) == ([], [])


async def test_a_run_that_could_not_see_keeps_what_it_lacked(watch: Watch) -> None:
    watch.stage.missing = {"pods": Missing("forbidden", "cannot list pods")}
    await watch.run()

    assert {"check": "broken", "need": "pods", "reason": "forbidden"} in watch.stored()["unknown"]


AT_ONCE = timedelta(milliseconds=50)


async def test_a_cluster_too_slow_for_two_runs_is_said_and_closed_when_it_answers(
    watch: Watch,
) -> None:
    watch.stage.shown = broken_cart()
    await watch.run()
    watch.stage.slow = True
    slow = [await watch.run(timeout=AT_ONCE) for _ in range(3)]
    watch.stage.slow = False
    ended = [kinds(await watch.run()) for _ in range(3)]

    assert [each.result.verdict for each in slow] == [VerdictState.UNKNOWN] * 3
    assert [kinds(each) for each in slow] == [[], [NotificationKind.UNKNOWN], []]
    assert "no complete answer within" in slow[1].notifications[0].message.text
    assert [each.status for each in slow[2].result.incidents if each.check == "broken"] == [
        Status.OPEN
    ]
    assert ended == [[], [RESOLVED], []]


async def test_logs_too_slow_to_read_make_the_run_unknown_and_judge_nothing(watch: Watch) -> None:
    watch.stage.shown, watch.stage.slow_logs = broken_cart(), True

    ran = await watch.run(timeout=AT_ONCE)

    assert ran.result.verdict is VerdictState.UNKNOWN
    assert "reading what suspects need" in ran.result.unknown[0].text
    assert [each.check for each in ran.result.incidents] == ["self"]
