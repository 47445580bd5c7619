"""unanswered: which Services of the cluster a controller's words say did not answer."""

import pytest

from tests.builders import snapshot
from tests.network import app, ingress, service
from watchdog.domain.objects import networkingv1
from watchdog.domain.ref import Ref
from watchdog.logic.network.unanswered import unanswered

GIT = (Ref("Service", "shop", "git"), Ref("Deployment", "shop", "git"))
LOOK = snapshot(*app("git", 3000), service("git", 3000))
URL = "http://git.shop.svc.cluster.local:3000/ops.git"


@pytest.mark.parametrize(
    "said",
    [
        f'Get "{URL}": dial tcp 10.96.7.7:3000: connect: connection refused',
        "dial tcp: lookup git.shop.svc on 10.96.0.10:53: no such host",
        f'failed to list refs: Get "{URL}": context deadline exceeded',
        f'unexpected status from "{URL}": 503 Service Unavailable',
        f'Get "{URL}": EOF',
    ],
)
def test_the_service_that_the_words_name_did_not_answer(said: str) -> None:
    assert unanswered(LOOK, said, "flux-system") == GIT


def test_words_that_name_no_host_are_about_the_address_of_the_spec() -> None:
    assert unanswered(LOOK, "context deadline exceeded", "flux-system", URL) == GIT
    assert unanswered(LOOK, "context deadline exceeded", "flux-system") == ()


def test_a_short_name_is_meant_where_the_object_is() -> None:
    said = "dial tcp: lookup git: no such host"

    assert unanswered(LOOK, said, "shop") == GIT
    assert unanswered(LOOK, said, "argocd") == (Ref("Service", "argocd", "git"),)


@pytest.mark.parametrize(
    "said",
    [
        f'Get "{URL}": authentication required: Unauthorized',
        f'repository "{URL}" not found',
        'Get "https://git.example.org/ops.git": dial tcp 192.0.2.7:443: connect: connection refused',
    ],
)
def test_who_answers_or_is_outside_is_not_meant(said: str) -> None:
    assert unanswered(LOOK, said, "flux-system") == ()


def test_a_host_that_an_ingress_publishes_is_the_service_behind_it() -> None:
    way = networkingv1.IngressBackend(service=networkingv1.IngressService(name="git"))
    paths = networkingv1.IngressHttp(paths=(networkingv1.IngressPath(backend=way),))
    rule = networkingv1.IngressHost(host="git.example.org", http=paths)
    look = snapshot(*app("git", 3000), service("git", 3000), ingress("git", rules=(rule,)))
    said = 'Get "https://git.example.org/ops.git": 503 Service Unavailable'

    assert unanswered(look, said, "argocd") == GIT
