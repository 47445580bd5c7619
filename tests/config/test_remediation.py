"""The section `remediation`: what it takes, what it refuses by name, and the Policy it becomes."""

import json
from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from watchdog.config.effective import effective
from watchdog.config.policy import policy_of
from watchdog.config.remediation import RemediationSettings, RuleSettings, WindowSettings
from watchdog.config.settings import Settings, load_settings
from watchdog.domain.errors import Misconfigured
from watchdog.domain.policy import (
    ALONE,
    PROTECTED_NAMESPACES,
    Bounds,
    Budgets,
    Policy,
    Rule,
    Window,
)

ASKED = ("Scale", "DeleteJob")
MANY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
WEEKDAYS = (0, 1, 2, 3, 4)


def load(home: Path, section: object = None, environ: Mapping[str, str] | None = None) -> Settings:
    text = section if isinstance(section, str) else json.dumps({"remediation": section})
    (home / "config.yaml").write_text(text, encoding="utf-8")
    return load_settings(config=None, home=home, environ=environ or {})


def policy(home: Path, section: object = None, **environ: str) -> Policy:
    named = {f"WATCHDOG_{key}": value for key, value in environ.items()}
    return policy_of(load(home, section, named))


def refusal(home: Path, section: object, **environ: str) -> Misconfigured:
    with pytest.raises(Misconfigured) as refused:
        policy(home, section, **environ)
    return refused.value


# ------------------------------------------------------------------------------------ what it takes
def test_without_a_word_it_is_what_the_domain_allows(tmp_path: Path) -> None:
    assert policy(tmp_path) == Policy()


def test_the_mode_of_the_settings_is_the_policys(tmp_path: Path) -> None:
    assert policy(tmp_path, MODE="act").mode == "act"


def test_names_of_remediations_are_those_of_the_domain(tmp_path: Path) -> None:
    everything = [*ALONE, *ASKED]

    assert policy(tmp_path, {"enabled": everything}).enabled == tuple(everything)
    assert policy(tmp_path, {"enabled": []}).enabled == ()


def test_protected_namespaces_can_only_become_more(tmp_path: Path) -> None:
    assert policy(tmp_path, {"protected_namespaces": []}).protected == PROTECTED_NAMESPACES
    more = policy(tmp_path, {"protected_namespaces": ["db-*"]}).protected

    assert more == (*PROTECTED_NAMESPACES, "db-*")


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("mon-fri", WEEKDAYS),
        ("sat", (5,)),
        ("sat,sun", (5, 6)),
        ("Sat - Mon", (0, 5, 6)),
        (["mon", "wed-thu"], (0, 2, 3)),
        (["fri", "fri"], (4,)),
        ("mon-sun", tuple(range(7))),
        ("tue-mon", tuple(range(7))),
    ],
)
def test_days_are_names_or_spans_of_them(
    written: object, days: tuple[int, ...], tmp_path: Path
) -> None:
    [window] = policy(tmp_path, {"windows": [{"days": written}]}).windows

    assert window == Window(days=days)


def test_windows_are_in_the_zone_of_the_schedules(tmp_path: Path) -> None:
    section = {
        "windows": [{"days": "mon-fri", "from": "22:00", "to": "06:00"}],
        "rules": [{"decision": "deny", "windows": [{"from": "09:30"}]}],
    }

    limits = policy(tmp_path, section, TIMEZONE="Europe/Berlin")

    night = Window(days=WEEKDAYS, start=time(22), end=time(6), zone="Europe/Berlin")
    assert limits.windows == (night,)
    assert limits.rules[0].windows == (Window(start=time(9, 30), zone="Europe/Berlin"),)


def test_a_rule_is_taken_as_it_is_written(tmp_path: Path) -> None:
    written = {
        "decision": "ask",
        "remediations": ["EvictPod"],
        "checks": ["crash_loop", "self"],
        "namespaces": ["shop-*"],
        "kinds": ["StatefulSet", "Pod"],
        "names": ["db-?"],
        "labels": {"tier": "db"},
        "windows": [{"days": "sat"}],
        "reason": "the database team is asked",
    }

    assert policy(tmp_path, {"rules": [written]}).rules == (
        Rule(
            decision="ask",
            remediations=("EvictPod",),
            checks=("crash_loop", "self"),
            namespaces=("shop-*",),
            kinds=("StatefulSet", "Pod"),
            names=("db-?",),
            labels={"tier": "db"},
            windows=(Window(days=(5,)),),
            reason="the database team is asked",
        ),
    )


