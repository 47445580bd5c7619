"""rbac_denied: a 403 that breaks a workload, proved on roles and bindings."""

import pytest
from msgspec.structs import replace

from tests.builders import (
    HOUR,
    MINUTE,
    ago,
    deployment,
    meta,
    pod,
    replicaset,
    running,
    snapshot,
    terminated,
    waiting,
)
from tests.logic.roles import ACCOUNT, bind, bind_all, cluster_role, refusal, role, rule, subject
from watchdog.checks.rbac_denied import rbac_denied
from watchdog.domain.check import NoParams
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.objects import batchv1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot

APP = Ref("Deployment", "ops", "cleaner")
POD = Ref("Pod", "ops", "cleaner-1")
SPEC = podv1.PodSpec(containers=(podv1.Container(name="app"),), service_account_name=ACCOUNT.name)
ROLE = [cluster_role("cleaner", rule("get", "configmaps")), bind_all("cleaner")]
CRASHING = waiting("CrashLoopBackOff", restarts=9, last_state=terminated(1))


def look(
    *items: metav1.Object, status: podv1.ContainerStatus = CRASHING, text: str = ""
) -> Snapshot:
    owner = deployment(APP, ready=0)
    current = replicaset(owner, 1)
    crashing = pod(POD, status, owner=current, spec=SPEC)
    return read(snapshot(owner, current, crashing, *items), text or refusal())


def read(seen: Snapshot, text: str) -> Snapshot:
    return seen.with_logs({LogQuery(POD, "app", previous=True): Log(text)})


def detect(seen: Snapshot) -> list[Finding]:
    return list(rbac_denied.detect(seen, NoParams()))


def commands(finding: Finding) -> tuple[str, ...]:
    assert finding.proposal is not None
    return finding.proposal.commands


def test_a_403_that_a_workload_ends_on_is_a_fault_of_its_role() -> None:
    [finding] = detect(look(*ROLE))

    assert (finding.reason, finding.subject) == (
        "RBACForbidden",
        Ref("ClusterRole", "", "cleaner"),
    )
    assert (finding.severity, finding.hold) == (Severity.CRITICAL, 10 * MINUTE)
    assert (finding.since, finding.affected) == (ago(HOUR), (APP, POD))
    assert finding.why.startswith(f"{APP} fails because the API server answers 403: as {ACCOUNT}")
    assert finding.evidence[1].text.startswith(f"does not allow {ACCOUNT} to patch ")
    assert commands(finding)[0].startswith("kubectl patch clusterrole cleaner --type=json")
    assert '"verbs":["patch"]' in commands(finding)[0]


def test_without_any_role_the_account_is_the_subject_and_only_read() -> None:
    [finding] = detect(look())

    assert finding.subject == ACCOUNT
    assert finding.evidence[1].text.startswith("no role that is bound to it allows it to patch ")
    assert commands(finding) == ("kubectl -n ops describe serviceaccount cleaner",)


WRITES = rule("get patch", "configmaps")
EVERYTHING = rule("*", "*")


@pytest.mark.parametrize(
    ("items", "where", "said"),
    [
        (
            (role("shop", "state", WRITES),),
            "shop",
            "kubectl -n shop create rolebinding state --role=state",
        ),
        (
            (cluster_role("state", WRITES),),
            "shop",
            "kubectl -n shop create rolebinding state --clusterrole=state",
        ),
        (
            (cluster_role("state", WRITES), role("shop", "other", WRITES)),
            "",
            "kubectl create clusterrolebinding state --clusterrole=state",
        ),
    ],
)
def test_a_role_that_is_bound_to_nobody_is_bound_again(
    items: tuple[metav1.Object, ...], where: str, said: str
) -> None:
    local = items if where else items[:1]

    [finding] = detect(look(*local, text=refusal(where=where)))

    assert finding.subject == ACCOUNT
    assert commands(finding) == (f"{said} --serviceaccount=ops:cleaner",)


