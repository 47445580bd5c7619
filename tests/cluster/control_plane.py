"""Starts and stops a control plane of its own, or speaks to an existing cluster, through kubectl."""

import base64
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster import pki

READY_TRIES = 300  # of 0.1 s each
# Outside the ephemeral range: an outgoing connection cannot take a port before we listen on it.
PORTS = range(20000, 30000)


class KubectlFailed(Exception):
    """kubectl ended with an error; the text is what it wrote to stderr."""


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """One cluster, seen by its administrator."""

    kubectl_command: tuple[str, ...]
    folder: Path  # kubeconfigs and kubectl's cache land here
    kubeconfig: Path  # of a cluster-admin
    url: str
    ca: Path  # PEM
    authority: pki.Authority | None = None  # None: an existing cluster, which has its own

    def kubectl(self, *arguments: str, input: str | None = None) -> str:
        """Run kubectl as the administrator and return its stdout.

        Raises:
            KubectlFailed: it ended with an error.
        """
        done = subprocess.run(
            (*self.kubectl_command, *self._where(), *arguments),
            input=input,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise KubectlFailed(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def apply(self, text: str) -> None:
        """Apply YAML text (server-side, so the order of fields and owners is the API server's)."""
        self.kubectl("apply", "--server-side", "-f", "-", input=text)

    def get(self, kind: str, namespace: str, name: str) -> dict[str, Any]:
        """One object as JSON; `namespace` is "" for cluster-wide kinds."""
        where = ("--namespace", namespace) if namespace else ()
        found: dict[str, Any] = json.loads(
            self.kubectl("get", kind, name, *where, "--output", "json")
        )
        return found

    def new_namespace(self) -> str:
        """A fresh namespace, ready for pods, named after nothing a check could read meaning into."""
        wanted = '{"apiVersion":"v1","kind":"Namespace","metadata":{"generateName":"test-"}}'
        made = self.kubectl("create", "-f", "-", "-o", "name", input=wanted)
        name = made.strip().removeprefix("namespace/")
        # Pods are refused until the controllers have made the default ServiceAccount.
        account = ("serviceaccount/default", "--namespace", name)
        self.kubectl("wait", "--for=create", *account, "--timeout=30s")
        return name

    def token(self, namespace: str, service_account: str) -> str:
        """A bound token of one hour, from the TokenRequest API."""
        return self.kubectl(
            "create", "token", service_account, "--namespace", namespace, "--duration", "1h"
        ).strip()

    def user_kubeconfig(self, name: str, groups: Sequence[str] = (), token: str = "") -> Path:
        """A kubeconfig for another identity: by `token`, else by a new client certificate."""
        user = {"token": token} if token else self._certificate(name, groups)
        return write_kubeconfig(
            self.folder / f"{name}.kubeconfig", url=self.url, ca=self.ca, user=user
        )

    def _where(self) -> tuple[str, ...]:
        cache = self.folder / "kubectl-cache"
        return ("--kubeconfig", str(self.kubeconfig), "--cache-dir", str(cache))

    def _certificate(self, name: str, groups: Sequence[str]) -> dict[str, str]:
        """Ask the cluster itself to sign: this works on any cluster, not only on our own."""
        subject = "".join(f"/O={group}" for group in groups) + f"/CN={name}"
        pair = pki.request(self.folder, name, subject)
        wanted = {
            "apiVersion": "certificates.k8s.io/v1",
            "kind": "CertificateSigningRequest",
            "metadata": {"generateName": "test-user-"},
            "spec": {
                "request": _encoded(pair.cert),
                "signerName": "kubernetes.io/kube-apiserver-client",
                "usages": ["client auth"],
            },
        }
        request = self.kubectl("create", "-f", "-", "-o", "name", input=json.dumps(wanted)).strip()
        self.kubectl("certificate", "approve", request)
        signed = "{.status.certificate}"
        self.kubectl("wait", request, f"--for=jsonpath={signed}", "--timeout=30s")
        cert = self.kubectl("get", request, f"--output=jsonpath={signed}")
        return {"client-certificate-data": cert, "client-key-data": _encoded(pair.key)}


@contextmanager
def running(binary: Path, folder: Path) -> Iterator[ControlPlane]:
    """Start etcd, API server, controllers and scheduler below `folder`; stop them at the end.

    Raises:
        OSError: a part did not come up; the text names its log file.
    """
    etcd_port, peer_port, api_port = free_ports(3)
    authority = pki.Authority(folder / "pki")
    url, store = f"https://127.0.0.1:{api_port}", f"http://127.0.0.1:{etcd_port}"
    configs = {
        name: _identity(authority, folder, url, name, subject)
        for name, subject in (
            ("admin", "/O=system:masters/CN=admin"),
            ("controllers", "/CN=system:kube-controller-manager"),
            ("scheduler", "/CN=system:kube-scheduler"),
        )
    }
    plane = ControlPlane(
        (str(binary), "kubectl"), folder, configs["admin"], url, authority.pair.cert, authority
    )
    keys = authority.signing_keys("service-accounts")
    with ExitStack() as stack:
        etcd = _start(stack, binary, folder, _etcd(folder, store, peer_port))
        _wait(etcd, folder / "etcd.log", lambda: _accepts(etcd_port))
        api = _start(stack, binary, folder, _api_server(authority, keys, store, api_port))
        _wait(api, folder / "kube-apiserver.log", lambda: _ready(plane))
        _start(stack, binary, folder, _controllers(authority, keys, configs["controllers"]))
        _start(stack, binary, folder, _scheduler(configs["scheduler"]))
        yield plane


def existing(kubeconfig: Path, folder: Path) -> ControlPlane:
    """The current context of a kubeconfig, through the kubectl on PATH."""
    command = (shutil.which("kubectl") or "kubectl",)
    view = ("config", "view", "--raw", "--minify", "--flatten", "--output", "json")
    text = subprocess.run(
        (*command, "--kubeconfig", str(kubeconfig), *view), capture_output=True, check=True
    ).stdout
    cluster = json.loads(text)["clusters"][0]["cluster"]
    ca = folder / "ca.crt"
    ca.write_bytes(base64.b64decode(cluster["certificate-authority-data"]))
    return ControlPlane(command, folder, kubeconfig, cluster["server"], ca)


def write_kubeconfig(path: Path, *, url: str, ca: Path, user: dict[str, str]) -> Path:
    """A kubeconfig of one context, as JSON (which is YAML); only its owner may read it."""
    cluster = {"server": url, "certificate-authority-data": _encoded(ca)}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "test", "user": user}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "current-context": "test",
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(config))
    return path


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that are free now; parallel sessions begin their search apart."""
    start = PORTS.start + os.getpid() * 16 % len(PORTS)
    found: list[int] = []
    for port in (*range(start, PORTS.stop), *range(PORTS.start, start)):
        if _free(port):
            found.append(port)
        if len(found) == count:
            return found
    raise OSError(f"fewer than {count} free ports between {PORTS.start} and {PORTS.stop}")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
        return True


def _identity(authority: pki.Authority, folder: Path, url: str, name: str, subject: str) -> Path:
    pair = authority.issue(name, subject)
    user = {"client-certificate": str(pair.cert), "client-key": str(pair.key)}
    return write_kubeconfig(
        folder / f"{name}.kubeconfig", url=url, ca=authority.pair.cert, user=user
    )


def _etcd(folder: Path, url: str, peer_port: int) -> list[str]:
    return [
        "etcd",
        f"--data-dir={folder / 'etcd'}",
        "--unsafe-no-fsync",
        f"--listen-client-urls={url}",
        f"--advertise-client-urls={url}",
        f"--listen-peer-urls=http://127.0.0.1:{peer_port}",
        "--log-level=error",
    ]


def _api_server(authority: pki.Authority, keys: pki.Pair, store: str, port: int) -> list[str]:
    names = ["DNS:localhost", "DNS:kubernetes.default.svc", "IP:127.0.0.1", "IP:10.96.0.1"]
    serving = authority.issue("api-server", "/CN=kube-apiserver", names=names)
    return [
        "kube-apiserver",
        f"--etcd-servers={store}",
        f"--secure-port={port}",
        "--bind-address=127.0.0.1",
        # A documentation address: loopback is refused, and a machine may have no default route.
        "--advertise-address=192.0.2.1",
        f"--tls-cert-file={serving.cert}",
        f"--tls-private-key-file={serving.key}",
        f"--client-ca-file={authority.pair.cert}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        f"--service-account-key-file={keys.cert}",
        f"--service-account-signing-key-file={keys.key}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--kubelet-preferred-address-types=InternalIP,Hostname",
        "--event-ttl=24h",
        "--max-requests-inflight=2000",
        "--max-mutating-requests-inflight=1000",
        "--profiling=false",
    ]


def _controllers(authority: pki.Authority, keys: pki.Pair, kubeconfig: Path) -> list[str]:
    return [
        "kube-controller-manager",
        *_as(kubeconfig),
        f"--service-account-private-key-file={keys.key}",
        f"--root-ca-file={authority.pair.cert}",
        "--use-service-account-credentials",
        # Without a metrics API the autoscaler writes a failure to each of its objects.
        "--controllers=*,-horizontal-pod-autoscaler-controller",
        "--allocate-node-cidrs",
        "--cluster-cidr=10.244.0.0/14",
        f"--cluster-signing-cert-file={authority.pair.cert}",
        f"--cluster-signing-key-file={authority.pair.key}",
        "--kube-api-qps=300",
        "--kube-api-burst=600",
    ]


def _scheduler(kubeconfig: Path) -> list[str]:
    return ["kube-scheduler", *_as(kubeconfig), "--kube-api-qps=300", "--kube-api-burst=600"]


def _as(kubeconfig: Path) -> tuple[str, ...]:
    flags = ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")
    return (
        *(f"--{flag}={kubeconfig}" for flag in flags),
        "--leader-elect=false",
        "--secure-port=0",
    )


def _start(
    stack: ExitStack, binary: Path, folder: Path, arguments: list[str]
) -> subprocess.Popen[bytes]:
    # setpriv: a killed test session leaves no control plane behind.
    with (folder / f"{arguments[0]}.log").open("wb") as log:
        process = subprocess.Popen(
            ("setpriv", "--pdeathsig", "KILL", str(binary), *arguments),
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
    stack.callback(_stop, process)
    return process


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Nothing here outlives the session, so nobody waits for a graceful end."""
    process.kill()
    process.wait()


def _wait(process: subprocess.Popen[bytes], log: Path, done: Callable[[], bool]) -> None:
    for _ in range(READY_TRIES):
        if done():
            return
        try:
            process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
        break
    raise OSError(f"{log.stem} did not come up; its last lines are in {log}")


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _ready(plane: ControlPlane) -> bool:
    try:
        return plane.kubectl("get", "--raw", "/readyz") == "ok"
    except KubectlFailed:
        return False


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
