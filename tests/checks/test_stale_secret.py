"""stale_secret: containers that were started before their Secret was replaced, and are refused."""

from datetime import timedelta

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, ago, container, deployment, meta, pod, running, snapshot
from watchdog.checks.stale_secret import stale_secret
from watchdog.domain.check import NoParams
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.objects import batchv1, certmanagerv1, corev1, externalsecretsv1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

DAY = 24 * HOUR
API = Ref("Deployment", "shop", "api")
LOGIN = Ref("Secret", "shop", "db-login")
REFUSED = 'FATAL:  password authentication failed for user "api"'
TAKES = container(
    env=(
        podv1.EnvVar(name="HOST", value="db"),
        podv1.EnvVar(name="ZONE", value_from=podv1.EnvValueFrom()),
        podv1.EnvVar(
            name="PASSWORD",
            value_from=podv1.EnvValueFrom(secret_key_ref=podv1.KeyRef(name="db-login", key="p")),
        ),
    )
)


def external(
    age: timedelta = 48 * MINUTE, *, status: str = "True", every: str = "1h", policy: str = ""
) -> externalsecretsv1.ExternalSecret:
    return externalsecretsv1.ExternalSecret(
        metadata=meta(Ref("ExternalSecret", "shop", "db")),
        spec=externalsecretsv1.ExternalSecretSpec(
            refresh_interval=every,
            refresh_policy=policy,
            target=externalsecretsv1.SecretTarget(name="db-login"),
        ),
        status=externalsecretsv1.ExternalSecretStatus(
            refresh_time=ago(age), conditions=(metav1.Condition(type="Ready", status=status),)
        ),
    )


def replica(
    name: str,
    owner: metav1.Object,
    *,
    started: timedelta = 6 * DAY,
    ready: bool = False,
    since: timedelta = 42 * MINUTE,
    takes: podv1.Container = TAKES,
    volumes: tuple[podv1.Volume, ...] = (),
) -> podv1.Pod:
    return pod(
        Ref("Pod", "shop", name),
        running(ready=ready, age=started),
        owner=owner,
        spec=podv1.PodSpec(containers=(takes,), volumes=volumes),
        since=since,
        age=started,
    )


def detect(*items: metav1.Object, **logs: str) -> list[Finding]:
    """With logs by pod ("api_1"); other pods have said nothing."""
    pods = [item for item in items if isinstance(item, podv1.Pod)]
    texts = {
        LogQuery(each.ref, "app"): Log(logs.get(each.name.replace("-", "_"), "")) for each in pods
    }
    return list(stale_secret.detect(snapshot(*items).with_logs(texts), NoParams()))


OWNER = deployment(API, replicas=2, ready=1)


def test_one_replica_with_the_old_password_is_told_on_its_workload() -> None:
    old = replica("api-1", OWNER)
    new = replica("api-2", OWNER, started=30 * MINUTE, ready=True)

    [finding] = detect(external(), OWNER, old, new, api_1=REFUSED)

    assert (finding.reason, finding.subject) == ("StaleSecretEnv", API)
    assert finding.affected == (old.ref,)
    assert (finding.since, finding.hold) == (ago(42 * MINUTE), 10 * MINUTE)
    assert finding.severity is Severity.WARNING
    assert "Secret/shop/db-login" in finding.message
    assert "authentication failed" in finding.why
    assert "api-2, started after that, is ready" in finding.why
    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n shop rollout restart deployment/api",)


def test_the_first_look_suspects_so_that_the_log_is_read() -> None:
    old = replica("api-1", OWNER)

    [finding] = stale_secret.detect(snapshot(external(), OWNER, old), NoParams())

    assert finding.logs == (LogQuery(old.ref, "app"),)


def test_two_workloads_with_the_old_value_are_one_cause() -> None:
    other = deployment(Ref("Deployment", "shop", "worker"))
    items = (replica("api-1", OWNER), replica("worker-1", other))

    found = detect(external(), OWNER, other, *items, api_1=REFUSED, worker_1=REFUSED)

    assert [each.subject for each in found] == [API, other.ref]
    assert {each.shared for each in found} == {"Secret shop/db-login"}


def test_only_what_the_log_confirms_is_named() -> None:
    items = (replica("api-1", OWNER), replica("api-2", OWNER))

    [finding] = detect(external(), OWNER, *items, api_2=REFUSED)

    assert finding.affected == (items[1].ref,)


