"""What stands around a secret and gives it away: keys, headers, flags, addresses, manifests.

Source: safety.md section 13. Every pattern starts at a fixed word or a run's first character and has
bounded tails: a hostile log line costs linear time. Group 1 stays, group 2 goes.
"""

import re

from watchdog.logic.credentials import HASH

# A blank separates key and value only after a flag: else `password authentication failed` and
# `secret "db" not found` would vanish, the facts we need.
_KEY = (
    r"(?:passw(?:or)?d|(?<![a-z])pass(?![a-z])|(?-i:[a-z]Pass)(?![a-z])|passphrase|requirepass"
    r"|(?<!old)pwd(?![a-z])(?![\"']?\s{0,4}[:=]\s{0,4}[\"']?/)"  # PWD=/app is a folder
    r"|secret|token(?!s[\"']?\s{0,4}[:=]\s{0,4}\d{1,9}\b)"  # tokens: 4096 is a count
    r"|(?:api|access|account|private|encryption|signing|sdk|app|master|shared|license|service)[-_]?key"
    r"|key-data|credential|(?<![a-z])dsn(?![a-z])|connection[-_]?string"
    r"|rediscli[-_]?auth|masterauth|basic[-_]?auth)"
)
# secretName is no secret, nor is the file, the address or the age of one.
_TAIL = (
    r"(?![\w-]{0,40}(?:names?|refs?|files?|paths?|dirs?|types?|ur[il]s?|endpoints?|ttl|expir\w{0,9}"
    r"|length|size|policy|seconds|audiences?)\b)[\w-]{0,64}"
)
# Words that follow `token:` in an error text. Whole words only: `none-of-your-business` is a value.
_WORD = (
    r"(?!(?:expired|invalid|missing|not|required|rejected|denied|null|nil|none|true|false|yes|no"
    r"|open|failed|cannot|could|unable|unauthorized|forbidden|error|unexpected|authentication"
    r"|enabled|disabled|empty|unset|user|token|password|secret|the)"
    r"(?=[\s\"',;&)\]}.]|\Z))"
)
_QUOTE = r"\\{0,3}[\"']"
_VALUE = (
    r"((?<=\\\")[^\"\r\n]{3,4096}?(?=\\{1,3}\")"
    r"|(?<=\")(?:[^\"\\\r\n]|\\.){3,4096}(?=\")|(?<=')(?:[^'\\\r\n]|\\.){3,4096}(?=')"
    r"|(?<=[\"'])[^\"'\\\r\n]{3,4096}\Z"  # cut off
    rf"|{_WORD}[^\s\"',;&]{{3,}})"
)
_IS = rf"(?:{_QUOTE})?\s{{0,20}}[:=]\s{{0,20}}(?:{_QUOTE}(?={_WORD}))?"

