"""judging: what a Run may not call over."""

from dataclasses import replace

from tests.builders import HOUR, meta, node, snapshot
from tests.logic.incident.test_reconcile import finding, opened
from tests.loops.scripted import broken
from watchdog.domain.incident import Incident, Status
from watchdog.domain.objects import tlsv1
from watchdog.domain.ref import Ref
from watchdog.domain.run import RunRequest
from watchdog.loops.judging import judge
from watchdog.loops.look import View
from watchdog.store.incidents import Known

SECRET = Ref("Secret", "home", "site-tls")
CHECK = replace(broken, id="crash_loop")
REQUEST = RunRequest(run_id="r", job="watch", trigger="manual", checks=(CHECK.id,))


def served(unread: str) -> tlsv1.ServedCertificate:
    ref = Ref("ServedCertificate", SECRET.namespace, SECRET.name)
    return tlsv1.ServedCertificate(metadata=meta(ref), unread=unread)


def after_two_clear_runs(unread: str) -> Incident:
    """An Incident about the Secret, when its fault was not seen twice in a row."""
    known = opened(finding(SECRET))
    for at in (1, 2):
        look = snapshot(node("w-1"), served(unread))
        look = replace(look, taken_at=look.taken_at + at * HOUR)
        view = View(snapshot=look, found={CHECK.id: ()}, blind={}, unjudged={})
        known = judge(
            view, REQUEST, Known(known, {}), (), checks=(CHECK,), namespace="own", lately={}
        ).incidents
    [incident] = known
    return incident


def test_a_certificate_whose_host_is_silent_stays_open() -> None:
    assert after_two_clear_runs("timeout").status is Status.OPEN
    assert after_two_clear_runs("").status is Status.RESOLVED
