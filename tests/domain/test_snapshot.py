"""Snapshot: what is worked out of it once, and for how long that holds."""

import re

from tests.builders import pod, snapshot
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.objects import podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot

A, B, C = (Ref("Pod", "shop", name) for name in "abc")
QUERY = LogQuery(A, "app")


def _tail(look: Snapshot) -> str:
    return look.log(QUERY)


def test_pods_are_found_by_their_node_whether_or_not_they_are_judged() -> None:
    look = snapshot(pod(B, node="w-1", deleting=True), pod(A, node="w-1"), pod(C, node=""))

    assert {node: [each.name for each in pods] for node, pods in look.all_pods_by_node.items()} == {
        "": ["c"],
        "w-1": ["a", "b"],
    }


def test_a_kind_is_put_in_order_once() -> None:
    look = snapshot(pod(B), pod(A))

    assert list(look.of("pods", podv1.Pod)) == [A, B]
    assert look.of("pods", podv1.Pod) is look.of("pods", podv1.Pod)


def test_logs_that_come_later_leave_the_indexes_as_they_were() -> None:
    look = snapshot(pod(A))
    known = look.pods_by_owner

    assert look.with_logs({QUERY: Log("refused")}).pods_by_owner is known


def test_what_was_made_of_the_logs_is_made_anew_when_more_have_come() -> None:
    look = snapshot(pod(A))
    look.once(_tail)

    assert look.with_logs({QUERY: Log("refused")}).once(_tail) == "refused"


def test_its_text_is_a_few_words_whatever_it_holds() -> None:
    text = repr(snapshot(*(pod(each) for each in (A, B, C))))

    assert re.fullmatch(r"Snapshot\(c0ffee, 2026-11-20 12:00:00\+00:00, \d+ kinds\)", text)
