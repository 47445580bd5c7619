"""Souls and prompts: from the files of the home to checked texts, each file judged by itself.

`SOUL.md` and `soul.manifest.yaml` in the home are the default soul, `souls/<slug>/` has more of
them, `prompts/` the templates around them. What is missing is taken from this version; what is
broken leaves the last good one in force and is named in `faults`.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, ValidationError

from watchdog.config.defaults import MANIFEST, PROMPTS, SOUL, default_text, digest_of
from watchdog.config.file import parse_config
from watchdog.config.layers import Layers
from watchdog.config.nearest import did_you_mean
from watchdog.config.problems import wrong_value
from watchdog.config.sections import Section, key_paths
from watchdog.config.templates import Shapes, Values, check_template
from watchdog.domain.asking import Tool
from watchdog.domain.errors import Misconfigured
from watchdog.domain.soul import ClusterFacts, Soul, ToolPolicy

TOOLS = tuple(tool.value for tool in Tool)
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
BIGGEST = 64 * 1024  # bytes of one file
_HINT = "correct it there; it is read again at the next run"

_CLUSTER = asdict(ClusterFacts())
_TEXTS: Mapping[str, tuple[str, ...]] = {
    SOUL: ("cluster",),
    "triage.system.j2": ("soul", "cluster"),
    "triage.user.j2": ("data", "delimiter"),
    "repair.j2": ("complaint",),
    "ask.system.j2": ("soul", "cluster", "tools"),
    "ask.user.j2": ("question", "data", "delimiter"),
}
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "triage.system.j2": ("soul",),
    "triage.user.j2": ("data",),
    "repair.j2": ("complaint",),
    "ask.system.j2": ("soul",),
    "ask.user.j2": ("question",),
}
_SAMPLE: Values = {"cluster": _CLUSTER, "tools": list(TOOLS)}


def _tool(name: str) -> str:
    if name not in TOOLS:
        raise ValueError(f'"{name}" is no tool; {did_you_mean(name, TOOLS) or ", ".join(TOOLS)}')
    return name


_Tools = tuple[Annotated[str, AfterValidator(_tool)], ...]
_Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class ToolLists(Section):
    """`tools` of a manifest."""

    enforced: _Tools = ()
    default_enabled: _Tools = ()
    optional: _Tools = ()
    forbidden: _Tools = ()


class Manifest(Section):
    """soul.manifest.yaml."""

    id: _Line
    slug: Annotated[str, Field(pattern=rf"^{SLUG.pattern}$")]
    name: _Line
    description: str = ""
    tools: ToolLists = Field(default_factory=ToolLists)


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Everything that words a question, as it was at one moment."""

    default: Soul
    souls: Mapping[str, Soul]  # those in `souls/`, by slug
    prompts: Mapping[str, str]  # templates by file name
    faults: tuple[Misconfigured, ...] = field(default=())

    def soul(self, slug: str = "") -> Soul:
        """The soul of that slug, the default one where there is none."""
        return self.souls.get(slug, self.default)


def read_texts(home: Path, before: Texts | None = None) -> Texts:
    """Read and check all files; `before` are the texts in force, for what is broken now.

    Without them a broken file of the home gives way to the one of this version.
    """
    faults: list[Misconfigured] = []
    return Texts(
        default=_default(home, before, faults),
        souls=_others(home, before, faults),
        prompts={name: _prompt(home, name, before, faults) for name in PROMPTS},
        faults=tuple(faults),
    )


def soul_slugs(home: Path) -> frozenset[str]:
    """The slugs that a job may name: folders of `souls/`, whether they are right or not."""
    return frozenset(folder.name for folder in _folders(home))


def _default(home: Path, before: Texts | None, faults: list[Misconfigured]) -> Soul:
    here, manifest = home / SOUL, home / MANIFEST
    try:
        text = _read(here, home)
        described = _read(manifest, home)
        return _soul(
            default_text(SOUL) if text is None else text,
            default_text(MANIFEST) if described is None else described,
            here,
            manifest,
        )
    except Misconfigured as error:
        faults.append(error)
        if before is not None:
            return before.default
        return _soul(default_text(SOUL), default_text(MANIFEST), here, manifest)


