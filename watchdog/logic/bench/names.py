"""What the name of a model tells: how large it is, what it was made for, and which of many to try.

Source: requirements R14. A proxy offers names and nothing else that all of them tell in the same way;
what a name does not say is unknown, and earns and costs nothing.
"""

import math
import re
from collections.abc import Sequence
from enum import StrEnum
from fnmatch import fnmatchcase

MOST = 4  # candidates, where nobody names any
BEST_SIZE = 13.0  # billions of parameters: enough to reason, small enough to be at home
_DOUBLINGS = 3.0  # away from it the bonus for size is gone

# 27b, 3.8b, 270m, 8x7b and e4b; not the a3b of what is active of a mixture, nor 128k.
_SIZE = re.compile(r"(?<![a-z0-9.])(?:(\d{1,2})x|e)?(\d{1,4}(?:\.\d{1,3})?)(b|m)(?![a-z0-9])")
_MILLION = 1000.0

_MUTE = (  # gives no words for words
    *("embed", "rerank", "whisper", "transcri", "tts", "dall-e", "diffusion", "imagen"),
    *("gpt-image", "moderation", "realtime", "bge-", "sora"),
)
_NARROW = ("coder", "codellama", "codestral", "starcoder", "codegemma", "guard", "translat")
_NARROW_WORDS = frozenset({"code", "math", "med", "ocr", "sql", "prover"})
_SEEING_WORDS = frozenset({"vl", "vision", "llava", "pixtral", "multimodal", "omni", "moondream"})
_WORD = re.compile(r"[a-z]+")


class Bucket(StrEnum):
    """How large a model is, in billions of parameters."""

    SMALL = "< 5B"
    MIDDLE = "5-13B"
    LARGE = "> 13B"
    UNKNOWN = "unknown"


def size_of(name: str) -> float | None:
    """Return the billions of parameters in a name, those of all experts together; None without any."""
    for times, number, unit in _SIZE.findall(name.lower()):
        if unit == "b":
            return float(number) * int(times or 1)
        if float(number) >= 10:  # 1m is a length of context
            return float(number) / _MILLION
    return None


def bucket(size: float | None) -> Bucket:
    """Return where a size belongs."""
    if size is None:
        return Bucket.UNKNOWN
    if size < 5:
        return Bucket.SMALL
    return Bucket.MIDDLE if size <= 13 else Bucket.LARGE


def size_bonus(size: float | None) -> float:
    """Return 0.05 at 13 billion, less with every doubling and halving, 0 for three and unknown."""
    if not size:
        return 0.0
    return 0.05 * max(0.0, 1 - abs(math.log2(size / BEST_SIZE)) / _DOUBLINGS)


def mute(name: str) -> bool:
    """Whether it does not converse at all: embeddings, ranking, speech, pictures."""
    return any(part in name.lower() for part in _MUTE)


def specialised(name: str) -> bool:
    """Whether it was made for something else than to explain."""
    low = name.lower()
    narrow = any(part in low for part in _NARROW) or _words(low) & _NARROW_WORDS
    return mute(name) or bool(narrow)


def sees(name: str) -> bool:
    """Whether the name says that it reads pictures."""
    return bool(_words(name.lower()) & _SEEING_WORDS)


def offers(offered: Sequence[str], name: str) -> bool:
    """Whether a proxy that names these has this model; one of them may stand for many (`openai/*`)."""
    return any(name == each or ("*" in each and fnmatchcase(name, each)) for each in offered)


def candidates(offered: Sequence[str], preferred: Sequence[str]) -> tuple[str, ...]:
    """Return the models to try where nobody names any: the best of each bucket, then of the rest.

    By name alone those of the settings (`preferred`, in their order) are the best, then those that
    are not specialised, then the nearer to the best size.
    """
    able = [each for each in dict.fromkeys(offered) if not mute(each) and "*" not in each]
    ranked = sorted(able, key=lambda name: _rank(name, preferred))
    first: dict[Bucket, str] = {}
    for name in ranked:
        first.setdefault(bucket(size_of(name)), name)
    chosen = [first[each] for each in Bucket if each in first]
    rest = [name for name in ranked if name not in chosen]
    return tuple([*chosen, *rest][:MOST])


def _rank(name: str, preferred: Sequence[str]) -> tuple[int, bool, float, str]:
    place = preferred.index(name) if name in preferred else len(preferred)
    return place, specialised(name), -size_bonus(size_of(name)), name


def _words(name: str) -> frozenset[str]:
    return frozenset(_WORD.findall(name))
