"""The soul, the prompts and the corpus of this version; how the first two get into a home.

File by file, and never over one that is there: what was edited stays, what was deleted comes back
at the next start.
"""

from hashlib import sha256
from pathlib import Path

from watchdog.config.files import replace_file

SOUL = "SOUL.md"
MANIFEST = "soul.manifest.yaml"
PROMPTS = (
    "triage.system.j2",
    "triage.user.j2",
    "repair.j2",
    "ask.system.j2",
    "ask.user.j2",
)
_PACKAGE = Path(__file__).parent.parent


def default_text(name: str, *, package: Path = _PACKAGE) -> str:
    """The text of SOUL, MANIFEST or one of PROMPTS as this version has it.

    The wheel carries the two folders inside the package, a checkout beside it.
    """
    folder = "soul" if name in (SOUL, MANIFEST) else "prompts"
    return (_folder(folder, package) / name).read_text(encoding="utf-8")


def corpus_folder() -> Path:
    """The recorded clusters of this version, which rules and models are measured on."""
    return _folder("corpus", _PACKAGE)


def _folder(name: str, package: Path) -> Path:
    inside = package / "defaults" / name
    return inside if inside.is_dir() else package.parent / name


def seeded_files() -> dict[str, str]:
    """Every file that a home gets, by its path in the home."""
    prompts = {f"prompts/{name}": default_text(name) for name in PROMPTS}
    return {SOUL: default_text(SOUL), MANIFEST: default_text(MANIFEST), **prompts}


def seed_files(home: Path) -> tuple[str, ...]:
    """Write the files that are missing, under the home's lock; return their paths in the home.

    Raises:
        StoreFailed: the home cannot be written.
    """
    missing = {name: text for name, text in seeded_files().items() if not (home / name).exists()}
    for name, text in missing.items():
        replace_file(home / name, text)
    return tuple(missing)


def digest_of(*texts: str) -> str:
    """Twelve digits that tell one content from another."""
    return sha256("\0".join(texts).encode()).hexdigest()[:12]
