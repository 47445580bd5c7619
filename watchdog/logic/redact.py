"""Secrets and invisible characters out of any text: the one boundary before store, log and people.

Source: safety.md section 13. A typed placeholder keeps the sentence readable (a bare `***` made an
agent "repair" files), and is numbered per value, so that two mentions of one token stay one token.
Every pattern starts at a fixed word or a run's first character and has bounded tails: a hostile log
line costs linear time.
"""

import base64
import json
import re
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from math import log2
from urllib.parse import quote

MIN_OWN = 4  # a shorter "secret" is a setting like "on"; masking it would eat the text

_PLACEHOLDER = r"<redacted:[a-z]{1,16}#\d{1,9}>"
_IS_PLACEHOLDER = re.compile(_PLACEHOLDER)

# A blank separates key and value only after a flag: else `password authentication failed` and
# `secret "db" not found` would vanish, the facts we need.
_KEY = (
    r"(?:passw(?:or)?d|(?<![a-z])(?:pass|pwd)(?![a-z])|passphrase|secret|token"
    r"|(?:api|access|account|private|encryption|signing)[-_]?key"
    r"|key-data|credential|(?<![a-z])dsn(?![a-z])|connection[-_]?string)"
)
_TAIL = r"(?![\w-]{0,40}(?:names?|refs?)\b)[\w-]{0,64}"  # secretName and secretRef are no secrets
# Words that follow `token:` in an error text. Whole words only: `none-of-your-business` is a value.
_WORD = (
    r"(?!(?:expired|invalid|missing|not|required|rejected|denied|null|nil|none|true|false|yes|no"
    r"|open|failed|cannot|could|unable|unauthorized|forbidden|error|unexpected|authentication"
    r"|token|password|secret|the)"
    r"(?=[\s\"',;&)\]}.]|\Z))"
)
_QUOTE = r"\\{0,3}[\"']"

_VENDORS = (
    r"A(?:KIA|SIA|BIA|CCA)[0-9A-Z]{16}",  # AWS
    r"gh[pousr]_\w{20,255}|github_pat_\w{20,255}",
    r"gl(?:pat|dt|rt|soat|cbt|ptt|ft|imt|agent|oas)-[\w.-]{16,255}",  # GitLab
    r"sk-[\w-]{16,255}|(?:sk|rk|pk)_(?:live|test)_\w{10,255}|whsec_\w{16,255}",  # models, Stripe
    r"xox[abeoprs]-[\w-]{10,255}|xapp-[\w-]{10,255}",  # Slack
    r"AIza[\w-]{30,255}|ya29\.[\w-]{20,255}|GOCSPX-[\w-]{20,255}",  # Google
    r"hv[sbr]\.[\w-]{20,255}|s\.[A-Za-z0-9]{24}\b",  # Vault
    r"tskey-[\w-]{10,255}",  # Tailscale
    r"gl(?:sa|c)_[\w=+/-]{20,255}",  # Grafana
    r"K10[0-9a-f]{40,128}(?:::[\w:.-]{1,255})?",  # k3s
    r"AGE-SECRET-KEY-1\w{20,255}",
    r"[MNO][\w-]{22,30}\.[\w-]{6}\.[\w-]{27,255}",  # Discord bot
    r"npm_\w{20,255}|pypi-[\w-]{20,255}|dckr_pat_[\w-]{20,255}|rubygems_\w{20,255}",
    r"do[opr]_v1_\w{20,255}|SG\.[\w-]{16,64}\.[\w-]{16,255}|shp(?:at|ss|ca|pa)_\w{20,255}",
    r"hf_\w{20,255}|r8_\w{20,255}|gsk_\w{20,255}|xai-[\w-]{20,255}|pplx-\w{20,255}|nvapi-[\w-]{20,255}",
    r"lin_api_\w{20,255}|ntn_\w{20,255}|figd_[\w-]{20,255}|PMAK-[\w-]{20,255}|dapi[0-9a-f]{32}",
    r"sntry[su]_[\w=+/-]{20,255}|ATATT3[\w=-]{20,255}|ATBB\w{20,255}|EAAC\w{20,255}",
    r"\d{8,10}:[\w-]{35}\b",  # Telegram
)

