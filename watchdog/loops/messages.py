"""What a Run says, as messages with their targets."""

from datetime import datetime

from watchdog.domain.notification import Message
from watchdog.logic.incident.speech import Spoken
from watchdog.logic.incident.storm import progress_message, summary_message
from watchdog.logic.words.render import incident_message


def messages_of(spoken: Spoken, *, now: datetime, run_id: str = "") -> list[tuple[str, Message]]:
    """Return (target, Message) for everything that is said, in the order in which it is sent.

    `now` is the time of the Snapshot; `run_id` is named in the texts, "" where no Run is behind them.
    """
    revision = int(now.timestamp())
    single = [
        (
            speech.target,
            incident_message(
                speech.incident,
                speech.kind,
                revision,
                now=now,
                run_id=run_id,
                quiet=not speech.loud,
            ),
        )
        for speech in spoken.speeches
    ]
    many = [(each.target, summary_message(each, revision)) for each in spoken.summaries]
    fewer = [(each.target, progress_message(each, revision)) for each in spoken.progress]
    return [*single, *many, *fewer]
