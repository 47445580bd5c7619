"""What the token of the overlay `act` is refused when its rights are the shipped ones."""

from http import HTTPStatus

import pytest

from tests.fences.conftest import Fenced, refused
from tests.fences.victims import versions
from tests.fences.writes import ALLOWED, FORBIDDEN, RIGHTS_ALONE

ALL = {**FORBIDDEN, **RIGHTS_ALONE}


@pytest.mark.parametrize("what", ALL)
def test_refused_with_the_shipped_rights(what: str, fenced: Fenced) -> None:
    refused(fenced, ALL[what])


@pytest.mark.parametrize("what", ALLOWED)
def test_refused_where_the_actor_is_not_bound(what: str, fenced: Fenced) -> None:
    before = versions(fenced.admin, fenced.other.namespace)

    status, said = ALLOWED[what].made(fenced.account, fenced.other)

    assert (status, "ValidatingAdmissionPolicy" in said) == (HTTPStatus.FORBIDDEN, False)
    assert versions(fenced.admin, fenced.other.namespace) == before
