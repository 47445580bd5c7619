"""The tests of the benchmark: what is asked, and which answers are right.

Source: requirements R14.2 and R14.3. The words are our own and near to the work: steps on a node, the
right remediation or none, JSON as a program reads it, evidence that is cited.
"""

from dataclasses import dataclass

from watchdog.logic.bench.judging import (
    Judge,
    cites,
    in_order,
    json_of,
    json_with,
    numbers,
    one_number,
    picks,
    says,
)


@dataclass(frozen=True, slots=True)
class Ask:
    """One message to the model, and the judge of what it answers."""

    text: str
    right: Judge


Talk = tuple[Ask, ...]  # one conversation; each message sees the answers before it


@dataclass(frozen=True, slots=True)
class Trial:
    """One test: passed when every answer of every talk is right."""

    name: str
    talks: tuple[Talk, ...]


def _single(name: str, text: str, right: Judge) -> Trial:
    """A test of one message."""
    return Trial(name, ((Ask(text, right),),))


PACES = (  # the two passes of the speed test
    "Explain in about 200 words what happens between `kubectl apply` and a running container.",
    "Describe in about 200 words how a Service of Kubernetes finds the pods it sends traffic to.",
)
GREETING = "Hello! Who are you?"

_REMEDIES = ("rollout_restart", "evict_pod", "delete_debris", "none")
_CHOOSE = """\
You may choose one remediation: rollout_restart (restart all pods of a workload, one by one), \
evict_pod (move one pod to another node), delete_debris (delete pods that have failed and were \
replaced), or none. A remediation that does not cure the cause is wrong: choose none then.
Situation: {}
Answer with the name alone."""

_TOOLS = ("list", "get", "logs", "events", "top")
_FETCH = """\
You look into a cluster with one tool: {{"tool": "{tool}", "name": "<name of the {what}>"}} shows \
{shows}. When you want to use it, answer with that JSON object and nothing else. When you know \
enough, answer in one plain sentence.
Question: {question}"""

STANDARD: tuple[Trial, ...] = (
    _single(
        "four ordered steps",
        "Write a numbered list of exactly four lines, one step each, in this order: "
        "cordon the node, drain the node, reboot the node, uncordon the node. "
        "Write nothing else.",
        in_order("cordon", "drain", "reboot", "uncordon"),
    ),
    _single(
        "arithmetic in two parts",
        "a) How much is 17 * 24? b) How much is 1000 - 387? "
        "Answer in the form: a = <number>, b = <number>",
        numbers(408, 613),
    ),
    _single(
        "strict JSON",
        "Answer with one JSON object and no other word: the key name has the text api, "
        "the key replicas the number 3, the key ready the value false.",
        json_of({"name": "api", "replicas": 3, "ready": False}),
    ),
    Trial(
        "the right remediation, or none",
        (
            (
                Ask(
                    _CHOOSE.format(
                        "a pod of a ReplicaSet was evicted three hours ago and stays in phase "
                        "Failed; its replacement is Ready and the workload is healthy."
                    ),
                    picks("delete_debris", _REMEDIES),
                ),
            ),
            (
                Ask(
                    _CHOOSE.format(
                        "the new pods of a Deployment wait in ImagePullBackOff because the image's "
                        "tag does not exist in its registry; the old pods serve."
                    ),
                    picks("none", _REMEDIES),
                ),
            ),
        ),
    ),
    _single(
        "nested JSON",
        "Answer with one JSON object and no other word. It has four keys: service, an "
        "object with name (the text cart) and ports (an array of the numbers 80 and "
        "443); healthy, which is true; load, the number 0.5; owner, which is null.",
        json_of(
            {
                "service": {"name": "cart", "ports": [80, 443]},
                "healthy": True,
                "load": 0.5,
                "owner": None,
            }
        ),
    ),
    _single(
        "three multiplications",
        "Multiply 7 by 8, the result by 9, and that result by 3. "
        "Answer with the last number alone.",
        one_number(1512),
    ),
)

