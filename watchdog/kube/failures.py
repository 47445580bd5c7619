"""What the client and the system raise when a request gets no answer, in errors of ours."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp

from watchdog.kube.answers import Refused, Unconnected, Unreachable, Untrusted
from watchdog.kube.slimclient import ConfigException


@contextmanager
def translated(host: str, limit: float) -> Iterator[None]:
    """Turn what the client and the system raise into our errors; the total limit passes.

    `limit` is how many seconds a connection may take to be made.
    """
    try:
        yield
    except aiohttp.ConnectionTimeoutError as error:
        raise Unconnected(
            f"cannot connect to {host} within {limit:g} s",
            hint="check the address in the kubeconfig, the network and firewalls",
        ) from error
    except TimeoutError:
        raise
    except (aiohttp.ClientSSLError, ssl.SSLError) as error:
        raise Untrusted(
            f"TLS to {host} failed: {_reason(error)}",
            hint="check certificate-authority and the server name in the kubeconfig",
        ) from error
    except (aiohttp.ClientError, OSError) as error:
        raise Unreachable(
            f"cannot reach {host}: {_reason(error)}",
            hint="check that the API server runs and that the address is right",
        ) from error
    except (ConfigException, ValueError) as error:
        raise Refused(
            f"the credential cannot be used: {type(error).__name__}",
            hint="the token is empty or damaged: log in again or mount it anew",
        ) from error


def _reason(error: BaseException) -> str:
    """The system's words for a connection error: aiohttp's own name socket objects."""
    inner = getattr(error, "os_error", error)
    if isinstance(inner, ssl.SSLCertVerificationError):
        return inner.verify_message
    if isinstance(inner, ssl.SSLError):
        return inner.reason or type(inner).__name__
    if isinstance(inner, OSError) and inner.errno and inner.errno > 0:
        return os.strerror(inner.errno)
    return str(inner.strerror) if isinstance(inner, OSError) else type(inner).__name__
