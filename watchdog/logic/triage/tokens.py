"""How much of a model's context a text takes, and a text made to take less.

Source: the splitting rules that byte-level tokenizers start from (cl100k, o200k, Qwen, Llama 3): a
token never crosses from letters into digits, signs or white space, but for one blank before a word;
some take every digit alone. Pieces of three letters are shorter than what they know of English or
of code, and a byte is the smallest token there is: the estimate is rather too high than too low.
"""

import re
from collections.abc import Sequence
from itertools import accumulate, groupby

_PIECE = re.compile(r" ?(?:[A-Z]?[a-z]{1,24}|[A-Z]{1,24})|\s|.")
_LETTERS = 3  # per token
_CUT = "…"
_DIGITS = re.compile(r"\d+")
_SMALLEST_WINDOW = 1024  # tokens; a smaller count leaves out what a server had read before
_AT_LEAST = 1 / 3  # of an estimate: prompts of ours took 0.47 to 0.62 of it by cl100k and Claude's


def estimate(text: str) -> int:
    """Return how many tokens `text` has at most, for any common tokenizer."""
    return sum(map(_cost, _PIECE.findall(text)))


def trim(text: str, tokens: int, *, end: bool = False) -> str:
    """Return `text` in at most `tokens`: repeated lines once, then its start, or with `end` its end.

    A log says what happened at its end, a status at its start. "…" stands for what is gone.
    """
    text = collapse(text)
    if estimate(text) <= tokens:
        return text
    pieces = _PIECE.findall(text)
    room = tokens - estimate(_CUT)
    if end:
        return _CUT + "".join(reversed(_fitting(pieces[::-1], room))) if room > 0 else ""
    return "".join(_fitting(pieces, room)) + _CUT if room > 0 else ""


def collapse(text: str) -> str:
    """Return lines that differ in numbers alone as their first one and how often there were."""
    lines = []
    for _, group in groupby(text.splitlines(), lambda line: _DIGITS.sub("#", line).strip()):
        first, *more = group
        lines.append(f"{first} … {len(more) + 1} times" if more and first.strip() else first)
    return "\n".join(lines)


def cut_short(sent: int, counted: int | None) -> bool:
    """Whether a server read only a part of a prompt: `sent` as estimated here, `counted` by it.

    Ollama cuts what does not fit its window without a word, at the front, where the rules stand: to
    the whole window, or to half of it and two (ollama/ollama#17427, #17889). Windows are powers of two.
    """
    if counted is None or counted < _SMALLEST_WINDOW or counted >= sent:
        return False
    return counted < sent * _AT_LEAST or _power_of_two(counted) or _power_of_two(counted - 2)


def _power_of_two(number: int) -> bool:
    return number & (number - 1) == 0


def _cost(piece: str) -> int:
    word = piece.strip()
    if word.isascii() and word.isalpha():
        return -(-len(word) // _LETTERS)
    return len(piece.encode(errors="surrogatepass"))


def _fitting(pieces: Sequence[str], room: int) -> Sequence[str]:
    """The first pieces that fit together; those of a text that does not fit as a whole."""
    return pieces[: sum(cost <= room for cost in accumulate(map(_cost, pieces)))]
