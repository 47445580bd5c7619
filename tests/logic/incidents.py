"""An Incident with everything in it, for what people and programs read."""

from datetime import timedelta

from tests.builders import MINUTE, NOW, ago
from watchdog.domain.evidence import Evidence, Explanation, Proposal
from watchdog.domain.finding import fingerprint
from watchdog.domain.incident import Incident, Status
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

API = Ref("Deployment", "shop", "api")
POD = Ref("Pod", "shop", "api-7d9f8b6c5d-x2x4z")


BROKEN = Incident(
    cluster="c0ffee",
    fingerprint=fingerprint("c0ffee", "image_pull", "ImageNotFound", API),
    opening=1,
    status=Status.OPEN,
    check="image_pull",
    reason="ImageNotFound",
    severity=Severity.CRITICAL,
    subjects=(API,),
    affected=(POD,),
    since=ago(35 * MINUTE),
    first_seen_at=ago(30 * MINUTE),
    last_seen_at=NOW,
    counted_at=NOW,
    opened_at=ago(30 * MINUTE),
    title="no pod of api can start: image shop/api:2.0 does not exist",
    explanation=Explanation("The registry answered 404. Revision 2 brought this tag."),
    evidence=(
        Evidence(
            kind="event",
            ref=POD,
            at=NOW - timedelta(minutes=1),
            text='Failed to pull image "shop/api:2.0": not found',
        ),
    ),
    proposal=Proposal("Go back to revision 1.", ("kubectl -n shop rollout undo deployment/api",)),
)
