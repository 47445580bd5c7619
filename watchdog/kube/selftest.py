"""The self-test of the fences: three calls on a canary, two of which have to be refused by name.

What RBAC says proves nothing about the admission policies (asked, it says yes to what they deny), and
they can be deleted within a second. Source: safety.md section 5.2.
"""

from datetime import datetime

from watchdog.domain.errors import WatchdogError
from watchdog.domain.ref import Ref
from watchdog.kube.calls import patch, restart
from watchdog.kube.live import path_of
from watchdog.kube.writing import Request, Said, Writer

CANARY = Ref("Deployment", "platform-engineer-canary", "canary")
RESTART_ONLY, NOTHING_ELSE = "watchdog-restart-only", "watchdog-nothing-else"
_POD = Ref("Pod", CANARY.namespace, "self-test")


async def faults(writer: Writer, at: datetime) -> tuple[str, ...]:
    """Everything that is not as it has to be; empty when the fences stand."""
    path = path_of(CANARY)
    tests = (
        (restart(path, {}, at=at, dry_run=True), ""),
        (patch(path, {"spec": {"replicas": 1}}, dry_run=True), RESTART_ONLY),
        (_real_pod(), NOTHING_ELSE),
    )
    found: list[str] = []
    for request, policy in tests:
        try:
            said = await writer.send(request)
        except WatchdogError as error:
            return (*found, f"the self-test could not be made: {error}")
        found += [fault for fault in (_fault(request, said, policy),) if fault]
    return tuple(found)


def _fault(request: Request, said: Said, policy: str) -> str:
    call = f"{request.method} {request.path}"
    if not policy:
        return "" if said.ok else f"self-test: an allowed restart ({call}) is refused: {said.text}"
    if said.ok:
        return f"self-test: what {policy} forbids was done: {call}"
    if said.status == 403 and f"'{policy}'" in said.text:
        return ""
    return f"self-test: {call} was not refused by {policy}, but: {said.text}"


def _real_pod() -> Request:
    """No dry run: the quota of the namespace is the second fence. A gated pod never gets a node."""
    container = {
        "name": "none",
        "image": "none.invalid/none",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    spec = {
        "automountServiceAccountToken": False,
        "schedulingGates": [{"name": "watchdog/self-test"}],
        "containers": [container],
    }
    metadata = {"name": _POD.name, "namespace": _POD.namespace}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    path = path_of(_POD).rpartition("/")[0]
    return Request(method="POST", path=path, body=body, query={})
