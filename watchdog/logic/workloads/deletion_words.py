"""What holds an object that is being deleted, in words, and where to look."""

from watchdog.domain.evidence import Proposal
from watchdog.domain.objects import podv1
from watchdog.domain.ref import Ref
from watchdog.logic import command
from watchdog.logic.symptom import listed
from watchdog.logic.workloads.deletion import Held, Suspect


def holding(each: Held, watching: tuple[Suspect, ...]) -> tuple[str, str, Proposal]:
    """Return what holds the object, why that is so, and what to do; `watching` may be its controller."""
    item, names = each.item, listed(each.finalizers)
    if names:
        what = f"finalizer {names} is not taken off"
        why = (
            "The object goes once the controller of that finalizer has cleaned up; it has not. "
            "Taking the finalizer off by hand leaves behind what it was to clean up."
        )
        who = f" Likely {listed(str(other.owner) for other in watching)}." if watching else ""
        proposal = Proposal(
            f"Find the controller of {names} and see why it does not finish.{who}",
            (
                command.describe(item.ref),
                *(command.logs(other.owner) for other in watching[:1] if other.owner.kind != "Pod"),
            ),
        )
    elif isinstance(item, podv1.Pod):
        node = Ref("Node", "", item.node)
        what = f"the kubelet of node {item.node or '(none)'} does not end it"
        why = (
            "Its grace period is over and nothing but the kubelet holds it: a process that cannot be "
            "killed, a volume that cannot be unmounted, or a runtime that hangs. A forced deletion "
            "only forgets the pod while it may still run."
        )
        proposal = Proposal(
            f"On node {item.node}, look at kubelet and runtime (journalctl -u kubelet, crictl ps) for "
            f"{item.name}: a process in state D, a volume that hangs.",
            (command.describe(item.ref), command.kubectl(node, "describe node", item.node))
            if item.node
            else (command.describe(item.ref),),
        )
    else:
        what = "nothing holds it, yet it stays"
        why = "No finalizer is left on it, so the API server should have removed it."
        proposal = Proposal("Look at the API server and etcd.", (command.describe(item.ref),))
    return what, why, proposal