_RUN = r"[A-Za-z0-9+/=]"
_NEXT_LINE = r"(?:\n|\\{1,4}n)"
# Without its end a key is what looks like one: the rest of a log would hide behind a forged line.
PEM = re.compile(
    r"()(-----BEGIN [A-Z0-9 ]{1,64}-----(?:(?:[^-]|-(?!----))*-----END [A-Z0-9 ]{1,64}-----"
    rf"|(?:{_NEXT_LINE}{{1,2}}(?:{_RUN}{{4,}}|(?:Proc-Type|DEK-Info|Version|Comment): [^\n\\]{{1,99}})[ \t]*"
    rf"(?=[\n\\\"']|\Z)| {_RUN}{{20,}})*(?: {_RUN}{{1,64}}(?=…?\Z))?(?:{_NEXT_LINE}-{{1,5}}\Z)?))"
)
# An environment variable in a manifest, in YAML, JSON or Go: its value stands under another key.
ENTRY = re.compile(
    rf"(?i)(\bname(?:{_QUOTE})?\s{{0,4}}[:=]\s{{0,4}}(?:{_QUOTE})?[\w.-]{{0,64}}?{_KEY}{_TAIL}"
    rf"(?:{_QUOTE})?(?:[\s,]|\\n){{1,40}}(?:{_QUOTE})?value{_IS})" + _VALUE.replace(";&", ";&\\\\}")
)
# (name, pattern, texts of which a lower-cased line needs one). Group 1 stays, group 2 goes.
PATTERNS: tuple[tuple[str, re.Pattern[str], tuple[str, ...]], ...] = (
    (
        "userinfo",
        re.compile(
            r"(://)([^\s/@:\"'<>]{0,128}:(?!\d{1,5}(?:/|\s|\Z))[^\s\"'<>]{1,512}(?=@)"
            r"|[\w-]{16,255}(?=@))"
        ),
        ("://",),
    ),
    (
        "userinfo",  # of a driver that knows no scheme: user:password@tcp(host:3306)/name
        re.compile(r"(\b[\w.-]{1,64}:)([^\s\"'@]{1,128})(?=@(?:[a-z]{1,16})?\()"),
        ("@",),
    ),
    (
        "userinfo",  # of curl
        re.compile(r"((?:\s-u|--user)[ =][\"']?[\w.@-]{1,64}:)(?!\d{1,9}\b)([^\s\"']{3,})"),
        ("-u",),
    ),
    (
        "webhook",
        re.compile(
            r"(/api/(?:v\d+/)?webhooks/|hooks\.slack\.com/(?:services|workflows)/|/webhookb2/"
            r"|hc-ping\.com/|/hooks/(?=[a-z0-9]{26}\b))([\w/@-]{1,255})"
        ),
        ("hook", "hc-ping"),
    ),
    (
        "query",
        re.compile(
            r"(?i)([?&][\w-]{0,40}(?:key|token|sig|signature|secret|password)=)([^&\s\"']+)"
        ),
        ("?", "&"),
    ),
    (
        "auth",
        re.compile(
            r"(?i)(\b(?:proxy-)?authorization\\{0,3}[\"']?\s{0,4}[:=]\s{0,4}\\{0,3}[\"']?"
            r"(?:(?:digest|aws4-hmac-sha256|oauth|hawk|signature) (?=\S)|(?:bearer|basic|token|key) "
            r"|[a-z]{3,20} (?=\S{8})(?=\S{0,64}\d)|(?![a-z]{1,15}\b)))"
            r"((?<=digest )[^\r\n]+|(?<=sha256 )[^\r\n]+|(?<=oauth )[^\r\n]+|(?<=hawk )[^\r\n]+"
            rf"|(?<=signature )[^\r\n]+|{_WORD}[^\s\"',]+)"
        ),
        ("authorization",),
    ),
    (
        "bearer",  # `bearer authentication` is no token
        re.compile(
            r"(?i)(\bbearer )((?!(?:authenti|authori[sz]|credential|challenge)[a-z]*\b)[\w.~+/=-]{12,})"
        ),
        ("bearer ",),
    ),
    ("cookie", re.compile(r"(?i)(\b(?:set-)?cookie:\s{0,4})([^\r\n]+)"), ("cookie:",)),
    ("jwt", re.compile(r"()(\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)"), ("eyj",)),
    (
        "value",
        re.compile(rf"(?i)({_KEY}{_TAIL}{_IS}){_VALUE}"),
        ("pass", "pwd", "secret", "token", "key", "credential", "dsn", "connection", "auth"),
    ),
    ("value", re.compile(rf"(?i)(<[\w:.-]{{0,40}}?{_KEY}{_TAIL}>)([^\s<>]{{3,}})"), ("</",)),
    (
        "sql",
        re.compile(r"(?i)(\b(?:identified by|with (?:encrypted )?password) ')([^'\r\n]{3,255})"),
        (" by '", "password '"),
    ),
    (
        "netrc",
        re.compile(r"(?i)(\bmachine \S{1,255} login \S{1,255} password )(\S{3,})"),
        ("machine ",),
    ),
    ("hash", re.compile(f"()({HASH})"), ("$",)),
    (
        "flag",
        re.compile(
            rf"(?i)((?<![\w.-])--(?:[\w.]+-){{0,6}}[\w.]*?{_KEY}{_TAIL}"
            rf"(?:[ ]|{_QUOTE},\s{{0,4}}{_QUOTE}))((?<=[\"'])[^\s\"'\\-][^\s\"'\\]*|(?<= )[^\s-]\S*)"
        ),
        ("--",),
    ),
)
