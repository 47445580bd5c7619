"""What a home gets of this version: all that is missing, or one thing again over what is there."""

from pathlib import Path

from watchdog.config.defaults import seed_files, seeded_files
from watchdog.config.files import replace_file
from watchdog.config.jobs_edit import Parse, put_job
from watchdog.config.nearest import did_you_mean
from watchdog.config.seeds import DEFAULT_JOBS, DEFAULTS, remember, seed
from watchdog.domain.errors import Usage

JOBS = "cron/jobs.json"


def seed_home(home: Path) -> tuple[str, ...]:
    """Write what is missing, under the home's lock; return the paths in the home.

    Raises:
        Misconfigured: seeds.json is no JSON object.
        StoreFailed: the home cannot be written.
    """
    missing = not (home / JOBS).exists()
    seed(home)
    return (*((JOBS,) if missing else ()), *seed_files(home))


def restore(home: Path, name: str, *, parse: Parse) -> str:
    """Write a file, or a default job, as this version has it; return the path in the home.

    Raises:
        Usage: nothing that is seeded has this name.
        Misconfigured: jobs.json as it stands, or seeds.json, is not valid.
        StoreFailed: the home cannot be written.
    """
    files = {**seeded_files(), JOBS: DEFAULT_JOBS}
    if name in files:
        replace_file(home / name, files[name])
        if name == JOBS:
            remember(home, DEFAULTS)
        return name
    if name not in DEFAULTS:
        known = [*files, *DEFAULTS]
        hint = did_you_mean(name, known) or f"there are: {', '.join(known)}"
        raise Usage(f"nothing called {name} is seeded", hint=hint)
    put_job(home / JOBS, DEFAULTS[name], parse=parse)
    remember(home, [name])
    return JOBS
