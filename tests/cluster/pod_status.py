"""What a kubelet would write into a pod's status. Pure: the time is an argument."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Json = dict[str, Any]
RAN = timedelta(seconds=5)  # how long a crashing container lives


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A container that runs."""

    ready: bool = True
    restarts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A container that has never started, e.g. ImagePullBackOff."""

    reason: str
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashLoop:
    """A container between two crashes; out of memory is exit code 137 with reason OOMKilled."""

    exit_code: int = 1
    reason: str = "Error"
    message: str = ""  # the termination message
    restarts: int = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A container that is done, well (0) or not."""

    exit_code: int = 0
    reason: str = "Completed"


State = Running | Waiting | CrashLoop | Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Which pods look ill, and how. Matching on the spec makes a fault that only a cure ends.

    Every criterion given must hold; the containers of that image or name get the state (without
    both: all but init containers), the others run. `age` is how long it has looked like this.
    """

    state: State
    image: str = ""
    container: str = ""  # a name; the only way besides `image` to mean an init container
    namespace: str = ""
    name: str = ""  # beginning of the pod's name
    contains: str = ""  # text of the spec's JSON
    age: timedelta = timedelta(0)
    log: str = ""
    previous_log: str = ""

    def matches(self, pod: Json) -> bool:
        """Whether this rule speaks about the pod."""
        metadata, spec = pod["metadata"], pod["spec"]
        images = [each["image"] for each in containers_of(spec)]
        names = [each["name"] for each in containers_of(spec)]
        return (
            self.namespace in ("", metadata["namespace"])
            and metadata["name"].startswith(self.name)
            and (not self.image or self.image in images)
            and (not self.container or self.container in names)
            and self.contains in json.dumps(spec)
        )

    def means(self, container: Json, *, init: bool) -> bool:
        """Whether the state is this container's."""
        if not (self.image or self.container):
            return not init
        return self.image in ("", container["image"]) and self.container in ("", container["name"])


def containers_of(spec: Json) -> list[Json]:
    """Init containers, then the others."""
    return [*spec.get("initContainers", ()), *spec["containers"]]


def pod_status(pod: Json, rule: Rule, *, now: datetime, host: str) -> Json:
    """The status of a bound pod as the rule describes it."""
    metadata, spec = pod["metadata"], pod["spec"]
    since = now - rule.age
    init, stuck = _init_statuses(spec, metadata, rule, since)
    blocked = Waiting(reason="PodInitializing")
    shown = [
        _container(each, metadata, blocked if stuck else _state(rule, each), since)
        for each in spec["containers"]
    ]
    status: Json = {
        "phase": "Pending" if stuck else _phase(shown),
        "startTime": stamp(since),
        "hostIP": host,
        "podIP": _address(metadata["uid"]),
        "podIPs": [{"ip": _address(metadata["uid"])}],
        "containerStatuses": shown,
        "conditions": _conditions(metadata["creationTimestamp"], stuck, shown, stamp(since)),
    }
    if init:
        status["initContainerStatuses"] = init
    return status


def stamp(moment: datetime) -> str:
    """A time as the API server writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _state(rule: Rule, container: Json) -> State:
    return rule.state if rule.means(container, init=False) else Running()


def _init_statuses(
    spec: Json, metadata: Json, rule: Rule, since: datetime
) -> tuple[list[Json], str]:
    """Statuses of the init containers, and the name of the one that keeps the pod from starting."""
    statuses, stuck = [], ""
    for each in spec.get("initContainers", ()):
        state: State = Running() if each.get("restartPolicy") == "Always" else Ended()
        if stuck:
            state = Waiting(reason="PodInitializing")
        elif rule.means(each, init=True):
            state = rule.state
            stuck = "" if state == Ended() else each["name"]
        statuses.append(_container(each, metadata, state, since))
    return statuses, stuck


def _container(container: Json, metadata: Json, state: State, since: datetime) -> Json:
    digest = (metadata["uid"].replace("-", "") * 2)[:64]
    status: Json = {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "ready": False,
        "started": False,
        "restartCount": 0,
        "lastState": {},
    }
    if isinstance(state, Waiting):
        return status | {"state": {"waiting": {"reason": state.reason, "message": state.message}}}
    identity = f"containerd://{digest}"
    status |= {"containerID": identity, "imageID": f"{container['image']}@sha256:{digest}"}
    match state:
        case Running():
            return status | {
                "ready": state.ready,
                "started": True,
                "restartCount": state.restarts,
                "state": {"running": {"startedAt": stamp(since)}},
            }
        case CrashLoop():
            who = f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
            text = f"back-off 5m0s restarting failed container={container['name']} pod={who}"
            return status | {
                "restartCount": state.restarts,
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": text}},
                "lastState": {"terminated": _end(state, since, identity, state.message)},
            }
        case Ended():
            return status | {"state": {"terminated": _end(state, since, identity)}}


def _end(state: CrashLoop | Ended, at: datetime, identity: str, message: str = "") -> Json:
    return {
        "exitCode": state.exit_code,
        "reason": state.reason,
        "message": message,
        "startedAt": stamp(at - RAN),
        "finishedAt": stamp(at),
        "containerID": identity,
    }


def _phase(shown: Iterable[Json]) -> str:
    states = [status["state"] for status in shown]
    if all("terminated" in state for state in states):
        failed = any(state["terminated"]["exitCode"] for state in states)
        return "Failed" if failed else "Succeeded"
    never_ran = [state.get("waiting", {}).get("reason") != "CrashLoopBackOff" for state in states]
    if all("waiting" in state for state in states) and all(never_ran):
        return "Pending"
    return "Running"


def _conditions(created: str, stuck: str, shown: list[Json], since: str) -> list[Json]:
    unready = [status["name"] for status in shown if not status["ready"]]
    why: Json = {"status": "True"}
    if unready:
        text = f"containers with unready status: [{' '.join(unready)}]"
        why = {"status": "False", "reason": "ContainersNotReady", "message": text}
    if all("terminated" in status["state"] for status in shown):
        why = {"status": "False", "reason": "PodCompleted"}
    initialized: Json = {"status": "True"}
    if stuck:
        text = f"containers with incomplete status: [{stuck}]"
        initialized = {"status": "False", "reason": "ContainersNotInitialized", "message": text}
    return [
        {"type": "PodScheduled", "status": "True", "lastTransitionTime": created},
        {"type": "Initialized", "lastTransitionTime": since, **initialized},
        {"type": "ContainersReady", "lastTransitionTime": since, **why},
        {"type": "Ready", "lastTransitionTime": since, **why},
    ]


def _address(uid: str) -> str:
    digits = int(uid[:6], 16)
    return f"10.244.{digits % 250 + 1}.{(digits >> 8) % 250 + 1}"
