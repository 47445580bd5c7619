"""steps: every name a model gives is looked up first, and every refusal says what there is."""

import pytest

from tests.builders import container, deployment, node, pod, replicaset, snapshot
from tests.logic.incidents import BROKEN
from watchdog.domain.asking import Step, Tool
from watchdog.domain.evidence import LogQuery
from watchdog.domain.objects import corev1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.soul import Toolbox
from watchdog.logic.triage.kinds import Unread
from watchdog.logic.triage.steps import EventsOf, Wanted, canonical, wanted

ALL = Toolbox(allowed=frozenset(Tool))
WEB = deployment(Ref("Deployment", "shop", "web"))
SPEC = podv1.PodSpec(containers=(container("app"),), init_containers=(container("migrate"),))
POD = pod(Ref("Pod", "shop", "web-1"), spec=SPEC)
SHOP = corev1.Namespace(metadata=metav1.Metadata(name="shop"))
LOOK = snapshot(WEB, replicaset(WEB, 1), POD, node("w-1"), missing=["namespaces"])


def want(tool: str, **of: object) -> Wanted:
    step = Step(tool=tool, **of)  # type: ignore[arg-type]
    return wanted(step, LOOK, [BROKEN], ALL)


def test_the_same_question_in_other_spelling_is_the_same() -> None:
    one = Step(tool="get", kind="pods", namespace="shop", name="web-1", text="please")
    other = Step(tool="get", kind="Pod", namespace="shop", name="web-1")

    assert canonical(one) == canonical(other) == "get Pod shop/web-1"


def test_container_and_run_are_part_of_a_question() -> None:
    step = Step(tool="logs", name="web-1", container="app", previous=True)

    assert canonical(step) == "logs web-1 app previous"


def test_a_kind_that_is_none_stays_as_it_was_written() -> None:
    assert canonical(Step(tool="get", kind=" Secret ", name="db")) == "get Secret db"


def test_a_tool_that_does_not_exist_is_refused() -> None:
    tools = Toolbox(allowed=frozenset({"get"}), refused={"logs": "the soul forbids it"})

    assert wanted(Step(tool="delete"), LOOK, (), tools) == Unread(
        "delete: there is no such tool; there are get, answer"
    )
    assert wanted(Step(tool="logs"), LOOK, (), tools) == Unread(
        "logs: the soul forbids it; there are get, answer"
    )


@pytest.mark.parametrize(
    "step",
    [
        {"tool": "get", "kind": "Secret", "name": "db"},
        {"tool": "list", "kind": "ConfigMap"},
        {"tool": "list", "kind": "Service"},
        {"tool": "list", "kind": "Pod", "namespace": "shop/../kube-system"},
        {"tool": "events", "kind": "Pod", "namespace": "shop", "name": "made-up"},
        {"tool": "logs", "namespace": "shop", "name": "made-up"},
        {"tool": "logs", "namespace": "shop", "name": "web-1", "container": "made-up"},
        {"tool": "rollout_history", "name": "made-up"},
        {"tool": "rollout_history", "kind": "Pod", "name": "web-1"},
        {"tool": "top", "kind": "Service"},
        {"tool": "top"},
    ],
)
def test_what_is_not_there_reaches_no_api(step: dict[str, str]) -> None:
    look = snapshot(WEB, POD, SHOP, missing=["services"])

    assert isinstance(wanted(Step(**step), look, (), ALL), Unread)  # type: ignore[arg-type]


def test_lists_objects_and_histories_come_from_this_look() -> None:
    assert want("list", kind="deploy") == "shop/web: 1 of 1 ready, 1 d old"
    assert str(want("get", kind="Node", name="w-1")).startswith('{"kind":"Node"')
    assert str(want("rollout_history", name="web")).startswith("revision 1")
    assert want("top", kind="nodes") == "none"
    assert want("top", name="pods") == "none"
    assert "ImageNotFound" in str(want("incidents"))


def test_logs_are_of_the_first_container_unless_one_is_named() -> None:
    assert want("logs", name="web-1") == LogQuery(POD.ref, "app", False)
    assert want("logs", name="web-1", container="migrate", previous=True) == LogQuery(
        POD.ref, "migrate", True
    )


def test_events_are_of_one_object() -> None:
    assert want("events", kind="Pod", namespace="shop", name="web-1") == EventsOf(POD)
