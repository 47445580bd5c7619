"""Whose turn it is to act, by a Lease that several watchdogs share. Pure.

Nobody compares the clocks of two machines: a holder is gone when a watcher has seen its record
unchanged for as long as the Lease lasts, by the watcher's own monotonic clock. What differs is then
the rate of two clocks, not their time. Source: client-go, tools/leaderelection, package comment.
"""

from dataclasses import dataclass, replace

LASTS = 60  # seconds that others leave a silent holder alone
# What the holder itself counts on, from before it asked: with clocks that are wrong by a tenth, one
# slow and one fast, 48 s of the holder are over before 60 s of a watcher (48 / 0.9 < 60 / 1.1).
SURE = 48.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """What stands in the record; `version` changes with every write."""

    version: str
    holder: str = ""  # "" is nobody
    seconds: int = 0  # how long its holder asks to be left alone
    transitions: int | None = None  # None: nobody has held it since it was made


@dataclass(frozen=True, slots=True)
class Seen:
    """A Lease as it stands, and since when (monotonic seconds) one watcher knows it so."""

    lease: Lease
    since: float
    moved: bool = False  # it changed under the eyes of the watcher: its holder lives, or lived


def noted(before: Seen | None, lease: Lease, now: float) -> Seen:
    """What is known once `lease` was read at `now`."""
    if before is None:
        return Seen(lease, now)
    return before if before.lease.version == lease.version else Seen(lease, now, moved=True)


def is_free(seen: Seen, me: str, now: float) -> bool:
    """Whether I may write my name into it, provided that it is still the version that was seen.

    A record that nobody ever held may have been deleted under its holder and made again: it is
    watched for as long as a silent holder.
    """
    lease = seen.lease
    let_go = not lease.holder and lease.transitions is not None
    return lease.holder == me or let_go or now - seen.since >= max(LASTS, lease.seconds)


def claimed(lease: Lease, me: str) -> Lease:
    """The same with my name in it."""
    before = -1 if lease.transitions is None else lease.transitions
    turns = before if lease.holder == me else before + 1
    return replace(lease, holder=me, seconds=LASTS, transitions=turns)


def let_go(lease: Lease) -> Lease:
    """The same for whoever comes next."""
    return replace(lease, holder="")
