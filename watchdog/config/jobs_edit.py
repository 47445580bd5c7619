"""Writing jobs.json: validated first, whole or not at all, what is not understood is kept."""

import fcntl
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from watchdog.config.files import replace_file
from watchdog.config.jobs import JobsFile, load_text
from watchdog.config.jobs_model import Entry
from watchdog.config.jobs_rules import BadEntry
from watchdog.config.nearest import did_you_mean
from watchdog.domain.errors import Misconfigured, StoreFailed, Usage

Fields = Mapping[str, object]
Parse = Callable[[str], JobsFile]
_Entries = list[dict[str, object]]
# An option to edit a job, an argument to add one.
_OPTIONS = {"checks": "--check", "name": "name", "schedule": "schedule"}
_PLACE = re.compile(r'(?:job "[^"]*": )?(?:key "[^"]*": )?')
_EMPTY = '{"version": 1, "jobs": []}'


def add_job(path: Path, fields: Fields, *, parse: Parse) -> JobsFile:
    """Append an entry; a missing file is begun.

    Raises:
        Usage: the name is taken, or the entry is not valid.
        Misconfigured: the file as it stands is not valid.
        StoreFailed: it cannot be written.
    """

    name = str(fields.get("name", ""))

    def change(entries: _Entries) -> _Entries:
        if any(entry.get("name") == name for entry in entries):
            hint = f"`watchdog cron edit {name}` changes it"
            raise Usage(f'there is a job "{name}" already', hint=hint)
        return [*entries, dict(fields)]

    return _edit(path, name, change, parse=parse)


def change_job(path: Path, name: str, fields: Fields, *, parse: Parse) -> JobsFile:
    """Set keys of one entry; a value of None takes the key out.

    Raises:
        Usage: there is no such job or key, or the entry would not be valid.
        Misconfigured: the file as it stands is not valid.
        StoreFailed: it cannot be written.
    """

    def change(entries: _Entries) -> _Entries:
        entry = _find(entries, name)
        for key in fields:
            _refuse_unknown(key, entry)
        merged = {**entry, **fields}
        entry.clear()
        entry.update({key: value for key, value in merged.items() if value is not None})
        return entries

    return _edit(path, name, change, parse=parse)


def put_job(path: Path, fields: Fields, *, parse: Parse) -> JobsFile:
    """Write an entry in the place of the one of its name, at the end where there is none.

    Raises:
        Misconfigured: the file as it stands, or as it would become, is not valid.
        StoreFailed: it cannot be written.
    """

    name, fresh = str(fields["name"]), dict(fields)

    def change(entries: _Entries) -> _Entries:
        if all(entry.get("name") != name for entry in entries):
            return [*entries, fresh]
        return [fresh if entry.get("name") == name else entry for entry in entries]

    return _edit(path, name, change, parse=parse)


def remove_job(path: Path, name: str, *, parse: Parse) -> JobsFile:
    """Take one entry out.

    Raises:
        Usage: there is no such job, or another one needs it.
        Misconfigured: the file as it stands is not valid.
        StoreFailed: it cannot be written.
    """

    def change(entries: _Entries) -> _Entries:
        gone = _find(entries, name)
        return [entry for entry in entries if entry is not gone]

    return _edit(path, name, change, parse=parse)


def _edit(
    path: Path, name: str, change: Callable[[_Entries], _Entries], *, parse: Parse
) -> JobsFile:
    with _locked(path):
        text = load_text(path) if path.exists() else _EMPTY
        parse(text)  # a file that is broken now is for its author to repair
        root, entries = _decoded(text)
        entries = change(entries)
        document = entries if root is None else {**root, "jobs": entries}
        written = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        jobs = _parse_new(written, name, parse)
        replace_file(path, written)
        return jobs


def _parse_new(written: str, name: str, parse: Parse) -> JobsFile:
    """As `parse`: what is wrong now was given on the command line, and stands in no file."""
    try:
        return parse(written)
    except BadEntry as error:
        text, hint = error.why, f'change job "{error.job}" first'
        if error.job == name:
            text, hint = _of_option(error), "`watchdog cron edit --help` lists the options"
        raise Usage(text, hint=error.advice or hint) from error
    except Misconfigured as error:
        raise Usage(str(error), hint=error.hint) from error


def _of_option(error: BadEntry) -> str:
    option = _OPTIONS.get(error.key) or f"--{error.key.replace('_', '-')}"
    return f"{option}: {_PLACE.sub('', error.why, count=1).removeprefix(f'{error.key} ')}"


def _refuse_unknown(key: str, entry: Mapping[str, object]) -> None:
    if key not in Entry.model_fields and key not in entry:
        near = did_you_mean(key, Entry.model_fields)
        hint = near or f"the keys are: {', '.join(Entry.model_fields)}"
        raise Usage(f"--unset {key}: a job has no such key", hint=hint)


def _decoded(text: str) -> tuple[dict[str, object] | None, _Entries]:
    """Return the top level (None for a bare list) and the entries; the older maps become a list."""
    root = json.loads(text)
    if isinstance(root, list):
        return None, root
    inner = root.get("jobs", root)
    if isinstance(inner, dict):
        entries = [{"name": key, **entry} for key, entry in inner.items()]
        return ({**root} if "jobs" in root else {"version": 1}), entries
    return root, inner


def _find(entries: _Entries, name: str) -> dict[str, object]:
    for entry in entries:
        if entry.get("name") == name:
            return entry
    near = did_you_mean(name, (str(entry.get("name")) for entry in entries))
    raise Usage(f'there is no job "{name}"', hint=near or "`watchdog cron list` names them")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = (path.parent / f".{path.name}.lock").open("w")
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise StoreFailed(f"{path.parent}: {why}", hint="make it writable for this user") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
