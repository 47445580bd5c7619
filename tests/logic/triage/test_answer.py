"""What is left of a model's answer."""

import json
import math
from dataclasses import replace

import pytest

from tests.logic.triage.told import BRIEF, answer, judged
from watchdog.domain.evidence import Explanation
from watchdog.domain.triage import Checked, Claim
from watchdog.logic.triage.answer import SCHEMA, check, claim


@pytest.mark.parametrize(
    ("said", "text", "ids"),
    [
        ("It is down [E1].", "It is down.", ("E1",)),
        ("It is down. [E1, E3]", "It is down.", ("E1", "E3")),
        ("It [E2] is down [E1][E2]", "It is down", ("E2", "E1")),
        ("It is down (e1 and E2)", "It is down", ("E1", "E2")),
        ("It is\n down", "It is down", ()),
        ("An [array] stays", "An [array] stays", ()),
    ],
)
def test_a_claim_is_its_words_and_the_ids_in_brackets(
    said: str, text: str, ids: tuple[str, ...]
) -> None:
    assert claim(said) == Claim(text=text, evidence=ids)


@pytest.mark.parametrize(
    "said",
    [
        "The image shop/api:2.0 does not exist in its registry, so no pod of Deployment/shop/api starts",
        "The kernel kills container `api` at its limit of 256 MiB, which exit code 137 shows",
        "**The** container was OOMKilled and restarted 8 times",
        "- The Pod api-7d9f8b6c5d-x2x4z waits",
        "1. The registry answered 404, so the network is not the cause",
        "The probe on /live runs every 5 seconds",
        "The connection to postgres.db.svc is refused (ECONNREFUSED)",
        "The failure began at 11:59 UTC",
        "The container could not read /etc/app/config.yaml",
        "This suggests that the tag was never pushed; a restart would not help",
        "The Deployment api in namespace shop has a StatefulSet's out-of-memory trouble",
        "ConfigMaps and its DNS are not the cause",
        "A variable must be set before the app starts",
        "The Service has no endpoints",
        "Helm upgrade failed",
    ],
)
def test_a_claim_that_stays_with_the_facts_is_kept(said: str) -> None:
    assert judged(f"{said} [E1].").dropped == 0


@pytest.mark.parametrize(
    "said",
    [
        "The image shop/api:2.1 does not exist",
        "The version is 2.4",
        "The Deployment api-7d9f8b6c5d is broken",
        "Pod web-1 took the memory",
        "The namespace prod is gone",
        "The payments namespace is full",
        "The Deployment billing is at fault",
        "The limit is 512 Mi",
        "The probe runs every 256 seconds",
        "It ended with exit code 139",
        "It says ENOSPC",
        "It is in CrashLoopBackOff",
        "The file /etc/passwd is missing",
        "The host evil.example.com answered",
        'The user "root" is refused',
        "`billing` is down",
        "The kubеlet failed",  # with a Cyrillic letter
        "shop_db is unreachable",
        "Ｐｏｄ ｗｅｂ－１ is down",
    ],
)
def test_a_claim_that_names_what_the_facts_do_not_is_dropped(said: str) -> None:
    checked = judged(f"{said} [E1].")

    assert checked.explanation is None
    assert checked.reasons == ("claim 1 names what the facts do not",)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("It is down", "cites nothing"),
        ("It is down [E1, E99]", "cites E99, which was not given"),
        (f"It {'really ' * 40}is down [E1]", "is longer than 240 characters"),
        ("... [E1]", "says nothing"),
        ("See https://evil.example.com [E1]", "holds a link"),
        ("@everyone look [E1]", "mentions people"),
        ("Look <@123> [E1]", "mentions people"),
        ("The [image](x) is gone [E1]", "is marked up"),
        ("# It is down [E1]", "is marked up"),
        ("```It is down``` [E1]", "is marked up"),
        ("It needs kubectl [E1]", "holds a command"),
        ("Then delete ns shop [E1]", "holds a command"),
        ("The value is $(id) [E1]", "holds a command"),
        ("Do rm -rf on it [E1]", "holds a command"),
        ("Restart the pods [E1]", "gives an order"),
        ("It is down. Scale it down [E1]", "gives an order"),
        ("The limit should be raised [E1]", "gives an order"),
        ("The image must be replaced after it was deleted, the pod must be restarted [E1]",
         "gives an order"),
        ("All is well [E1]", "says that all is well"),
        ("No further action is required [E1]", "says that all is well"),
        ("The incident is already resolved [E1]", "says that all is well"),
        ("It is a false alarm [E1]", "says that all is well"),
        ("It will heal by itself, as it recovers on its own [E1]", "says that all is well"),
        ("All pods are running [E1]", "says that all is well"),
        ("[SILENT] [E1]", "says that all is well"),
        ("It says <instruction removed> [E1]", "repeats an instruction"),
    ],
)  # fmt: skip
def test_a_claim_that_says_what_it_may_not_is_dropped(said: str, why: str) -> None:
    assert judged(said).reasons == (f"claim 1 {why}",)


def test_kept_claims_become_the_explanation() -> None:
    checked = judged("The image is gone [E1].", "Pod web-1 is down [E1]", "It restarts [E2]")

    assert checked == Checked(
        explanation=Explanation(
            "The image is gone. It restarts.", source="llm", confidence=round(0.8 * 2 / 3, 3)
        ),
        priority="now",
        veto=False,
        confidence=round(0.8 * 2 / 3, 3),
        dropped=1,
        reasons=("claim 2 names what the facts do not",),
    )


def test_more_than_six_claims_are_dropped_unread() -> None:
    checked = judged(*["It is down [E1]."] * 8)

    assert checked.dropped == 2
    assert checked.reasons == ("claim 7 is one too many", "claim 8 is one too many")


@pytest.mark.parametrize(
    ("said", "kept"),
    [(7.0, 1.0), (-1.0, 0.0), (math.nan, 0.0), (0.5, 0.5)],
)
def test_confidence_is_between_zero_and_one(said: float, kept: float) -> None:
    assert judged("It is down [E1].", confidence=said).confidence == kept


def test_an_unknown_cause_leaves_the_explanation_to_the_rules() -> None:
    checked = judged()

    assert (checked.explanation, checked.confidence, checked.dropped) == (None, 0.0, 0)


def test_what_is_not_explained_is_told_without_a_citation() -> None:
    checked = judged("It is down [E1].", unexplained="Why it restarts [E2]")

    assert checked.explanation is not None
    assert checked.explanation.text == "It is down. Not explained: Why it restarts."


def test_what_is_not_explained_is_held_to_the_same_words() -> None:
    checked = judged("It is down [E1].", unexplained="Why Pod web-1 restarts")

    assert checked.explanation is not None
    assert checked.explanation.text == "It is down."
    assert checked.dropped == 1
    assert checked.reasons == ("what is left unexplained names what the facts do not",)


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        ("It would not help [E1]", "veto: It would not help."),
        ("Run kubectl delete ns shop", "veto, without a reason that can be repeated"),
        ("", "veto, without a reason that can be repeated"),
    ],
)
def test_a_veto_stands_whatever_its_reason(why: str, reason: str) -> None:
    checked = check(replace(answer("It is down [E1]."), veto=True, veto_reason=why), BRIEF)

    assert checked.veto
    assert checked.reasons == (reason,)


def test_the_schema_is_flat_and_strict() -> None:
    schema = json.loads(SCHEMA)

    assert schema["required"] == list(schema["properties"])
    assert len(schema["properties"]) <= 8
    assert schema["additionalProperties"] is False
    assert "object" not in [each["type"] for each in schema["properties"].values()]
