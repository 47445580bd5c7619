"""Storage classes: the default one, and what to do where a claim names none that exists."""

from collections.abc import Sequence

from watchdog.domain.custom import Carried
from watchdog.domain.objects import storagev1
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command

_DEFAULT = "storageclass.kubernetes.io/is-default-class"


def is_default(item: storagev1.StorageClass) -> bool:
    """Whether claims that name no class get this one."""
    return "true" in (item.annotations.default_class, item.annotations.default_class_beta)


def make_default(snapshot: Snapshot) -> str:
    """Make the only class there is the default one; which of several is for people to say.

    Claims that name none get it afterwards, too. Source: retroactive default StorageClass
    assignment, stable since Kubernetes 1.28.
    """
    if len(snapshot.storage_classes) != 1:
        return ""
    [item] = snapshot.storage_classes.values()
    body = {"metadata": {"annotations": {_DEFAULT: "true"}}}
    return command.patch(item.ref, body, kind="merge")


def carried(snapshot: Snapshot, name: str, close: Sequence[str]) -> tuple[Carried, ...]:
    """The class that does not exist, and the one to name instead: a similar one, else the default."""
    default = [each for each, item in snapshot.storage_classes.items() if is_default(item)]
    instead = next(iter((*close, *default)), None)
    return (Carried(value=name, key="storageClassName", instead=instead),) if name else ()
