"""Whether a moment lies in a part of the week, by the clock on the wall of its zone."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from watchdog.domain.policy import Window

_WEEK = 7


def inside(windows: Iterable[Window], now: datetime) -> bool:
    """Whether `now` (aware) lies in one of the windows; never without any."""
    return any(_inside(each, now) for each in windows)


def _inside(window: Window, now: datetime) -> bool:
    """`days` are those on which it begins; the end does not belong to it.

    An hour that a clock change repeats is in it twice, one that it leaves out does not come.
    """
    local = now.astimezone(ZoneInfo(window.zone))
    today, yesterday = local.weekday(), (local.weekday() - 1) % _WEEK
    time = local.time()
    if window.start == window.end:
        return today in window.days
    if window.start < window.end:
        return today in window.days and window.start <= time < window.end
    begun = today in window.days and time >= window.start
    return begun or (yesterday in window.days and time < window.end)
