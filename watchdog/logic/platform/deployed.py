"""Which revision Argo CD brought into the cluster, and when."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from watchdog.domain.objects import argov1

_REVISION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/+-]{0,62}")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """One finished sync; `before` is the revision it replaced, "" when that is unknown."""

    at: datetime
    revision: str
    before: str


def deployed(item: argov1.Application, first: datetime, last: datetime) -> Iterator[Deployed]:
    """Yield the syncs of these times, oldest first; one of the same revision is no change.

    Source: status.history, which Argo CD keeps for syncs that succeeded, ten by default.
    """
    before = ""
    for each in item.status.history or ():
        revision = "+".join(filter(None, map(_short, each.revisions or (each.revision,))))
        at = each.deployed_at
        if at is not None and first <= at <= last and revision not in ("", before):
            yield Deployed(at=at, revision=revision, before=before)
        before = revision


def _short(revision: str) -> str:
    """A commit by its first digits; "" for what is no revision."""
    if _COMMIT.fullmatch(revision):
        return revision[:8]
    return revision if _REVISION.fullmatch(revision) else ""
