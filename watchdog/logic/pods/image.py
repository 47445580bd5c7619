"""Image references, and what a registry's answer means.

Sources: distribution/reference (normal form); the errors of containerd, CRI-O and cri-dockerd as
the kubelet repeats them.
"""

import re
from enum import StrEnum


class PullFault(StrEnum):
    """The class of a failed pull."""

    NOT_FOUND = "not found"
    INVALID = "invalid reference"
    PLATFORM = "no image for the platform of the node"
    DENIED = "access refused"
    MAYBE_DENIED = "access denied, or no such repository"
    THROTTLED = "too many requests"
    UNREACHABLE = "registry unreachable"
    NO_ROOM = "no space on the disk of the node"
    UNSAID = "unsaid"


# First match wins. A full disk and network errors come first: they are certain, and say nothing
# about the image.
_CLASSES = tuple(
    (fault, re.compile(pattern, re.IGNORECASE))
    for fault, pattern in (
        (PullFault.NO_ROOM, r"no space left on device|disk quota exceeded"),
        (PullFault.THROTTLED, r"\b429\b|too many requests|toomanyrequests|rate limit"),
        (
            PullFault.UNREACHABLE,
            r"no such host|server misbehaving|name resolution|\blookup \S+|\bdial (?:tcp|udp)\b"
            r"|i/o timeout|tls handshake|\bx509:|\btls:|certificate (?:signed|has expired|is not)"
            r"|connection (?:refused|reset|timed out)|no route to host|network is unreachable"
            r"|deadline exceeded|client\.timeout|\bEOF\b|server gave HTTP response"
            r"|\b50[0-4] (?:internal|not impl|bad gateway|service|gateway)|registry ?unavailable",
        ),
        (
            PullFault.PLATFORM,
            r"no match for platform|no matching manifest|no image found in .*arch",
        ),
        (
            PullFault.MAYBE_DENIED,
            r"does not exist or may require|requested access to the resource is denied",
        ),
        (
            PullFault.DENIED,
            r"\b401\b|\b403\b|unauthori[sz]ed|forbidden|authentication required|no basic auth"
            r"|insufficient_scope|authorization failed|invalid username|access denied|\bdenied:",
        ),
        (PullFault.INVALID, r"invalid reference format|couldn't parse image|invalid image ?name"),
        (
            PullFault.NOT_FOUND,
            r"not found|manifest unknown|manifest_unknown|name unknown|name_unknown|\b404\b"
            r"|repository name not known|no such image",
        ),
    )
)
_REASONS = {
    "InvalidImageName": PullFault.INVALID,
    "RegistryUnavailable": PullFault.UNREACHABLE,
}
_NAMES = re.compile(r'"[^"]*"|https?://\S+')  # an image may be called "401" or "not-found"
# The part of a message that carries the answer, for headlines.
_ANSWER = re.compile(
    r"lookup \S+(?: on \S+)?: [\w /-]+|dial tcp \S+ [\w/ :]+|x509: [^:\"]+"
    r"|\b[1-5]\d\d [A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+)*|i/o timeout|manifest unknown|no such host"
    r"|pull access denied[^:]*|no match for platform[^:]*|toomanyrequests[^:]*|not found"
)


def classify(reason: str, message: str, image: str = "") -> PullFault:
    """Return the class of a failed pull, by the waiting reason and what the runtime said."""
    text = message.replace(image, " ") if image else message
    text = _NAMES.sub(" ", text)
    for fault, pattern in _CLASSES:
        if pattern.search(text):
            return fault
    return _REASONS.get(reason, PullFault.UNSAID)


def answer(message: str) -> str:
    """Return the registry's own words out of a runtime's error: "401 Unauthorized"; "" if none."""
    match = _ANSWER.search(message)
    return match.group().strip(" :") if match else ""


def normal(image: str) -> str:
    """Return the full form: `ghost` is `docker.io/library/ghost:latest`."""
    host, path = _split(image)
    if host == "docker.io" and "/" not in path.split("@")[0]:
        path = f"library/{path}"
    tagged = "@" in path or ":" in path
    return f"{host}/{path}" if tagged else f"{host}/{path}:latest"


def registry(image: str) -> str:
    """The host an image is pulled from; docker.io when it names none."""
    return _split(image)[0]


def repository(image: str) -> str:
    """The full form without tag and digest."""
    full = normal(image).split("@")[0]
    host, _, path = full.partition("/")
    return f"{host}/{path.split(':')[0]}"


def _split(image: str) -> tuple[str, str]:
    first, slash, rest = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        host = "docker.io" if first == "index.docker.io" else first
        return host, rest
    return "docker.io", image
