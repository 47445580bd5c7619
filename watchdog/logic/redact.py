"""Removes secrets and invisible characters from any text before it is stored, logged or shown.

Source: safety.md section 13. A typed placeholder keeps the sentence readable (a bare `***` made an
agent "repair" files), and is numbered per value, so that two mentions of one token stay one token.
"""

import base64
import json
import re
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from hashlib import sha256
from math import log2
from urllib.parse import quote, unquote

from watchdog.logic.credentials import FORMS
from watchdog.logic.giveaways import ENTRY, PATTERNS, PEM

MIN_OWN = 4  # a shorter "secret" is a setting like "on"; masking it would eat the text

_PLACEHOLDER = r"<redacted:[a-z]{1,16}#\d{1,9}>"
_IS_PLACEHOLDER = re.compile(_PLACEHOLDER)

_VENDOR = re.compile(rf"()(\b(?:{'|'.join(FORMS)}))")
_LONG = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/=_-]{24,}")
_SHORTEST_KEY = 20  # no vendor's key is shorter: a line without such a word needs no look
# What may stand in base64, or in one part of an address.
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}={0,2}")
_PERCENT = re.compile(r"[\w.~%+/-]{8,}")
_HEX = re.compile(r"[0-9a-fA-F]+\Z")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")

# Escape sequences first, as a whole; then what is invisible or turns text around.
_ANSI = re.compile(
    r"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)|[@-Z\\^_])"
)
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)


def clean(text: str) -> str:
    """Return `text` without ANSI, control, zero-width and bidi characters; lines end with \\n."""
    text = _ANSI.sub("", text)
    return _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def redact(text: str, own_secrets: Collection[str] = ()) -> str:
    """Return `text` with every secret replaced by `<redacted:NAME#n>`, n stable per value.

    `own_secrets` are this program's own credentials, found as they are, base64- and URL-encoded, and
    by their SHA-256.
    What is already redacted stays as it is. Call `clean` first: a zero-width character hides a key.
    """
    mask = _Mask(
        start=max((int(n) for n in re.findall(r"<redacted:[a-z]+#(\d{1,9})>", text)), default=0)
    )
    if forms := _forms(own_secrets):
        text = _own(forms).sub(lambda match: mask.as_own(match, forms), text)
    while (masked := _pass(text, mask)) != text:
        text = masked
    return text


@dataclass(slots=True)
class _Mask:
    """Makes the placeholders of one text; the same value gets the same number.

    `as_...` replace a match, or return the function that does; what is no secret stays as it is.
    """

    start: int
    numbers: dict[str, int] = field(default_factory=dict)

    def placeholder(self, name: str, value: str) -> str:
        number = self.numbers.setdefault(value, self.start + len(self.numbers) + 1)
        return f"<redacted:{name}#{number}>"

    def as_value(self, name: str) -> Callable[[re.Match[str]], str]:
        """For patterns of two groups, a key and its value: the key stays."""

        def replace(match: re.Match[str]) -> str:
            key, value = match.groups()
            if _IS_PLACEHOLDER.fullmatch(value):
                return match.group()
            return f"{key}{self.placeholder(name, value)}"

        return replace

    def as_own(self, match: re.Match[str], forms: dict[str, str]) -> str:
        """For this program's own secrets; `forms` maps each way to write one to the secret."""
        found = match.group()
        return self.placeholder("own", forms[found]) if found in forms else found

    def as_encoded(self, decode: Callable[[str], str]) -> Callable[[re.Match[str]], str]:
        """For what may be encoded text; masked when a secret is found in the decoded text."""

        def replace(match: re.Match[str]) -> str:
            run = match.group()
            text = decode(run)
            return self.placeholder("encoded", run) if text != run and _holds_secret(text) else run

        return replace

    def as_random(self, match: re.Match[str]) -> str:
        """For long tokens; masked when they look drawn at random."""
        token = match.group()
        return self.placeholder("random", token) if _random(token) else token


def _pass(text: str, mask: _Mask) -> str:
    """Mask what spans lines, then line by line."""
    text = PEM.sub(mask.as_value("pem"), text)
    if "value" in text.lower():
        text = ENTRY.sub(mask.as_value("value"), text)
    return "\n".join([_line(line, mask) for line in text.split("\n")])


