"""facts: what a log line means, and what it must not be read as."""

import pytest

from watchdog.logic.facts import Family, facts, telling_lines


@pytest.mark.parametrize(
    ("line", "family", "name"),
    [
        ("/entrypoint.sh: line 23: awk: not found", Family.NOT_FOUND, "awk"),
        ('exec: "/app/run": no such file or directory', Family.NOT_FOUND, "/app/run"),
        (
            "mkdir: can't create directory '/.cache': Read-only file system",
            Family.DENIED,
            "/.cache",
        ),
        ("open /etc/app.conf: permission denied", Family.DENIED, "/etc/app.conf"),
        ('failed to make file target manager: too many open files"', Family.TOO_MANY_FILES, ""),
        ("OSError: [Errno 24] inotify instance limit reached", Family.TOO_MANY_FILES, ""),
        (
            "dial tcp 10.0.0.9:80: connect: cannot assign requested address",
            Family.TOO_MANY_FILES,
            "",
        ),
        ("nf_conntrack: table full, dropping packet", Family.TOO_MANY_FILES, ""),
        ("listen tcp :8080: bind: address already in use", Family.ADDRESS_IN_USE, "8080"),
        ("dial tcp 10.96.40.30:3000: i/o timeout", Family.TIMEOUT, "10.96.40.30:3000"),
        ("connect to cart:8080: connection refused", Family.REFUSED, "cart:8080"),
        ("Error: connect ECONNREFUSED 10.0.0.1:5432", Family.REFUSED, "10.0.0.1:5432"),
        ("dial tcp: lookup db.shop on 10.96.0.10:53: no such host", Family.NO_SUCH_HOST, "db.shop"),
        ("getaddrinfo ENOTFOUND api.example.net", Family.NO_SUCH_HOST, "api.example.net"),
        ('FATAL:  password authentication failed for user "app"', Family.AUTH_FAILED, ""),
        ("write /dev/shm/x: no space left on device", Family.NO_SPACE, "/dev/shm/x"),
        ("Missing required environment variable DATABASE_URL", Family.ENV_MISSING, "DATABASE_URL"),
        ("DATABASE_URL is not set", Family.ENV_MISSING, "DATABASE_URL"),
        ("KeyError: 'MONGO_URL'", Family.ENV_MISSING, "MONGO_URL"),
        ("Could not resolve placeholder 'DB_URL' in value", Family.ENV_MISSING, "DB_URL"),
        ("required key DB_HOST missing value", Family.ENV_MISSING, "DB_HOST"),
        ("/run.sh: line 3: DB_HOST: unbound variable", Family.ENV_MISSING, "DB_HOST"),
        (
            "You must specify POSTGRES_PASSWORD to a non-empty value for the superuser.",
            Family.ENV_MISSING,
            "POSTGRES_PASSWORD",
        ),
        (
            "You need to specify one of the following as an environment variable:",
            Family.ENV_MISSING,
            "",
        ),
        ("the input device is not a TTY", Family.TTY, ""),
        ("flag provided but not defined: -enable-foo", Family.ARGUMENT, "enable-foo"),
        ("Error: unknown flag: --storage.tsdb.size", Family.ARGUMENT, "storage.tsdb.size"),
        ("Error: unknown shorthand flag: 'x' in -xz", Family.ARGUMENT, "xz"),
        ("prometheus: error: unknown long flag '--web.x'", Family.ARGUMENT, "web.x"),
        ("app.py: error: unrecognized arguments: --worker 4", Family.ARGUMENT, "worker"),
        ("Error: No such option: --port", Family.ARGUMENT, "port"),
        ("error: unexpected argument '--jsn' found", Family.ARGUMENT, "jsn"),
        ("error: Found argument '--jsn' which wasn't expected", Family.ARGUMENT, "jsn"),
        ("nginx: invalid option -- 'k'", Family.ARGUMENT, "k"),
        ("tar: unrecognized option '--zip'", Family.ARGUMENT, "zip"),
        ("node: bad option: --inspekt", Family.ARGUMENT, "inspekt"),
        ("Unrecognized option: -Xmxx", Family.ARGUMENT, "Xmxx"),
        ('invalid value "many" for flag -workers: parse error', Family.ARGUMENT, "workers"),
        ('invalid argument "many" for "--workers" flag', Family.ARGUMENT, "workers"),
        ('Error: required flag(s) "config" not set', Family.ARGUMENT, ""),
        ("x.py: error: the following arguments are required: db", Family.ARGUMENT, ""),
        ("Error: Missing option '--db'.", Family.ARGUMENT, ""),
        ("error: the following required arguments were not provided:", Family.ARGUMENT, ""),
        ("Error: accepts 1 arg(s), received 0", Family.ARGUMENT, ""),
        (
            'runc create failed: exec: "/bin/tex": stat /bin/tex: no such file or directory',
            Family.NOT_FOUND,
            "/bin/tex",
        ),
        (
            '2026-11-21T13:00:00Z level=error msg="listen tcp :9113: bind: address already in use"',
            Family.ADDRESS_IN_USE,
            "9113",
        ),
        (
            "bind() to 0.0.0.0:80 failed (98: Address already in use)",
            Family.ADDRESS_IN_USE,
            "80",
        ),
        ("Error: listen EADDRINUSE: address already in use :::8080", Family.ADDRESS_IN_USE, "8080"),
        ("OSError: [Errno 98] Address already in use", Family.ADDRESS_IN_USE, ""),
        (
            "Web server failed to start. Port 8080 was already in use.",
            Family.ADDRESS_IN_USE,
            "8080",
        ),
        (
            'could not resize shared memory segment "/PostgreSQL.18" to 67 bytes: No space left on '
            "device",
            Family.NO_SPACE,
            "/dev/shm",
        ),
        (
            "It is possible that dataloader's workers are out of shared memory.",
            Family.NO_SPACE,
            "/dev/shm",
        ),
        ("ACCESS_REFUSED - Login was refused using PLAIN", Family.AUTH_FAILED, ""),
        ("(Unauthorized) not authorized on geo-db to execute command", Family.AUTH_FAILED, ""),
        (
            'configmaps is forbidden: User "system:serviceaccount:a:b" cannot list resource "x"',
            Family.FORBIDDEN,
            "system:serviceaccount:a:b",
        ),
    ],
)
def test_a_line_becomes_the_fact_it_states(line: str, family: Family, name: str) -> None:
    [fact] = facts(line)

    assert (fact.family, fact.name) == (family, name)


