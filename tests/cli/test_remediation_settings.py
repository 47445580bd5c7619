"""The operator's limits through the installed command: what is in force, and what is refused."""

import json
from pathlib import Path

import pytest

from tests.cli.installed import call, refusal

LIMITS = """\
timezone: Europe/Berlin
remediation:
  windows:
    - {days: mon-fri, from: "22:00", to: "06:00"}
  rules:
    - {decision: deny, kinds: [StatefulSet], reason: the database team's}
  budgets: {per_hour: 2, cause_cooldown: 12h}
"""


def write(home: Path, text: str) -> None:
    (home / "config.yaml").write_text(text, encoding="utf-8")


def test_show_prints_the_limits_that_are_in_force(tmp_path: Path) -> None:
    write(tmp_path, LIMITS)

    done = call(
        *("config", "show", "--output", "json"),
        home=tmp_path,
        environ={"WATCHDOG_REMEDIATION__NAMESPACES": "shop,web-*"},
    )

    shown = json.loads(done.stdout)["remediation"]
    assert shown["namespaces"] == ["shop", "web-*"]
    assert shown["windows"] == [
        {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "22:00", "to": "06:00"}
    ]
    assert shown["rules"][0]["reason"] == "the database team's"
    assert (shown["budgets"]["per_hour"], shown["budgets"]["cause_cooldown"]) == (2, "12h")
    assert shown["enabled"] == ["RolloutRestart", "EvictPod", "DeleteDebris"]


def test_check_takes_limits_that_are_well_formed(tmp_path: Path) -> None:
    write(tmp_path, LIMITS)

    assert call("config", "check", home=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("text", "error", "hint"),
    [
        (
            "remediation: {budgets: {per_hour: 50}}",
            "`remediation.budgets.per_hour`: expected 5 or less",
            "correct `remediation.budgets.per_hour`, then try `watchdog config check`",
        ),
        (
            "remediation: {rules: [{decision: deny, namespace: [shop]}]}",
            "`remediation.rules.0.namespace`: unknown key",
            "did you mean `remediation.rules.0.namespaces`?",
        ),
        (
            "remediation: {namespaces: [kube-system]}",
            "`remediation.namespaces`: namespace kube-system is protected, whatever is configured",
            "correct `remediation.namespaces`, then try `watchdog config check`",
        ),
    ],
)
def test_limits_that_are_wrong_are_refused_by_name(
    text: str, error: str, hint: str, tmp_path: Path
) -> None:
    write(tmp_path, text)

    said = refusal(call("config", "check", home=tmp_path))

    assert said == (3, f"{tmp_path}/config.yaml:1: {error}", hint)


def test_nothing_starts_with_limits_that_are_wrong(tmp_path: Path) -> None:
    write(tmp_path, "remediation: {rules: [{decision: allow}]}")

    code, error, _ = refusal(call("run", "--all", home=tmp_path))

    assert code == 3
    assert error.endswith("`remediation.rules.0.decision`: expected 'ask' or 'deny'")
