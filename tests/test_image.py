"""The image: what the Dockerfile says agrees with the Deployment, and what goes into it is whole.

No container engine is needed: the wheel is built from the same files that the engine would get.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.manifests import ROOT, container, pod_spec
from watchdog.config.defaults import MANIFEST, PROMPTS, SOUL, corpus_folder
from watchdog.version import version

COMMIT = "0123456789ab"
SCRIPT = Path("scripts/build-and-push.sh")
ENGINE = '#!/bin/sh\necho "$@" >> "$(dirname "$0")/calls"\n'


def instructions(name: str) -> list[str]:
    """The arguments of each instruction of this name, in the last stage alone."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    stage = text[text.rindex("\nFROM ") + 1 :]
    words = (line.split(maxsplit=1) for line in stage.splitlines() if line)
    return [rest[0] for word, *rest in words if word == name]


def copied(text: str) -> set[str]:
    """What the Dockerfile takes from the checkout."""
    rows = [line.split()[1:-1] for line in text.splitlines() if line.startswith("COPY ")]
    return {source for row in rows if not row[0].startswith("--from") for source in row}


def git(folder: Path, *arguments: str) -> str:
    """Run git with an identity and no configuration of its user."""
    who = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    who |= {f"GIT_{role}_NAME": "test" for role in ("AUTHOR", "COMMITTER")}
    who |= {f"GIT_{role}_EMAIL": "test@example.com" for role in ("AUTHOR", "COMMITTER")}
    command = ("git", "-C", str(folder), *arguments)
    return subprocess.run(command, env=who, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone of nothing but the script and the version, with a clean tree."""
    folder = tmp_path / "checkout"
    (folder / SCRIPT).parent.mkdir(parents=True)
    shutil.copy(ROOT / SCRIPT, folder / SCRIPT)
    shutil.copy(ROOT / "pyproject.toml", folder)
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "A build")
    return folder


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    """A container engine that only writes down what it is asked to do."""
    path = tmp_path / "engine"
    path.write_text(ENGINE)
    path.chmod(0o755)
    return path


def push(checkout: Path, engine: Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run the script as a person would."""
    return subprocess.run(
        [checkout / SCRIPT],
        env={"PATH": "/usr/bin:/bin", "ENGINE": str(engine), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_image_starts_watchdog_and_the_deployment_says_what_it_does() -> None:
    assert instructions("ENTRYPOINT") == ['["watchdog"]']
    assert instructions("CMD") == ['["serve"]']
    assert container()["args"] == ["serve"]
    assert "command" not in container()  # it would take the place of the ENTRYPOINT


def test_the_user_of_the_image_is_the_user_of_the_pod() -> None:
    security = pod_spec()["securityContext"]

    assert instructions("USER") == [f"{security['runAsUser']}:{security['runAsGroup']}"]
    assert security["fsGroup"] == security["runAsGroup"] > 0


def test_the_image_names_the_port_of_the_deployment() -> None:
    [port] = container()["ports"]

    assert instructions("EXPOSE") == [str(port["containerPort"])]


def test_both_stages_stand_on_one_base_with_a_fixed_patch_release() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    bases = {line.split()[1] for line in text.splitlines() if line.startswith("FROM ")}

    [base] = bases
    tag = base.removeprefix("python:")
    assert tag.split("-")[0].count(".") == 2
    assert "-slim-" in tag


def test_everything_from_the_registry_is_locked_by_hash() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    installs = [part for part in text.split("&&") if "pip install" in part]

    assert installs
    assert all("--require-hashes" in part or "--no-index" in part for part in installs)


def test_nothing_but_what_the_dockerfile_copies_reaches_the_engine() -> None:
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    allowed = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}

    assert "*" in rules
    assert copied((ROOT / "Dockerfile").read_text(encoding="utf-8")) == allowed


def test_the_wheel_of_the_image_holds_the_commit_and_every_file_of_the_package(
    tmp_path: Path,
) -> None:
    context = tmp_path / "context"
    ignored = shutil.ignore_patterns("__pycache__", "_sha")
    for folder in ("watchdog", "soul", "prompts", "corpus"):
        shutil.copytree(ROOT / folder, context / folder, ignore=ignored)
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, context)
    (context / "watchdog" / "_sha").write_text(COMMIT)
    files = {path.relative_to(context) for path in (context / "watchdog").rglob("*.*")}

    build = "import sys, hatchling.build; print(hatchling.build.build_wheel(sys.argv[1]))"
    command = (sys.executable, "-c", build, str(tmp_path))
    done = subprocess.run(command, cwd=context, capture_output=True, text=True, check=True)

    with ZipFile(tmp_path / done.stdout.split()[-1]) as wheel:
        inside = set(wheel.namelist())
        assert wheel.read("watchdog/_sha").decode() == COMMIT
    assert {str(path) for path in files} <= inside
    assert {f"watchdog/defaults/soul/{name}" for name in (SOUL, MANIFEST)} <= inside
    assert {f"watchdog/defaults/prompts/{name}" for name in PROMPTS} <= inside
    for path in corpus_folder().glob("*/*"):
        assert f"watchdog/defaults/corpus/{path.parent.name}/{path.name}" in inside


def test_the_image_is_tagged_with_version_and_commit(checkout: Path, engine: Path) -> None:
    done = push(checkout, engine, REGISTRY="registry.example.com/platform")

    sha = git(checkout, "rev-parse", "--short=12", "HEAD").strip()
    name = f"registry.example.com/platform/kube-watchdog:{version()}-{sha}"
    assert done.returncode == 0
    built, pushed = (engine.parent / "calls").read_text().splitlines()
    assert built == f"build --platform linux/amd64 --build-arg SHA={sha} --tag {name} ."
    assert pushed == f"push {name}"


def test_the_pushed_image_is_printed_as_lines_of_the_overlay(checkout: Path, engine: Path) -> None:
    done = push(checkout, engine, REGISTRY="registry.example.com/platform")

    first, name, repository, tag = done.stdout.splitlines()
    shipped = (ROOT / "deploy/overlays/observe/kustomization.yaml").read_text(encoding="utf-8")
    assert f"{first}\n{name}\n" in shipped
    assert repository == "    newName: registry.example.com/platform/kube-watchdog"
    assert tag.startswith(f"    newTag: {version()}-")


def test_a_tree_with_changes_is_not_built(checkout: Path, engine: Path) -> None:
    (checkout / "new.py").touch()

    done = push(checkout, engine, REGISTRY="registry.example.com/platform")

    assert done.returncode == 2
    assert done.stderr.startswith("error: the tree has changes")
    assert not (engine.parent / "calls").exists()


def test_without_a_registry_nothing_is_built(checkout: Path, engine: Path) -> None:
    done = push(checkout, engine)

    assert done.returncode == 2
    assert done.stderr.startswith("error: REGISTRY is not set\nhint: ")
    assert not (engine.parent / "calls").exists()