def _line(line: str, mask: _Mask) -> str:
    """Mask until nothing changes: once a secret is masked, the next one's key may become visible.

    This ends, because each pass leaves less text outside placeholders.
    """
    while (masked := _unwrapped(line, mask)) != line:
        line = masked
    return line


def _unwrapped(line: str, mask: _Mask) -> str:
    """Mask secrets, also under one layer of URL encoding or base64."""
    if "%" in line:  # first: what is masked in pieces leaves the rest behind
        line = _PERCENT.sub(mask.as_encoded(unquote), line)
    return _BASE64.sub(mask.as_encoded(_from_base64), _masked_as_written(line, mask))


def _from_base64(run: str) -> str:
    """The text that a run of base64 stands for, or "" where it is none."""
    plain = run.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        text = base64.b64decode(plain + "=" * (-len(plain) % 4)).decode("ascii")
    except ValueError:
        return ""
    return text if all(char.isprintable() or char.isspace() for char in text) else ""


def _holds_secret(text: str) -> bool:
    """Whether there is a secret in a text that somebody had encoded."""
    mask = _Mask(start=0)
    masked = ENTRY.sub(mask.as_value("value"), PEM.sub(mask.as_value("pem"), text))
    return "\n".join([_masked_as_written(line, mask) for line in masked.split("\n")]) != text


def _masked_as_written(line: str, mask: _Mask) -> str:
    """Mask the secrets that stand in a line as they are, without decoding anything."""
    lowered = line.lower()
    for name, pattern, signs in PATTERNS:
        if any(sign in lowered for sign in signs):
            line = pattern.sub(mask.as_value(name), line)
    if any(len(word) >= _SHORTEST_KEY for word in line.split()):
        line = _LONG.sub(mask.as_random, _VENDOR.sub(mask.as_value("vendor"), line))
    return line


def _forms(own_secrets: Collection[str]) -> dict[str, str]:
    """Every way a secret may be written -> the secret."""
    forms: dict[str, str] = {}
    for secret in own_secrets:
        if len(secret) >= MIN_OWN:
            raw = secret.encode(errors="surrogatepass")
            encoded = base64.b64encode(raw).decode()
            shifted = [_inside(raw, offset) for offset in range(3)]
            written = [secret, quote(raw, safe=""), json.dumps(secret)[1:-1], encoded, *shifted]
            written.append(sha256(raw).hexdigest())  # a proxy names keys so: a way to guess them
            written += [form.translate(str.maketrans("+/", "-_")) for form in (encoded, *shifted)]
            forms |= {form: secret for form in written if len(form) >= MIN_OWN}
    return forms


def _inside(raw: bytes, offset: int) -> str:
    """The base64 characters that depend on `raw` alone when `offset` bytes stand before it.

    `Authorization: Basic` encodes `user:password` in one piece.
    """
    usable = (len(raw) + offset) // 3 * 4
    return base64.b64encode(b"\0" * offset + raw).decode()[(0, 2, 3)[offset] : usable]


def _own(forms: Collection[str]) -> re.Pattern[str]:
    longest_first = sorted(forms, key=len, reverse=True)
    return re.compile("|".join((_PLACEHOLDER, *map(re.escape, longest_first))))


def _random(token: str) -> bool:
    """Whether 24 or more characters look drawn at random, and not like a digest, a uid or a name.

    Names are words and short hashes between separators; a key has one long piece that keeps
    changing between letters, capitals and digits.
    """
    counts = Counter(token)
    entropy = -sum(n / len(token) * log2(n / len(token)) for n in counts.values())
    return entropy >= 4 and any(_jumbled(piece) for piece in re.split(r"[-_/+=]", token))


def _jumbled(piece: str) -> bool:
    """Whether words are too short to be words: at most 2.5 letters each, 3.5 in a longer piece.

    Measured on 20,000 identifiers of Python packages against base64 and base62 keys.
    """
    if len(piece) < 8 or _HEX.match(piece):
        return False
    words = len(_WORDS.findall(piece))
    if not (piece.islower() or piece.isupper()) and words * 2.5 > len(piece):
        return True
    return len(piece) >= 12 and words * 3.5 >= len(piece) and not piece.isalpha()
