"""The parts of the official client that are used: configuration, credentials, transport.

`kubernetes/__init__.py` imports the synchronous client, watch, stream and dynamic packages with
requests and oauthlib: 0.2 CPU seconds and 8 MB that this program never uses. Both package objects
are therefore made without running their `__init__`; submodules then load as they always do.
"""

import importlib.util
import sys


def _enter_without_init(package: str) -> None:
    """Make `package` importable from, as a namespace of its submodules; keep one already loaded."""
    if package in sys.modules:
        return
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise ModuleNotFoundError(package)
    module = sys.modules[package] = importlib.util.module_from_spec(spec)
    parent, _, child = package.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)


for _package in ("kubernetes", "kubernetes.aio"):
    _enter_without_init(_package)

# Must follow the two lines above, whatever a formatter thinks of the order.
from kubernetes.aio.client.api_client import ApiClient  # noqa: E402
from kubernetes.aio.client.configuration import Configuration  # noqa: E402
from kubernetes.aio.client.rest import RESTResponse  # noqa: E402
from kubernetes.aio.config.config_exception import ConfigException  # noqa: E402
from kubernetes.aio.config.incluster_config import (  # noqa: E402
    SERVICE_CERT_FILENAME,
    SERVICE_TOKEN_FILENAME,
    InClusterConfigLoader,
)
from kubernetes.aio.config.kube_config import (  # noqa: E402
    KUBE_CONFIG_DEFAULT_LOCATION,
    ConfigNode,
    KubeConfigLoader,
    KubeConfigMerger,
)

__all__ = [
    "KUBE_CONFIG_DEFAULT_LOCATION",
    "SERVICE_CERT_FILENAME",
    "SERVICE_TOKEN_FILENAME",
    "ApiClient",
    "ConfigException",
    "ConfigNode",
    "Configuration",
    "InClusterConfigLoader",
    "KubeConfigLoader",
    "KubeConfigMerger",
    "RESTResponse",
]