_PEM = re.compile(
    r"()(-----BEGIN [A-Z0-9 ]{1,64}-----[\s\S]*?(?:-----END [A-Z0-9 ]{1,64}-----|\Z))"
)
# (name, pattern, texts of which a lower-cased line needs one). Group 1 stays, group 2 goes.
_PATTERNS: tuple[tuple[str, re.Pattern[str], tuple[str, ...]], ...] = (
    (
        "userinfo",
        re.compile(
            r"(://)([^\s/@:\"'<>]{0,128}:(?!\d{1,5}(?:/|\s|\Z))[^\s\"'<>]{1,512}(?=@)"
            r"|[\w-]{16,255}(?=@))"
        ),
        ("://",),
    ),
    (
        "webhook",
        re.compile(r"(/api/(?:v\d+/)?webhooks/|hooks\.slack\.com/services/)([\w/-]{1,255})"),
        ("webhooks/", "hooks.slack"),
    ),
    (
        "query",
        re.compile(r"(?i)([?&]\w{0,40}(?:key|token|sig|signature|secret|password)=)([^&\s\"']+)"),
        ("?", "&"),
    ),
    (
        "auth",
        re.compile(
            r"(?i)(\b(?:proxy-)?authorization\\{0,3}[\"']?\s{0,4}[:=]\s{0,4}\\{0,3}[\"']?"
            r"(?:bearer |basic |token )?)([^\s\"',]+)"
        ),
        ("authorization",),
    ),
    ("bearer", re.compile(r"(?i)(\bbearer )([\w.~+/=-]{12,})"), ("bearer ",)),
    ("cookie", re.compile(r"(?i)(\b(?:set-)?cookie:\s{0,4})([^\r\n]+)"), ("cookie:",)),
    ("jwt", re.compile(r"()(\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)"), ("eyj",)),
    (
        "value",
        re.compile(
            rf"(?i)({_KEY}{_TAIL}(?:{_QUOTE})?\s{{0,20}}[:=]\s{{0,20}}"
            rf"(?:{_QUOTE}(?={_WORD}))?)"
            r"((?<=\\\")[^\"\r\n]{3,4096}?(?=\\{1,3}\")"
            r"|(?<=\")(?:[^\"\\\r\n]|\\.){3,4096}(?=\")|(?<=')(?:[^'\\\r\n]|\\.){3,4096}(?=')"
            rf"|{_WORD}[^\s\"',;&]{{3,}})"
        ),
        ("pass", "pwd", "secret", "token", "key", "credential", "dsn", "connection"),
    ),
    (
        "flag",
        re.compile(rf"(?i)((?<![\w.-])--(?:[\w.]+-){{0,6}}[\w.]*?{_KEY}{_TAIL} )([^\s-]\S*)"),
        ("--",),
    ),
)
_VENDOR = re.compile(rf"()(\b(?:{'|'.join(_VENDORS)}))")
_LONG = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/=_-]{24,}")
_SHORTEST_KEY = 20  # no vendor's key is shorter: a line without such a word needs no look
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

    `own_secrets` are this program's own credentials, found as they are, base64- and URL-encoded.
    What is already redacted stays as it is. Call `clean` first: a zero-width character hides a key.
    """
    mask = _Mask(
        start=max((int(n) for n in re.findall(r"<redacted:[a-z]+#(\d{1,9})>", text)), default=0)
    )
    if forms := _forms(own_secrets):
        text = _own(forms).sub(lambda match: mask.own(match, forms), text)
    text = _PEM.sub(mask.under("pem"), text)
    return "\n".join([_line(line, mask) for line in text.split("\n")])


@dataclass(slots=True)
class _Mask:
    """Numbers the values of one text."""

    start: int
    numbers: dict[str, int] = field(default_factory=dict)

    def placeholder(self, name: str, value: str) -> str:
        number = self.numbers.setdefault(value, self.start + len(self.numbers) + 1)
        return f"<redacted:{name}#{number}>"

    def under(self, name: str) -> Callable[[re.Match[str]], str]:
        def replace(match: re.Match[str]) -> str:
            key, value = match.groups()
            if _IS_PLACEHOLDER.fullmatch(value):
                return match.group()
            return f"{key}{self.placeholder(name, value)}"

        return replace

    def own(self, match: re.Match[str], forms: dict[str, str]) -> str:
        found = match.group()
        return self.placeholder("own", forms[found]) if found in forms else found

    def random(self, match: re.Match[str]) -> str:
        return (
            self.placeholder("random", match.group()) if _random(match.group()) else match.group()
        )


def _line(line: str, mask: _Mask) -> str:
    """Mask until nothing is left: one secret gone can lay open the key of the next.

    It ends: each pass leaves less text outside placeholders.
    """
    while (masked := _once(line, mask)) != line:
        line = masked
    return line


def _once(line: str, mask: _Mask) -> str:
    lowered = line.lower()
    for name, pattern, signs in _PATTERNS:
        if any(sign in lowered for sign in signs):
            line = pattern.sub(mask.under(name), line)
    if any(len(word) >= _SHORTEST_KEY for word in line.split()):
        line = _LONG.sub(mask.random, _VENDOR.sub(mask.under("vendor"), line))
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
