"""expect.yaml beside a recorded cluster: what is true of it. The door from YAML to a Case."""

import re
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from watchdog.config.defaults import corpus_folder
from watchdog.domain.case import Case, Cause
from watchdog.domain.errors import Misconfigured

EXPECT = "expect.yaml"
_HINT = "docs/eval.md describes the format"


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return text


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


_Pattern = Annotated[str, AfterValidator(_pattern)]
_Reasons = Annotated[tuple[str, ...], BeforeValidator(_several), Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Allowed(_Part):
    kind: str
    ns: str = ""
    name: _Pattern
    reason: _Reasons


class _Wanted(_Allowed):
    fact: _Pattern


class _Expected(_Part):
    title: str = ""
    complete: bool = False
    root_causes: tuple[_Wanted, ...]
    also_ok: tuple[_Allowed, ...] = ()


def case_folders(folder: Path | None) -> tuple[Path, ...]:
    """Return every folder with an expect.yaml, `folder` itself or those in it, by name; without one
    those of the corpus of this version.

    Raises:
        Misconfigured: there is none.
    """
    place = corpus_folder() if folder is None else folder
    found = [place] if (place / EXPECT).is_file() else [each.parent for each in _below(place)]
    if not found:
        raise Misconfigured(f"no {EXPECT} in {place} or in a folder of it", hint=_HINT)
    return tuple(sorted(found))


def _below(folder: Path) -> list[Path]:
    return [path for path in folder.glob(f"*/{EXPECT}") if path.is_file()]


def read_case(folder: Path) -> Case:
    """Read what is true of the cluster in this folder.

    Raises:
        Misconfigured: the file cannot be read, or is not right; the text names it and the key.
    """
    path = folder / EXPECT
    try:
        expected = _Expected.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise Misconfigured(f"cannot read {path}: {error.strerror}", hint=_HINT) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise Misconfigured(f"{path}: {where}: {first['msg']}", hint=_HINT) from error
    except (ValueError, yaml.YAMLError) as error:
        raise Misconfigured(f"{path} cannot be parsed: {error}", hint=_HINT) from error
    return Case(
        name=folder.name,
        title=expected.title,
        causes=tuple(_cause(each, each.fact) for each in expected.root_causes),
        also_ok=tuple(_cause(each, "") for each in expected.also_ok),
        complete=expected.complete,
    )


def _cause(part: _Allowed, fact: str) -> Cause:
    return Cause(kind=part.kind, namespace=part.ns, name=part.name, reasons=part.reason, fact=fact)
