"""A broken shop full of secrets: in logs, messages, events, variables, arguments, annotations, tags."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import cycle
from random import Random

from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubelet import Kubelet
from tests.cluster.pod_status import CrashLoop, Json, Rule, State, Waiting
from tests.secrets.dresses import dressed
from tests.secrets.kinds import EVERY, Canary, draw

HOUR = timedelta(hours=1)
LOGGING, ENDING, WAITING = 14, 5, 12  # workloads: three secrets in a log, one in a message
_REASONS = (
    "CreateContainerConfigError",
    "ImagePullBackOff",
    "CreateContainerError",
    "ContainerCreating",
)
_TAG = re.compile(r"[\w.-]{1,100}\Z")
_LABEL = re.compile(r"[A-Za-z0-9][\w.-]{0,61}[A-Za-z0-9]\Z")


@dataclass(frozen=True, slots=True)
class Shop:
    """What was planted where."""

    namespace: str
    canaries: tuple[Canary, ...]


def open_shop(plane: ControlPlane, kubelet: Kubelet, key: str) -> Shop:
    """Start the workloads and wait until every one of them is broken.

    `key` is a secret of watchdog itself that somebody's log holds.
    """
    drawn = Random(7)
    canaries = [draw(kind, drawn) for kind in EVERY]
    drawn.shuffle(canaries)
    namespace = plane.new_namespace()
    names = []
    for name, state, log in _states(canaries, drawn, key):
        rule = Rule(namespace=namespace, name=f"{name}-", state=state, age=HOUR, log=log)
        kubelet.show(replace(rule, previous_log=log))
        names.append(name)
    made = [_workload(name, canaries[at :: len(names)]) for at, name in enumerate(names)]
    plane.kubectl("apply", "-n", namespace, "-f", "-", input=json.dumps(_listed(made)))
    for name in names:
        pods = ("pod", "-l", f"app={name}", "-n", namespace)
        plane.kubectl("wait", *pods, "--for=create", "--timeout=60s")
        plane.kubectl("wait", *pods, "--for=jsonpath={.status.containerStatuses}", "--timeout=60s")
    events = list(_events(plane, namespace, canaries, drawn))
    plane.kubectl("create", "-f", "-", input=json.dumps(_listed(events)))
    return Shop(namespace, tuple(canaries))


def _text(canary: Canary, drawn: Random) -> str:
    return drawn.choice(sorted(dressed(canary).items()))[1]


def _states(canaries: list[Canary], drawn: Random, key: str) -> Iterator[tuple[str, State, str]]:
    """Name, state and log of each workload. A message about its end is told instead of the log."""
    told = iter([f"ERROR cannot start: {_text(each, drawn)}" for each in canaries])
    yield "crash", CrashLoop(), f"starting\nERROR cannot log in, sent Authorization: Bearer {key}\n"
    for number in range(LOGGING):
        yield f"log{number}", CrashLoop(), "\n".join(("starting", *(next(told) for _ in range(3))))
    for number in range(ENDING):
        yield f"end{number}", CrashLoop(message=next(told)), ""
    for number, reason in zip(range(WAITING), cycle(_REASONS), strict=False):
        shown = "" if reason == "ContainerCreating" else next(told)
        yield f"wait{number}", Waiting(reason=reason, message=shown), ""


def _workload(name: str, bag: list[Canary]) -> Json:
    """A Deployment with these canaries wherever a person could have put them."""
    texts = [each.text for each in bag]
    tag = next((each.text for each in bag if each.kind.bare and _TAG.match(each.text)), "1")
    label = next((each.text for each in bag if each.kind.bare and _LABEL.match(each.text)), "x")
    variables = [
        {"name": each.kind.key or f"SETTING_{number}", "value": each.text}
        for number, each in enumerate(bag)
    ]
    arguments = [word for each in bag if each.kind.key for word in (_flag(each), each.text)]
    container = {"name": "app", "image": f"registry.example/{name}:{tag}", "env": variables}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "annotations": _notes(texts), "labels": {"note": label}},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name, "note": label}, "annotations": _notes(texts)},
                "spec": {"containers": [{**container, "args": arguments}]},
            },
        },
    }


def _flag(canary: Canary) -> str:
    return f"--{canary.kind.key.lower().replace('_', '-')}"


def _notes(texts: list[str]) -> Json:
    return {f"shop.example/note-{number}": text for number, text in enumerate(texts)}


def _events(
    plane: ControlPlane, namespace: str, canaries: list[Canary], drawn: Random
) -> Iterator[Json]:
    """Two Warnings about every pod, the later kinds first."""
    pods = json.loads(plane.kubectl("get", "pods", "-n", namespace, "-o", "json"))["items"]
    now = plane.kubectl("get", "namespace", namespace, "-o=jsonpath={.metadata.creationTimestamp}")
    later = iter([*reversed(canaries)])
    for pod in pods:
        for reason in ("FailedMount", "Refused"):
            text = f'MountVolume.SetUp failed for volume "x" : {_text(next(later), drawn)}'
            yield {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"generateName": "e-", "namespace": namespace},
                "involvedObject": _reference(pod),
                "type": "Warning",
                "reason": reason,
                "message": text[:1000],
                "firstTimestamp": now,
                "lastTimestamp": now,
                "count": 9,
                "source": {"component": "kubelet", "host": "w-1"},
            }


def _reference(pod: Json) -> Json:
    kept = {key: pod["metadata"][key] for key in ("name", "namespace", "uid")}
    return {"apiVersion": "v1", "kind": "Pod", **kept}


def _listed(items: list[Json]) -> Json:
    return {"apiVersion": "v1", "kind": "List", "items": items}
