"""Which bound of a LimitRange a message names."""

from tests.builders import meta, snapshot
from watchdog.domain.objects import corev1
from watchdog.domain.ref import Ref
from watchdog.logic.workloads.limit_range import bound


def test_a_bound_in_other_words_is_in_no_limit_range() -> None:
    bounds = corev1.LimitRange(
        metadata=meta(Ref("LimitRange", "shop", "b")),
        spec=corev1.LimitRangeSpec(limits=(corev1.LimitRangeItem(type="Container"),)),
    )

    assert bound(snapshot(bounds), "shop", "too much of everything") is None
