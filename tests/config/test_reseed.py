"""reseed: what is missing comes back, and one thing at a time over what is there."""

import json
from pathlib import Path
from typing import Any

import pytest

from watchdog.config.defaults import seeded_files
from watchdog.config.jobs import JobsFile, parse_jobs
from watchdog.config.reseed import JOBS, restore, seed_home
from watchdog.config.seeds import DEFAULT_JOBS
from watchdog.domain.errors import Misconfigured, Usage


def parse(text: str) -> JobsFile:
    return parse_jobs(text, known_checks={})


def jobs(home: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((home / JOBS).read_text())["jobs"]
    return found


def without(home: Path, name: str) -> None:
    """The operator's hand in jobs.json."""
    left = [each for each in jobs(home) if each["name"] != name]
    (home / JOBS).write_text(json.dumps({"version": 1, "jobs": left}))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    seed_home(tmp_path)
    return tmp_path


def test_an_empty_home_gets_every_file(tmp_path: Path) -> None:
    assert set(seed_home(tmp_path)) == {JOBS, *seeded_files()}
    assert seed_home(tmp_path) == ()


def test_only_what_is_missing_is_written(home: Path) -> None:
    (home / "SOUL.md").write_text("Mine.\n")
    (home / "prompts" / "repair.j2").unlink()

    assert seed_home(home) == ("prompts/repair.j2",)
    assert (home / "SOUL.md").read_text() == "Mine.\n"


def test_a_file_is_restored_over_an_edited_one(home: Path) -> None:
    (home / "SOUL.md").write_text("Mine.\n")

    assert restore(home, "SOUL.md", parse=parse) == "SOUL.md"
    assert (home / "SOUL.md").read_text() == seeded_files()["SOUL.md"]


def test_a_deleted_default_job_comes_back_and_stays(home: Path) -> None:
    without(home, "cert-expiry")
    seed_home(home)

    assert restore(home, "cert-expiry", parse=parse) == JOBS
    assert jobs(home)[-1]["name"] == "cert-expiry"
    (home / JOBS).unlink()
    seed_home(home)
    assert "cert-expiry" in {each["name"] for each in jobs(home)}


def test_an_edited_default_job_is_restored_in_its_place_and_others_stay(home: Path) -> None:
    mine = {"name": "mine", "schedule": "every 1h", "checks": ["dns"]}
    edited = [{**each, "schedule": "every 2h"} for each in jobs(home)]
    (home / JOBS).write_text(json.dumps({"version": 1, "jobs": [mine, *edited]}))

    restore(home, "pvc-pressure", parse=parse)

    schedules = {each["name"]: each["schedule"] for each in jobs(home)}
    assert [*schedules][:4] == ["mine", "cluster-health-check", "pod-restart-loop", "pvc-pressure"]
    assert (schedules["pvc-pressure"], schedules["cert-expiry"]) == ("every 30m", "every 2h")


def test_the_whole_file_of_jobs_can_be_restored_though_it_is_broken(home: Path) -> None:
    without(home, "cert-expiry")
    seed_home(home)
    (home / JOBS).write_text("{")

    restore(home, JOBS, parse=parse)

    assert (home / JOBS).read_text() == DEFAULT_JOBS
    (home / JOBS).unlink()
    seed_home(home)
    assert (home / JOBS).read_text() == DEFAULT_JOBS


def test_a_job_is_not_put_into_a_broken_file(home: Path) -> None:
    (home / JOBS).write_text("{")

    with pytest.raises(Misconfigured):
        restore(home, "cert-expiry", parse=parse)
    assert (home / JOBS).read_text() == "{"


def test_a_name_of_nothing_is_refused_with_the_nearest_one(home: Path) -> None:
    with pytest.raises(Usage, match="nothing called SOUL is seeded") as caught:
        restore(home, "SOUL", parse=parse)

    assert caught.value.hint == "did you mean `SOUL.md`?"


def test_a_name_like_none_is_told_all_of_them(home: Path) -> None:
    with pytest.raises(Usage) as caught:
        restore(home, "../../etc/passwd", parse=parse)

    assert "cron/jobs.json, cluster-health-check" in caught.value.hint
