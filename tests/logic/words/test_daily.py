"""daily: every part is there every day, with facts or with the reason why not."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import HOUR, NOW, meta, node, pod, snapshot
from tests.logic.decision.planned import attempt
from tests.logic.incident.test_reconcile import finding, opened
from tests.logic.incident.test_suppress import silence
from tests.logic.words.test_report import HEALTHY
from watchdog.domain.attempt import Result, Verified
from watchdog.domain.model import Call, CallOutcome, Usage
from watchdog.domain.objects import (
    appsv1,
    argov1,
    certmanagerv1,
    corev1,
    metav1,
    statsv1,
    storagev1,
)
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Missing, Snapshot
from watchdog.domain.triaged import AskedCall
from watchdog.logic.words.daily import Records, daily_report

USAGE = statsv1.PodMetrics(
    metadata=meta(Ref("PodMetrics", "shop", "cart-1")),
    containers=(
        statsv1.ContainerMetrics(name="a", usage={"cpu": "250m", "memory": "1Gi"}),
        statsv1.ContainerMetrics(name="b", usage=None),
    ),
)
IDLE = statsv1.PodMetrics(metadata=meta(Ref("PodMetrics", "shop", "idle")), containers=None)


def certificate(name: str, ends_in: timedelta | None) -> certmanagerv1.Certificate:
    end = None if ends_in is None else NOW + ends_in
    return certmanagerv1.Certificate(
        metadata=meta(Ref("Certificate", "web", name)),
        status=certmanagerv1.CertificateStatus(not_after=end),
    )


def application(name: str, sync: str) -> argov1.Application:
    return argov1.Application(
        metadata=meta(Ref("Application", "argocd", name)),
        status=argov1.ApplicationStatus(sync=argov1.ArgoSync(status=sync)),
    )


def told(look: Snapshot, records: Records | None = None, **changes: object) -> str:
    result = replace(HEALTHY, **changes)  # type: ignore[arg-type]
    message = daily_report(result, look, records or Records(), revision=1)
    return f"{message.title}\n{message.text}"


def full(*items: metav1.Object) -> Snapshot:
    objects = {
        "stats": tuple(each for each in items if isinstance(each, statsv1.NodeStats)),
        "persistentvolumeclaims": tuple(
            each for each in items if isinstance(each, storagev1.PersistentVolumeClaim)
        ),
        "persistentvolumes": tuple(
            each for each in items if isinstance(each, storagev1.PersistentVolume)
        ),
        "podmetrics": tuple(each for each in items if isinstance(each, statsv1.PodMetrics)),
        "applications": tuple(each for each in items if isinstance(each, argov1.Application)),
        "certificates": tuple(
            each for each in items if isinstance(each, certmanagerv1.Certificate)
        ),
    }
    base = snapshot(node("w-1"), node("w-2", ready="Unknown"))
    return replace(base, objects={**base.objects, **objects})


def test_a_quiet_day_has_every_part() -> None:
    text = told(full())

    assert "nothing needs a human" in text
    assert "Nodes: 1 of 2 ready; not: w-2" in text
    assert "Pods not running: none" in text
    assert "Applications out of sync: none" in text
    assert "Certificates: none expires within 21 days" in text
    assert "Silences: none" in text
    assert "Flapping: none" in text
    assert "Checks switched off: none" in text
    assert "Attempts in 24 h: none" in text
    assert "Tokens in 24 h: 0 (0.0000 USD) for 0 questions" in text
    assert "Volumes: none" in text
    assert "Volumes nobody can measure: none" in text


@pytest.mark.parametrize(
    ("fields", "came_of"),
    [
        ({}, "pending"),
        ({"verified": Verified.NOT_RECOVERED}, "not_recovered"),
        ({"verified": Verified.NOT_RECOVERED, "result": Result.REFUSED}, "refused"),
    ],
)
def test_what_was_tried_is_named_with_what_came_of_it(fields: dict[str, Any], came_of: str) -> None:
    tried = attempt(**fields)

    text = told(full(), Records(attempts=(tried,)))

    said = f"RolloutRestart Deployment/shop/api {came_of} ({tried.incident})"
    assert f"Attempts in 24 h: {said}" in text


def test_what_flaps_is_named_again() -> None:
    [fault] = opened()

    text = told(full(), incidents=(replace(fault, reopened=2),))

    assert f"Flapping: CrashLoop Deployment/shop/cart ({fault.id})" in text


def test_usage_names_the_hungriest() -> None:
    text = told(full(USAGE, IDLE))

    assert "CPU: shop/cart-1 250m, shop/idle 0m" in text
    assert "Memory: shop/cart-1 1Gi" in text


def test_what_is_out_of_sync_or_ends_soon_is_named() -> None:
    text = told(
        full(
            application("media", "OutOfSync"),
            application("blog", "Synced"),
            certificate("soon", timedelta(days=3)),
            certificate("gone", -HOUR),
            certificate("far", timedelta(days=80)),
            certificate("first", None),
        )
    )

    assert "Applications out of sync: media" in text
    assert "web/gone has expired" in text
    assert "web/soon expires in 3 d" in text
    assert "far" not in text


def test_a_part_that_could_not_be_read_says_why() -> None:
    look = snapshot(missing=("nodes", "podmetrics"))
    read = {need: items for need, items in look.objects.items() if need != "certificates"}
    missing = {**look.missing, "podmetrics": Missing("absent", "no metrics")}
    blind = replace(look, objects=read, missing=missing)

    text = told(blind)

    assert "Nodes: unavailable: forbidden" in text
    assert "CPU: unavailable: absent" in text
    assert "Certificates: unavailable: not read" in text


def claim(name: str, volume: str = "") -> storagev1.PersistentVolumeClaim:
    return storagev1.PersistentVolumeClaim(
        metadata=meta(Ref("PersistentVolumeClaim", "shop", name)),
        spec=appsv1.ClaimSpec(volume_name=volume),
    )


def test_the_fullest_volumes_come_first_and_those_nobody_measures_are_named() -> None:
    shares = {"data": 20, "logs": 70}
    volumes = tuple(
        statsv1.ClaimVolume(
            pvc_ref=corev1.ObjectReference(namespace="shop", name=name),
            capacity_bytes=100,
            available_bytes=100 - share,
        )
        for name, share in shares.items()
    )
    stats = statsv1.NodeStats(
        metadata=metav1.Metadata(name="w-1"), pods=(statsv1.PodStats(volumes=volumes),)
    )
    folder = storagev1.PersistentVolume(
        metadata=meta(Ref("PersistentVolume", "", "pv-1")),
        spec=storagev1.VolumeSpec(host_path=storagev1.NodeFolder(path="/opt/data")),
    )

    text = told(full(stats, folder, claim("data"), claim("logs"), claim("db", "pv-1")))

    assert "Volumes: shop/logs 70% bytes, shop/data 20% bytes" in text
    assert "Volumes nobody can measure: shop/db (folders of their nodes)" in text


def test_volumes_that_could_not_be_read_say_why() -> None:
    look = full()
    objects = {need: each for need, each in look.objects.items() if need != "stats"}
    missing = {"stats": Missing("timeout", "Prometheus does not answer")}

    text = told(replace(look, objects=objects, missing=missing))

    assert "Volumes: unavailable: timeout" in text


def asked(usage: Usage) -> AskedCall:
    call = Call(
        purpose="triage",
        at=NOW,
        seconds=1.0,
        outcome=CallOutcome.ANSWERED,
        requested="m",
        usage=usage,
    )
    return AskedCall(call=call)


def test_what_models_cost_is_told_and_what_nobody_counted() -> None:
    counted = Usage(input_tokens=900, output_tokens=100, cost_usd=0.25)

    text = told(full(), Records(calls=(asked(counted), asked(Usage()))))

    assert "Tokens in 24 h: 1000 (0.2500 USD) for 2 questions, 1 of them not counted" in text


def test_incidents_and_what_is_only_information_stand_apart() -> None:
    faults = opened()
    info = opened(finding(Ref("Job", "shop", "x"), severity=Severity.INFO))

    text = told(full(), incidents=(*faults, *info))

    assert "1 incident needs a human" in text
    assert f"Incidents: CrashLoop Deployment/shop/cart ({faults[0].id})" in text
    assert f"For information: CrashLoop Job/shop/x ({info[0].id})" in text


def test_what_holds_watchdog_back_is_listed() -> None:
    records = Records(
        silences=(silence(),),
        paused_jobs=("cert-expiry",),
        ignored_checks=("pdb",),
        last_delivered={"discord": NOW},
    )

    text = told(full(), records)

    assert "known (1 h left)" in text
    assert "Paused jobs: cert-expiry" in text
    assert "Checks switched off: pdb" in text
    assert "Last delivery: discord 2026-11-20 12:00 UTC" in text


def test_a_long_list_is_cut_with_a_count() -> None:
    pods = [pod(Ref("Pod", "shop", f"p{i}"), phase="Pending") for i in range(8)]

    assert "and 2 more" in told(snapshot(*pods))
