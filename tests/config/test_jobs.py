"""jobs: what a jobs file may say, and the line and reason when it may not."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

import watchdog.checks
from watchdog.checks import crash_loop as crash_loop_module
from watchdog.config.catalogue import CATALOGUE
from watchdog.config.jobs import JobsFile, absent_checks, load_text, parse_jobs, resolve, timed
from watchdog.domain.check import Check
from watchdog.domain.errors import Misconfigured
from watchdog.domain.job import Job
from watchdog.plugins import collect

KNOWN = {"crash_loop": "pods", "image_pull": "pods", "node_ready": "nodes"}
PARAMS = {"crash_loop": crash_loop_module.crash_loop.params}


def entry(**fields: object) -> dict[str, object]:
    return {"name": "pods", "schedule": "every 15m", "checks": ["crash_loop"], **fields}


def parse(*entries: object) -> JobsFile:
    text = json.dumps({"version": 1, "jobs": entries}, indent=2)
    return parse_jobs(text, known_checks=KNOWN, params=PARAMS)


def refusal(text: str) -> str:
    with pytest.raises(Misconfigured) as refused:
        parse_jobs(text, known_checks=KNOWN, params=PARAMS)
    assert refused.value.hint
    assert "\n" not in str(refused.value)
    return f"{refused.value} | {refused.value.hint}"


def refused(*entries: object) -> str:
    return refusal(json.dumps({"version": 1, "jobs": entries}, indent=2))


def test_a_short_entry_gets_the_defaults() -> None:
    assert parse(entry()) == JobsFile(
        (Job(name="pods", schedule="every 15m", checks=("crash_loop",)),), ()
    )


def test_every_key_arrives() -> None:
    [job] = parse(
        entry(name="other"),
        entry(
            enabled=False,
            params={"crash_loop": {}},
            silent="never",
            deliver="discord:123:456, log",
            context_from=["other"],
            model="m",
            fallbacks=["f", "g"],
            mode="observe",
            tools=["logs"],
            soul="s",
            timezone="Europe/Berlin",
            timeout="5m",
            catch_up=False,
        ),
    ).jobs[1:]

    assert job == Job(
        name="pods",
        schedule="every 15m",
        checks=("crash_loop",),
        enabled=False,
        params={"crash_loop": {}},
        silent="never",
        deliver=("discord:123:456", "log"),
        context_from=("other",),
        model="m",
        fallbacks=("f", "g"),
        mode="observe",
        tools=("logs",),
        soul="s",
        timezone="Europe/Berlin",
        timeout=timedelta(minutes=5),
        catch_up=False,
    )


@pytest.mark.parametrize(
    "document",
    [
        [entry()],
        {"jobs": [entry()], "updated_at": "2026-01-01T00:00:00"},
        {"a1b2": entry()},
        {"jobs": {"a1b2": entry()}},
        {"pods": {"schedule": "every 15m", "checks": "crash_loop"}},
    ],
)
def test_older_shapes_say_the_same(document: object) -> None:
    read = parse_jobs(json.dumps(document), known_checks=KNOWN)

    assert [job.name for job in read.jobs] == ["pods"]
    assert read.jobs[0].checks == ("crash_loop",)


def test_an_older_schedule_object_is_read() -> None:
    schedule = {"kind": "interval", "minutes": 20, "display": "every 20m"}

    assert parse(entry(schedule=schedule)).jobs[0].schedule == "every 20m"


def test_null_is_a_key_left_out() -> None:
    assert parse(entry(model=None, timezone=None)) == parse(entry())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "jobs.json line 1 column 2"),
        ('{"version": 1,\n "jobs": [\n  {"name": "a",}\n]}', "jobs.json line 3 column"),
        ("3", "neither an object nor a list"),
        ('{"version": 1, "tasks": []}', '"tasks" is no key'),
        ("{}", 'the key "jobs" is missing'),
        ('{"version": 2, "jobs": []}', 'key "version": 2 is not 1'),
        ('{"version": 1,\n"jobs": 3}', 'line 2: key "jobs" is no list'),
        ('{"jobs": [\n[1]]}', "line 2: a job is an object"),
        ('{"jobs": [{"name": "a", "name": "b"}]}', 'key "name" appears twice'),
        ('{"jobs": NaN}', "NaN is no JSON"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_file_of_another_shape_is_refused(text: str, said: str) -> None:
    assert said in refusal(text)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "Pods!"}, 'line 5: "Pods!" is no name | use a-z, 0-9'),
        ({"name": 3}, 'key "name"'),
        ({"schedule": "30m"}, 'line 6: job "pods": schedule "30m": could mean once'),
        ({"schedule": {"kind": "moon"}}, "kind 'moon' is unknown"),
        ({"checks": None}, 'job "pods" needs checks or a prompt'),
        ({"prompt": "how are you"}, 'job "pods" needs checks or a prompt'),
        ({"checks": []}, 'job "pods" names no check'),
        ({"checks": ["crash_lop"]}, 'unknown check "crash_lop" | did you mean `crash_loop`?'),
        ({"checks": ["family:pod"]}, 'unknown check "family:pod" | did you mean `family:pods`?'),
        ({"params": {"family:pods": {}}}, 'unknown check "family:pods"'),
        ({"params": {"crash_loop": {"wrong_key": 3}}}, "params crash_loop.wrong_key"),
        ({"params": {"crash_loop": 3}}, 'key "params"'),
        ({"deliver": "mail"}, 'deliver "mail" is no target'),
        ({"deliver": "discord:general"}, 'deliver "discord:general" is no target'),
        ({"deliver": "none,log"}, "none and another"),
        ({"deliver": ""}, "names no target"),
        ({"silent": "maybe"}, 'key "silent"'),
        ({"mode": "yolo"}, 'key "mode"'),
        ({"enabled": "false"}, 'key "enabled"'),
        ({"timezone": "Europe/Berlinn"}, "did you mean `Europe/Berlin`?"),
        ({"timezone": "../../etc/passwd"}, "unknown time zone"),
        ({"timeout": 600}, 'key "timeout": write the unit'),
        ({"timeout": "soon"}, 'key "timeout"'),
        ({"timeout": "15m"}, "timeout is not shorter than its period"),
        ({"context_from": ["pots"]}, "which is no job | did you mean `pods`?"),
        ({"context_from": ["pods"]}, "in a circle: pods <- pods"),
    ],
)
def test_a_bad_entry_is_refused_with_line_and_reason(fields: dict[str, object], said: str) -> None:
    assert said in refused(entry(**fields))


def test_the_line_is_that_of_the_key_in_the_right_entry() -> None:
    text = '[\n {"name": "a", "schedule": "every 1h", "checks": ["crash_loop"]},\n'
    text += ' {"name": "b",\n  "schedule": "every 1h",\n  "checks": ["nope_nope"]}\n]'

    assert "jobs.json line 5: " in refusal(text)


def test_a_name_is_taken_once() -> None:
    assert 'line 12: name "pods" is taken' in refused(entry(), entry())


def test_a_circle_of_three_is_found() -> None:
    said = refused(
        entry(name="a", context_from=["b"]),
        entry(name="b", context_from=["c"]),
        entry(name="c", context_from=["a"]),
    )

    assert "context_from goes round in a circle" in said


def test_unknown_keys_give_one_warning_each() -> None:
    read = parse(entry(colour="red", workdir="x"), entry(name="more", colour="blue"))

    assert read.warnings == (
        'the key "colour" is unknown; kept: pods, more',
        'the key "workdir" has no meaning here and is ignored: pods',
    )


def test_an_unknown_top_level_key_is_a_warning() -> None:
    read = parse_jobs('{"version": 1, "jobs": [], "note": "x"}', known_checks=KNOWN)

    assert read.warnings == ('the top-level key "note" is kept and means nothing',)


def test_older_targets_are_read_with_a_warning() -> None:
    read = parse(entry(deliver="local, origin"))

    assert read.jobs[0].deliver == ("log", "discord")
    assert read.warnings == (
        'job "pods": deliver "local" is read as "log"',
        'job "pods": deliver "origin" is read as "discord"',
    )


def test_without_a_timeout_a_run_ends_before_the_next_is_due() -> None:
    assert parse(entry(schedule="every 10m")).jobs[0].timeout == timedelta(minutes=9)
    assert parse(entry(schedule="in 5m")).jobs[0].timeout == timedelta(minutes=10)


def test_checks_still_to_come_are_accepted_and_named() -> None:
    [job] = parse(entry(checks=["crash_loop", "hpa", "family:nodes"])).jobs

    assert resolve(job, KNOWN) == ("crash_loop", "node_ready")
    assert absent_checks(job, KNOWN) == ("hpa", "node_drift", "node_pressure", "node_usage")


def test_every_family_at_once() -> None:
    [job] = parse(entry(checks=["family:*"])).jobs

    assert resolve(job, KNOWN) == ("crash_loop", "image_pull", "node_ready")


def test_a_prompt_stands_for_checks() -> None:
    [job] = parse({"name": "ask", "schedule": "daily at 7am", "prompt": "how are you?"}).jobs

    assert (job.prompt, job.checks) == ("how are you?", ())


def test_the_zone_of_a_job_wins_over_the_global_one() -> None:
    [job] = parse(entry(timezone="Asia/Kolkata")).jobs

    assert str(timed(job, timezone="UTC").zone) == "Asia/Kolkata"
    assert str(timed(parse(entry()).jobs[0], timezone="Europe/Berlin").zone) == "Europe/Berlin"


def test_the_catalogue_and_the_checks_agree() -> None:
    ours = {check.id: check.family for check in collect(watchdog.checks, Check)}

    assert {name: CATALOGUE.get(name) for name in ours} == ours


def test_a_file_that_cannot_be_read_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no such file"):
        load_text(tmp_path / "jobs.json")
    with pytest.raises(Misconfigured, match="directory"):
        load_text(tmp_path)
    (tmp_path / "jobs.json").write_bytes(b"\xff\xfe")
    with pytest.raises(Misconfigured, match="UTF-8"):
        load_text(tmp_path / "jobs.json")


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "jobs.json").write_text('\ufeff{"jobs": []}', encoding="utf-8")

    assert parse_jobs(load_text(tmp_path / "jobs.json"), known_checks=KNOWN).jobs == ()


def test_a_soul_that_is_not_there_is_a_warning_as_the_default_one_speaks() -> None:
    text = json.dumps(
        [{"name": "a", "schedule": "every 1h", "checks": ["oom_killed"], "soul": "x"}]
    )

    assert parse_jobs(text, known_checks={}, souls={"x"}).warnings == ()
    [warning] = parse_jobs(text, known_checks={}, souls={"y"}).warnings
    assert warning == 'job "a": there is no soul "x" in souls/; the default one speaks'


def test_a_soul_that_is_no_slug_is_refused() -> None:
    text = json.dumps([{"name": "a", "schedule": "every 1h", "checks": [], "soul": "../x"}])

    with pytest.raises(Misconfigured, match="is no soul's slug"):
        parse_jobs(text, known_checks={})
