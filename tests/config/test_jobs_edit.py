"""jobs_edit: an edit is whole or not at all, and keeps what it does not understand."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from watchdog.config.jobs import JobsFile, parse_jobs
from watchdog.config.jobs_edit import add_job, change_job, remove_job
from watchdog.domain.errors import Misconfigured, StoreFailed, Usage

ENTRY: dict[str, object] = {"name": "pods", "schedule": "every 15m", "checks": ["crash_loop"]}
OTHER: dict[str, object] = {"name": "nodes", "schedule": "every 1h", "checks": ["node_ready"]}


def parse(text: str) -> JobsFile:
    return parse_jobs(text, known_checks={})


def write(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document))
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    entry = {**ENTRY, "colour": "red"}
    return write(tmp_path / "jobs.json", {"version": 1, "note": "mine", "jobs": [entry]})


def test_adding_appends_and_keeps_what_is_unknown(path: Path) -> None:
    jobs = add_job(path, OTHER, parse=parse)

    assert [job.name for job in jobs.jobs] == ["pods", "nodes"]
    assert json.loads(path.read_text()) == {
        "version": 1,
        "note": "mine",
        "jobs": [{**ENTRY, "colour": "red"}, OTHER],
    }


def test_a_missing_file_is_begun(tmp_path: Path) -> None:
    add_job(tmp_path / "cron" / "jobs.json", ENTRY, parse=parse)

    text = (tmp_path / "cron" / "jobs.json").read_text()
    assert json.loads(text) == {"version": 1, "jobs": [ENTRY]}


def test_a_taken_name_is_refused(path: Path) -> None:
    with pytest.raises(Usage, match='there is a job "pods" already'):
        add_job(path, ENTRY, parse=parse)


def test_changing_sets_keys_and_none_takes_them_out(path: Path) -> None:
    change_job(path, "pods", {"schedule": "every 1h", "colour": None}, parse=parse)

    assert json.loads(path.read_text())["jobs"] == [{**ENTRY, "schedule": "every 1h"}]


def test_removing_takes_one_entry_out(path: Path) -> None:
    add_job(path, OTHER, parse=parse)

    assert [job.name for job in remove_job(path, "pods", parse=parse).jobs] == ["nodes"]


def test_an_unknown_name_gets_the_nearest_one(path: Path) -> None:
    with pytest.raises(Usage) as refused:
        remove_job(path, "pod", parse=parse)

    assert refused.value.hint == "did you mean `pods`?"


def test_an_edit_that_would_break_the_file_changes_nothing(path: Path) -> None:
    before = path.read_text()

    with pytest.raises(Misconfigured, match="could mean once"):
        change_job(path, "pods", {"schedule": "30m"}, parse=parse)

    assert path.read_text() == before


def test_a_broken_file_is_not_touched(path: Path) -> None:
    path.write_text("{")

    with pytest.raises(Misconfigured, match="line 1"):
        add_job(path, OTHER, parse=parse)

    assert path.read_text() == "{"


def test_a_bare_list_stays_one(tmp_path: Path) -> None:
    path = write(tmp_path / "jobs.json", [ENTRY])

    add_job(path, OTHER, parse=parse)

    assert json.loads(path.read_text()) == [ENTRY, OTHER]


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_older_map_becomes_a_list(tmp_path: Path, wrapped: bool) -> None:
    inner = {"pods": {"schedule": "every 15m", "checks": ["crash_loop"]}}
    path = write(tmp_path / "jobs.json", {"version": 1, "jobs": inner} if wrapped else inner)

    add_job(path, OTHER, parse=parse)

    assert json.loads(path.read_text()) == {"version": 1, "jobs": [ENTRY, OTHER]}


def test_the_mode_of_the_file_stays(path: Path) -> None:
    path.chmod(0o640)

    add_job(path, OTHER, parse=parse)

    assert path.stat().st_mode & 0o777 == 0o640


def test_edits_at_the_same_time_are_all_kept(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(16):
            pool.submit(add_job, path, {**OTHER, "name": f"n{number}"}, parse=parse)

    assert len(parse(path.read_text()).jobs) == 17


def test_a_place_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "cron").write_text("a file where a folder should be")

    with pytest.raises(StoreFailed):
        add_job(tmp_path / "cron" / "jobs.json", ENTRY, parse=parse)


def test_nothing_is_left_behind(path: Path) -> None:
    add_job(path, OTHER, parse=parse)

    assert sorted(each.name for each in path.parent.iterdir()) == [".jobs.json.lock", "jobs.json"]