@pytest.mark.parametrize(
    "items",
    [
        (cluster_role("admin", EVERYTHING),),
        (cluster_role("state", WRITES, built_in=True),),
        (role("ops", "state", WRITES),),
        (role("shop", "state", WRITES), role("shop", "state-2", WRITES)),
        (role("shop", "state", WRITES), bind("shop", "state", subject("other"))),
        (role("shop", "state", WRITES), bind("shop", "state", subject("x"), kind="ClusterRole")),
        (role("shop", "state", rule("get", "configmaps")),),
        (role("shop", "state"),),
        (role("shop", "Not Safe", WRITES),),
    ],
    ids=[
        "everything",
        "built in",
        "elsewhere",
        "two",
        "bound",
        "name taken",
        "another verb",
        "empty",
        "no name for a shell",
    ],
)
def test_which_role_an_account_should_have_is_not_guessed(
    items: tuple[metav1.Object, ...],
) -> None:
    [finding] = detect(look(*items))

    assert commands(finding) == ("kubectl -n ops describe serviceaccount cleaner",)


def test_a_name_that_is_taken_in_the_cluster_and_requests_of_two_places_bind_nothing() -> None:
    other = replace(bind_all("other"), metadata=meta(Ref("ClusterRoleBinding", "", "state")))
    taken = (cluster_role("state", WRITES), replace(other, subjects=(subject("x"),)))
    two = "\n".join((refusal(where=""), refusal(where="shop")))

    for seen in (
        look(*taken, text=refusal(where="")),
        look(cluster_role("state", WRITES), text=two),
        look(cluster_role("state", rule("patch", "secrets")), text=refusal("patch", "secrets")),
    ):
        for finding in detect(seen):
            assert commands(finding) == ("kubectl -n ops describe serviceaccount cleaner",)


def test_a_secret_is_granted_to_nobody_by_a_log() -> None:
    [finding] = detect(look(*ROLE, text=refusal("list", "secrets")))

    assert commands(finding) == ("kubectl describe clusterrole cleaner",)


def test_one_refusal_in_two_logs_is_one_fact() -> None:
    seen = look(*ROLE).with_logs({LogQuery(POD, "app"): Log(refusal(name="again"))})

    [finding] = detect(seen)

    assert [each.kind for each in finding.evidence] == ["log", "spec", "spec"]


@pytest.mark.parametrize(
    "seen",
    [
        look(*ROLE, cluster_role("more", rule("patch", "configmaps")), bind_all("more")),
        look(*ROLE, text=refusal(account=Ref("ServiceAccount", "ops", "other"))),
        look(*ROLE, status=running()),
        look(*ROLE, text=refusal() + "\nworking" * 30),
        look(*ROLE, text="all is well"),
        read(snapshot(), refusal()),
    ],
    ids=["granted by now", "of another", "ready", "long ago", "nothing said", "pod is gone"],
)
def test_a_refusal_that_breaks_nothing_or_is_not_true_is_silent(seen: Snapshot) -> None:
    assert detect(seen) == []


def failed_job(*conditions: metav1.Condition) -> Snapshot:
    job = batchv1.Job(
        metadata=meta(Ref("Job", "ops", "clean")), status=batchv1.JobStatus(conditions=conditions)
    )
    dead = pod(POD, running(), owner=job, spec=SPEC, phase="Failed", ready=False)
    return read(snapshot(job, dead, *ROLE), refusal())


def test_a_failed_job_counts_until_it_has_succeeded() -> None:
    [finding] = detect(failed_job(metav1.Condition(type="Failed", status="True")))

    assert finding.affected[0] == Ref("Job", "ops", "clean")
    assert detect(failed_job(metav1.Condition(type="Complete", status="True"))) == []


def test_a_dead_pod_of_no_job_is_left_alone() -> None:
    dead = pod(POD, running(), spec=SPEC, phase="Failed", ready=False)

    assert detect(read(snapshot(dead, *ROLE), refusal())) == []
