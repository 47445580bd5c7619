"""Everything that leaves watchdog, collected from the installed command on one cluster."""

import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx2

from tests.cli.installed import call
from tests.cli.support import Watchdog, serving
from tests.doubles.discord import FakeDiscord, fake_discord
from tests.doubles.upstream import Upstream, says, upstream
from tests.secrets.kinds import Canary, Kind, draw

OWN = ("WATCHDOG_LLM__API_KEY", "WATCHDOG_DISCORD__BOT_TOKEN", "WATCHDOG_DASHBOARD__PASSWORD",
       "WATCHDOG_DASHBOARD__SESSION_SECRET", "WATCHDOG_API__TOKEN", "webhook", "heartbeat", "store", "kubeconfig")  # fmt: skip
LINK = re.compile(r'href="(/[^"]*)"')
ANSWER = {"summary": "It cannot start.", "claims": [], "priority": "now", "confidence": 0.5}
ANSWER |= {"veto": False, "veto_reason": "", "unexplained": ""}


def own_secrets() -> dict[str, Canary]:
    """The credentials of watchdog itself, by where they are set: words without any form."""
    drawn = Random(11)
    return {
        name: draw(Kind(name, f"{name[-4:].lower()}<a{28 + at}>", ""), drawn)
        for at, name in enumerate(OWN)
    }


@dataclass(frozen=True, slots=True)
class Scene:
    """The command, set up with all its credentials, between two doubles."""

    watchdog: Watchdog
    discord: FakeDiscord
    model: Upstream
    own: Mapping[str, Canary]


@asynccontextmanager
async def scene(kubeconfig: Path, folder: Path, own: Mapping[str, Canary]) -> AsyncIterator[Scene]:
    """Settings that use everything."""
    async with fake_discord() as discord, upstream() as model:
        discord.webhook = ("100", own["webhook"].text)
        model.script("judge", says(json.dumps(ANSWER)))
        told = {"type": "discord", "webhook_url": discord.webhook_url, "api_url": discord.api_url}
        environ = {name: own[name].text for name in OWN if name.startswith("WATCHDOG_")}
        environ |= {
            "WATCHDOG_NOTIFIERS": json.dumps([told, {"type": "jsonl", "path": "said.jsonl"}]),
            "WATCHDOG_DASHBOARD__USERNAME": "me",
            "WATCHDOG_HEARTBEAT__URL": f"http://127.0.0.1:9/{own['heartbeat'].text}",
            "WATCHDOG_LLM__BASE_URL": model.url,
            "WATCHDOG_LLM__MODEL": "judge",
            "WATCHDOG_LLM__MAX_TRIAGES": "100",
            "WATCHDOG_LLM__CONTEXT_TOKENS": "32000",
            "WATCHDOG_STORM_LIMIT": "1000",
        }
        yield Scene(Watchdog(folder / "home", kubeconfig, environ), discord, model, own)


async def collect(scene: Scene) -> dict[str, str]:
    """Use every command and every page once; return what came out, by sink."""
    sinks = {"a run": await _said(scene, "-v", "run", "--all", "--output", "json")}
    sinks["the daemon"] = await _daemon(scene)
    sinks["lists"] = await _all(scene, ("incidents", "list"), ("runs", "list"), ("cron", "list"))
    sinks["incidents"] = await _incidents(scene)
    formats = [("scan", "--output", each) for each in ("table", "json", "yaml", "sarif")]
    sinks["scans"] = await _all(scene, *formats)
    sinks["settings"] = await _all(scene, ("config", "show"), ("config", "check"), ("doctor",))
    sinks["errors"] = await _errors(scene)
    sinks["files"] = _files(scene.watchdog.home)
    sinks["the outbox on Discord"] = json.dumps([body for _, _, body in scene.discord.calls])
    sinks["what the model reads"] = json.dumps(scene.model.seen)
    return sinks


async def _said(scene: Scene, *words: str | Path) -> str:
    done = await scene.watchdog.call(*words)
    return done.stdout + done.stderr


async def _all(scene: Scene, *commands: tuple[str, ...]) -> str:
    return "\n".join([await _said(scene, *each) for each in commands])


