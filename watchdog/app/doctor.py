"""What is set up, what is missing, and what to do about it: the lines of `watchdog doctor`."""

import io
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

from watchdog.app.access import Access
from watchdog.app.auditing import denials
from watchdog.app.cluster import open_cluster
from watchdog.app.doctor_fences import fence_lines
from watchdog.app.doctor_home import home_lines, unused_lines
from watchdog.app.doctor_lease import lease_lines
from watchdog.app.lines import Line, State
from watchdog.app.notifying import build_notifiers
from watchdog.app.registry import all_checks, families_of, params_of
from watchdog.config.jobs import JobsFile, absent_checks, parse_jobs
from watchdog.config.settings import Settings
from watchdog.config.souls import read_texts, soul_slugs
from watchdog.domain.check import Check
from watchdog.domain.custom import CustomKind
from watchdog.domain.errors import WatchdogError
from watchdog.domain.ports import Cluster, Right
from watchdog.domain.run import WHEN_GRANTED
from watchdog.domain.snapshot import Missing, Snapshot
from watchdog.logic.incident.detect import can_see, needs_of, unreadable, wanted_customs
from watchdog.logic.platform.measured import QUERIES
from watchdog.logic.platform.usage import unmeasurable
from watchdog.logic.symptom import counted, listed
from watchdog.outside.prometheus import Prometheus
from watchdog.version import sha, version


async def examine(
    settings: Settings, access: Access, *, daemon: bool, failover: bool = False
) -> list[Line]:
    """Look at everything; what cannot be looked at is a fault of its own. Changes nothing: the calls of
    the self-test are without effect, or refused.

    `failover` makes the first model fail, to see that the next one answers.
    """
    lines = [
        Line(State.OK, f"watchdog {version()} ({sha()}), mode {settings.mode}"),
        *home_lines(settings.home),
        _daemon(daemon),
        *_jobs(settings),
        *_souls(settings),
        *_notifiers(settings),
        *unused_lines(settings),
        *await _models(settings, failover=failover),
        *await prometheus_lines(settings.prometheus.url),
    ]
    try:
        cluster = await open_cluster(access, settings)
    except WatchdogError as error:
        return [*lines, Line(State.FAULT, f"cluster: {error}", error.hint)]
    try:
        found = [line async for line in _examined(cluster, settings)]
        return [*lines, *found, *await _denials(settings, access, found)]
    finally:
        await cluster.close()


async def _denials(settings: Settings, access: Access, found: Sequence[Line]) -> list[Line]:
    """What is refused to this identity, and who may act behind which fences; nothing more is asked of a cluster that does not answer."""
    if len(found) == 1 and found[0].state is State.FAULT:
        return []
    try:
        return [
            await denials(settings, access),
            *await fence_lines(settings, access),
            *await lease_lines(settings, access),
        ]
    except WatchdogError as error:
        return [Line(State.FAULT, f"rights: {error}", error.hint)]


def _daemon(running: bool) -> Line:
    if running:
        return Line(State.OK, "the daemon runs and answers on its socket")
    return Line(State.NOTE, "no daemon runs on this home", "start one with `watchdog serve`")


def _jobs(settings: Settings) -> Iterator[Line]:
    path = settings.home / "cron" / "jobs.json"
    checks = all_checks()
    known = families_of(checks)
    try:
        file = parse_jobs(
            path.read_text(encoding="utf-8"),
            known_checks=known,
            params=params_of(checks),
            souls=soul_slugs(settings.home),
        )
    except OSError:
        yield Line(
            State.NOTE,
            f"{path} is not there yet",
            "the default jobs are seeded by the first `watchdog serve` or `watchdog run`",
        )
        return
    except WatchdogError as error:
        yield Line(State.FAULT, f"{path}: {error}", error.hint)
        return
    yield Line(State.OK, f"{counted(len(file.jobs), 'job')} in {path} (zone {settings.timezone})")
    yield from (Line(State.NOTE, text, "see the jobs in the README") for text in file.warnings)
    if lacking := _not_here(file, checks):
        yield Line(
            State.NOTE,
            f"jobs name checks that this version does not have: {', '.join(lacking)}",
            "they start with the version that has them; nothing needs to be changed",
        )
    alone = [job.name for job in file.jobs if job.enabled and job.model and not job.fallbacks]
    if alone:
        yield Line(
            State.NOTE,
            f"jobs name one model and no other to fall back on: {', '.join(alone)}",
            "give them `fallbacks`: without an answer of that model they fail",
        )


def _souls(settings: Settings) -> Iterator[Line]:
    texts = read_texts(settings.home)
    named = ", ".join((texts.default.slug, *texts.souls))
    yield Line(State.OK, f"souls {named}; {len(texts.prompts)} prompts")
    yield from (Line(State.FAULT, str(fault), fault.hint) for fault in texts.faults)


def _not_here(file: JobsFile, checks: Sequence[Check]) -> list[str]:
    """Checks of the catalogue that jobs name, alone or by family, and that do not exist here."""
    known = families_of(tuple(checks))
    return sorted({name for job in file.jobs if job.enabled for name in absent_checks(job, known)})


