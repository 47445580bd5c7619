"""The console notifier: plain blocks that any terminal takes."""

from io import BytesIO, StringIO, TextIOWrapper

import pytest

from tests.doubles.messages import message, row
from watchdog.domain.errors import Transient
from watchdog.notifiers.console import ConsoleParams, make


async def test_a_message_is_one_block_without_markup() -> None:
    stream = StringIO()

    assert await make(ConsoleParams(), stream=stream).send(row(), "") == ""

    assert stream.getvalue() == (
        "[2026-11-20 12:00 UTC] CRITICAL: opened api\n"
        "  Where: Deployment/shop/api\n"
        "    kubectl get pods\n\n"
    )


async def test_a_stream_without_unicode_gets_question_marks() -> None:
    raw = BytesIO()
    console = make(ConsoleParams(), stream=TextIOWrapper(raw, encoding="ascii"))

    await console.send(row(message(text="a · b")), "")

    assert b"  a ? b\n" in raw.getvalue()


async def test_a_closed_stream_is_transient() -> None:
    stream = StringIO()
    stream.close()
    console = make(ConsoleParams(), stream=stream)

    with pytest.raises(Transient):
        await console.send(row(), "")
    await console.close()
