"""The only code that reads time or sleeps."""

import asyncio
import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's clock. Implements `domain.ports.Clock`."""

    def now(self) -> datetime:
        """The current time, aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()

    async def sleep_until(self, moment: datetime) -> None:
        """Return at `moment`, at once when it has passed."""
        await asyncio.sleep(max(0.0, (moment - self.now()).total_seconds()))
