"""What a job's question came to, as a message: an opinion, marked as one, or why there is none."""

import textwrap
from collections.abc import Sequence

from watchdog.domain.asking import Opinion
from watchdog.domain.incident import Incident
from watchdog.domain.notification import Message, NotificationKind
from watchdog.domain.severity import Severity
from watchdog.logic.words.render import notice

_WIDTH = 150
_LISTED = 5


def opinion_message(
    job: str,
    run_id: str,
    revision: int,
    opinion: Opinion,
    *,
    incidents: Sequence[Incident] = (),
    note: str = "",
) -> Message:
    """The answer with its doubts; without one the reason, and what the rules have found."""
    if opinion.failed:
        title, body = f"{job}: a model gave no answer", _rules(incidents)
    else:
        title, body = f"{job}: a model's opinion", opinion.text.splitlines()
    notes = [f"Note: {each}" for each in (opinion.doubt, opinion.note, note) if each]
    return notice(
        NotificationKind.REPORT,
        run_id,
        revision,
        severity=Severity.INFO,
        title=title,
        lines=[part for line in (*notes, *body) for part in textwrap.wrap(line, _WIDTH)],
    )


def _rules(incidents: Sequence[Incident]) -> list[str]:
    standing = [each for each in incidents if each.standing]
    lines = [f"- {each.severity}: {each.title} ({each.id})" for each in standing[:_LISTED]]
    return [f"What the rules found stands: {len(standing) or 'nothing'}", *lines]
