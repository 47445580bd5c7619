"""Where the cluster is and who we are: in-cluster ServiceAccount or kubeconfig.

The official client reads both (exec plugins, token files, certificates). What is wrong with them
becomes one error line and one hint here.
"""

import os
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from watchdog.domain.errors import Misconfigured
from watchdog.kube.slimclient import (
    KUBE_CONFIG_DEFAULT_LOCATION,
    SERVICE_CERT_FILENAME,
    SERVICE_TOKEN_FILENAME,
    ApiClient,
    ConfigException,
    ConfigNode,
    Configuration,
    InClusterConfigLoader,
    KubeConfigLoader,
    KubeConfigMerger,
)
from watchdog.version import version

IN_CLUSTER = "in-cluster"
_DEFAULT_FILE = "~/.kube/config"

# What the client's loaders raise for a malformed file, beside their own exception: they walk plain
# dicts without looking.
_MALFORMED = (ConfigException, yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError)


@dataclass(frozen=True, slots=True)
class Credential:
    """An open client, the display name of its cluster, and how to read the credential again."""

    name: str
    api: ApiClient
    renew: Callable[[], Awaitable[None]]


def is_mounted() -> bool:
    """Whether a ServiceAccount token is mounted: this process runs in a pod."""
    return Path(SERVICE_TOKEN_FILENAME).is_file()


async def from_service_account(
    token: str = SERVICE_TOKEN_FILENAME,
    ca: str = SERVICE_CERT_FILENAME,
    *,
    environ: Mapping[str, str] | None = None,
) -> Credential:
    """Use the mounted ServiceAccount. The client reads the token again at most every 60 s.

    Raises:
        Misconfigured: files or the KUBERNETES_SERVICE_* variables are missing or empty.
    """
    configuration = _configuration()
    where = {} if environ is None else {"environ": environ}

    async def read() -> None:
        try:
            InClusterConfigLoader(token, ca, **where).load_and_set(configuration)
        except (ConfigException, OSError) as error:
            raise Misconfigured(
                f"the ServiceAccount cannot be used: {error}",
                hint="mount its token (automountServiceAccountToken) or give --kubeconfig FILE",
            ) from error

    await read()
    return Credential(IN_CLUSTER, _open(configuration), read)


async def from_kubeconfig(path: Path | None, context: str) -> Credential:
    """Use a kubeconfig: `path`, else $KUBECONFIG, else the default file; "" = current context.

    An empty $KUBECONFIG is as none, as for kubectl.

    Raises:
        Misconfigured: no such file or context, or it cannot be read.
    """
    files = (KUBE_CONFIG_DEFAULT_LOCATION or _DEFAULT_FILE) if path is None else str(path)
    configuration = _configuration()
    loader = await _load(files, context, configuration)

    async def read() -> None:
        await _load(files, context, configuration)

    return Credential(loader.current_context["name"], _open(configuration), read)


async def _load(files: str, context: str, configuration: Configuration) -> KubeConfigLoader:
    try:
        config = _merged(files)
        _check_context(files, context, config.value)
        loader = KubeConfigLoader(config, active_context=context or None, config_base_path=None)
        await loader.load_and_set(configuration)
    except OSError as error:
        raise Misconfigured(
            f"cannot read the kubeconfig {files}: {error.strerror}",
            hint="check the path and its permissions",
        ) from error
    except _MALFORMED as error:
        raise Misconfigured(
            f"the kubeconfig {files} is not valid: {' '.join(str(error).split())}",
            hint="compare with `kubectl config view`",
        ) from error
    _check_exec(files, loader, configuration)
    return loader


def _merged(files: str) -> ConfigNode:
    """Several files are joined as kubectl does; those that do not exist are passed over."""
    if not any(Path(each).expanduser().exists() for each in files.split(os.pathsep) if each):
        raise Misconfigured(
            f"no kubeconfig at {files}",
            hint="give --kubeconfig FILE or set KUBECONFIG; in a pod mount a ServiceAccount",
        )
    merged: ConfigNode = KubeConfigMerger(files).config
    return merged


def _check_context(files: str, context: str, config: Mapping[str, object]) -> None:
    contexts = config.get("contexts")
    known = [each["name"] for each in contexts] if isinstance(contexts, list) else []
    wanted = context or config.get("current-context")
    if wanted not in known:
        text = f"no context {wanted} in" if wanted else "no current context is set in"
        listed = ", ".join(sorted(known)) or "none"
        raise Misconfigured(f"{text} {files}", hint=f"--context NAME; known: {listed}")


def _check_exec(files: str, loader: KubeConfigLoader, configuration: Configuration) -> None:
    """The client only logs that a plugin failed, and would go on as system:anonymous."""
    user = loader._user
    if user is None or "exec" not in user:
        return
    if not configuration.cert_file and "BearerToken" not in configuration.api_key:
        command = user["exec"]["command"]
        raise Misconfigured(
            f"the credential plugin {command} of {files} gave no credential",
            hint=f"run {command} by hand and log in again",
        )


def _configuration() -> Configuration:
    configuration = Configuration()
    # As kubectl does: certificates of k3s and of older kubeadm lack extensions that Python 3.13
    # began to insist on. The chain, the name and the dates are verified all the same.
    configuration.disable_strict_ssl_verification = True
    return configuration


def _open(configuration: Configuration) -> ApiClient:
    try:
        api = ApiClient(configuration)
    except (ssl.SSLError, OSError, ValueError) as error:
        raise Misconfigured(
            f"a certificate or key of the cluster credential cannot be used: {error}",
            hint="check certificate-authority, client-certificate and client-key",
        ) from error
    api.user_agent = f"kube-watchdog/{version()}"
    return api
