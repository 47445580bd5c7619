"""Image references in their full form."""

import pytest

from watchdog.logic.pods.image import answer, normal, registry, repository


@pytest.mark.parametrize(
    ("image", "full", "host", "repo"),
    [
        ("ghost", "docker.io/library/ghost:latest", "docker.io", "docker.io/library/ghost"),
        ("lab/x:1", "docker.io/lab/x:1", "docker.io", "docker.io/lab/x"),
        ("index.docker.io/lab/x:1", "docker.io/lab/x:1", "docker.io", "docker.io/lab/x"),
        ("localhost:5000/x", "localhost:5000/x:latest", "localhost:5000", "localhost:5000/x"),
        ("r.lan/a/b@sha256:ab", "r.lan/a/b@sha256:ab", "r.lan", "r.lan/a/b"),
        ("r.lan/a/b:1@sha256:ab", "r.lan/a/b:1@sha256:ab", "r.lan", "r.lan/a/b"),
    ],
)
def test_a_reference_has_a_full_form(image: str, full: str, host: str, repo: str) -> None:
    assert (normal(image), registry(image), repository(image)) == (full, host, repo)


def test_the_registrys_own_words_are_cut_out_of_the_runtimes_error() -> None:
    assert answer("unexpected status from HEAD: 401 Unauthorized") == "401 Unauthorized"
    assert answer("dial tcp: lookup r.lan on 10.0.0.1:53: no such host") == (
        "lookup r.lan on 10.0.0.1:53: no such host"
    )
    assert answer("something else") == ""
