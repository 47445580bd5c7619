"""The overlay `observe`, applied once to the control plane, and the identity it makes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.deploy.api import Account
from tests.manifests import ROOT

OVERLAY = ROOT / "deploy" / "overlays" / "observe"
NAMESPACE = ACCOUNT = "platform-engineer"
# What a storage class would make: nothing here provisions volumes.
VOLUME = """
apiVersion: v1
kind: PersistentVolume
metadata: {name: watchdog-home}
spec:
  capacity: {storage: 5Gi}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Delete
  claimRef: {namespace: platform-engineer, name: watchdog-home}
  hostPath: {path: /nowhere}
"""


@dataclass(frozen=True, slots=True)
class Installed:
    """The applied overlay: what kubectl said, and how to be its ServiceAccount."""

    applied: str
    account: Account
    kubeconfig: Path


@pytest.fixture(scope="package")
def installed(control_plane: ControlPlane) -> Iterator[Installed]:
    """Apply the overlay as it stands; a warning of the API server fails it."""
    if control_plane.authority is None:
        pytest.skip("the cluster of WATCHDOG_TEST_KUBECONFIG may have an installation of its own")
    control_plane.apply(VOLUME)
    applied = control_plane.kubectl("apply", "--warnings-as-errors", "-k", str(OVERLAY))
    token = control_plane.token(NAMESPACE, ACCOUNT)
    yield Installed(
        applied,
        Account(control_plane.url, control_plane.ca, token),
        control_plane.user_kubeconfig(ACCOUNT, token=token),
    )
    control_plane.kubectl("delete", "-k", str(OVERLAY), "--timeout=90s")
    control_plane.kubectl("delete", "persistentvolume", "watchdog-home", "--timeout=30s")
