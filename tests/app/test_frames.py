"""framing: the Frame of a Run changes with what decides its outcome, and with nothing else."""

from collections.abc import Mapping
from pathlib import Path

from watchdog.app.frames import framing
from watchdog.app.registry import all_checks
from watchdog.config.settings import Settings, load_settings
from watchdog.config.souls import read_texts
from watchdog.domain.record import Frame
from watchdog.domain.run import RunRequest

MODEL = {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1", "WATCHDOG_LLM__MODEL": "big"}


def frame(home: Path, environ: Mapping[str, str] | None = None, **wish: object) -> Frame:
    settings: Settings = load_settings(config=None, home=home, environ=environ or {})
    request = {"run_id": "r", "job": "j", "trigger": "manual", "checks": ("dns",), **wish}
    return framing(settings, all_checks())(RunRequest(**request))  # type: ignore[arg-type]


def test_without_a_model_none_is_named(tmp_path: Path) -> None:
    assert (frame(tmp_path).model, frame(tmp_path).fallbacks) == ("", ())


def test_the_chain_of_models_is_named(tmp_path: Path) -> None:
    found = frame(tmp_path, {**MODEL, "WATCHDOG_LLM__FALLBACKS": "small,tiny"})

    assert (found.model, found.fallbacks) == ("big", ("small", "tiny"))


def test_the_soul_in_force_is_named_with_its_digest(tmp_path: Path) -> None:
    settings = load_settings(config=None, home=tmp_path, environ=MODEL)
    texts = read_texts(tmp_path)
    request = RunRequest(run_id="r", job="j", trigger="manual", checks=())

    found = framing(settings, (), lambda: texts)(request)

    assert (found.soul, found.soul_digest) == (texts.default.slug, texts.default.digest)


def test_equal_runs_have_an_equal_frame(tmp_path: Path) -> None:
    assert frame(tmp_path) == frame(tmp_path)


def test_other_checks_are_other_tools(tmp_path: Path) -> None:
    assert frame(tmp_path).tools_digest != frame(tmp_path, checks=("oom_killed",)).tools_digest


def test_other_settings_of_a_check_are_other_tools(tmp_path: Path) -> None:
    changed = frame(tmp_path, params={"dns": {"hold": "5m"}})

    assert frame(tmp_path).tools_digest != changed.tools_digest


def test_another_mode_is_another_policy(tmp_path: Path) -> None:
    changed = frame(tmp_path, {"WATCHDOG_MODE": "observe"})

    assert frame(tmp_path).policy_digest != changed.policy_digest
    assert frame(tmp_path).rights_digest == changed.rights_digest


def test_a_check_that_is_switched_off_needs_no_rights(tmp_path: Path) -> None:
    settings = load_settings(config=None, home=tmp_path, environ={})
    request = RunRequest(run_id="r", job="j", trigger="manual", checks=())

    every = framing(settings, all_checks())(request)
    few = framing(settings, [each for each in all_checks() if each.id == "dns"])(request)

    assert every.rights_digest != few.rights_digest


def test_a_job_with_a_model_of_its_own_names_that_one(tmp_path: Path) -> None:
    common = {**MODEL, "WATCHDOG_LLM__FALLBACKS": "small"}

    found = frame(tmp_path, common, model="own", fallbacks=("spare",))

    assert (found.model, found.fallbacks) == ("own", ("spare",))


def test_the_soul_of_the_job_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "souls" / "terse"
    folder.mkdir(parents=True)
    (folder / "SOUL.md").write_text("You are terse.")
    (folder / "soul.manifest.yaml").write_text("{id: t, slug: terse, name: Terse}")
    settings = load_settings(config=None, home=tmp_path, environ=MODEL)
    texts = read_texts(tmp_path)
    request = RunRequest(run_id="r", job="j", trigger="manual", checks=(), soul="terse")

    found = framing(settings, (), lambda: texts)(request)

    assert (found.soul, found.soul_digest) == ("terse", texts.soul("terse").digest)
