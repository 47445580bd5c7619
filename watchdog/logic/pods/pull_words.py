"""What is said of an image that cannot be had: who answered, what is not at fault, what else helps."""

from watchdog.logic.pods.image import PullFault, answer
from watchdog.logic.pods.pull import Pull

_ANSWERS = "It is not the network and not the node: the registry answers."
_OTHERWISE = {
    PullFault.INVALID: "No registry has been asked: the name itself cannot be read.",
    PullFault.UNSAID: "Whether the registry answers is not known.",
}


def answered(first: Pull) -> str:
    """Who said so: the registry, or the node when it could not even read the name."""
    who = f"node {first.pod.node}" if first.fault is PullFault.INVALID else first.host
    return f"answer of {who}: {answer(first.said) or first.fault}"


def not_guilty(first: Pull) -> str:
    """What a person might suspect, and why it is not that."""
    return _OTHERWISE.get(first.fault, _ANSWERS)


def otherwise(first: Pull) -> str:
    """What helps besides another image: nothing makes a malformed name a good one."""
    image = first.container.image
    if first.fault is PullFault.INVALID:
        return "write it as registry/name:tag in lower case"
    if first.fault is PullFault.PLATFORM:
        return f"push a variant of {image} for the node's platform"
    return f"push {image}"
