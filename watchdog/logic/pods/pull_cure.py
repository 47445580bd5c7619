"""What mends a failed image pull: the last image that worked, credentials, a registry that answers."""

from watchdog.domain.evidence import Proposal
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command
from watchdog.logic.pods import pull
from watchdog.logic.pods.image import registry, repository
from watchdog.logic.pods.pull import Pull
from watchdog.logic.symptom import advise


def renew(snapshot: Snapshot, first: Pull, secrets: str) -> Proposal:
    """Advise what gives the pull valid credentials, an existing pull secret first."""
    workload, host = snapshot.workloads.get(first.owner), first.host
    if first.secrets and command.safe_name(first.secrets[0]):  # any pod spec may hold any text
        return advise(
            workload,
            f"Renew the registry credentials in Secret {secrets} (user, token and rights for {host}): "
            f"kubectl -n {first.owner.namespace} create secret docker-registry {first.secrets[0]} "
            f"--docker-server={host}, with user and password and --dry-run=client -o yaml, piped into "
            "kubectl apply -f -. The pull then succeeds by itself.",
            command.describe(Ref("Secret", first.owner.namespace, first.secrets[0])),
        )
    if lender := _lender(snapshot, first):
        body = {"imagePullSecrets": [{"name": lender}]}
        return advise(
            workload,
            f"Give the pod the imagePullSecret {lender}, with which other pods of the namespace pull "
            f"from {host}.",
            command.patch_pod_spec(first.owner, body),
        )
    return advise(
        workload,
        f"Create a docker-registry Secret with credentials for {host} in namespace "
        f"{first.owner.namespace} and name it in imagePullSecrets of the pod template or of the "
        "ServiceAccount; or check that the image name is right.",
        command.listed(first.owner, "serviceaccounts"),
    )


def _lender(snapshot: Snapshot, first: Pull) -> str:
    """A pull secret that ready pods of the namespace use for the same registry."""
    for pod in snapshot.pods.values():
        hosts = {registry(container.image) for container in pod.spec.containers}
        same = pod.namespace == first.owner.namespace and first.host in hosts
        if same and pod.ready and pod.spec.image_pull_secrets:
            return pod.spec.image_pull_secrets[0].name
    return ""


def reach(snapshot: Snapshot, first: Pull, failing: frozenset[str], *, throttled: bool) -> Proposal:
    """Advise how the registry becomes reachable, or which reachable image to return to."""
    host = first.host
    check = (
        f"Wait for the limit of {host} to pass, pull with an account, or use a mirror"
        if throttled
        else f"Make {host} resolve and answer on the nodes (on a node: nslookup {host}, then "
        f"curl -v https://{host}/v2/)"
    )
    back = pull.last_good(snapshot.workloads.get(first.owner), first, failing)
    if back is not None and registry(pull.image_of(back, first.container.name)) != host:
        return go_back(snapshot, first, failing, check[0].lower() + check[1:])
    workload = snapshot.workloads.get(first.owner)
    text = f"{check}; the pods then recover by themselves."
    return advise(workload, text, command.describe(first.pod.ref))


def go_back(snapshot: Snapshot, first: Pull, failing: frozenset[str], otherwise: str) -> Proposal:
    """Advise the last image that worked: the previous revision's, else one the cluster runs."""
    owner, name = first.owner, first.container.name
    workload = snapshot.workloads.get(owner)
    revision = pull.last_good(workload, first, failing)
    if workload is not None and revision is not None:
        image = pull.image_of(revision, name)
        undo = revision == workload.previous
        return advise(
            workload,
            f"Return to the previous image {image} (revision {revision.number}), or {otherwise}.",
            command.rollout_undo(owner) if undo else command.set_image(owner, name, image),
        )
    text = f"Correct the image of container {name}, or {otherwise}."
    if sibling := _sibling(snapshot, first):
        text = f"{text} The cluster runs {sibling} of the same repository."
        changeable = owner.kind in ("Deployment", "StatefulSet", "DaemonSet", "CronJob")
        if changeable and command.safe_image(sibling):
            return advise(workload, text, command.set_image(owner, name, sibling))
    return advise(workload, text, command.describe(first.pod.ref))


def earlier(snapshot: Snapshot, first: Pull, failing: frozenset[str]) -> str | None:
    """The last image of the container that worked; None when no revision had another one."""
    revision = pull.last_good(snapshot.workloads.get(first.owner), first, failing)
    return pull.image_of(revision, first.container.name) if revision else None


def _sibling(snapshot: Snapshot, first: Pull) -> str:
    wanted = repository(first.container.image)
    for pod in snapshot.pods.values():
        for container in pod.spec.containers:
            if pod.ready and repository(container.image) == wanted:
                return container.image
    return ""
