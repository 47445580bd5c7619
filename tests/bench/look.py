"""One Snapshot of every kind in a process of its own: `python -m tests.bench.look KUBECONFIG`."""

import asyncio
import sys
from pathlib import Path

from watchdog.clock import SystemClock
from watchdog.kube.client import connect
from watchdog.kube.collect import KubeCluster
from watchdog.kube.kinds import KINDS


async def look(kubeconfig: Path) -> str:
    """Return how many objects were read, and what was not."""
    cluster = KubeCluster(await connect(kubeconfig), SystemClock())
    try:
        snapshot = await cluster.snapshot(KINDS)
    finally:
        await cluster.close()
    count = sum(len(items) for items in snapshot.objects.values())
    return f"{count} objects, missing: {sorted(snapshot.missing) or 'nothing'}"


if __name__ == "__main__":
    sys.stdout.write(asyncio.run(look(Path(sys.argv[1]))) + "\n")