def test_the_rest_is_taken_as_it_is_written(tmp_path: Path) -> None:
    section = {
        "budgets": {
            "per_hour": 4,
            "per_owner_hour": 0,
            "per_owner_day": 1,
            "cause_cooldown": "12h",
            "failures": 2,
            "debris": 7,
        },
        "restart_causes": ["wedged", "oom"],
        "accept_gap": True,
        "scale": {"least": 1, "most": 4},
        "approval_ttl": "30m",
        "verify_deadline": "20m",
        "namespaces": ["shop", "web-*"],
    }

    limits = policy(tmp_path, section)

    assert limits.budgets == Budgets(
        per_hour=4,
        per_owner_hour=0,
        per_owner_day=1,
        cause_cooldown=timedelta(hours=12),
        failures=2,
        debris=7,
    )
    assert limits.restart_causes == ("wedged", "oom")
    assert limits.accept_gap
    assert limits.scale == Bounds(least=1, most=4)
    assert limits.approval_ttl == timedelta(minutes=30)
    assert limits.verify_deadline == timedelta(minutes=20)
    assert limits.namespaces == ("shop", "web-*")


def test_repairs_are_told_unless_it_says_otherwise(tmp_path: Path) -> None:
    assert load(tmp_path).remediation.tell_repairs
    assert not load(tmp_path, {"tell_repairs": False}).remediation.tell_repairs


def test_every_key_has_its_variable(tmp_path: Path) -> None:
    limits = policy(
        tmp_path,
        REMEDIATION__ENABLED="EvictPod,Scale",
        REMEDIATION__NAMESPACES="shop, web-*",
        REMEDIATION__PROTECTED_NAMESPACES='["db"]',
        REMEDIATION__WINDOWS='[{"days": "sat"}]',
        REMEDIATION__RULES='[{"decision": "deny", "names": "a,b"}]',
        REMEDIATION__BUDGETS__PER_HOUR="2",
        REMEDIATION__RESTART_CAUSES="wedged",
        REMEDIATION__ACCEPT_GAP="true",
        REMEDIATION__SCALE__LEAST="1",
        REMEDIATION__SCALE__MOST="2",
        REMEDIATION__APPROVAL_TTL="10m",
        REMEDIATION__VERIFY_DEADLINE="30m",
    )

    assert limits == Policy(
        enabled=("EvictPod", "Scale"),
        namespaces=("shop", "web-*"),
        protected=(*PROTECTED_NAMESPACES, "db"),
        windows=(Window(days=(5,)),),
        rules=(Rule(decision="deny", names=("a", "b")),),
        budgets=Budgets(per_hour=2),
        restart_causes=("wedged",),
        accept_gap=True,
        scale=Bounds(least=1, most=2),
        approval_ttl=timedelta(minutes=10),
        verify_deadline=timedelta(minutes=30),
    )


