"""What clients print when a host cannot be reached: in which way, and which host.

Source: strerror, Go's net package, libpq, JDBC, MySQL, MongoDB and Redis clients, urllib3, gRPC,
Node, .NET, curl, BusyBox and nginx, by the part of their messages that does not change.
"""

import re

REFUSED, TIMEOUT, NO_SUCH_HOST = "refused", "timeout", "no-such-host"

# What stands where a host would, and is none; with a port behind it, it is one.
_NO_HOST = (
    r"(?!(?:server|remote|all|any|the|an?|to|host|upstream|database|db|backend|peer|service|node|broker"
    r"|cluster|address|addresses|port|url|endpoint|socket|object|pool|timed|time|timeout|refused|failed"
    r"|error|closed|reset|from|was|is|could|has|at|on|by|for|with|in|via|and)\b(?!:\d|[.-]\w))"
)
_HOST = rf"{_NO_HOST}(?P<name>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)\.?(?::(?P<port>\d{{1,5}})\b)?"

_KINDS = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (
            NO_SUCH_HOST,
            r"no such host|server misbehaving|getaddrinfo \w+|could not resolve host|unknown ?host"
            r"|could not translate host name|host not found in upstream|name or service not known"
            r"|failed to resolve|name resolution|dns resolution failed|bad address '"
            r"|can't find \S+: nxdomain|no address associated with hostname"
            r"|lookup \S+[^\n]*i/o timeout|lookup \S+ on \S+:53:",
        ),
        (
            REFUSED,
            r"\beconnrefused\b|connection refused|connect(?:ion|ing)? to [^\n]*\brefused\b"
            r"|dial tcp [^\n]*\brefused\b|can't connect to [^\n]*\(111\b",
        ),
        (
            TIMEOUT,
            r"\betimedout\b|connection timed out|i/o timeout|connect timeout|connecttimeout"
            r"|(?:dial tcp|connect(?:ion|ing)?(?: to)?) [^\n]*time(?:d )?-?out|upstream timed out"
            r"|can't connect to [^\n]*\(110\b|:\d{2,5}: timed out",
        ),
    )
)
_NAMES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\blookup (?P<name>[a-z0-9.-]*[a-z0-9])",
        r"(?:getaddrinfo \w+|could not resolve host:?|unknown ?host(?:exception)?:?"
        r"|could not translate host name|host not found in upstream|failed to resolve(?: host)?:?"
        rf"|name or service not known:?|dns resolution failed for|bad address|can't find) \(?[\"']?{_HOST}",
    )
)
_PLACES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:refused|timed out): (?:(?P<name>[\w.-]+)|/(?P<address>[\d.]+))(?:/[\d.]+)?:(?P<port>\d+)\b",
        r"server at \"(?P<name>[^\"\s]+)\"(?: \([^)\n]*\))?, port (?P<port>\d+)",
        r"host='(?P<name>[^'\s]+)', port=(?P<port>\d+)",
        r"server (?:on|at) '(?P<name>[^':\s]+)(?::(?P<port>\d+))?'",
        r"\bipv4:(?P<name>[\d.]+):(?P<port>\d+)",
        rf"(?:econnrefused|etimedout) {_HOST}",
        rf"dial tcp (?:\S+->)?{_HOST}",
        rf"connect(?:ion|ing)? to (?:\S+->)?[\"']?{_HOST}",
        rf"\bconnect (?=\S+:\d){_HOST}",
        rf"\((?=\S+:\d){_HOST}\)",
        rf"(?<![\w./@-])(?=[\w.-]+:\d+: ){_HOST}: (?:\[errno -?\d+\] )?(?:connection refused|timed out|name or service)",
        r"upstream: \"\w+://(?P<name>[a-z0-9.-]+)(?::(?P<port>\d+))?",
        r"\w://(?:[^@/\s]*@)?(?P<name>[a-z0-9][a-z0-9.-]*)(?::(?P<port>\d+))?",
    )
)


def unreached(line: str) -> tuple[str, str] | None:
    """In which way a line says that a host was not reached, and "host:port"; "" if it names none.

    None when it says nothing of the kind.
    """
    kind = next((kind for kind, pattern in _KINDS if pattern.search(line)), None)
    if kind is None:
        return None
    forms = (*_NAMES, *_PLACES) if kind == NO_SUCH_HOST else _PLACES
    found = next((match for form in forms if (match := form.search(line))), None)
    if found is None:
        return kind, ""
    groups = found.groupdict()
    name, port = groups["name"] or groups.get("address", ""), groups.get("port")
    return kind, f"{name}:{port}" if port else name