@pytest.mark.parametrize(
    "line",
    [
        "INFO listening on 0.0.0.0:8080",
        "INFO request id=7f2c ok in 12 ms",
        "INFO  peer=garden frames sent=2218 received=4 (heartbeat=2214 message=4)",
        "page not found: /favicon.ico was served in 3 ms",
        "KeyError: 'user_id'",
        "listen tcp 10.0.0.5:8080: bind: cannot assign requested address",
        "ERROR:  out of shared memory",  # PostgreSQL's table of locks, not /dev/shm
    ],
)
def test_an_ordinary_line_is_no_fact(line: str) -> None:
    assert facts(line) == ()


def test_a_repeated_line_is_one_fact() -> None:
    assert len(facts("connection refused\n" * 50)) == 1


def test_telling_lines_are_the_last_ones_that_name_trouble() -> None:
    log = "INFO ready\nfatal: no disk\nINFO bye\n"

    assert telling_lines(log) == ("fatal: no disk",)


def test_an_argument_the_program_does_not_know_is_telling() -> None:
    assert telling_lines('agent: unknown mode "x"\nUsage of agent:\n') == (
        'agent: unknown mode "x"',
    )


def test_without_trouble_the_last_lines_are_telling() -> None:
    assert telling_lines("one\ntwo\nthree\nfour\n", limit=2) == ("three", "four")


def test_the_line_after_a_panic_belongs_to_it() -> None:
    log = "INFO ready\nthread 'main' panicked at src/main.rs:3:\nno CryptoProvider available\n"

    assert telling_lines(log)[-1] == "no CryptoProvider available"


def test_the_last_words_of_a_traceback_are_its_exception() -> None:
    log = "Traceback (most recent call last):\n  url = os.environ[x]\nKeyError: 'MONGO_URL'\n"

    assert telling_lines(log)[-1] == "KeyError: 'MONGO_URL'"


def test_a_panic_is_said_by_its_message_and_not_by_its_stack() -> None:
    log = "panic: no config\n\ngoroutine 1 [running]:\nmain.load(...)\n"

    assert telling_lines(log)[-1] == "panic: no config"
