"""What a Run says, as messages with their targets."""

from datetime import datetime

from watchdog.domain.notification import Message
from watchdog.domain.run import RunRequest
from watchdog.logic.incident.speech import Spoken
from watchdog.logic.incident.storm import progress_message, summary_message
from watchdog.logic.words.render import incident_message


def messages_of(spoken: Spoken, request: RunRequest, now: datetime) -> list[tuple[str, Message]]:
    """Return (target, Message) for everything that is said, in the order in which it is sent."""
    revision = int(now.timestamp())
    single = [
        (
            speech.target,
            incident_message(
                speech.incident,
                speech.kind,
                revision,
                now=now,
                run_id=request.run_id,
                quiet=not speech.loud,
            ),
        )
        for speech in spoken.speeches
    ]
    many = [(each.target, summary_message(each, revision)) for each in spoken.summaries]
    fewer = [(each.target, progress_message(each, revision)) for each in spoken.progress]
    return [*single, *many, *fewer]