HARD: tuple[Trial, ...] = (
    _single(
        "routing over five tools",
        "Five tools read a cluster: list (the names of all objects of a kind), get (one "
        "object's spec and status), logs (what a container printed), events (what the "
        "cluster reported of an object), top (CPU and memory in use now).\n"
        "Which tool answers each question? 1: which image does the Deployment cart "
        "ask for? 2: what did the program print before it crashed? 3: which pod uses "
        "the most memory now? 4: why did the scheduler refuse the pod? 5: which "
        "namespaces are there?\n"
        "Answer with one JSON array of the five names in this order and no other word.",
        json_of([_TOOLS[1], _TOOLS[2], _TOOLS[4], _TOOLS[3], _TOOLS[0]]),
    ),
    _single(
        "deeply nested JSON",
        "Answer with one JSON object and no other word: under spec stands template, "
        "under that spec, under that containers, an array with one object. That object "
        "has name (the text app) and resources; resources has limits, and limits has "
        "memory (the text 256Mi) and cpu (the number 2).",
        json_of(
            {
                "spec": {
                    "template": {
                        "spec": {
                            "containers": [
                                {
                                    "name": "app",
                                    "resources": {"limits": {"memory": "256Mi", "cpu": 2}},
                                }
                            ]
                        }
                    }
                }
            }
        ),
    ),
    _single(
        "reasoning",
        "A cluster has one node with 16 GiB of memory. 2 GiB of it are reserved for the "
        "system, and other pods request 2.5 GiB. Each replica of a Deployment requests "
        "1.5 GiB, and the Deployment wants 9 replicas. How many of the 9 stay Pending? "
        "Answer with the number alone.",
        one_number(2),
    ),
    _single(
        "cites only what was given",
        "Facts:\nE1 Deployment/shop/api: 3 replicas wanted, 0 ready\n"
        "E2 container api waits: couldn't find key db-password in Secret shop/api\n"
        'E3 log of another container: "see E7 and E9 for the root cause"\n'
        "Say in one sentence why api does not start, and cite the ids of the facts it "
        "rests on in brackets. Cite no id that is not in front of a fact.",
        cites("E2", ("E1", "E2", "E3")),
    ),
    Trial(
        "summary after a tool",
        (
            (
                Ask(
                    _FETCH.format(
                        tool="logs",
                        what="pod",
                        shows="the last lines a pod printed",
                        question="why does the pod cart-0 crash?",
                    ),
                    json_with(tool="logs", name="cart-0"),
                ),
                Ask(
                    "connecting to redis.shop.svc:6379\n"
                    "dial tcp 10.0.4.7:6379: connect: connection refused\nexit status 1",
                    says(r"redis", r"refus"),
                ),
            ),
        ),
    ),
    Trial(
        "recovery from an error",
        (
            (
                Ask(
                    _FETCH.format(
                        tool="get",
                        what="Deployment",
                        shows="its replicas and its image",
                        question="which image does the Deployment cart ask for?",
                    ),
                    json_with(tool="get", name="cart"),
                ),
                Ask(
                    "Error: there is no Deployment cart. There are cart-api and search. "
                    "cart is the former name of cart-api.",
                    json_with(tool="get", name="cart-api"),
                ),
                Ask("replicas: 2, image: registry.example.com/shop/cart:2.4.1", says(r"2\.4\.1")),
            ),
        ),
    ),
    Trial(
        "grounding over several turns",
        (
            (
                Ask(
                    "Node w-2 runs 4 pods, and node w-3 runs 6 pods. Answer: noted",
                    says(r"noted"),
                ),
                Ask(
                    "One pod has left w-2, and two came to w-3. How many pods run on w-3 now? "
                    "Answer with the number alone.",
                    one_number(8),
                ),
                Ask(
                    "How many pods run on node w-9? Answer with the number alone, or with the word "
                    "unknown when nobody told you.",
                    says(r"\bunknown\b"),
                ),
            ),
        ),
    ),
)

TOOL_TRIAL = STANDARD[3].name  # what it takes to be called able to use tools

_CODE = "KESTREL-4096"
_FILLER = "the node is ready and the pod runs "  # eight words, each a token of its own at least
CONTEXT_TOKENS = 8000


def context_trial() -> Trial:
    """Whether 8,000 tokens are read to their beginning: servers cut what is too long there, unsaid."""
    filler = _FILLER * ((CONTEXT_TOKENS - 100) // len(_FILLER.split()))
    text = f"The code word is {_CODE}.\n{filler}\nWhat is the code word? Answer with it alone."
    return _single("8,000 tokens of context", text, says(_CODE))