def _others(home: Path, before: Texts | None, faults: list[Misconfigured]) -> dict[str, Soul]:
    found: dict[str, Soul] = {}
    for folder in _folders(home):
        try:
            found[folder.name] = _other(folder, home)
        except Misconfigured as error:
            faults.append(error)
            if before is not None and folder.name in before.souls:
                found[folder.name] = before.souls[folder.name]
    return found


def _folders(home: Path) -> list[Path]:
    """The folders of `souls/`; a mounted volume has some of its own that begin with a dot."""
    try:
        return sorted(
            each
            for each in (home / "souls").iterdir()
            if each.is_dir() and not each.name.startswith(".")
        )
    except OSError:
        return []


def _other(folder: Path, home: Path) -> Soul:
    if not SLUG.fullmatch(folder.name):
        raise Misconfigured(f"{folder}: is no slug", hint="use a-z, 0-9 and -, at most 63")
    here, manifest = folder / SOUL, folder / MANIFEST
    soul = _soul(_required(here, home), _required(manifest, home), here, manifest)
    if soul.slug != folder.name:
        why = f"the slug is {soul.slug}, the folder {folder.name}"
        raise Misconfigured(f"{manifest}: {why}", hint="give both one name")
    return soul


def _required(path: Path, home: Path) -> str:
    text = _read(path, home)
    if text is None:
        raise Misconfigured(f"{path}: no such file", hint=_HINT)
    return text


def _soul(text: str, described: str, here: Path, manifest: Path) -> Soul:
    read = _manifest(described, manifest)
    _check(SOUL, text, here)
    if not text.strip():
        raise Misconfigured(f"{here}: is empty", hint=_HINT)
    return Soul(
        id=read.id,
        slug=read.slug,
        name=read.name,
        description=read.description,
        tools=ToolPolicy(**read.tools.model_dump()),
        text=text,
        digest=digest_of(text, described),
    )


def _manifest(text: str, path: Path) -> Manifest:
    file = parse_config(text, path)
    try:
        return Manifest.model_validate(file.tree)
    except ValidationError as error:
        why = wrong_value(error, Layers(file, {}), known=key_paths(Manifest))
        raise Misconfigured(str(why), hint=_HINT) from error


def _prompt(home: Path, name: str, before: Texts | None, faults: list[Misconfigured]) -> str:
    path = home / "prompts" / name
    try:
        text = _read(path, home)
        if text is not None:
            _check(name, text, path)
            return text
    except Misconfigured as error:
        faults.append(error)
        if before is not None:
            return before.prompts[name]
    return default_text(name)


def _check(name: str, text: str, path: Path) -> None:
    variables = _TEXTS[name]
    shapes: Shapes = {
        each: frozenset(_CLUSTER) if each == "cluster" else frozenset() for each in variables
    }
    sample = {each: _SAMPLE.get(each, each) for each in variables}
    used = check_template(text, where=str(path), sample=sample, shapes=shapes)
    if lacking := [each for each in _NEEDED.get(name, ()) if each not in used]:
        why = f"does not use {{{{ {lacking[0]} }}}}, without which the model is not told enough"
        raise Misconfigured(f"{path}: {why}", hint=_HINT)


def _read(path: Path, home: Path) -> str | None:
    """The text, None when there is no such file. A link may not lead out of the home."""
    try:
        if not path.resolve().is_relative_to(home.resolve()):
            raise Misconfigured(f"{path}: leads out of the home", hint="put the file itself there")
        if path.stat().st_size > BIGGEST:
            raise Misconfigured(f"{path}: more than {BIGGEST} bytes", hint="say it shorter")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise Misconfigured(f"{path}: is no UTF-8 text", hint="save it as UTF-8") from error
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise Misconfigured(f"{path}: {why}", hint="make it readable for this user") from error
