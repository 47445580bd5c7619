"""Whom a failing workload's words point at."""

import pytest

from tests.builders import snapshot
from tests.network import app, service
from watchdog.domain.ref import Ref
from watchdog.logic.facts import Fact, Family
from watchdog.logic.network.callees import blamed, declared

WEB = Ref("Deployment", "shop", "web")
CART = (Ref("Service", "shop", "cart"), Ref("Deployment", "shop", "cart"))
MAIL = (Ref("Service", "shop", "mail"),)
LOOK = snapshot(
    *app("web", env={"A": "cart:80", "B": "mail:25", "C": "http://192.168.1.9:5432"}),
    *app("cart", 80),
    service("cart", 80),
)


def said(name: str, family: Family = Family.REFUSED) -> tuple[Fact, ...]:
    return (Fact(family, name, "line"),)


def test_a_host_that_is_named_is_the_one_that_is_meant() -> None:
    assert blamed(LOOK, WEB, said("cart:80")) == CART


@pytest.mark.parametrize("name", ["", "10.96.77.4:80"])
def test_a_word_that_names_nobody_may_mean_each_service_that_is_called(name: str) -> None:
    assert blamed(LOOK, WEB, said(name)) == (*CART, *MAIL)


@pytest.mark.parametrize("name", ["192.168.1.9:5432", "8.8.8.8:53", "db.example.org:5432"])
def test_a_host_outside_is_no_service(name: str) -> None:
    assert blamed(LOOK, WEB, said(name)) == ()


def test_a_refused_login_of_nobody_blames_nobody() -> None:
    assert blamed(LOOK, WEB, said("", Family.AUTH_FAILED)) == ()


def test_everything_that_is_called_is_declared_once() -> None:
    assert declared(LOOK, WEB) == (*CART, *MAIL)


def test_what_has_no_template_calls_nobody() -> None:
    assert declared(LOOK, Ref("Pod", "shop", "bare")) == ()
