"""config_lint: definitions that shadow each other."""

from tests.builders import HOUR, ago, container, deployment, meta, replicaset, snapshot, template
from watchdog.checks.config_lint import config_lint
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import batchv1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

APP = Ref("Deployment", "shop", "web")


def detect(*items: metav1.Object) -> list[Finding]:
    return list(config_lint.detect(snapshot(*items), NoParams()))


def with_env(*names: str, other: tuple[str, ...] = ()) -> podv1.PodTemplate:
    first, second = (
        tuple(podv1.EnvVar(name=name, value=f"hidden-{at}") for at, name in enumerate(group))
        for group in (names, other)
    )
    return template(container(env=first), container("proxy", env=second))


def test_a_variable_that_is_defined_twice_is_noted() -> None:
    owner = deployment(APP, pod_template=with_env("MODE", "PORT", "MODE"))

    [finding] = detect(owner, replicaset(owner, 1))

    assert (finding.reason, finding.subject) == ("EnvShadowed", APP)
    assert (finding.severity, finding.since) == (Severity.INFO, ago(HOUR))
    assert "MODE" in finding.message
    assert "hidden" not in str(finding)


def test_a_cron_jobs_template_is_read_as_well() -> None:
    spec = batchv1.JobSpec(template=with_env("A", other=("B", "B")))
    nightly = batchv1.CronJob(
        metadata=meta(Ref("CronJob", "shop", "nightly")),
        spec=batchv1.CronJobSpec(job_template=batchv1.JobTemplate(spec=spec)),
    )

    assert [finding.subject for finding in detect(nightly)] == [nightly.ref]


def test_one_name_in_two_containers_is_two_variables() -> None:
    assert detect(deployment(APP, pod_template=with_env("MODE", other=("MODE",)))) == []
