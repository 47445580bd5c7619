"""slim: an object as a model may see it, without what must not leave."""

import json

from tests.builders import container, deployment, meta, node, pod, template, waiting
from watchdog.domain.objects import metav1, placementv1, podv1
from watchdog.domain.ref import Ref
from watchdog.logic.triage.slim import LONGEST, slim

WEB = Ref("Deployment", "shop", "web")
SECRET = podv1.EnvValueFrom(secret_key_ref=podv1.KeyRef(name="db", key="password"))


def test_values_of_the_environment_never_leave() -> None:
    env = (podv1.EnvVar(name="COLOUR", value="azure"), podv1.EnvVar(name="PW", value_from=SECRET))
    shown = slim(deployment(WEB, pod_template=template(container(env=env))))

    [kept] = json.loads(shown)["spec"]["template"]["spec"]["containers"]
    assert "azure" not in shown
    assert kept["env"] == [
        {"name": "COLOUR"},
        {"name": "PW", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
    ]


def test_a_value_outside_the_environment_stays() -> None:
    tolerations = (placementv1.Toleration(key="disk", operator="Equal", value="ssd"),)
    shown = slim(deployment(WEB, pod_template=template(tolerations=tolerations)))

    assert '"value":"ssd"' in shown


def test_what_is_not_set_is_not_told() -> None:
    found = json.loads(slim(pod(Ref("Pod", "shop", "web-1"), waiting("CrashLoopBackOff"))))

    [status] = found["status"]["containerStatuses"]
    assert status["state"] == {"waiting": {"reason": "CrashLoopBackOff"}}
    assert status["ready"] is False
    assert status["restartCount"] == 0
    assert "lastState" not in status


def test_the_kind_comes_first_and_uids_and_annotations_do_not_come() -> None:
    noted = metav1.Annotations(argo_tracking="shop:apps/Deployment:shop/web")
    found = slim(pod(Ref("Pod", "shop", "web-1")))
    annotated = slim(podv1.Pod(metadata=meta(Ref("Pod", "shop", "x"), annotations=noted)))

    assert found.startswith('{"kind":"Pod","metadata":{"name":"web-1","namespace":"shop"')
    assert '"uid"' not in found
    assert "argo" not in annotated


def test_a_long_object_is_cut_and_says_so() -> None:
    long = podv1.PodSpec(node_selector={f"label-{n}": "x" * 60 for n in range(100)})
    shown = slim(pod(Ref("Pod", "shop", "web-1"), spec=long))

    assert shown.endswith("… (cut)")
    assert len(shown) < LONGEST + 10


def test_a_node_is_told_without_its_list_of_images() -> None:
    assert json.loads(slim(node("w-1")))["status"]["capacity"]["cpu"] == "8"
