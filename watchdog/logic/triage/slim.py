"""One object as the model may see it: without the values of its environment, and short.

Source: safety.md section 13: of the environment names and references only.
"""

import json

import msgspec

from watchdog.domain.objects import metav1

LONGEST = 3500  # characters
_DROPPED = frozenset(("managedFields", "annotations", "uid", "imageID", "images", "nodeInfo"))
_EMPTY: tuple[object, ...] = (None, "", {}, [])  # 0 and false say something


def slim(item: metav1.Object) -> str:
    """The object as one line of JSON: what is set, without what it never tells."""
    found = {"kind": item.KIND, **_kept(msgspec.to_builtins(item))}
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… (cut)"


def _kept(found: dict[str, object], within: str = "") -> dict[str, object]:
    kept = {}
    for key, value in found.items():
        if key in _DROPPED or (within == "env" and key == "value"):
            continue
        inner = _of(value, key)
        if inner not in _EMPTY:
            kept[key] = inner
    return kept


def _of(value: object, key: str) -> object:
    if isinstance(value, dict):
        return _kept(value, key)
    if isinstance(value, list | tuple):
        return [each for each in (_of(item, key) for item in value) if each not in _EMPTY]
    return value
