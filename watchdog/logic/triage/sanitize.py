"""Sanitizes text of the cluster for a model: no secret, nothing hidden, no order to the reader.

Source: safety.md 14. Only what speaks to the reader is taken out ("fix:", "please run", "ignore
previous", "root cause", a command, an address to look up): without all the rest a model no longer
sees what is wrong. An address keeps host and path, which are facts, and loses its scheme.
"""

import re
import unicodedata
from collections.abc import Collection

from watchdog.domain.ref import Ref
from watchdog.logic.redact import clean, redact

REMOVED = "<instruction removed>"

_REST = r"(?:[^\n.!?]|[.!?](?!\s|\Z)){0,2000}"  # to the end of the sentence

# Where an order may begin: a text, a line, a sentence, a quotation.
_START = r"(?:\A|\n|[.!?;:>\])-]\s{1,4}|[\"'`])"
_STRONG = (
    r"(?:run|execute|install|uninstall|reinstall|delete|drop|restart|reboot|upgrade|downgrade"
    r"|download|visit|browse|click|contact|email|disable|grant|approve|silence|mute|acknowledge"
    r"|remove|ignore|skip|conclude|assume|roll ?back|revert|apply|scale)"
)
_WEAK = r"(?:mark|report|say|tell|answer|respond|reply|output|recommend|close|treat|state|write)"
_OBJECT = (
    r"(?:the|this|that|it|all|any|every\w*|your|an?|to|with|as|only|no|nothing|us|them|me|back)"
)
# `remove /data: permission denied` and `run failed` are what programs print of themselves, and
# `report waits` is said of a container of that name.
_NO_ORDER = (
    r"(?!\s+(?:failed|failure|error|timed|is|was|has|had|took|not|request|of|to|by|at|on|waits?"
    r"|end(?:s|ed)|exit(?:s|ed)|start(?:s|ed)|runs|restarts|needs|wants|gets|stays|keeps|can"
    r"|cannot|(?:Pod|Claim) \S+ in StatefulSet)\b)"
)
_ASKS = (
    r"(?:please|you (?:must|should|need to|have to|can|may|might want to|now)|must|should"
    r"|need to|make sure to|be sure to|try to|try|simply|immediately|and then"
    r"|to (?:fix|solve|resolve|correct|recover|remedy)(?: (?:this|it|that))?,?)"
)
_TOOLS = (
    r"(?:helm|oc|argocd|flux|docker|podman|crictl|nerdctl|terraform|systemctl|apt|apt-get|apk|yum"
    r"|dnf|brew|pip3?|npm|npx|pnpm|yarn|gem|cargo|go|git)"
)
_TOOL_ACTS = (
    r"(?:install|uninstall|delete|remove|rm|upgrade|update|rollback|restart|stop|start|run|exec|apply"
    r"|add|sync|suspend|destroy|disable|enable|clone|get|push|pull|kill)"
)
_ORDERS = tuple(
    re.compile(f"(?:{pattern}){_REST}", re.IGNORECASE)
    for pattern in (
        r"\b(?:ignore|disregard|forget|override|bypass)\b[\s_-]{1,4}(?:[\w'-]{1,20}[\s_-]{1,4}){0,4}?"
        r"(?:previous|prior|above|earlier|preceding|instructions?|rules?|prompts?|guidelines?"
        r"|alerts?|incidents?|evidence|facts?|findings?)\b",
        r"(?:\bthe )?\broot[\s_-]?cause\b",
        r"(?<![\w./-])(?:fix|solution|workaround)\s{0,3}[:=]",
        rf"{_START}(?:(?:the|suggested|recommended|proposed) )?"
        r"(?:fix|solution|workaround|resolution|remed(?:y|iation)|diagnosis|verdict|conclusion"
        r"|next steps?|instructions?|(?:actions?|steps?) (?:required|needed|to \w{1,20})"
        r"|recommend(?:ed|ations?)(?: actions?)?|note to \w{1,20})\s{0,3}(?:\bis\s+(?:to|that)\b|[:=])",
        rf"{_START}\W{{0,4}}(?:system|assistant|human|developer) ?(?:prompt|message|note)? ?:\s",
        r"\byou are (?:now|an?|the)\b|\b(?:pretend|act as)\b"
        r"|(?:\bas an? )?\b(?:ai|llm|language) (?:agent|assistant|model)s?\b"
        r"|\byour (?:instructions?|task|answer|response|job|role|verdict)\b",
        rf"(?:{_START}(?:{_ASKS}\s{{1,4}})?|\b{_ASKS}\s{{1,4}})"
        rf"\b(?:{_STRONG}\b{_NO_ORDER}\s{{1,4}}[^\s/]|{_WEAK}\s{{1,4}}(?:{_OBJECT}\b|[\"'`]))",
        r"\bkubectl\s{1,4}[\w-]",
        rf"\b{_TOOLS}\s{{1,4}}(?:-\S{{1,40}}\s{{1,4}}){{0,4}}{_TOOL_ACTS}\b{_NO_ORDER}",
        r"\brm\s{1,4}-\w|\bsudo\s{1,4}\w|\|\s{0,4}(?:ba|z|da)?sh\b|\$\((?=\w)"
        r"|\b(?:curl|wget)\s{1,4}(?:-|\S{1,60}[./])",
        r"\b(?:see|visit|read|refer to|more info\w{0,10}|docs?|documentation|details|help)\b"
        r"[^\n]{0,40}?\b(?:https?://|www\.)",
    )
)
_TWICE = re.compile(rf"{REMOVED}(?:[\s.!?]{{0,3}}{REMOVED})+")

_SCHEME = re.compile(r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{0,20}:/{2,}")
# What a template, or the server's own chat format, would take for a mark of its own.
_MARKS = re.compile(
    r"[{](?=[{%#])|<(?=/?(?:[|<]|s>|think|tool|function|system|user|assistant|start_of|end_of"
    r"|bos|eos|im_))|\[(?=/?(?:INST|SYS|TOOL|AVAILABLE))",
    re.IGNORECASE,
)
_ORDER_IN_NAME = _ORDERS[0]


def plain(text: str) -> str:
    """Return `text` without what is invisible, its letters in their one plain form."""
    return clean(unicodedata.normalize("NFKC", clean(text)))


def sanitize(text: str, own_secrets: Collection[str] = ()) -> str:
    """Return `text` redacted, without orders to its reader, addresses to open or marks of a prompt."""
    text = redact(plain(text), own_secrets)
    for order in _ORDERS:
        text = order.sub(_without, text)
    return _MARKS.sub(r"\g<0> ", _SCHEME.sub("", _TWICE.sub(REMOVED, text)))


def sanitize_ref(ref: Ref, own_secrets: Collection[str] = ()) -> Ref:
    """Return `ref` with names that a model may read; `run-migrations` is a name and no order."""
    return Ref(*(_sanitize_name(part, own_secrets) for part in ref))


def _sanitize_name(name: str, own_secrets: Collection[str]) -> str:
    name = " ".join(redact(plain(name), own_secrets).split())
    return _MARKS.sub(r"\g<0> ", _SCHEME.sub("", _ORDER_IN_NAME.sub(REMOVED, name)))


def _without(match: re.Match[str]) -> str:
    """The sign or line break before an order stays."""
    lead = re.match(r"[\s.!?;:>\])\"'`-]*", match.group())
    return f"{lead.group() if lead else ''}{REMOVED}"
