"""The command `ask` without a daemon, under the lock of the home."""

from collections.abc import Mapping
from functools import partial

from watchdog.app.access import Access
from watchdog.app.asking import ask_command, opinions_of
from watchdog.app.cluster import open_cluster
from watchdog.app.home import Home
from watchdog.app.models import chain_of, gate_of
from watchdog.app.parts import enabled_checks
from watchdog.config.settings import Settings
from watchdog.config.souls import read_texts
from watchdog.domain.ports import Clock
from watchdog.loops.under_way import RunsUnderWay


async def ask_offline(
    home: Home, settings: Settings, access: Access, clock: Clock, args: Mapping[str, object]
) -> object:
    """Ask, and return the answer as JSON.

    Raises:
        Unanswered: no model answered.
        WatchdogError: the cluster cannot be read, or the home not be used.
    """
    cluster = await open_cluster(access, settings)
    chain = chain_of(settings, clock)
    try:
        opinions = opinions_of(
            settings,
            cluster,
            home.store,
            clock,
            model=chain,
            gate=gate_of(settings, home.store, clock),
            under_way=RunsUnderWay(home.store, clock),
            texts=partial(read_texts, home.path),
            checks=enabled_checks(settings),
        )
        return await ask_command(opinions, settings, clock)(args)
    finally:
        await chain.close()
        await cluster.close()
