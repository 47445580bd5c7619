"""One home, one cluster."""

import pytest

from tests.builders import NOW
from watchdog.domain.errors import Misconfigured, OtherCluster
from watchdog.store.engine import Store
from watchdog.store.identity import claim_cluster, known_cluster, refuse_other


def test_the_cluster_of_the_first_call_is_welcome_again(store: Store) -> None:
    claim_cluster(store, "uid-1", "prod", NOW)
    claim_cluster(store, "uid-1", "renamed", NOW)

    assert known_cluster(store) == "uid-1"


def test_another_cluster_is_refused_by_name(store: Store) -> None:
    claim_cluster(store, "uid-1", "prod", NOW)

    with pytest.raises(Misconfigured) as refused:
        claim_cluster(store, "uid-2", "staging", NOW)

    assert str(refused.value) == (
        "this home belongs to cluster prod (uid-1), not to staging (uid-2)"
    )
    assert "--home" in refused.value.hint


def test_to_compare_claims_nothing(store: Store) -> None:
    refuse_other(store, "uid-1", "prod")
    refuse_other(store, "uid-2", "staging")

    assert known_cluster(store) == ""


def test_who_cannot_be_told_is_not_refused(store: Store) -> None:
    claim_cluster(store, "uid-1", "prod", NOW)

    refuse_other(store, "", "prod")
    with pytest.raises(OtherCluster):
        refuse_other(store, "uid-2", "staging")


def test_the_cluster_of_a_home_is_known_after_the_first_look(store: Store) -> None:
    assert known_cluster(store) == ""

    claim_cluster(store, "uid-1", "prod", NOW)

    assert known_cluster(store) == "uid-1"
