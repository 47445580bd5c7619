"""Log lines become typed facts. A fact may confirm what the API shows; it never stands alone.

Source of the families: the part of a client's error that its runtime prints unchanged (strerror,
Go's net package, JDBC and libpq messages, Python and Node exceptions).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from watchdog.logic.reach import NO_SUCH_HOST, REFUSED, TIMEOUT, unreached


class Family(StrEnum):
    """The closed set of things a log line can say."""

    AUTH_FAILED = "auth-failed"
    REFUSED = REFUSED
    TIMEOUT = TIMEOUT
    NO_SUCH_HOST = NO_SUCH_HOST
    X509 = "x509"
    FORBIDDEN = "forbidden"
    NO_SPACE = "no-space"
    TOO_MANY_FILES = "too-many-files"
    ADDRESS_IN_USE = "addr-in-use"
    NOT_FOUND = "not-found"
    ENV_MISSING = "env-missing"
    DENIED = "denied"
    TTY = "tty"
    ARGUMENT = "argument"
    INCOMPATIBLE = "incompatible-data"


@dataclass(frozen=True, slots=True)
class Fact:
    """One line's meaning; `name` is the host, path, port or variable it is about, "" if unsaid."""

    family: Family
    name: str
    line: str


# More specific than that a host cannot be reached, which the line may say as well.
_BEFORE_REACH = (
    Family.FORBIDDEN,
    Family.TOO_MANY_FILES,
    Family.NO_SPACE,
    Family.X509,
    Family.AUTH_FAILED,
)
_PATH = r"['\"‘]?(?P<name>/[\w./@+-]*)"

# First match of a line wins: the more specific stand above the more general.
_PATTERNS: tuple[tuple[Family, re.Pattern[str]], ...] = tuple(
    (family, re.compile(pattern, re.IGNORECASE))
    for family, pattern in (
        (
            Family.FORBIDDEN,
            r"forbidden: User \"(?P<name>system:serviceaccount:[\w.:-]+)\" cannot \w+ resource",
        ),
        (
            Family.TOO_MANY_FILES,
            r"too many open files|inotify (?:instance|watch)\w* (?:limit|has been) reached"
            r"|number of inotify (?:instances|watches)|\bEMFILE\b|\bENFILE\b"
            r"|nf_conntrack: table full"
            # With bind or listen it is an address that the pod does not have.
            r"|^(?![^\n]*\b(?:bind|listen))[^\n]*cannot assign requested address",
        ),
        # POSIX shared memory lies in /dev/shm, which libc's callers do not name.
        (
            Family.NO_SPACE,
            r"(?P<shm>shared memory segment[^\n]*no space left on device|insufficient shared memory"
            r"|workers are out of shared memory)",
        ),
        (Family.NO_SPACE, rf"{_PATH}[^\n]*no space left on device"),
        (Family.NO_SPACE, rf"no space left on device[^/\n]*{_PATH}"),
        (Family.NO_SPACE, r"no space left on device|\bENOSPC\b"),
        (Family.X509, r"x509: [^\n]*(?:expired|not yet valid)|certificate has expired"),
        (
            Family.AUTH_FAILED,
            r"(?:password|authentication|login|auth\w*) (?:authentication )?(?:failed|denied)"
            r"|access denied for user|invalid (?:password|credentials?|username or password)"
            r"|\bWRONGPASS\b|\bNOAUTH\b|invalid_grant|token (?:is )?expired"
            r"|(?:status(?: code)?|HTTP|http error)[ :=]*401\b|401 unauthorized"
            r"|\bACCESS_REFUSED\b|login was refused|authentication ?(?:failure|error)"
            r"|no pg_hba\.conf entry for|not authorized on \S+ to execute"
            r"|\b(?:InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken)\b",
        ),
        (
            Family.ADDRESS_IN_USE,
            r"(?:address already in use|\bEADDRINUSE)\b[^\n\d]{0,12}(?:\d+(?:\.\d+){3}:)?"
            r"(?P<name>\d{2,5})\b",
        ),
        (
            Family.ADDRESS_IN_USE,
            r"(?:(?<!errno)[:\s](?P<name>\d{2,5})\b(?:(?![:\s]\d{2,5}\b)[^\n]){0,60})?"
            r"(?:address already in use|\bEADDRINUSE\b)",
        ),
        (Family.ADDRESS_IN_USE, r"\bport (?P<name>\d{2,5}) (?:was|is) already in use"),
        (Family.DENIED, rf"{_PATH}[^\n]*(?:read-only file ?system|permission denied)"),
        (Family.DENIED, rf"(?:read-only file ?system|permission denied)[^/\n]*{_PATH}"),
        (Family.DENIED, r"read-only file ?system|\bEROFS\b"),
        (
            Family.ENV_MISSING,
            r"(?:environment variable|env(?:ironment)? var)\s*[\"'`]?(?P<name>[A-Z][A-Z0-9_]{2,})?"
            r"[\"'`]?[^\n]{0,40}(?:not set|missing|required|undefined|must be set|is empty)",
        ),
        (
            Family.ENV_MISSING,
            r"(?:missing|required)[^\n]{0,30}"
            r"(?:environment variable|env(?:ironment)? var)\w*:?\s*[\"'`]?"
            r"(?P<name>[A-Z][A-Z0-9_]{2,})?",
        ),
        (
            Family.ENV_MISSING,
            r"[\"'`]?(?P<name>[A-Z][A-Z0-9]*_[A-Z0-9_]+)[\"'`]?"
            r"(?: environment variable)? (?:is |must be )?(?:not set|unset|required|must be set)",
        ),
        # Python and Ruby on a missing key, Spring, envconfig and the shell on an unset variable.
        (
            Family.ENV_MISSING,
            r"(?-i:(?:KeyError|key not found): ?[\"'](?P<name>[A-Z][A-Z0-9]*_[A-Z0-9_]+)[\"'])"
            r"|(?-i:resolve placeholder [\"'](?P<placeholder>[A-Z][A-Z0-9_]{2,})[\"'])"
            r"|(?-i:required key (?P<key>[A-Z][A-Z0-9_]{2,}) missing)"
            r"|(?-i:\b(?P<unset>[A-Z][A-Z0-9_]{2,}): (?:unbound variable|parameter (?:null or )?not set))"
            r"|(?-i:must specify (?P<must>[A-Z][A-Z0-9_]{2,}) to a non-empty)"
            r"|one of the following as an environment variable",
        ),
        (
            Family.TTY,
            r"(?:not a|needs? a|requires? a|no) (?:tty|terminal)\b|stdin is not a (?:tty|terminal)",
        ),
        # What Go, argparse, click, clap, getopt, Node and the JVM say of an option they do not know.
        (
            Family.ARGUMENT,
            r"(?:flag provided but not defined|unknown (?:shorthand |long )?flag|no such option"
            r"|unrecogni[sz]ed (?:option|arguments?)|bad option|(?:unexpected|found) argument"
            r"|invalid option --|invalid (?:argument|value) \S+ for (?:flag|option|[\"'`]?(?=-)))"
            r"[:\s\"'`]*(?:\w[\"'`]? in )?-{0,2}(?P<name>\w[\w.-]*)",
        ),
        # Or of one that they miss.
        (
            Family.ARGUMENT,
            r"required flag\(s\) .* not set|arguments? (?:are|is) required:|missing option [\"'`]-"
            r"|required arguments were not provided|accepts [^\n]{0,20}\barg\(s\), received",
        ),
        (
            Family.INCOMPATIBLE,
            r"database files are incompatible|schema (?:version )?(?:is )?newer"
            r"|unsupported (?:file format|on-disk|data)|downgrade is not supported"
            r"|initialized by [^\n]* version",
        ),
        (
            Family.NOT_FOUND,
            r"(?P<name>[\w./-]+): (?:command )?not found|executable file not found"
            r"|exec format error|exec: \"?(?P<exe>[\w./-]+)\"?: (?:stat \S+: )?no such file",
        ),
    )
)

