"""Messages of the admission plugins."""

import pytest

from watchdog.logic.workloads.refusal import Gate, refusal


@pytest.mark.parametrize(
    ("message", "gate", "name"),
    [
        ("exceeded quota: q, requested: pods=1, used: pods=9, limited: pods=9", Gate.QUOTA, "q"),
        ("failed quota: q: must specify limits.cpu for: app", Gate.QUOTA, "q"),
        ('violates PodSecurity "baseline:v1.30": hostPath volumes', Gate.POD_SECURITY, "baseline"),
        ('failed calling webhook "a.b": failed to call webhook: EOF', Gate.WEBHOOK, "a.b"),
        ('admission webhook "a.b" denied the request: exceeded quota: no', Gate.DENIED, "a.b"),
        (
            "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no latest",
            Gate.DENIED,
            "p",
        ),
        ('error looking up service account a/b: serviceaccount "b" not found', Gate.ACCOUNT, "b"),
    ],
)
def test_a_message_names_its_gate(message: str, gate: Gate, name: str) -> None:
    found = refusal(message)

    assert found is not None
    assert (found.gate, found.name) == (gate, name)


def test_an_unknown_message_names_none() -> None:
    assert refusal("the server is currently unable to handle the request") is None
