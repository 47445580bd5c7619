"""seeds: the seven default jobs come once, and what was deleted stays away."""

import json
from pathlib import Path

import pytest

from watchdog.config.jobs import parse_jobs
from watchdog.config.seeds import DEFAULT_JOBS, seed
from watchdog.domain.errors import Misconfigured

NAMES = (
    "cluster-health-check",
    "pod-restart-loop",
    "pvc-pressure",
    "argocd-sync-health",
    "cert-expiry",
    "node-resource-drift",
    "daily-cluster-report",
)


def names(home: Path) -> list[str]:
    return [job["name"] for job in json.loads((home / "cron" / "jobs.json").read_text())["jobs"]]


def test_the_seven_jobs_are_valid_without_a_warning() -> None:
    read = parse_jobs(DEFAULT_JOBS, known_checks={})

    assert {job.name: (job.schedule, job.silent, job.deliver) for job in read.jobs} == {
        "cluster-health-check": ("every 15m", "auto", ("discord",)),
        "pod-restart-loop": ("every 10m", "auto", ("discord",)),
        "pvc-pressure": ("every 30m", "auto", ("discord",)),
        "argocd-sync-health": ("every 1h", "auto", ("discord",)),
        "cert-expiry": ("every 1d at 09:00", "auto", ("discord",)),
        "node-resource-drift": ("every 30m", "auto", ("discord",)),
        "daily-cluster-report": ("0 8 * * *", "never", ("discord",)),
    }
    assert read.warnings == ()


def test_an_empty_home_gets_all_of_them(tmp_path: Path) -> None:
    assert seed(tmp_path) == NAMES
    assert (tmp_path / "cron" / "jobs.json").read_text() == DEFAULT_JOBS


def test_a_second_start_writes_nothing(tmp_path: Path) -> None:
    seed(tmp_path)
    before = (tmp_path / "seeds.json").read_text()

    assert seed(tmp_path) == ()
    assert (tmp_path / "seeds.json").read_text() == before


def test_an_edited_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "cron").mkdir()
    (tmp_path / "cron" / "jobs.json").write_text("mine {")

    assert seed(tmp_path) == ()
    assert (tmp_path / "cron" / "jobs.json").read_text() == "mine {"


def test_a_deleted_default_job_stays_deleted_when_the_file_is_lost(tmp_path: Path) -> None:
    seed(tmp_path)
    path = tmp_path / "cron" / "jobs.json"
    document = json.loads(path.read_text())
    document["jobs"] = [job for job in document["jobs"] if job["name"] != "cert-expiry"]
    path.write_text(json.dumps(document))
    seed(tmp_path)
    path.unlink()

    assert "cert-expiry" not in seed(tmp_path)
    assert names(tmp_path) == [name for name in NAMES if name != "cert-expiry"]


def test_a_lost_file_is_seeded_again(tmp_path: Path) -> None:
    seed(tmp_path)
    (tmp_path / "cron" / "jobs.json").unlink()

    assert seed(tmp_path) == NAMES


def test_a_broken_file_does_not_delete_anything(tmp_path: Path) -> None:
    seed(tmp_path)
    path = tmp_path / "cron" / "jobs.json"
    path.write_text("{")
    seed(tmp_path)
    path.unlink()

    assert seed(tmp_path) == NAMES


def test_what_else_is_remembered_stays(tmp_path: Path) -> None:
    (tmp_path / "seeds.json").write_text('{"files": ["SOUL.md"], "jobs": 3}')

    seed(tmp_path)

    assert json.loads((tmp_path / "seeds.json").read_text())["files"] == ["SOUL.md"]


@pytest.mark.parametrize("text", ["[", "[]"])
def test_a_broken_memory_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "seeds.json").write_text(text)

    with pytest.raises(Misconfigured, match="no JSON object"):
        seed(tmp_path)
