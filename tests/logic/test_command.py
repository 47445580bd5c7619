"""Commands that people run as they are."""

import pytest

from watchdog.domain.ref import Ref
from watchdog.logic import command

WEB = Ref("Deployment", "shop", "web")


@pytest.mark.parametrize("name", ["web", "a.b-c", "x" * 253])
def test_names_of_objects_may_stand_in_a_command(name: str) -> None:
    assert command.safe_name(name)


@pytest.mark.parametrize("name", ["", "a b", "a;rm", "$(x)", "-x", "x" * 254, "a\n"])
def test_other_text_may_not(name: str) -> None:
    assert not command.safe_name(name)
    assert not command.safe_image(name if len(name) < 254 else "x" * 513)


def test_a_quote_in_a_patch_ends_no_shell_word() -> None:
    text = command.patch(WEB, {"spec": {"path": "/it's"}})

    assert text.count("'") == 2
    assert r"\u0027" in text


def test_the_pod_template_stands_deeper_in_a_cronjob_and_is_fixed_in_a_job() -> None:
    spec = {"hostNetwork": False}

    assert '{"spec":{"template":{"spec"' in command.patch_pod_spec(WEB, spec)
    assert '{"spec":{"jobTemplate"' in command.patch_pod_spec(Ref("CronJob", "shop", "x"), spec)
    assert command.patch_pod_spec(Ref("Job", "shop", "x"), spec) == ""


def test_each_command_names_its_object_as_kubectl_does() -> None:
    assert command.rollout_undo(WEB, to_revision=3) == (
        "kubectl -n shop rollout undo deployment/web --to-revision=3"
    )
    assert command.set_image(WEB, "app", "x:1") == (
        "kubectl -n shop set image deployment/web app=x:1"
    )
    assert command.describe(Ref("Node", "", "w-1")) == "kubectl describe node w-1"
    assert command.logs(WEB, "app", previous=True) == (
        "kubectl -n shop logs deployment/web -c app --previous --tail=50"
    )
    assert command.logs(WEB) == "kubectl -n shop logs deployment/web --tail=50"


def test_a_request_is_set_only_to_a_quantity() -> None:
    assert command.set_request(WEB, "app", "cpu", "100m") == (
        "kubectl -n shop set resources deployment/web -c app --requests=cpu=100m"
    )
    assert command.set_request(WEB, "app", "cpu", "1; rm") == ""


def test_only_workloads_that_roll_are_restarted() -> None:
    assert command.rollout_restart(WEB) == "kubectl -n shop rollout restart deployment/web"
    assert command.rollout_restart(Ref("Pod", "shop", "x")) == ""


HOSTILE = ("$(reboot)", "a; rm -rf /", "a b", "a\nb", "")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_the_api_refuses_is_in_no_command(name: str) -> None:
    of_container = (
        command.set_image(WEB, name, "x:1"),
        command.set_memory_limit(WEB, name, "1Gi"),
        command.set_env(WEB, name, "A", "b"),
        command.set_request(WEB, name, "cpu", "1"),
    )
    of_object = (
        command.describe(Ref("Node", "", name)),
        command.delete(Ref("Pod", name or " ", "web")),
        command.remove_taint(name, "key", "NoSchedule"),
        command.remove_taint("w-1", name, "NoSchedule"),
        command.label(WEB, name, "x"),
        command.label(WEB, "app", name),
    )

    assert not [text for text in (*of_container, *of_object) if text]
    assert command.logs(WEB, name) == "kubectl -n shop logs deployment/web --tail=50"
