"""Objects of any shape: no check breaks, and nothing hostile reaches a command."""

import json
import re
from random import Random

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.properties.generated import exchanged, snapshots, strings_of
from tests.properties.recorded import CHECKS, NAMES, incidents, items, snapshot_of
from tests.properties.test_recorded import shuffled
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.incident.blindness import FAILED
from watchdog.loops.look import check_all

MANY = settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
# Outside single quotes nothing that a shell reads as more than a word.
QUOTED = re.compile(r"'[^'\n]*'")


def mixed_up(name: str, seed: int) -> Snapshot:
    rng = Random(seed)
    found = [json.loads(text) for text in items(name)]
    strings = sorted({text for each in found for text in strings_of(each)})
    objects = []
    for item in found:
        changed = exchanged(item, rng, strings)
        objects.append({**changed, "apiVersion": item["apiVersion"], "kind": item["kind"]})
    return snapshot_of(objects)


CLUSTERS, SEEDS = st.sampled_from(NAMES), st.integers(0, 1_000_000)


@settings(MANY, max_examples=60)
@given(snapshots())
def test_objects_of_any_shape_break_no_check(look: Snapshot) -> None:
    assert not check_all(look, CHECKS, {}).blind


@MANY
@given(CLUSTERS, SEEDS)
def test_exchanged_values_break_no_check(name: str, seed: int) -> None:
    broken = [
        each
        for found in check_all(mixed_up(name, seed), CHECKS, {}).blind.values()
        for each in found
    ]

    assert not [each for each in broken if each.reason == FAILED]


@MANY
@given(CLUSTERS, SEEDS)
@example("cordoned-node-is-quiet", 22904)  # a node named by a text of two lines
def test_no_command_carries_what_a_shell_would_run(name: str, seed: int) -> None:
    for incident in incidents(mixed_up(name, seed)):
        for command in incident.proposal.commands if incident.proposal else ():
            assert command.startswith("kubectl "), command
            assert not re.search(r"[;&`$\n\r]|<\(|>\(", QUOTED.sub("", command)), command


@settings(MANY, max_examples=40)
@given(CLUSTERS, SEEDS)
def test_the_order_of_objects_changes_no_incident(name: str, seed: int) -> None:
    look = mixed_up(name, seed)

    assert incidents(shuffled(look, seed, twice=False)) == incidents(look)
