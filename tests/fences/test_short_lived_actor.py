"""The component `short-lived-actor`: writes under another account, by tokens of ten minutes."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http import HTTPStatus

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.deploy.conftest import NAMESPACE
from tests.fences.conftest import Fenced, until
from tests.fences.test_components import applied
from tests.fences.victims import APPS, CORE
from tests.fences.writes import ALLOWED, Call
from watchdog.app.manifests.names import ACTOR, CANARY, CANARY_NAMESPACE, NOTHING_ELSE, RESTART_ONLY

OWN = f"{CORE}/namespaces/{NAMESPACE}"
# On the canary: its binding is of the overlay.
RESTART = replace(
    ALLOWED["a Deployment restarted"],
    path=f"{APPS}/namespaces/{CANARY_NAMESPACE}/deployments/{CANARY}?dryRun=All",
)


@pytest.fixture(scope="module")
def minting(control_plane: ControlPlane, fenced: Fenced) -> Iterator[Fenced]:
    """The overlay with the component."""
    with applied(control_plane, "short-lived-actor"):
        until(partial(RESTART.made, fenced.account, fenced.bound), "403")
        until(partial(mint().made, fenced.account, fenced.bound), "201")
        yield fenced
    until(partial(RESTART.made, fenced.account, fenced.bound), "200")


def mint(account: str = ACTOR, seconds: int = 600) -> Call:
    """Ask for a token."""
    spec = {"expirationSeconds": seconds}
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
    path = f"{CORE}/namespaces/{NAMESPACE}/serviceaccounts/{account}/token"
    return Call(method="POST", path=path, body=body)


def test_the_pod_is_told_in_whose_name_it_writes(
    control_plane: ControlPlane, minting: Fenced
) -> None:
    found = control_plane.get("deployment", NAMESPACE, "watchdog")

    [container] = found["spec"]["template"]["spec"]["containers"]
    assert {"name": "WATCHDOG_ACTOR__SERVICE_ACCOUNT", "value": ACTOR} in container["env"]


def test_the_reader_may_no_longer_act(minting: Fenced) -> None:
    assert RESTART.made(minting.account, minting.bound)[0] == HTTPStatus.FORBIDDEN


def test_a_token_of_the_actor_may_and_is_fenced_in_as_well(minting: Fenced) -> None:
    call = mint()
    answer = minting.account.ask("POST", call.path, call.body)[1]
    actor = replace(minting.account, token=answer["status"]["token"])
    replicas = replace(RESTART, body={"spec": {"replicas": 1}})

    passed, said = RESTART.made(actor, minting.bound)
    shut, why = replicas.made(actor, minting.bound)

    assert passed == HTTPStatus.OK, said
    assert (shut, f"'{RESTART_ONLY}'" in why) == (HTTPStatus.FORBIDDEN, True), why


def test_a_token_of_an_hour_is_refused(minting: Fenced) -> None:
    status, said = mint(seconds=3600).made(minting.account, minting.bound)

    assert (status, f"'{NOTHING_ELSE}'" in said) == (HTTPStatus.FORBIDDEN, True), said


@pytest.mark.parametrize("account", ["default", "platform-engineer"])
def test_a_token_of_another_account_is_refused(account: str, minting: Fenced) -> None:
    assert mint(account).made(minting.account, minting.bound)[0] == HTTPStatus.FORBIDDEN
