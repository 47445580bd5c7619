"""The value that a refusal of the API server complains about.

Source of the words: apimachinery `field.Error`, and the admission plugins Priority and RuntimeClass.
"""

import re
from collections.abc import Iterator

from watchdog.domain.custom import Carried

_FIELD = re.compile(
    r"(?P<path>[a-zA-Z][\w.\-/\[\]]*): (?:Invalid|Unsupported) value: "
    r'(?:"(?P<text>[^"]{1,253})"|(?P<plain>-?\d{1,18}|true|false)\b)'
)
_CLASSES = (
    ("priorityClassName", re.compile(r"no PriorityClass with name (?P<name>[-.\w]{1,253}) was")),
    ("runtimeClassName", re.compile(r'RuntimeClass "(?P<name>[-.\w]{1,253})" not found')),
)


def wrong_values(message: str) -> tuple[Carried, ...]:
    """Return each value a message names with the field it stands in; nothing for free text."""
    return tuple(dict.fromkeys(_found(message)))


def _found(message: str) -> Iterator[Carried]:
    for match in _FIELD.finditer(message):
        steps = [
            step for step in re.split(r"[.\[\]]", match["path"]) if step and not step.isdigit()
        ]
        yield Carried(value=match["text"] or match["plain"], key=steps[-1])
    for key, pattern in _CLASSES:
        if found := pattern.search(message):
            yield Carried(value=found["name"], key=key)
