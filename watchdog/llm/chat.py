"""One request to the proxy, through the openai SDK; its errors become a Refusal here."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import openai
from openai import AsyncOpenAI

from watchdog.domain.errors import Forbidden, Transient
from watchdog.domain.model import Turn
from watchdog.llm.refusal import Do, Refusal, refusal_of
from watchdog.llm.wire import Answered, ErrorAnswer, answered
from watchdog.logic.redact import clean, redact

CONNECT = 10.0  # seconds; a dropped packet must not cost a minute
_ERROR = 300  # characters of a refusal that are kept


class Refused(Exception):
    """The proxy, or the way to it, gave no answer."""

    def __init__(self, refusal: Refusal) -> None:
        """Keep what it means."""
        super().__init__(refusal.brief)
        self.refusal = refusal


class Chat:
    """The proxy at one base URL with one key."""

    def __init__(self, base_url: str, api_key: str, *, read_timeout: float) -> None:
        """Nothing is sent yet. The SDK's own retries are off: the chain counts every request."""
        self._own = (api_key,)
        self._client = AsyncOpenAI(
            base_url=base_url,
            api_key=api_key or "none",
            max_retries=0,
            timeout=openai.Timeout(read_timeout, connect=CONNECT),
        )

    async def send(
        self, model: str, turns: Sequence[Turn], *, max_tokens: int, schema: str
    ) -> Answered:
        """Send one conversation and return what came.

        Raises:
            Refused: anything but a readable 200.
        """
        wanted: dict[str, Any] = {"response_format": _format(schema)} if schema else {}
        messages: Any = [{"role": turn.role, "content": turn.text} for turn in turns]
        try:
            raw = await self._client.chat.completions.with_raw_response.create(
                model=model, messages=messages, max_tokens=max_tokens, **wanted
            )
            return answered(raw.text, raw.headers)
        except openai.APIStatusError as error:
            raise Refused(self._of_status(error)) from error
        except openai.APITimeoutError as error:
            raise Refused(self._nothing("timeout", str(error))) from error
        except openai.APIConnectionError as error:
            raise Refused(self._nothing("connection", str(error.__cause__ or error))) from error
        except (openai.OpenAIError, ValueError) as error:
            raise Refused(self._nothing("malformed", "the body is no chat completion")) from error

    async def models(self) -> tuple[str, ...]:
        """The names the proxy offers.

        Raises:
            Transient: no answer.
            Forbidden: the key is refused.
        """
        try:
            async with asyncio.timeout(CONNECT):
                return tuple([each.id async for each in self._client.models.list()])
        except openai.APIStatusError as error:
            refusal = self._of_status(error)
            kind = Forbidden if refusal.do is Do.STOP_KEY else Transient
            raise kind(f"the model proxy answers {refusal.brief}: {refusal.text}") from error
        except (openai.OpenAIError, ValueError, TimeoutError) as error:
            raise Transient(f"the model proxy does not answer: {type(error).__name__}") from error

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _of_status(self, error: openai.APIStatusError) -> Refusal:
        try:
            body = ErrorAnswer.model_validate_json(error.response.text).error
        except ValueError:
            body = ErrorAnswer().error
        headers = error.response.headers
        wait = headers.get("retry-after") or headers.get("llm_provider-retry-after") or ""
        return refusal_of(
            error.status_code,
            body.type or "",
            self._told(body.message or error.response.text),
            wait=_seconds(wait),
            call_id=headers.get("x-litellm-call-id", ""),
        )

    def _nothing(self, kind: str, text: str) -> Refusal:
        return Refusal(do=Do.RETRY, status=0, kind=kind, text=self._told(text))

    def _told(self, text: str) -> str:
        """What may be kept of the proxy's words: it names the key it refuses by its digest."""
        return redact(clean(text), self._own)[:_ERROR]


def _format(schema: str) -> dict[str, object]:
    named = {"name": "answer", "strict": True, "schema": json.loads(schema)}
    return {"type": "json_schema", "json_schema": named}


def _seconds(text: str) -> float:
    """A date in this header asks for a wait too long for any deadline: it counts as none."""
    try:
        return max(0.0, float(text))
    except ValueError:
        return 0.0
