"""rehome: a Finding moves to the custom resource that carries the wrong value, and only then."""

from dataclasses import replace
from datetime import timedelta

from tests.builders import HOUR, MINUTE, ago, deployment, pod, snapshot
from tests.customs import API, MAIN, WRITER, made_by, spec
from watchdog.domain.custom import Carried, Leaf, Spec, Writer
from watchdog.domain.evidence import Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Missing
from watchdog.logic.incident.rehome import rehome, wanted_specs

CART = Ref("Deployment", "shop", "cart")
POD = Ref("Pod", "shop", "cart-1")
SEEN = snapshot(made_by(deployment(CART)))
IMAGE = Carried(value="db:2", key="image")


def wrong(
    *carried: Carried, subject: Ref = CART, since: timedelta = HOUR, hold: timedelta = MINUTE
) -> Finding:
    return Finding(
        reason="ImageNotFound",
        subject=subject,
        affected=(POD,),
        severity=Severity.CRITICAL,
        message="it does not start",
        why="It cannot.",
        since=ago(since),
        hold=hold,
        carried=carried,
        proposal=Proposal("Mend the Deployment.", ("kubectl get deployment cart",)),
    )


def moved(finding: Finding, found: Spec | Missing) -> Finding:
    return rehome({"check": (finding,)}, SEEN, {WRITER: found})["check"][0]


def commands(finding: Finding) -> tuple[str, ...]:
    assert finding.proposal is not None
    return finding.proposal.commands


READ = ("kubectl -n shop get db.db.example.com/main -o yaml",)


def test_a_custom_resource_that_carries_the_value_is_the_subject() -> None:
    finding = moved(wrong(IMAGE), spec(image="db:2"))

    assert (finding.subject, finding.affected) == (MAIN, (CART, POD))
    assert finding.message == "Db/shop/main asks for spec.image db:2: it does not start"
    assert "its operator reverts an edit there" in finding.why
    assert finding.evidence[0].ref == MAIN


def test_a_custom_resource_without_the_value_leaves_the_workload_the_subject() -> None:
    finding = wrong(IMAGE)

    assert moved(finding, spec(image="db:1", replicas="2")) == finding


def test_a_custom_resource_that_cannot_be_read_leaves_the_workload_the_subject() -> None:
    finding = wrong(IMAGE)

    assert moved(finding, Missing("forbidden", "no")) == finding


def test_a_workload_without_a_custom_resource_above_stays() -> None:
    finding = wrong(IMAGE, subject=Ref("Deployment", "shop", "other"))

    assert moved(finding, spec(image="db:2")) == finding


def test_the_value_has_to_stand_in_a_field_of_that_sense() -> None:
    finding = wrong(Carried(value="fast", key="storageClassName"))

    assert moved(finding, spec(mode="fast")) == finding
    assert moved(finding, spec(storage__class="fast")).subject == MAIN


def test_a_value_without_a_field_may_stand_anywhere() -> None:
    assert moved(wrong(Carried(value="gvisor")), spec(any__thing="gvisor")).subject == MAIN


def test_a_number_of_pods_has_many_names() -> None:
    assert (
        moved(wrong(Carried(value="90", key="replicas")), spec(db__instances="90")).subject == MAIN
    )
    assert moved(wrong(Carried(value="90", key="replicas")), spec(port="90")).subject == CART


def test_amounts_are_compared_as_quantities() -> None:
    asked = Carried(value="2", key="cpu")

    assert moved(wrong(asked), spec(resources__requests__cpu="2000m")).subject == MAIN
    assert moved(wrong(asked), spec(resources__requests__cpu="much")).subject == CART


def test_an_amount_that_stands_in_two_places_is_not_written_blindly() -> None:
    asked = Carried(value="128Mi", key="memory", instead="256Mi")

    finding = moved(wrong(asked), spec(db__limits__memory="128Mi", log__limits__memory="128Mi"))

    assert finding.subject == MAIN
    assert commands(finding) == READ


def test_a_long_path_is_told_by_its_ends() -> None:
    found = Spec(leaves=(Leaf(("spec", "a", "b", "c", "d", "e", "image"), "db:2"),))

    assert "asks for spec.a.b.….e.image db:2" in moved(wrong(IMAGE), found).message


def test_items_of_a_list_stand_under_its_name() -> None:
    found = spec(images__0="db:2")

    assert moved(wrong(Carried(value="db:2", key="images")), found).subject == MAIN


def test_an_image_may_be_written_as_repository_and_tag() -> None:
    finding = moved(
        wrong(Carried(value="lan/db:2", key="image", instead="lan/db:1")),
        spec(baseImage="lan/db", version="2"),
    )

    assert finding.subject == MAIN
    assert commands(finding) == (
        "kubectl -n shop patch db.db.example.com main --type=json "
        """-p '[{"op":"replace","path":"/spec/version","value":"1"}]'""",
    )


def test_a_tag_alone_is_not_the_image() -> None:
    finding = wrong(Carried(value="lan/db:2", key="image"))

    assert moved(finding, spec(baseImage="other/db", version="2")) == finding
    assert moved(finding, spec(baseImage="lan/db", port="2")) == finding


def test_another_repository_cannot_be_written_into_the_tag() -> None:
    finding = moved(
        wrong(Carried(value="lan/db:2", key="image", instead="old/db:1")),
        spec(image__repository="lan/db", image__tag="2"),
    )

    assert commands(finding) == READ


