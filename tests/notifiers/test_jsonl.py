"""The jsonl notifier: whole lines, through rotation and full disks."""

import json
from pathlib import Path

import pytest

from tests.doubles.messages import row
from watchdog.domain.errors import Permanent, Transient
from watchdog.notifiers.jsonl import Jsonl, JsonlParams, make


async def test_a_message_is_one_object(tmp_path: Path) -> None:
    notifier = make(JsonlParams(path=Path("out/said.jsonl")), home=tmp_path)

    await notifier.send(row(), "")
    await notifier.send(row(), "")
    await notifier.close()

    lines = (tmp_path / "out" / "said.jsonl").read_text().splitlines()
    assert len(lines) == 2
    assert json.loads(lines[0]) == {
        "time": "2026-11-20T12:00:00Z",
        "kind": "opened",
        "incident": "1a2b3c4d-1",
        "revision": 1,
        "severity": "critical",
        "title": "CRITICAL: opened api",
        "text": row().message.text,
    }


async def test_a_file_that_was_rotated_away_is_made_again(tmp_path: Path) -> None:
    notifier = make(JsonlParams(), home=tmp_path)
    await notifier.send(row(), "")
    (tmp_path / "notifications.jsonl").rename(tmp_path / "notifications.1")

    await notifier.send(row(), "")

    assert len((tmp_path / "notifications.jsonl").read_text().splitlines()) == 1


async def test_a_torn_line_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "said.jsonl"
    path.write_text('{"torn')

    await Jsonl(path).send(row(), "")

    torn, whole = path.read_text().splitlines()
    assert torn == '{"torn'
    assert json.loads(whole)["kind"] == "opened"


async def test_a_directory_in_its_place_is_permanent(tmp_path: Path) -> None:
    with pytest.raises(Permanent) as caught:
        await Jsonl(tmp_path).send(row(), "")

    assert "notifiers" in caught.value.hint


async def test_a_full_disk_is_transient() -> None:
    with pytest.raises(Transient, match="No space left"):
        await Jsonl(Path("/dev/full")).send(row(), "")
