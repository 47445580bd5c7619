"""`watchdog seed` through the installed command, without a daemon and with one."""

from pathlib import Path

from tests.cli.installed import call, refusal
from tests.cli.support import Watchdog, serving


def test_a_new_home_gets_the_files_of_this_version_and_no_second_time(tmp_path: Path) -> None:
    first, second = (call("seed", home=tmp_path) for _ in range(2))

    written = first.stdout.splitlines()
    assert (first.returncode, written[:2]) == (0, ["cron/jobs.json", "SOUL.md"])
    assert all((tmp_path / name).is_file() for name in written)
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "nothing is missing\n")


def test_a_deleted_job_comes_back_by_its_name_alone(tmp_path: Path) -> None:
    call("seed", home=tmp_path)
    call("cron", "remove", "cert-expiry", home=tmp_path)
    call("seed", home=tmp_path)
    assert "cert-expiry" not in call("cron", "list", home=tmp_path).stdout

    done = call("seed", "--force", "cert-expiry", home=tmp_path)

    assert (done.returncode, done.stdout) == (0, "cron/jobs.json\n")
    assert "cert-expiry" in call("cron", "list", home=tmp_path).stdout


def test_a_name_of_nothing_is_a_usage_error(tmp_path: Path) -> None:
    code, error, hint = refusal(call("seed", "--force", "cert-expiri", home=tmp_path))

    assert (code, error) == (2, "nothing called cert-expiri is seeded")
    assert hint == "did you mean `cert-expiry`?"


def test_a_home_whose_database_is_broken_is_seeded_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_text("no database")

    done = call("seed", "--force", "SOUL.md", home=tmp_path)

    assert (done.returncode, (tmp_path / "SOUL.md").is_file()) == (0, True)


async def test_the_daemon_seeds_its_own_home(watchdog: Watchdog) -> None:
    async with serving(watchdog):
        (watchdog.home / "SOUL.md").write_text("Mine.\n")
        (watchdog.home / "prompts" / "repair.j2").unlink()
        done = await watchdog.call("seed", "--force", "SOUL.md")

    assert sorted(done.stdout.splitlines()) == ["SOUL.md", "prompts/repair.j2"]
    assert (watchdog.home / "SOUL.md").read_text() != "Mine.\n"