def test_a_bare_pod_cannot_be_restarted_but_replaced() -> None:
    bare = pod(
        Ref("Pod", "shop", "x"),
        running(ready=False, age=DAY),
        spec=podv1.PodSpec(containers=(TAKES,)),
        since=42 * MINUTE,
        age=DAY,
    )

    [finding] = detect(external(), bare, x=REFUSED)

    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n shop describe pod x",)


def test_without_a_refused_login_in_the_log_nothing_is_said() -> None:
    assert detect(external(), OWNER, replica("api-1", OWNER), api_1="ERROR out of cheese") == []


def test_a_pod_with_the_new_value_that_is_refused_too_takes_it_back() -> None:
    old = replica("api-1", OWNER)
    new = replica("api-2", OWNER, started=30 * MINUTE, since=29 * MINUTE)

    found = detect(external(), OWNER, old, new, api_1=REFUSED, api_2=REFUSED)
    silent = detect(external(), OWNER, old, new, api_1=REFUSED)

    assert found == []
    assert len(silent) == 1


def test_both_are_read_before_it_is_judged() -> None:
    old = replica("api-1", OWNER)
    new = replica("api-2", OWNER, started=30 * MINUTE, since=29 * MINUTE)

    [finding] = stale_secret.detect(snapshot(external(), OWNER, old, new), NoParams())

    assert finding.logs == (LogQuery(old.ref, "app"), LogQuery(new.ref, "app"))


@pytest.mark.parametrize(
    "item",
    [
        replica("api-1", OWNER, started=30 * MINUTE, since=20 * MINUTE),
        replica("api-1", OWNER, ready=True),
        replica("api-1", OWNER, since=5 * MINUTE),
        replica("api-1", OWNER, started=50 * MINUTE, since=50 * MINUTE),
        replica("api-1", OWNER, takes=container()),
    ],
    ids=["started-later", "ready", "not-yet", "never-worked", "takes-nothing"],
)
def test_a_pod_that_cannot_suffer_from_it_is_no_suspect(item: podv1.Pod) -> None:
    assert detect(external(), OWNER, item, api_1=REFUSED) == []


def test_a_secret_that_could_not_be_fetched_was_not_written() -> None:
    item = replica("api-1", OWNER)

    assert detect(external(status="False"), OWNER, item, api_1=REFUSED) == []
    assert detect(OWNER, item, api_1=REFUSED) == []


# A periodic fetch moves its time on: what matters is the one before the failure began.
def test_a_later_fetch_does_not_hide_the_one_before_the_failure() -> None:
    item = replica("api-1", OWNER, since=5 * HOUR)

    assert len(detect(external(10 * MINUTE), OWNER, item, api_1=REFUSED)) == 1
    assert len(detect(external(10 * MINUTE, every=""), OWNER, item, api_1=REFUSED)) == 1


@pytest.mark.parametrize(
    ("every", "policy"), [("0", ""), ("0s", ""), ("1h", "OnChange"), ("soon", "")]
)
def test_a_single_fetch_after_the_failure_began_explains_nothing(every: str, policy: str) -> None:
    item = replica("api-1", OWNER, since=5 * HOUR)

    assert detect(external(every=every, policy=policy), OWNER, item, api_1=REFUSED) == []


def test_a_peer_that_was_started_after_the_failure_and_works_proves_it() -> None:
    items = (
        replica("api-1", OWNER, since=5 * HOUR),
        replica("api-2", OWNER, started=HOUR, ready=True),
    )

    assert len(detect(external(every="0"), OWNER, *items, api_1=REFUSED)) == 1


def test_a_fetch_between_start_and_failure_is_needed() -> None:
    item = replica("api-1", OWNER, started=50 * MINUTE, since=40 * MINUTE)

    assert detect(external(30 * MINUTE, every="24h"), OWNER, item, api_1=REFUSED) == []


@pytest.mark.parametrize("line", [REFUSED, "x509: certificate has expired or is not yet valid"])
def test_a_renewed_certificate_counts_too(line: str) -> None:
    renewed = certmanagerv1.Certificate(
        metadata=meta(Ref("Certificate", "shop", "db")),
        spec=certmanagerv1.CertificateSpec(secret_name="db-login"),
        status=certmanagerv1.CertificateStatus(
            not_before=ago(HOUR), conditions=(metav1.Condition(type="Ready", status="True"),)
        ),
    )
    other = certmanagerv1.Certificate(metadata=meta(Ref("Certificate", "shop", "new")))

    [finding] = detect(renewed, other, OWNER, replica("api-1", OWNER), api_1=line)

    assert "Certificate/shop/db wrote" in finding.why


