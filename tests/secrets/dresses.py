"""How a secret comes along: the texts in which logs, events and objects carry one."""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

from tests.secrets.kinds import Canary

Dress = Callable[[str], str]
KeyedDress = Callable[[str, str], str]


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


# Around the whole text of a secret that its own form, or what it comes with, gives away.
AROUND: dict[str, Dress] = {
    "alone": lambda text: text,
    "in a log line": lambda text: f"2026-11-21T10:00:00Z ERROR cannot start with {text}",
    "in brackets": lambda text: f"refused ({text}), giving up",
    "in quotes": lambda text: f"unexpected value {text!r}" if "\n" not in text else f"'{text}'",
    "in a JSON line": lambda text: json.dumps({"level": "error", "msg": f"sent {text}"}),
    "in an exception": lambda text: f"Traceback:\n  File x\nValueError: bad input: {text}\n",
    "in a klog line": lambda text: f'E1121 main.go:7] "failed" err={json.dumps("got " + text)}',
    "in colours": lambda text: f"\x1b[31merror\x1b[0m \x1b[1m{text}\x1b[0m",
    "in base64": lambda text: f"data: {_encoded(text)} end",
    "URL-encoded": lambda text: f"GET /x/{quote(text, safe='')} 401",
}

# Under the name of a setting.
UNDER_A_KEY: dict[str, KeyedDress] = {
    "key=value": lambda key, text: f"using {key}={text} now",
    "exported": lambda key, text: f"+ export {key}='{text}'",
    "YAML": lambda key, text: f"{key.lower()}: {text}",
    "quoted YAML": lambda key, text: f'  {key}: "{text}"',
    "JSON": lambda key, text: json.dumps({"a": 1, key.lower(): text, "b": 2}),
    "JSON in JSON": lambda key, text: json.dumps({"msg": json.dumps({key: text})}),
    "Python": lambda key, text: f"config { ({key: text, 'x': 1}) }",
    "Go": lambda key, text: f'&Config{{{key}:"{text}", Debug:true}}',
    "camel case": lambda key, text: f'"{_camel(key)}":"{text}"',
    "flag and blank": lambda key, text: f"run --{key.lower().replace('_', '-')} {text} --debug",
    "list of arguments": lambda key, text: json.dumps(["run", f"--{key.lower()}", text, "--debug"]),
    "cut off": lambda key, text: f'{{"a":1,"{key}":"x {text}',
    "flag and equals": lambda key, text: f"run --{key.lower().replace('_', '-')}={text} --debug",
    "URL userinfo": lambda _, text: f"dial postgres://shop:{quote(text)}@db:5432/shop: refused",
    "URL query": lambda _, text: f"GET https://api.example.com/v1?access_token={quote(text)}&x=1",
    "bearer": lambda _, text: f'"Authorization": "Bearer {text}"',
    "environment entry": lambda key, text: json.dumps({"name": key, "value": text}),
    "environment in YAML": lambda key, text: f"env:\n- name: {key}\n  value: {json.dumps(text)}\n",
    "base64 of key=value": lambda key, text: f"payload {_encoded(f'{key}={text}')}",
    "base64 of a login": lambda _, text: f"Authorization: Basic {_encoded(f'shop:{text}')}",
    "URL-encoded form": lambda key, text: f"body={quote(f'user=shop&{key.lower()}={text}')}",
}


def dressed(canary: Canary) -> dict[str, str]:
    """Every text in which this secret has to be found, by the name of its dress."""
    kind = canary.kind
    texts: dict[str, str] = {}
    if kind.bare:
        texts |= {name: dress(canary.text) for name, dress in AROUND.items()}
    if kind.key:
        texts |= {name: dress(kind.key, canary.text) for name, dress in UNDER_A_KEY.items()}
    return texts


def _camel(key: str) -> str:
    first, *rest = key.lower().split("_")
    return first + "".join(word.title() for word in rest)
