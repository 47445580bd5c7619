"""How fast a model writes: one streamed answer, timed from the question to its last token.

For the benchmark alone. Nothing else is streamed: the proxy names no cost for a stream.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import openai

from watchdog.domain.model import Call, CallOutcome, Usage
from watchdog.domain.ports import Clock
from watchdog.llm.chat import Chat
from watchdog.llm.pricing import Price, priced
from watchdog.llm.wire import Chunk, usage_of
from watchdog.logic.bench.score import Pace

MAX_TOKENS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Paced:
    """The record of one streamed answer, and its pace; None when nothing came."""

    call: Call
    pace: Pace | None


@dataclass
class _Heard:
    """What has come so far."""

    pieces: int = 0
    first: float = 0.0
    last: float = 0.0
    usage: Usage = field(default_factory=Usage)
    served: str = ""
    error: str = ""


class StreamedChat(Chat):
    """The proxy, asked for an answer piece by piece."""

    async def stream(self, model: str, prompt: str) -> AsyncIterator[tuple[Chunk, str]]:
        """Send one question; yield what comes, and the model that the proxy says it is from.

        Raises:
            openai.OpenAIError, ValueError: it is refused, or what comes is no stream.
        """
        messages: Any = [{"role": "user", "content": prompt}]
        raw = await self._client.chat.completions.with_raw_response.create(
            model=model,
            messages=messages,
            max_tokens=MAX_TOKENS,
            stream=True,
            stream_options={"include_usage": True},
        )
        served = raw.headers.get("x-litellm-model-group", "")
        async with raw.parse() as stream:
            async for chunk in stream:
                yield Chunk.model_validate(chunk.model_dump()), served


class Pacer:
    """Times streamed answers of the models behind one proxy."""

    def __init__(self, chat: StreamedChat, clock: Clock, *, prices: Mapping[str, Price]) -> None:
        """`prices` serve where the proxy names no cost."""
        self._chat = chat
        self._clock = clock
        self._prices = prices

    async def pace(self, model: str, prompt: str, *, deadline: float) -> Paced:
        """Ask once, without another try, for so many seconds. Never raises for a model."""
        at, started, heard = self._clock.now(), self._clock.monotonic(), _Heard()
        try:
            async with asyncio.timeout(deadline):
                await self._listen(model, prompt, started, heard)
        except TimeoutError:
            heard.error = f"no end within {deadline:g} s"
        except openai.APIStatusError as error:
            heard.error = str(error.status_code)
        except (openai.OpenAIError, ValueError) as error:
            heard.error = type(error).__name__
        return self._paced(
            heard,
            Call(
                purpose="bench",
                at=at,
                seconds=round(self._clock.monotonic() - started, 3),
                outcome=CallOutcome.ANSWERED if _whole(heard) else CallOutcome.NO_ANSWER,
                requested=model,
                served=(heard.served or model) if _whole(heard) else "",
                requests=1,
                usage=priced(heard.usage, self._prices.get(heard.served or model)),
                error="" if _whole(heard) else f"{model}: {heard.error or 'nothing came'}",
            ),
        )

    async def _listen(self, model: str, prompt: str, started: float, heard: _Heard) -> None:
        async for chunk, served in self._chat.stream(model, prompt):
            heard.served = served
            heard.usage = usage_of(chunk) if chunk.usage else heard.usage
            if chunk.written:
                heard.last = self._clock.monotonic() - started
                heard.first = heard.first or heard.last
                heard.pieces += 1

    async def close(self) -> None:
        """Close the connections."""
        await self._chat.close()

    def _paced(self, heard: _Heard, call: Call) -> Paced:
        if call.outcome is not CallOutcome.ANSWERED:
            return Paced(call=call, pace=None)
        tokens = call.usage.output_tokens or heard.pieces
        return Paced(call=call, pace=Pace(first=heard.first, last=heard.last, tokens=tokens))


def _whole(heard: _Heard) -> bool:
    return heard.pieces > 0 and not heard.error
