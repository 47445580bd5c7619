"""The API server itself: its version, what its health checks say, how long it takes to answer."""

from typing import ClassVar

from watchdog.domain.objects.metav1 import Object, Record


class FailedCheck(Record, frozen=True):
    """One health check that fails: of which endpoint ("readyz"), its name, what is said of it."""

    endpoint: str = ""
    name: str = ""
    said: str = ""


class ListTime(Record, frozen=True):
    """How long the list of one kind took from the first request on, and how many objects it has."""

    need: str = ""
    seconds: float = 0
    objects: int = 0


class APIServer(Object, frozen=True):
    """Put together by whoever reads: `/version`, `/readyz`, `/livez` and the lists of this Run.

    `version_seconds` is how long `/version` took, which needs neither storage nor much work.
    Source: https://kubernetes.io/docs/reference/using-api/health-checks/
    """

    KIND: ClassVar[str] = "APIServer"
    version: str = ""
    version_seconds: float = 0
    failed: tuple[FailedCheck, ...] = ()
    lists: tuple[ListTime, ...] = ()
