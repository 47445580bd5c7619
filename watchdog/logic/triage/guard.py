"""The end of a model's looking around: by repetition, by count, by cost or by time.

Source: requirements R5.8. Nothing switches it off, no job and no model: a loop that goes on is the
commonest way in which weak models fail.
"""

from collections import Counter
from collections.abc import Sequence

from watchdog.domain.asking import Reading, Stop

SAME = 5  # so often one Step may fail, or give the same
READINGS = 15
PROMPT_TOKENS = 32_000  # of all prompts of one question together


def may_read(readings: Sequence[Reading]) -> Stop | None:
    """Why no further Step is carried out; None when one may be."""
    failures = Counter(each.what for each in readings if not each.ok)
    if max(failures.values(), default=0) >= SAME:
        return Stop.EXACT_FAILURE
    results = Counter((each.what, each.text) for each in readings if each.ok)
    if max(results.values(), default=0) >= SAME:
        return Stop.NO_PROGRESS
    return Stop.CALLS if len(readings) >= READINGS else None


def may_ask(*, spent: int, prompt: int, seconds_left: float) -> Stop | None:
    """Why no further prompt is sent; `spent` and `prompt` are tokens of those sent and of this one."""
    if spent + prompt > PROMPT_TOKENS:
        return Stop.TOKENS
    return Stop.TIME if seconds_left <= 0 else None


def last_prompt(readings: Sequence[Reading], *, spent: int, prompt: int, result: int) -> bool:
    """Whether the model has to answer now: after one more result there is no prompt left.

    `result` is the most tokens that one result may have.
    """
    after_it = spent + prompt + (prompt + result)
    return len(readings) >= READINGS or after_it > PROMPT_TOKENS


def words_of(stop: Stop) -> str:
    """The note that people read."""
    return {
        Stop.EXACT_FAILURE: f"stopped: the model asked {SAME} times for what cannot be read",
        Stop.NO_PROGRESS: f"stopped: the model read the same {SAME} times",
        Stop.CALLS: f"stopped: the model gave no answer after {READINGS} readings",
        Stop.TOKENS: f"stopped: the model gave no answer within {PROMPT_TOKENS} tokens of prompts",
        Stop.TIME: "stopped: the model gave no answer in time",
    }[stop]