def test_an_expired_certificate_is_nothing_a_password_is_responsible_for() -> None:
    text = "x509: certificate has expired"

    assert detect(external(), OWNER, replica("api-1", OWNER), api_1=text) == []


def test_whole_secrets_and_single_files_are_kept_too() -> None:
    whole = container(
        env_from=(podv1.EnvFrom(secret_ref=podv1.NameRef(name="db-login")), podv1.EnvFrom())
    )
    file = container(
        volume_mounts=(
            podv1.VolumeMount(name="login", mount_path="/p", sub_path="p"),
            podv1.VolumeMount(name="tmp", mount_path="/tmp"),
        )
    )
    volumes = (
        podv1.Volume(name="login", secret=podv1.SecretVolume(secret_name="db-login")),
        podv1.Volume(name="tmp"),
    )
    plain = container(volume_mounts=(podv1.VolumeMount(name="login", mount_path="/p"),))

    by_env = replica("api-1", OWNER, takes=whole)
    by_file = replica("api-1", OWNER, takes=file, volumes=volumes)
    followed = replica("api-1", OWNER, takes=plain, volumes=volumes)

    assert len(detect(external(), OWNER, by_env, api_1=REFUSED)) == 1
    assert len(detect(external(), OWNER, by_file, api_1=REFUSED)) == 1
    assert detect(external(), OWNER, followed, api_1=REFUSED) == []


def test_jobs_and_containers_that_do_not_run_hold_nothing() -> None:
    job = batchv1.Job(metadata=meta(Ref("Job", "shop", "once")))
    waits = pod(
        Ref("Pod", "shop", "api-1"),
        podv1.ContainerStatus(name="app"),
        owner=OWNER,
        spec=podv1.PodSpec(containers=(TAKES,)),
    )

    assert detect(external(), job, replica("api-1", job), api_1=REFUSED) == []
    assert detect(external(), OWNER, waits, api_1=REFUSED) == []


SETTINGS = Ref("ConfigMap", "shop", "settings")


def settings(changed: timedelta | None = 45 * MINUTE) -> corev1.ConfigMap:
    edits = () if changed is None else (metav1.Edit(manager="kubectl-edit", time=ago(changed)),)
    metadata = msgspec.structs.replace(meta(SETTINGS, age=90 * DAY), managed_fields=edits)
    return corev1.ConfigMap(metadata=metadata)


def of_settings(*, by: str) -> tuple[podv1.Container, tuple[podv1.Volume, ...]]:
    named = podv1.NameRef(name="settings")
    key = podv1.KeyRef(name="settings", key="user")
    takes = {
        "key": container(
            env=(podv1.EnvVar(name="U", value_from=podv1.EnvValueFrom(config_map_key_ref=key)),)
        ),
        "all": container(env_from=(podv1.EnvFrom(config_map_ref=named),)),
        "file": container(volume_mounts=(podv1.VolumeMount(name="v", sub_path="user"),)),
        "folder": container(volume_mounts=(podv1.VolumeMount(name="v"),)),
    }[by]
    return takes, (podv1.Volume(name="v", config_map=named),)


@pytest.mark.parametrize("by", ["key", "all", "file"])
def test_a_configmap_that_was_changed_leaves_old_values_behind_too(by: str) -> None:
    takes, volumes = of_settings(by=by)
    old = replica("api-1", OWNER, takes=takes, volumes=volumes)

    [finding] = detect(settings(), OWNER, old, api_1=REFUSED)

    assert (finding.reason, finding.subject) == ("StaleSecretEnv", API)
    assert finding.shared == "ConfigMap shop/settings"
    assert "ConfigMap/shop/settings was changed at" in finding.why
    assert "nor the ConfigMap is at fault" in finding.why


@pytest.mark.parametrize(
    ("by", "changed", "text"),
    [
        ("folder", 45 * MINUTE, REFUSED),  # the kubelet brings the new file
        ("all", 7 * DAY, REFUSED),  # before the container was started
        ("all", 20 * MINUTE, REFUSED),  # after it had stopped being ready
        ("all", None, REFUSED),
        ("all", 45 * MINUTE, "panic: index out of range"),
    ],
)
def test_a_configmap_that_explains_no_refused_login_is_silent(
    by: str, changed: timedelta | None, text: str
) -> None:
    takes, volumes = of_settings(by=by)
    old = replica("api-1", OWNER, takes=takes, volumes=volumes)

    assert detect(settings(changed), OWNER, old, api_1=text) == []
