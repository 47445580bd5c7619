"""A model that is right: in every test of the benchmark, and about every incident."""

import json
from collections.abc import Mapping, Sequence

from aiohttp import web

from tests.doubles.lying import brief_of
from tests.doubles.upstream import Behaviour, Body, says, streams
from watchdog.logic.bench.trials import HARD, STANDARD, Trial, context_trial

ANSWERS: Mapping[str, tuple[str, ...]] = {
    "four ordered steps": (
        "1. Cordon the node\n2. Drain the node\n3. Reboot the node\n4. Uncordon the node",
    ),
    "arithmetic in two parts": ("a = 408, b = 613",),
    "strict JSON": ('{"name": "api", "replicas": 3, "ready": false}',),
    "the right remediation, or none": ("delete_debris", "none"),
    "nested JSON": (
        '{"service": {"name": "cart", "ports": [80, 443]}, "healthy": true, "load": 0.5,'
        ' "owner": null}',
    ),
    "three multiplications": ("1,512",),
    "routing over five tools": ('["get", "logs", "top", "events", "list"]',),
    "deeply nested JSON": (
        json.dumps(
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
    "reasoning": ("**2**",),
    "cites only what was given": ("The key db-password is missing in Secret shop/api [E2].",),
    "summary after a tool": (
        '{"tool": "logs", "name": "cart-0"}',
        "It cannot reach redis: the connection is refused.",
    ),
    "recovery from an error": (
        '```json\n{"tool": "get", "name": "cart"}\n```',
        '{"tool": "get", "name": "cart-api"}',
        "It asks for registry.example.com/shop/cart:2.4.1.",
    ),
    "grounding over several turns": ("noted", "8", "unknown"),
    "8,000 tokens of context": ("KESTREL-4096",),
}


def known(trials: Sequence[Trial]) -> dict[str, str]:
    """The right answer by the message it is an answer to."""
    return {
        ask.text: answer
        for trial in trials
        for ask, answer in zip(
            (ask for talk in trial.talks for ask in talk), ANSWERS[trial.name], strict=True
        )
    }


def scholar(
    *wrong: str, slow: float = 0.0, headers: Mapping[str, str] | None = None, mute: bool = False
) -> Behaviour:
    """Answers rightly but for the tests in `wrong`; `slow` is its first token, `mute` explains nothing."""
    trials = [each for each in (*STANDARD, *HARD, context_trial()) if each.name not in wrong]
    right = known(trials)

    async def behave(request: web.Request, body: Body) -> web.StreamResponse:
        if body.get("stream"):
            words = [f"word {n} " for n in range(10)]
            return await streams(*words, first=slow, pause=0.002)(request, body)
        said = str(body["messages"][-1]["content"])
        answer = _explained(body, mute=mute) if "response_format" in body else right.get(said, "?")
        return await says(answer, headers=headers)(request, body)

    return behave


def _explained(body: Body, *, mute: bool) -> str:
    """The headline is the fact that decides, in the words of the rules."""
    brief = brief_of("\n".join(str(each["content"]) for each in body["messages"]))
    claims = [] if mute else [f"{brief['headline']} [{brief['facts'][0]['id']}]"]
    shape = {"claims": claims, "priority": "now", "confidence": 0.9, "veto": False}
    return json.dumps({**shape, "veto_reason": "", "unexplained": ""})