def test_a_requirement_of_an_affinity_holds_key_and_value() -> None:
    pair = Carried(value="nvme", key="disk")
    found = spec(terms__0__key="disk", terms__0__operator="In", terms__0__values__0="nvme")

    assert moved(wrong(pair), found).subject == MAIN
    assert (
        moved(wrong(pair), spec(terms__0__key="disk", terms__1__values__0="nvme")).subject == CART
    )
    assert moved(wrong(pair), spec(terms__0__key="disk", terms__0__note="nvme")).subject == CART


def test_a_known_good_value_is_written_into_the_custom_resource() -> None:
    finding = moved(wrong(Carried(value="db:2", key="image", instead="db:1")), spec(image="db:2"))

    assert commands(finding) == (
        "kubectl -n shop patch db.db.example.com main --type=json "
        """-p '[{"op":"replace","path":"/spec/image","value":"db:1"}]'""",
    )


def test_a_field_that_has_to_go_is_taken_out() -> None:
    found = Spec(leaves=(Leaf(("spec", "nodeSelector", "lan/disk"), "nvme"),))
    finding = moved(wrong(Carried(value="nvme", key="lan/disk", instead="")), found)

    assert commands(finding) == (
        "kubectl -n shop patch db.db.example.com main --type=json "
        """-p '[{"op":"remove","path":"/spec/nodeSelector/lan~1disk"}]'""",
    )
    assert finding.proposal is not None
    assert "by taking it out" in finding.proposal.text


def test_without_a_known_value_the_command_only_reads() -> None:
    assert commands(moved(wrong(IMAGE), spec(image="db:2"))) == READ


def test_a_path_that_is_no_plain_one_stands_in_no_command() -> None:
    found = Spec(leaves=(Leaf(("spec", "image of '$(reboot)'"), "db:2"),))
    finding = moved(wrong(Carried(value="db:2", instead="db:1")), found)

    assert commands(finding) == READ


def test_a_storage_class_needs_a_second_step() -> None:
    finding = moved(
        wrong(Carried(value="fast", key="storageClassName")), spec(storageClassName="fast")
    )

    assert finding.proposal is not None
    assert "remove the Pending claim" in finding.proposal.text


def test_what_is_kept_in_git_is_changed_there() -> None:
    found = Spec(leaves=(Leaf(("spec", "image"), "db:2"),), gitops="Flux")
    finding = moved(wrong(IMAGE), found)

    assert finding.proposal is not None
    assert "managed by Flux" in finding.proposal.text


def test_a_custom_resource_of_the_cluster_has_no_namespace() -> None:
    found = Spec(leaves=(Leaf(("spec", "image"), "db:2"),), namespaced=False)

    assert moved(wrong(IMAGE), found).subject == Ref("Db", "", "main")


def test_the_topmost_that_carries_the_value_is_changed() -> None:
    top = Writer(API, Ref("DbGroup", "shop", "all"))
    below = Spec(leaves=(Leaf(("spec", "image"), "db:2"),), writer=top)
    found = rehome({"check": (wrong(IMAGE),)}, SEEN, {WRITER: below, top: spec(image="db:2")})

    assert found["check"][0].subject == top.ref


def test_one_above_that_lacks_the_value_changes_nothing() -> None:
    top = Writer(API, Ref("DbGroup", "shop", "all"))
    below = Spec(leaves=(Leaf(("spec", "image"), "db:2"),), writer=top)
    found = rehome({"check": (wrong(IMAGE),)}, SEEN, {WRITER: below, top: spec()})

    assert found["check"][0].subject == MAIN


def test_a_built_in_owner_or_a_circle_ends_the_way_up() -> None:
    circle = Spec(leaves=(Leaf(("spec", "image"), "db:2"),), writer=WRITER)
    built_in = Spec(writer=Writer("apps/v1", CART))

    assert moved(wrong(IMAGE), circle).subject == MAIN
    assert moved(wrong(IMAGE), built_in).subject == CART


def test_a_custom_resource_that_owns_pods_is_no_victim_of_itself() -> None:
    seen = snapshot(made_by(pod(POD)))
    finding = wrong(IMAGE, subject=MAIN)
    found = rehome({"check": (finding,)}, seen, {WRITER: spec(image="db:2")})["check"][0]

    assert (found.subject, found.affected) == (MAIN, (POD,))
    assert "is made from it" not in found.why


def test_only_ripe_findings_that_prove_a_value_are_asked_for() -> None:
    young = wrong(IMAGE, since=MINUTE, hold=HOUR)
    other = wrong(IMAGE, subject=Ref("Deployment", "shop", "other"))

    assert wanted_specs([wrong()], SEEN) == ()
    assert wanted_specs([young, other], SEEN) == ()
    assert wanted_specs([wrong(IMAGE), wrong(IMAGE)], SEEN) == (WRITER,)


def test_what_rests_on_a_custom_resource_is_proved_by_its_spec() -> None:
    finding = replace(wrong(IMAGE, subject=MAIN), proof=WRITER)

    assert wanted_specs([finding], snapshot()) == (WRITER,)
    assert moved(finding, spec(image="db:2")).proof is None
    assert moved(finding, spec(image="db:1")).proof == WRITER