_TELLING = re.compile(
    r"\b(?:panic\w*|fatal|\w*error|\w*exception|traceback|critical|fail(?:ed|ure)?|cannot|can't|unable"
    r"|unknown|unrecognized|unsupported|denied|refused|timed? ?out|killed|abort\w*|segfault|not found|no such|invalid)\b",
    re.IGNORECASE,
)

_NAMES_ONLY = re.compile(r"\bpanicked at\b|^Unhandled exception")


def facts(text: str) -> tuple[Fact, ...]:
    """Return the facts of a log, one per line that says something, in order, each meaning once."""
    found: dict[tuple[Family, str], Fact] = {}
    for fact in each_fact(text):
        found.setdefault((fact.family, fact.name), fact)
    return tuple(found.values())


def each_fact(text: str) -> Iterator[Fact]:
    """Yield what every line says, line by line, also what was said before."""
    for raw in text.splitlines():
        line = raw.strip()[:1000]
        if fact := _of_line(line):
            yield fact


def _of_line(line: str) -> Fact | None:
    said = ((family, pattern.search(line)) for family, pattern in _PATTERNS)
    family, match = next(((kind, hit) for kind, hit in said if hit), (None, None))
    if family not in _BEFORE_REACH and (way := unreached(line)) is not None:
        return Fact(Family(way[0]), way[1], line)
    return Fact(family, _name(match), line) if family and match else None


def _name(match: re.Match[str]) -> str:
    """What a line is about: the one group that matched, shared memory by the path it lies at."""
    found = {group: text for group, text in match.groupdict().items() if text}
    return "/dev/shm" if "shm" in found else next(iter(found.values()), "").rstrip(".")


def telling_lines(text: str, limit: int = 3) -> tuple[str, ...]:
    """Return the last lines that name trouble, each once, else the last lines; newest last."""
    lines = [line.strip()[:300] for line in text.splitlines() if line.strip()]
    # What a panic or an exception says often stands on the line after the one that names it.
    telling = [
        line
        for before, line in zip(["", *lines], lines, strict=False)
        if _TELLING.search(line) or _NAMES_ONLY.search(before)
    ]
    kept = list(dict.fromkeys(reversed(telling or lines)))[:limit]
    return tuple(reversed(kept))
