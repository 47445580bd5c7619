"""Which cluster a home belongs to: its memory of one cluster means nothing for another."""

from datetime import datetime

from sqlalchemy import select, update

from watchdog.domain.errors import OtherCluster
from watchdog.store.engine import Store
from watchdog.store.tables import cluster, incident


def claim_cluster(store: Store, uid: str, name: str, now: datetime) -> None:
    """Remember the first cluster seen (`uid` of namespace kube-system); later calls only compare.

    Raises:
        OtherCluster: this home belongs to another cluster.
    """
    with store.write() as connection:
        known = connection.execute(select(cluster.c.uid, cluster.c.name)).first()
        if known is None:
            connection.execute(cluster.insert().values(uid=uid, name=name, at=now))
            # What was said while nobody could tell which cluster it was is about this one.
            connection.execute(update(incident).where(incident.c.cluster == "").values(cluster=uid))
            return
    _compare(known.uid, known.name, uid, name)


def refuse_other(store: Store, uid: str, name: str) -> None:
    """Compare only: a home that has seen no cluster is nobody's, and "" could be any cluster.

    Raises:
        OtherCluster: this home belongs to another cluster.
    """
    with store.read() as connection:
        known = connection.execute(select(cluster.c.uid, cluster.c.name)).first()
    if known is not None and uid:
        _compare(known.uid, known.name, uid, name)


def _compare(known_uid: str, known_name: str, uid: str, name: str) -> None:
    if known_uid != uid:
        raise OtherCluster(
            f"this home belongs to cluster {known_name} ({known_uid}), not to {name} ({uid})",
            hint="choose the right cluster with --context, or another home with --home; "
            "a cluster that was made anew takes a new home, or volume",
        )


def known_cluster(store: Store) -> str:
    """Return the uid of the cluster this home belongs to, "" before the first look at one."""
    with store.read() as connection:
        known = connection.execute(select(cluster.c.uid)).first()
    return known.uid if known else ""