def _notifiers(settings: Settings) -> Iterator[Line]:
    try:
        names = ", ".join(build_notifiers(settings, console=io.StringIO()))
    except WatchdogError as error:
        yield Line(State.FAULT, str(error), error.hint)
        return
    if names == "console":
        yield Line(
            State.NOTE,
            "messages go to the console only",
            "set DISCORD_WEBHOOK_URL to be told on Discord; `watchdog test-alert` tries it",
        )
    else:
        yield Line(State.OK, f"messages go to {names}")


async def _models(settings: Settings, *, failover: bool) -> list[Line]:
    if settings.llm.usable:
        # a home without a model does not pay for their client
        from watchdog.app.doctor_models import model_lines  # noqa: PLC0415

        return [line async for line in model_lines(settings, failover=failover)]
    lacking = "llm.base_url" if settings.llm.model else "llm.model"
    half = bool(settings.llm.base_url or settings.llm.model)
    lines = [
        Line(
            State.NOTE,
            f"{lacking} is not set: no model is asked, and explanations are made by rules"
            if half
            else "no model is set up: explanations are made by rules",
            f"set {lacking}" if half else "optional: set OPENAI_BASE_URL and llm.model",
        )
    ]
    if failover:
        lines.append(Line(State.FAULT, "there is no model to fail over from", "set llm.model"))
    return lines


async def prometheus_lines(url: str) -> list[Line]:
    """Whether the Prometheus that is set up answers, and has what is asked of it."""
    if not url:
        return []
    try:
        answers = await Prometheus(url).ask(QUERIES)
    except WatchdogError as error:
        hint = "kubelets and metrics API are read instead, where they can be"
        return [Line(State.FAULT, f"prometheus.url: {error}", error.hint or hint)]
    lacking = [name for name, found in answers.items() if not found]
    if "kubelets" in lacking:
        hint = "let it scrape the kubelets' /metrics; until then they are asked directly"
        return [Line(State.NOTE, "Prometheus answers, and knows no kubelet", hint)]
    had = ", ".join(name for name in answers if name not in lacking)
    without = f"; without {', '.join(lacking)}" if lacking else ""
    return [Line(State.OK, f"Prometheus answers with {had}{without}")]


async def _examined(cluster: Cluster, settings: Settings) -> AsyncIterator[Line]:
    checks = [check for check in all_checks() if check.id not in settings.disabled_checks]
    needs = needs_of(checks)
    try:
        snapshot = await cluster.snapshot(needs)
    except WatchdogError as error:
        yield Line(State.FAULT, f"cluster {cluster.name}: {error}", error.hint)
        return
    yield Line(
        State.OK,
        f"cluster {cluster.name}: {counted(len(snapshot.nodes), 'node')}, "
        f"{counted(len(snapshot.all_pods), 'pod')}",
    )
    for line in measure_lines(snapshot):
        yield line
    rights = await cluster.rights(sorted({*needs, "logs"}))
    for line in _rights(rights):
        yield line
    for line in _checks(checks, snapshot, settings):
        yield line
    for line in custom_lines(
        await cluster.customs(wanted_customs(checks, snapshot, settings.checks))
    ):
        yield line


def measure_lines(snapshot: Snapshot) -> Iterator[Line]:
    """The claims whose volume nobody can measure, in one line."""
    if found := unmeasurable(snapshot):
        yield Line(
            State.NOTE,
            f"{len(found)} claims are not measurable: {listed(f'{x.namespace}/{x.name}' for x in found)}",
            "each is a folder of its node's disk, which is watched as a whole",
        )


def custom_lines(answers: Mapping[CustomKind, object]) -> Iterator[Line]:
    """One line for each kind of custom resources that owns something here and cannot be listed."""
    for kind, answer in sorted(answers.items()):
        if isinstance(answer, Missing):
            yield Line(
                State.NOTE,
                f"custom resources {kind} are not judged: {answer.reason}",
                "optional: grant get and list on them, and faults are named where they are written",
            )


def _rights(rights: Sequence[Right]) -> Iterator[Line]:
    granted = [right for right in rights if right.allowed]
    yield Line(State.OK, f"{len(granted)} of {len(rights)} rights granted")
    for right in rights:
        if right.allowed:
            continue
        name = f"{right.verb} {right.resource}" + (f".{right.group}" if right.group else "")
        optional = right.resource in WHEN_GRANTED
        yield Line(
            State.NOTE if optional else State.FAULT,
            f"not granted: {name}",
            "optional: some explanations are less exact without it"
            if optional
            else "apply the ClusterRole in rbac/, or use an identity that may read it",
        )


def _checks(checks: Sequence[Check], snapshot: Snapshot, settings: Settings) -> Iterator[Line]:
    active = [check for check in checks if can_see(check, snapshot)]
    yield Line(
        State.OK, f"{counted(len(active), 'check')} active: {', '.join(c.id for c in active)}"
    )
    for name in settings.disabled_checks:
        yield Line(State.NOTE, f"check {name} is disabled", "remove it from disabled_checks")
    for check in checks:
        if check in active:
            continue
        why = unreadable(check, snapshot)
        absent = all(each.reason == "absent" for each in why)
        reasons = "; ".join(f"{each.need} {each.reason}" for each in why)
        yield Line(
            State.NOTE if absent else State.FAULT,
            f"check {check.id} cannot run: {reasons}",
            "the API is not installed here" if absent else "grant the rights named above",
        )
