"""decode: pages become records; what the quick way refuses, the forgiving way reads or names."""

import gc
import json

import pytest

from watchdog.domain.objects import podv1
from watchdog.kube.decode import Malformed, decode_page


def body(*items: object, following: str = "") -> bytes:
    return json.dumps({"metadata": {"continue": following}, "items": items}).encode()


def pod(**spec: object) -> dict[str, object]:
    return {"metadata": {"name": "web", "namespace": "shop"}, "spec": spec}


def test_a_page_names_its_successor() -> None:
    page = decode_page(podv1.Pod, body(pod(nodeName="w-1"), following="abc"))

    assert page.metadata.next == "abc"
    assert [item.node for item in page.items or ()] == ["w-1"]


def test_no_items_is_an_empty_page() -> None:
    assert decode_page(podv1.Pod, b'{"metadata": {}, "items": null}').items is None


def test_nulls_where_none_belong_are_forgiven() -> None:
    page = decode_page(podv1.Pod, body(pod(containers=None, nodeName="w-1"), following="abc"))

    assert page.metadata.next == "abc"
    assert (page.items or ())[0].spec == podv1.PodSpec(node_name="w-1")


def test_a_number_in_quotes_is_forgiven() -> None:
    page = decode_page(podv1.Pod, body(pod(priority="7")))

    assert (page.items or ())[0].spec.priority == 7


def test_what_cannot_be_read_is_named() -> None:
    with pytest.raises(Malformed, match=r"Pod shop/web: .*containers"):
        decode_page(podv1.Pod, body(pod(containers="many")))


@pytest.mark.parametrize(
    "cut",
    [b"", b'{"items": [{"metadata"', b"<html>", b'{"items": [{"metadata": {"name": "\xff"}}]}'],
)
def test_cut_json_is_malformed(cut: bytes) -> None:
    with pytest.raises(Malformed, match="JSON"):
        decode_page(podv1.Pod, cut)


@pytest.mark.parametrize("whole", [b"[]", b'{"items": 3}', b'"x"', b'{"metadata": "x"}'])
def test_json_that_is_no_list_is_malformed(whole: bytes) -> None:
    with pytest.raises(Malformed):
        decode_page(podv1.Pod, whole)


def test_the_collector_is_on_again_afterwards() -> None:
    with pytest.raises(Malformed):
        decode_page(podv1.Pod, b"")

    assert gc.isenabled()


def nested(depth: int) -> bytes:
    return b'{"f:metadata":' * depth + b"{}" + b"}" * depth


def listed(item: bytes) -> bytes:
    return b'{"items":[{"metadata":{"name":"other"}},' + item + b"]}"


@pytest.mark.parametrize("generation", [b"7", b'"7"'], ids=["strictly", "loosely"])
def test_managed_fields_of_any_depth_hide_no_object(generation: bytes) -> None:
    """Two managers, one of whom is called by what ends an array."""
    managers = b'[{"manager":"]}\\"[","fieldsV1":' + nested(9000) + b'},{"fieldsV1":{}}]'
    rest = b'"generation":' + generation + b',"managedFields" : ' + managers + b',"uid":"u"'
    page = decode_page(podv1.Pod, listed(b'{"metadata":{"name":"web",' + rest + b"}}"))

    assert [each.name for each in page.items or ()] == ["other", "web"]
    assert [each.uid for each in page.items or ()] == ["", "u"]


def test_a_text_that_looks_like_managed_fields_is_kept() -> None:
    note = b'"annotations":{"watchdog/remediate":"\\"managedFields\\":[","x":"]"}'
    metadata = b'{"metadata":{"name":"web",' + note + b',"managedFields":[' + nested(9000) + b"]}}"
    [_, web] = decode_page(podv1.Pod, listed(metadata)).items or ()

    assert web.annotations.remediate == '"managedFields":['


def test_what_is_too_deep_elsewhere_is_malformed() -> None:
    with pytest.raises(Malformed, match="nested too deeply"):
        decode_page(podv1.Pod, listed(b'{"status":' + nested(9000) + b"}"))
