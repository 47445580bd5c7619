"""Can this program do its work now? One probe per thing that it cannot do without."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from watchdog.domain.errors import WatchdogError
from watchdog.domain.ports import Clock
from watchdog.store import outbox
from watchdog.store.engine import Store
from watchdog.web.health import Health

PROBE_SECONDS = 6.0  # longer than SQLite waits for a lock

Probe = Callable[[], Awaitable[bool]]


def probes(
    store: Store,
    clock: Clock,
    health: Health,
    *,
    lock_held: Callable[[], bool],
    jobs_parsed: Callable[[], bool],
    overdue_after: timedelta,
) -> dict[str, Probe]:
    """What /readyz asks, by the name it is reported under."""

    async def lock() -> bool:
        return lock_held()

    async def jobs() -> bool:
        return jobs_parsed()

    async def api_server() -> bool:
        return health.reached("kubernetes")

    async def database() -> bool:
        await asyncio.to_thread(_take_write_lock, store)
        return True

    async def notifications() -> bool:
        return not await asyncio.to_thread(outbox.overdue, store, clock.now(), overdue_after)

    return {
        "lock": lock,
        "jobs": jobs,
        "api_server": api_server,
        "database": database,
        "notifications": notifications,
    }


async def failing(asked: Mapping[str, Probe]) -> tuple[str, ...]:
    """Ask every probe; return the names of those that say no, fail, or take too long."""
    return tuple([name for name, probe in asked.items() if not await _passes(probe)])


async def _passes(probe: Probe) -> bool:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            return await probe()
    except (WatchdogError, TimeoutError):
        return False


def _take_write_lock(store: Store) -> None:
    with store.write():
        """Beginning is enough: a full disk, a lost right or a foreign lock already shows."""
