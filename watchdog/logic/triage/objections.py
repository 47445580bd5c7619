"""What a sentence of a model may not say to people, whatever it cites.

Source: safety.md 14, requirements.md R4.2, R15.2. The program proposes, and says when all is well;
the model only explains. A sentence that gives orders, links or reassurance is dropped as a whole: to
cut a part out could turn its meaning round.
"""

import re

# Of what a person may do to a cluster: what only ever cures, and what a fact may want as well
# ("the variable must be set").
_CURE = (
    r"(?:restart|reboot|delete|remove|drop|scale|roll(?:ing)? ?back|revert|patch|edit|uninstall"
    r"|upgrade|downgrade|drain|cordon|evict|kill|disable|recreat|re-creat|ignor|silenc|mut|clos"
    r"|acknowledg|increas|decreas|rais|lower|redeploy|renew|rotat)"
)
_ACT = (
    rf"(?:{_CURE}|apply|install|run|execute|force|add|chang|creat|replac|set|updat|check|verify"
    r"|contact|visit|download|open|grant|fix)"
)
_ENDING = r"(?:e|es|s|ed|d|ing|ping|ting|ning|ted|ped)?"
_THING = (
    r"(?:ns|namespaces?|pods?|nodes?|pvcs?|pvs?|volumes?|claims?|crds?|clusters?|deployments?|all"
    r"|everything|secrets?|services?|databases?|data)"
)
_OBJECTIONS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (why, re.compile(pattern, re.IGNORECASE))
    for why, pattern in (
        ("holds a link", r"://|\bwww\.|\bmailto:|\bdiscord\.gg\b"),
        ("mentions people", r"@(?:everyone|here)\b|<[@#:/]|<(?:a|t|id):|(?<!\w)@|@(?!\w)"),
        (
            "is marked up",
            r"```|~~|\|\||\]\(|!\[|\A\s*(?:#{1,6}|>|\||\d+\.)\s|(?<!\w)__\w|</?[a-z]{1,10}>",
        ),
        (
            "holds a command",
            r"\bkubectl\b|\$\(|\$\{|&&|\|\s*(?:ba|z)?sh\b|\bsudo\b|\brm\s+-"
            r"|\b(?:curl|wget|crictl|journalctl|systemctl)\b|\bnsenter\b|\bchmod\b|\beval\b"
            r"|\b(?:helm|argocd|flux|docker|git|npm|pip3?|apt(?:-get)?|oc)\s+(?:-|install|upgrade"
            r"|uninstall|delete|rollback|sync|suspend|resume|push|pull|apply|run|exec|adm)\b"
            r"(?! (?:failed|succeeded))"
            rf"|\b(?:delete|remove|drop|purge|wipe|destroy|truncate)\s+(?:the\s+|this\s+|that\s+)?{_THING}\b",
        ),
        (
            "gives an order",
            rf"(?:\A|[.;:!?]\s+|\b(?:please|then|simply|just|to (?:fix|solve|resolve) (?:this|it),?)\s+)"
            rf"{_ACT}e?\s+(?:the|this|that|these|all|it|a|an|its|your|any|every|more|to|down|up|back"
            r"|with|whether|if|[\w-]+/|[\"'])"
            r"|\b(?:should|ought to|recommend(?:s|ed)?|(?:i|we) suggest|consider|advis(?:e|ed|able)"
            rf"|please|you (?:can|may|want|could)|best to)\b[^.;]{{0,40}}?\b{_ACT}{_ENDING}\b"
            rf"|\b(?:must|needs? to|ha(?:ve|s) to)\b[^.;]{{0,25}}?\b{_CURE}{_ENDING}\b"
            r"|(?:\A|[.;:!?]\s+)try\b",
        ),
        (
            "says that all is well",
            r"\b(?:all is (?:well|fine|good|ok)|everything is|nothing (?:is wrong|wrong|to do|needs|has to)"
            r"|no (?:further |human |immediate |manual )?(?:action|intervention|attention|response)"
            r"|no need to|no cause for|not (?:a |an )?(?:real |actual )?(?:problem|fault|issue|incident"
            r"|concern)|(?:there (?:is|are)|with) no (?:real )?(?:problem|fault|issue|incident)s?"
            r"|(?:can|may|could|should)(?: be)? (?:safely )?(?:be )?(?:ignored?|disregarded?|closed?"
            r"|silenced?)|safe(?:ly)? to ignore|false (?:alarm|positive|alert)|harmless|benign|spurious"
            r"|(?:works?|working|behaves?|behaving) (?:as|just) (?:designed|intended|expected|fine|well)"
            r"|expected behaviou?r|self-?heal\w*|silen(?:t|ce)"
            r"|(?:resolves?|recovers?|heals?|fix(?:es)?|clears?|cures?) (?:itself|by itself|on its own)"
            r"|(?:transient|temporary) (?:problem|issue|fault|error|glitch|hiccup)"
            r"|do(?:es)? not (?:need|require) (?:any )?(?:action|attention|a human|intervention)"
            r"|(?:incident|problem|issue|fault|alert|error|outage|cluster|system|service)s?"
            r" (?:is|was|has|has been|have been|are|looks?|seems?)(?: now| already| fully)?"
            r" (?:over|gone|closed|solved|resolved|fixed|recovered|healthy|fine|ok(?:ay)?|normal|green)"
            r"|all (?:[\w-]+ ){0,2}(?:are|is) (?:now )?(?:healthy|fine|ready|well|ok(?:ay)?|running))\b",
        ),
        ("repeats an instruction", r"<?instruction removed>?|\bprevious instructions\b"),
    )
)


def objection(sentence: str) -> str:
    """Return why `sentence`, one line without hidden characters, must not be said; "" if it may."""
    return next((why for why, pattern in _OBJECTIONS if pattern.search(sentence)), "")


def holds_command(sentence: str) -> bool:
    """Whether a part of `sentence` could be typed in and run."""
    return dict(_OBJECTIONS)["holds a command"].search(sentence) is not None