async def _incidents(scene: Scene) -> str:
    """Every incident in words, and as one list."""
    listed = await scene.watchdog.call("incidents", "list", "--output", "json")
    ids = [each["id"] for each in json.loads(listed.stdout)["incidents"]]
    return await _all(scene, *(("incidents", "show", each) for each in ids[:8])) + listed.stdout


async def _daemon(scene: Scene) -> str:
    """Its log, and every page and route it serves."""
    watchdog, own = scene.watchdog, scene.own
    async with serving(watchdog) as daemon:
        await daemon.ready()
        await watchdog.call("-v", "run", "--all")
        login = httpx2.BasicAuth("me", own["WATCHDOG_DASHBOARD__PASSWORD"].text)
        pages = await _crawl(daemon.page, login)
        token = {"Authorization": f"Bearer {own['WATCHDOG_API__TOKEN'].text}"}
        paths = ["/healthz", "/readyz", "/metrics", "/api/v1/openapi.json"]
        paths += [f"/api/v1/{name}" for name in ("incidents", "runs", "jobs", "checks", "nothing")]
        async with httpx2.AsyncClient(headers=token, timeout=20) as client:
            answers = [(await client.get(f"{daemon.api}{path}")).text for path in paths]
    return "\n".join([*pages.values(), *answers, watchdog.log])


async def _crawl(page: str, login: httpx2.BasicAuth) -> dict[str, str]:
    found: dict[str, str] = {}
    waiting = ["/", "/nothing"]
    async with httpx2.AsyncClient(auth=login, timeout=20) as client:
        while waiting:
            path = waiting.pop()
            if path not in found:
                found[path] = (await client.get(f"{page}{path}")).text
                waiting += LINK.findall(found[path])
    return found


async def _errors(scene: Scene) -> str:
    """Tracebacks and refusals that come close to a credential."""
    watchdog, own = scene.watchdog, scene.own
    elsewhere = watchdog.home.parent / "elsewhere"
    elsewhere.mkdir()
    kubeconfig = elsewhere / "kubeconfig"
    kubeconfig.write_text(_unreachable(own["kubeconfig"].text))
    store = own["store"].text
    broken = [
        {"WATCHDOG_STORE__URL": f"postgresql://me:{store}@127.0.0.1:9/watchdog"},
        {"WATCHDOG_STORE__URL": f"oracle://me:{store}@127.0.0.1:9/watchdog"},
        {"WATCHDOG_NOTIFIERS": json.dumps([{"type": "discord", "webhook_url": store}])},
        {"WATCHDOG_NOTIFIERS": json.dumps([{"type": "discord", "token": store}])},
        {"WATCHDOG_DASHBOARD__SESSION_SECRET": store[:20]},
        {"WATCHDOG_LLM__BASE_URL": f"127.0.0.1:9/v1?api_key={store}"},
        {},
    ]
    texts = []
    for environ in broken:
        words = ("-v", "--kubeconfig", kubeconfig, "run", "--all")
        changed = {**watchdog.environ, **environ}
        done = await asyncio.to_thread(call, *words, home=elsewhere, environ=changed)
        texts.append(done.stdout + done.stderr)
        assert done.returncode != 0, done.stdout
    return "\n".join(texts) + _files(elsewhere, but=kubeconfig)


def _unreachable(token: str) -> str:
    cluster = {"server": f"https://me:{token}@127.0.0.1:9"}
    named = {
        "clusters": [{"name": "x", "cluster": cluster}],
        "users": [{"name": "x", "user": {"token": token}}],
        "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
    }
    whole = {"apiVersion": "v1", "kind": "Config", "current-context": "x"}
    return json.dumps(whole | named)


def _files(folder: Path, but: Path | None = None) -> str:
    """Every byte of every file, and every row of every database."""
    files = [each for each in sorted(folder.rglob("*")) if each.is_file() and each != but]
    rows = [_rows(each) for each in files if each.suffix == ".db"]
    return "\n".join([*(each.read_bytes().decode("latin-1") for each in files), *rows])


def _rows(database: Path) -> str:
    with closing(sqlite3.connect(database)) as connection:
        return "\n".join(connection.iterdump())
