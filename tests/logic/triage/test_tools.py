"""allowed: which tools a question has, and why it has no others."""

from hypothesis import given
from hypothesis import strategies as st

from watchdog.domain.soul import ToolPolicy
from watchdog.logic.triage.tools import allowed

KNOWN = ("list", "get", "logs", "top")


def test_without_a_jobs_wish_those_on_by_default_are_there() -> None:
    policy = ToolPolicy(enforced=("list",), default_enabled=("get",), optional=("logs",))

    found = allowed(policy, (), KNOWN)

    assert found.allowed == {"list", "get"}
    assert found.refused == {"logs": "it is optional and the job does not name it"}


def test_a_job_narrows_and_asks_for_optional_ones_but_keeps_the_enforced() -> None:
    policy = ToolPolicy(enforced=("list",), default_enabled=("get",), optional=("logs",))

    found = allowed(policy, ("logs",), KNOWN)

    assert found.allowed == {"list", "logs"}
    assert found.refused == {"get": "the job does not name it"}


def test_forbidden_wins_over_every_other_list() -> None:
    policy = ToolPolicy(
        enforced=("list",),
        default_enabled=("get",),
        optional=("logs",),
        forbidden=("list", "get", "logs"),
    )

    found = allowed(policy, ("list", "get", "logs"), KNOWN)

    assert found.allowed == frozenset()
    assert set(found.refused.values()) == {"the soul forbids it"}


def test_a_tool_that_the_soul_does_not_list_is_not_available() -> None:
    found = allowed(ToolPolicy(default_enabled=("get",)), ("get", "top"), KNOWN)

    assert found.allowed == {"get"}
    assert found.refused == {"top": "the soul does not list it"}


def test_a_tool_that_does_not_exist_is_refused_wherever_it_is_named() -> None:
    found = allowed(ToolPolicy(enforced=("exec",)), ("delete",), KNOWN)

    assert found.allowed == frozenset()
    assert found.refused == {"exec": "there is no such tool", "delete": "there is no such tool"}


NAMES = st.lists(st.sampled_from([*KNOWN, "exec"]), max_size=5).map(tuple)


@given(NAMES, NAMES, NAMES, NAMES, NAMES)
def test_no_wish_brings_in_what_is_forbidden_unlisted_or_unknown(
    enforced: tuple[str, ...],
    default: tuple[str, ...],
    optional: tuple[str, ...],
    forbidden: tuple[str, ...],
    wanted: tuple[str, ...],
) -> None:
    policy = ToolPolicy(
        enforced=enforced, default_enabled=default, optional=optional, forbidden=forbidden
    )

    found = allowed(policy, wanted, KNOWN).allowed

    assert found <= set(KNOWN) & {*enforced, *default, *optional} - set(forbidden)
