"""Partial sight, order, repeats and broken objects: none of them makes or ends a fault."""

import json
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.properties.recorded import (
    CHECKS,
    NAMES,
    incidents,
    items,
    opened,
    recorded,
    snapshot_of,
    without,
)
from watchdog.domain.incident import Status
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.incident.blindness import FAILED
from watchdog.loops.look import check_all

SLOW = settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("name", NAMES)
def test_a_kind_that_cannot_be_read_makes_no_fault(name: str) -> None:
    look = recorded(name)
    all_of_it = opened(look)

    for need in look.objects:
        assert opened(without(look, need)) <= all_of_it, need


@pytest.mark.parametrize("name", NAMES)
def test_a_kind_that_cannot_be_read_ends_no_fault(name: str) -> None:
    look = recorded(name)
    known = incidents(look)
    standing = {each.id for each in known if each.standing}

    for need in look.objects:
        after = known
        for number in range(1, 4):
            blind = without(look, need)
            later = replace(blind, taken_at=look.taken_at + number * timedelta(minutes=15))
            after = incidents(later, [each for each in after if each.standing])
            ended = {each.id for each in after if each.status is Status.RESOLVED}
            assert not ended & standing, need


def shuffled(look: Snapshot, seed: int, *, twice: bool) -> Snapshot:
    rng = Random(seed)
    objects = {}
    for need, found in look.objects.items():
        pile = list(found) * (2 if twice else 1)
        rng.shuffle(pile)
        objects[need] = tuple(pile)
    return replace(look, objects=objects)


@SLOW
@given(st.sampled_from(NAMES), st.integers(0, 10_000), st.booleans())
def test_order_and_repeats_change_nothing(name: str, seed: int, twice: bool) -> None:
    look = recorded(name)

    mixed = shuffled(look, seed, twice=twice)

    assert opened(mixed) == opened(look)


def damaged(value: object, rng: Random) -> object:
    """Drop, null or empty a few fields anywhere below."""
    if isinstance(value, dict):
        kept = {key: damaged(each, rng) for key, each in value.items() if rng.random() > 0.03}
        return {key: None if rng.random() < 0.01 else each for key, each in kept.items()}
    if isinstance(value, list):
        return [damaged(each, rng) for each in value]
    return value


@SLOW
@given(st.sampled_from(NAMES), st.integers(0, 10_000))
def test_missing_and_empty_fields_break_no_check(name: str, seed: int) -> None:
    rng = Random(seed)
    objects = []
    for text in items(name):
        item = json.loads(text)
        broken = damaged(item, rng)
        if isinstance(broken, dict):
            objects.append({**broken, "apiVersion": item["apiVersion"], "kind": item["kind"]})

    broken = check_all(snapshot_of(objects), CHECKS, {}).blind.values()
    assert not [each for found in broken for each in found if each.reason == FAILED]


@pytest.mark.parametrize("name", NAMES[:3])
def test_unknown_fields_and_huge_annotations_change_nothing(name: str) -> None:
    objects = [json.loads(text) for text in items(name)]
    for number, item in enumerate(objects):
        item["fromTheFuture"] = {"anything": [number]}
        if number % 50 == 0:
            item["metadata"].setdefault("annotations", {})["big"] = "x" * 1_000_000

    assert opened(snapshot_of(objects)) == opened(recorded(name))


# Without logs: what only a log line tells apart stays a crash loop here.
SHOWN = {
    "image-not-found": {"ImageNotFound Deployment/shop/api"},
    "d03": {
        "RegistryUnreachable Deployment/media/bazarr",
        "RegistryUnreachable Deployment/media/tdarr",
    },
    "secret-key-missing": {"MissingConfigKey Secret/blog/ghost-mail"},
    "d06": {"BadRollout Deployment/media/transcoder"},
    "d10": set(),
    "quota-used-up": {"QuotaRejects ResourceQuota/shop/shop-quota"},
    "storage-class-missing": {"StorageClassMissing PersistentVolumeClaim/home/paperless-media"},
    "d14": {
        "ArgoSyncFailed Application/argocd/media",
        "HPACannotScale HorizontalPodAutoscaler/shop/worker",
    },
    "d15": {"CertificateIssuanceFailed Certificate/home/nextcloud-tls"},
    "node-lost": {"NodeNotReady Node/w-2"},
    "d18": {
        "CrashLoop DaemonSet/monitoring/promtail",
        "CrashLoop Deployment/media/sonarr",
        "CrashLoop StatefulSet/home/home-assistant",
    },
    "d19": {
        "CronJobFailing CronJob/backup/pg-dump",
        "CronJobMissedRuns CronJob/backup/restic-offsite",
    },
    "volume-on-another-node": {"VolumeNodeAffinityConflict StatefulSet/db/postgres"},
    "d24": {
        "ScaledToZero Deployment/shop/search",
        "ServiceTargetPortMismatch Service/shop/cart",
    },
    "d25": {
        "CrashLoop Deployment/security/pod-defaults",
        "WebhookUnavailable MutatingWebhookConfiguration/pod-defaults",
    },
    "cordoned-node-is-quiet": set(),
    "s05": set(),
    "s08": set(),
    "s14": set(),
}


@pytest.mark.parametrize("name", NAMES)
def test_each_recorded_cluster_shows_its_causes_and_nothing_else(name: str) -> None:
    found = {f"{reason} {subject}" for reason, subject in opened(recorded(name))}

    assert found == SHOWN[name]


def test_objects_that_claim_to_own_each_other_end_the_walk() -> None:
    objects = [json.loads(text) for text in items("image-not-found")]
    for item in objects:
        if item["kind"] in ("ReplicaSet", "Deployment"):
            above = {"kind": "ReplicaSet", "name": "x", "uid": item["metadata"]["uid"]}
            item["metadata"]["ownerReferences"] = [{**above, "controller": True}]

    assert snapshot_of(objects).owners
