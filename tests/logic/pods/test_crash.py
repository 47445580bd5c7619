"""crash: what changed between two templates, and whose container it is."""

import msgspec
import pytest

from tests.builders import NOW, container, pod, snapshot, template, terminated, waiting
from watchdog.domain.objects import podv1, probev1
from watchdog.domain.ref import Ref
from watchdog.logic.pods.crash import Crash, changes, crashes

POD = Ref("Pod", "shop", "cart-1")
OLD = template(container(image="a:1"), container("old")).spec


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (template(container(image="a:2"), container("old")).spec, "image of app: a:1 -> a:2"),
        (template(container(image="a:1")).spec, "container old is gone"),
        (
            template(container(image="a:1"), container("old"), container("new")).spec,
            "container new is new",
        ),
        (
            template(container(image="a:1", args=("-x",)), container("old")).spec,
            "args of app changed",
        ),
        (
            template(container(image="a:1", liveness_probe=probev1.Probe()), container("old")).spec,
            "liveness_probe of app changed",
        ),
        (
            msgspec.structs.replace(OLD, volumes=(podv1.Volume(name="v"),)),
            "volumes changed",
        ),
        (msgspec.structs.replace(OLD, priority=5), "the pod template changed"),
    ],
)
def test_a_change_is_named_without_its_values(after: podv1.PodSpec, said: str) -> None:
    assert said in changes(OLD, after)


def test_variables_are_named_and_resources_are_told_with_their_values() -> None:
    def spec(memory: str, **variables: str) -> podv1.PodSpec:
        env = tuple(podv1.EnvVar(name=name, value=value) for name, value in variables.items())
        held = podv1.Resources(limits={"memory": memory}, requests={"cpu": 1})
        return template(container(env=env, resources=held)).spec

    assert changes(spec("1Gi", A="x", B="y", D="z"), spec("40Mi", B="secret", C="x", D="z")) == (
        "variable A of app is gone",
        "variable B of app changed",
        "variable C of app is new",
        "memory limit of app: 1Gi -> 40Mi",
    )


def test_an_init_container_that_crashes_is_found_in_the_spec() -> None:
    init = waiting("CrashLoopBackOff", name="setup", restarts=5, last_state=terminated(1))
    spec = podv1.PodSpec(containers=(container(),), init_containers=(container("setup", "b:1"),))

    [(_, group)] = crashes(
        snapshot(pod(POD, waiting("PodInitializing"), init=[init], spec=spec)), min_restarts=2
    ).items()

    assert group[0].container.image == "b:1"


def test_a_container_that_left_the_spec_has_only_its_name() -> None:
    crash = Crash(
        pod=pod(POD), status=waiting("CrashLoopBackOff", name="gone"), since=NOW, facts=(), lines=()
    )

    assert crash.container == podv1.Container(name="gone")


def test_a_container_whose_end_is_unknown_counts_by_its_back_off() -> None:
    look = snapshot(pod(POD, waiting("CrashLoopBackOff", restarts=5)))

    [(_, group)] = crashes(look, min_restarts=2).items()

    assert group[0].end is None


def test_a_pod_without_ready_condition_counts_from_its_creation() -> None:
    crashing = pod(POD, waiting("CrashLoopBackOff", restarts=5))
    bare = msgspec.structs.replace(
        crashing, status=msgspec.structs.replace(crashing.status, conditions=())
    )

    [(_, group)] = crashes(snapshot(bare), min_restarts=2).items()

    assert group[0].since == bare.metadata.creation_timestamp


def test_a_finished_pod_crashes_no_more() -> None:
    ended = pod(POD, waiting("CrashLoopBackOff", restarts=5), phase="Failed")

    assert crashes(snapshot(ended), min_restarts=2) == {}


@pytest.mark.parametrize(
    "status",
    [
        waiting("RunContainerError", message='exec: "/app": stat /app: no such file or directory'),
        waiting(
            "CrashLoopBackOff",
            restarts=5,
            last_state=podv1.ContainerState(
                terminated=podv1.Terminated(
                    exit_code=128,
                    reason="StartError",
                    message='exec: "/app": stat /app: no such file or directory',
                )
            ),
        ),
    ],
)
def test_what_the_runtime_says_of_a_command_stands_in_for_its_log(
    status: podv1.ContainerStatus,
) -> None:
    [(_, group)] = crashes(snapshot(pod(POD, status)), min_restarts=2).items()

    assert group[0].lines == ('exec: "/app": stat /app: no such file or directory',)
    assert [fact.name for fact in group[0].facts] == ["/app"]
