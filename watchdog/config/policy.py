"""The operator's settings as the Policy that decisions are made by."""

from watchdog.config.remediation import BudgetSettings, RuleSettings, ScaleSettings, WindowSettings
from watchdog.config.settings import Settings
from watchdog.domain.policy import PROTECTED_NAMESPACES, Bounds, Budgets, Policy, Rule, Window


def policy_of(settings: Settings) -> Policy:
    """Return the Policy; its windows are in the zone of the schedules."""
    limits, zone = settings.remediation, settings.timezone
    return Policy(
        mode=settings.mode,
        enabled=limits.enabled,
        namespaces=limits.namespaces,
        protected=(*PROTECTED_NAMESPACES, *limits.protected_namespaces),
        windows=_windows(limits.windows, zone),
        rules=tuple(_rule(each, zone) for each in limits.rules),
        budgets=_budgets(limits.budgets),
        restart_causes=limits.restart_causes,
        accept_gap=limits.accept_gap,
        scale=_bounds(limits.scale),
        approval_ttl=limits.approval_ttl,
        verify_deadline=limits.verify_deadline,
    )


def _windows(windows: tuple[WindowSettings, ...], zone: str) -> tuple[Window, ...]:
    return tuple(
        Window(days=each.days, start=each.start, end=each.end, zone=zone) for each in windows
    )


def _rule(rule: RuleSettings, zone: str) -> Rule:
    return Rule(
        decision=rule.decision,
        remediations=rule.remediations,
        checks=rule.checks,
        namespaces=rule.namespaces,
        kinds=rule.kinds,
        names=rule.names,
        labels=rule.labels,
        windows=_windows(rule.windows, zone),
        reason=rule.reason,
    )


def _bounds(scale: ScaleSettings) -> Bounds | None:
    if scale.least is None or scale.most is None:
        return None
    return Bounds(least=scale.least, most=scale.most)


def _budgets(limits: BudgetSettings) -> Budgets:
    return Budgets(
        per_hour=limits.per_hour,
        per_owner_hour=limits.per_owner_hour,
        per_owner_day=limits.per_owner_day,
        cause_cooldown=limits.cause_cooldown,
        failures=limits.failures,
        debris=limits.debris,
    )