def test_the_example_of_the_readme_is_taken(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    example = page.split("## Policy")[1].split("```")[1]

    limits = policy(tmp_path, example)

    assert (len(limits.windows), len(limits.rules), limits.budgets.per_hour) == (2, 2, 2)
    assert limits.rules[0].kinds == ("StatefulSet",)


# --------------------------------------------------------------------------------- what it refuses
@pytest.mark.parametrize(
    ("section", "text"),
    [
        ({"enabled": ["Restart"]}, "remediation.enabled.0`: expected 'RolloutRestart', 'EvictPod'"),
        ({"enabled": 3}, "remediation.enabled`: expected a list"),
        ({"namespaces": ["Shop"]}, "remediation.namespaces`: expected names as Kubernetes has"),
        ({"namespaces": [""]}, "remediation.namespaces`: expected names as Kubernetes has"),
        (
            {"namespaces": ["shop", "kube-system"]},
            "remediation.namespaces`: namespace kube-system is protected",
        ),
        ({"windows": "mon-fri"}, "remediation.windows`: expected a JSON array"),
        ({"windows": [{"days": "mon-fry"}]}, "remediation.windows.0.days`: expected days such as"),
        ({"windows": [{"days": "a-b-c"}]}, "remediation.windows.0.days`: expected days such as"),
        ({"windows": [{"days": []}]}, "remediation.windows.0.days`: expected days such as"),
        ({"windows": [{"days": 1}]}, "remediation.windows.0.days`: expected days such as"),
        ({"windows": [{"from": "24:00"}]}, "remediation.windows.0.from`: expected a time of day"),
        (
            {"windows": [{"to": 1320}]},
            "remediation.windows.0.to`: expected a time of day in quotes",
        ),
        ({"windows": [{"from": "22:00", "to": "22:00"}]}, "remediation.windows.0`: expected two"),
        ({"windows": [{"start": "22:00"}]}, "remediation.windows.0.start`: unknown key"),
        ({"rules": [{}]}, "remediation.rules.0.decision`: is required"),
        ({"rules": [{"decision": "allow"}]}, "remediation.rules.0.decision`: expected 'ask' or"),
        (
            {"rules": [{"decision": "ask", "kinds": ["Pods"]}]},
            "remediation.rules.0.kinds.0`: expected 'Deployment'",
        ),
        (
            {"rules": [{"decision": "ask", "names": ["API"]}]},
            "remediation.rules.0.names`: expected names",
        ),
        (
            {"rules": [{"decision": "ask", "labels": {"tier": True}}]},
            "remediation.rules.0.labels.tier`: expected text; quote it",
        ),
        (
            {"rules": [{"decision": "ask", "checks": ["crash_lop"]}]},
            "remediation.rules.0.checks.0`: there is no such check: did you mean `crash_loop`?",
        ),
        (
            {"rules": [{"decision": "ask", "checks": ["zzzzzzzzz"]}]},
            "remediation.rules.0.checks.0`: there is no such check",
        ),
        ({"budgets": {"per_hour": 6}}, "remediation.budgets.per_hour`: expected 5 or less"),
        ({"budgets": {"per_hour": -1}}, "remediation.budgets.per_hour`: expected 0 or more"),
        ({"budgets": {"per_owner_hour": 2}}, "budgets.per_owner_hour`: expected 1 or less"),
        ({"budgets": {"per_owner_day": 3}}, "budgets.per_owner_day`: expected 2 or less"),
        ({"budgets": {"cause_cooldown": "5h"}}, "budgets.cause_cooldown`: expected 6h or more"),
        ({"budgets": {"failures": 4}}, "remediation.budgets.failures`: expected 3 or less"),
        ({"budgets": {"failures": 0}}, "remediation.budgets.failures`: expected 1 or more"),
        ({"budgets": {"debris": 21}}, "remediation.budgets.debris`: expected 20 or less"),
        ({"restart_causes": ["magic"]}, "remediation.restart_causes.0`: expected 'wedged'"),
        ({"accept_gap": "maybe"}, "remediation.accept_gap`: expected true or false"),
        ({"scale": {"least": 1}}, "remediation.scale`: expected both `least` and `most`"),
        ({"scale": {"least": 3, "most": 2}}, "remediation.scale`: expected a `least` that is not"),
        ({"scale": {"least": 0, "most": 2}}, "remediation.scale.least`: expected 1 or more"),
        ({"approval_ttl": "25h"}, "remediation.approval_ttl`: expected 1d or less"),
        ({"verify_deadline": "5m"}, "remediation.verify_deadline`: expected 6m or more"),
        ({"tell_repairs": "often"}, "remediation.tell_repairs`: expected true or false"),
    ],
)
def test_a_refusal_names_the_key_and_what_is_expected(
    section: Mapping[str, Any], text: str, tmp_path: Path
) -> None:
    assert text in str(refusal(tmp_path, section))


@pytest.mark.parametrize(
    ("section", "near"),
    [
        ({"windos": []}, "remediation.windows"),
        ({"budgets": {"per_our": 1}}, "remediation.budgets.per_hour"),
        ({"scale": {"last": 1}}, "remediation.scale.least"),
        ({"windows": [{}, {"form": "22:00"}]}, "remediation.windows.1.from"),
        ({"rules": [{"decision": "ask", "namespace": []}]}, "remediation.rules.0.namespaces"),
        (
            {"rules": [{"decision": "ask"}, {"decision": "ask", "windows": [{"dayz": "sat"}]}]},
            "remediation.rules.1.windows.0.days",
        ),
    ],
)
def test_an_unknown_key_gets_the_nearest_one(
    section: Mapping[str, Any], near: str, tmp_path: Path
) -> None:
    assert refusal(tmp_path, section).hint == f"did you mean `{near}`?"


def test_an_unquoted_hour_is_refused_with_its_line(tmp_path: Path) -> None:
    text = "remediation:\n  windows:\n  - days: sat\n    from: 22:00\n"

    assert str(refusal(tmp_path, text)) == (
        f"{tmp_path}/config.yaml:4: `remediation.windows.0.from`: "
        'expected a time of day in quotes, such as "22:00"'
    )


def test_what_is_wrong_inside_of_a_variable_is_named_with_both(tmp_path: Path) -> None:
    rules = '[{"decision": "ask", "namespace": "shop"}]'

    refused = refusal(tmp_path, None, REMEDIATION__RULES=rules)

    assert str(refused) == (
        "`WATCHDOG_REMEDIATION__RULES`: `remediation.rules.0.namespace`: unknown key"
    )
    assert refused.hint == "did you mean `remediation.rules.0.namespaces`?"


def test_the_variable_is_named_when_the_file_has_the_same_place(tmp_path: Path) -> None:
    file = {"rules": [{"decision": "ask"}]}

    refused = refusal(tmp_path, file, REMEDIATION__RULES='[{"decision": "allow"}]')

    assert str(refused).startswith(
        "`WATCHDOG_REMEDIATION__RULES`: `remediation.rules.0.decision`: expected"
    )
    assert refused.hint.startswith("correct WATCHDOG_REMEDIATION__RULES, then")


def test_an_unknown_variable_of_the_section_gets_the_nearest_one(tmp_path: Path) -> None:
    refused = refusal(tmp_path, None, REMEDIATION__BUDGETS__PER_OUR="1")

    assert refused.hint == "did you mean `WATCHDOG_REMEDIATION__BUDGETS__PER_HOUR`?"


@pytest.mark.parametrize("namespace", PROTECTED_NAMESPACES)
def test_no_protected_namespace_can_be_listed(namespace: str, tmp_path: Path) -> None:
    assert "is protected, whatever is configured" in str(
        refusal(tmp_path, {"namespaces": [namespace]})
    )


# --------------------------------------------------------------------------------------- and back
sections = st.fixed_dictionaries(
    {},
    optional={
        "enabled": st.lists(st.sampled_from([*ALONE, *ASKED]), max_size=3),
        "namespaces": st.lists(st.sampled_from(["shop", "web-*"]), max_size=2),
        "windows": st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "days": st.sampled_from(["mon-fri", "sat", ["sun", "mon"]]),
                    "from": st.sampled_from(["22:00", "06:30", "09:00"]),
                },
            ),
            max_size=2,
        ),
        "rules": st.lists(
            st.fixed_dictionaries(
                {"decision": st.sampled_from(["ask", "deny"])},
                optional={"labels": st.just({"tier": "db"}), "reason": st.just("so: it is")},
            ),
            max_size=2,
        ),
        "budgets": st.fixed_dictionaries({"per_hour": st.integers(0, 5)}),
        "scale": st.sampled_from([{}, {"least": 1, "most": 2}]),
    },
)


@MANY
@given(sections)
def test_what_is_shown_can_be_written_into_the_file(
    tmp_path_factory: pytest.TempPathFactory, section: dict[str, object]
) -> None:
    home = tmp_path_factory.getbasetemp()
    settings = load(home, section)

    shown = yaml.safe_dump({"remediation": effective(settings)["remediation"]})

    assert load(home, shown).remediation == settings.remediation


@pytest.mark.parametrize("section", [RemediationSettings, RuleSettings, WindowSettings])
def test_every_key_says_what_it_means(section: type[RemediationSettings]) -> None:
    for name, field in section.model_fields.items():
        assert field.description or field.default_factory, name
