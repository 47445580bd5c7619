"""souls: which texts are in force, and what is said of those that are broken."""

from pathlib import Path

import pytest

from watchdog.config.defaults import MANIFEST, PROMPTS, SOUL, default_text, seed_files
from watchdog.config.souls import BIGGEST, Texts, read_texts, soul_slugs

OTHER = "id: x.terse\nslug: terse\nname: Terse\ntools: {default_enabled: [logs]}\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    seed_files(tmp_path)
    return tmp_path


def fault(texts: Texts) -> str:
    [only] = texts.faults
    return str(only)


def other(home: Path, slug: str = "terse", manifest: str = OTHER, soul: str = "Short.") -> Path:
    folder = home / "souls" / slug
    folder.mkdir(parents=True)
    (folder / SOUL).write_text(soul)
    (folder / MANIFEST).write_text(manifest)
    return folder


def test_a_home_without_files_has_those_of_this_version(tmp_path: Path) -> None:
    texts = read_texts(tmp_path)

    assert texts.faults == ()
    assert texts.default.text == default_text(SOUL)
    assert texts.default.slug == "cluster-investigator"
    assert texts.prompts == {name: default_text(name) for name in PROMPTS}


def test_the_home_wins_over_this_version(home: Path) -> None:
    (home / SOUL).write_text("You are {{ cluster.name }}'s friend.")
    (home / "prompts" / "repair.j2").write_text("No: {{ complaint }}")

    texts = read_texts(home)

    assert texts.faults == ()
    assert texts.default.text == "You are {{ cluster.name }}'s friend."
    assert texts.prompts["repair.j2"] == "No: {{ complaint }}"


def test_an_edit_changes_the_digest_of_the_soul(home: Path) -> None:
    before = read_texts(home)
    (home / SOUL).write_text("Another.")

    assert read_texts(home).default.digest != before.default.digest


def test_a_soul_in_its_folder_is_found_by_its_slug(home: Path) -> None:
    other(home)

    texts = read_texts(home)

    assert texts.soul("terse").text == "Short."
    assert texts.soul("terse").tools.default_enabled == ("logs",)
    assert soul_slugs(home) == {"terse"}


def test_an_unknown_slug_is_the_default_soul(home: Path) -> None:
    assert read_texts(home).soul("nobody") == read_texts(home).default


def test_folders_of_a_mounted_volume_are_no_souls(home: Path) -> None:
    (home / "souls" / "..data").mkdir(parents=True)

    assert (read_texts(home).faults, soul_slugs(home)) == ((), frozenset())


def test_a_broken_soul_keeps_the_last_good_one(home: Path) -> None:
    (home / SOUL).write_text("Good.")
    good = read_texts(home)
    (home / SOUL).write_text("Bad.\n{{ ''.__class__ }}")

    texts = read_texts(home, good)

    assert texts.default.text == "Good."
    assert fault(texts) == f'{home / SOUL}:2: there is no ".__class__" here'


def test_after_a_restart_a_broken_soul_gives_way_to_that_of_this_version(home: Path) -> None:
    (home / SOUL).write_text("{{ nothing }}")

    texts = read_texts(home)

    assert texts.default.text == default_text(SOUL)
    assert 'SOUL.md:1: there is no "nothing" here' in fault(texts)


def test_a_broken_soul_of_a_job_keeps_its_last_good_one_and_touches_no_other(home: Path) -> None:
    folder = other(home)
    good = read_texts(home)
    (folder / SOUL).write_text("{{")
    (home / SOUL).write_text("New.")

    texts = read_texts(home, good)

    assert texts.soul("terse").text == "Short."
    assert texts.default.text == "New."


def test_a_soul_that_was_never_good_is_not_there(home: Path) -> None:
    other(home, soul="{{")

    texts = read_texts(home)

    assert (texts.souls, len(texts.faults)) == ({}, 1)


def test_a_repaired_file_is_no_fault_any_more(home: Path) -> None:
    (home / SOUL).write_text("{{")
    broken = read_texts(home)
    (home / SOUL).write_text("Good again.")

    texts = read_texts(home, broken)

    assert (texts.default.text, texts.faults) == ("Good again.", ())


def test_a_broken_template_keeps_the_last_good_one(home: Path) -> None:
    path = home / "prompts" / "triage.user.j2"
    path.write_text("Mine: {{ data }}")
    good = read_texts(home)
    path.write_text("{{ data }}\n{{ dta }}")

    texts = read_texts(home, good)

    assert texts.prompts["triage.user.j2"] == "Mine: {{ data }}"
    assert fault(texts) == f'{path}:2: there is no "dta" here'


@pytest.mark.parametrize(
    ("name", "lacking"),
    [
        ("triage.system.j2", "soul"),
        ("triage.user.j2", "data"),
        ("repair.j2", "complaint"),
        ("ask.system.j2", "soul"),
        ("ask.user.j2", "question"),
    ],
)
def test_a_template_must_pass_on_what_it_is_for(home: Path, name: str, lacking: str) -> None:
    (home / "prompts" / name).write_text("Hello.")

    assert f"{name}: does not use {{{{ {lacking} }}}}" in fault(read_texts(home))


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (OTHER + "tols: {}\n", f"{MANIFEST}:5: `tols`: unknown key"),
        (OTHER.replace("[logs]", "[lgos]"), f'{MANIFEST}:4: `tools.default_enabled.0`: "lgos" is'),
        (OTHER.replace("name: Terse\n", ""), "`name`: is required"),
        (OTHER.replace("slug: terse", "slug: Terse"), f"{MANIFEST}:2: `slug`"),
        (OTHER.replace("slug: terse", "slug: blunt"), "the slug is blunt, the folder terse"),
        ("[", f"{MANIFEST}:1: not valid YAML"),
    ],
)
def test_a_wrong_manifest_is_named_with_line_and_key(home: Path, manifest: str, said: str) -> None:
    other(home, manifest=manifest)

    assert said in fault(read_texts(home))


def test_a_folder_needs_both_files_and_a_slug_for_a_name(home: Path) -> None:
    (other(home) / MANIFEST).unlink()
    other(home, slug="Loud")

    first, second = map(str, read_texts(home).faults)

    assert first.endswith("Loud: is no slug")
    assert second.endswith("terse/soul.manifest.yaml: no such file")


def test_an_empty_soul_is_none(home: Path) -> None:
    (home / SOUL).write_text(" \n")

    assert fault(read_texts(home)) == f"{home / SOUL}: is empty"


def test_a_huge_file_is_not_read(home: Path) -> None:
    (home / SOUL).write_text("x" * (BIGGEST + 1))

    assert f"more than {BIGGEST} bytes" in fault(read_texts(home))


def test_what_is_no_text_is_refused(home: Path) -> None:
    (home / SOUL).write_bytes(b"\xff\xfe")

    assert fault(read_texts(home)) == f"{home / SOUL}: is no UTF-8 text"


def test_a_folder_in_place_of_the_file_is_refused(home: Path) -> None:
    (home / SOUL).unlink()
    (home / SOUL).mkdir()

    assert "Is a directory" in fault(read_texts(home))


def test_a_link_that_leads_out_of_the_home_is_not_followed(home: Path, tmp_path: Path) -> None:
    inner = home / "inner"
    inner.mkdir()
    (inner / SOUL).symlink_to(home / SOUL)

    assert fault(read_texts(inner)).endswith("SOUL.md: leads out of the home")
